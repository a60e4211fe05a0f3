import Testing

@testable import Storage

@Suite struct ChunkCodecTests {
    private func encoded(_ points: PointBlock, _ type: FieldType) -> [UInt8] {
        var bytes: [UInt8] = []
        ChunkCodec.encode(points, 0..<points.count, type: type, into: &bytes)
        return bytes
    }

    private func roundTrip(_ points: PointBlock, _ type: FieldType) throws -> PointBlock {
        try encoded(points, type).withUnsafeBytes { try ChunkCodec.decode($0, type: type) }
    }

    private func block(_ bits: [UInt64], times: [Int64]? = nil) -> PointBlock {
        var block = PointBlock()
        for (index, value) in bits.enumerated() {
            block.append(time: times?[index] ?? noon + Int64(index) * 20_000_000, bits: value, quality: 0)
        }
        return block
    }

    private static func series(_ count: Int, _ value: (Int) -> Double) -> [Double] { (0..<count).map(value) }

    private static func bits(_ patterns: UInt64...) -> [Double] { patterns.map { Double(bitPattern: $0) } }

    static let floats: [(name: String, values: [Double])] = {
        var floats: [(name: String, values: [Double])] = []
        floats.append(("nothing", []))
        floats.append(("one", [230.123]))
        floats.append(("decimals", series(1_000) { 230 + Double(($0 * 7_919) % 1_000) / 1_000 }))
        floats.append(("zeros of both signs", [0, -0.0, 0, -0.0, -0.0]))
        floats.append(("infinities among decimals", series(300) { $0 % 50 == 7 ? .infinity : Double($0) / 10 }))
        floats.append(("negative infinities", series(300) { $0 % 50 == 7 ? -.infinity : Double($0) / 10 }))
        floats.append(("NaN with payloads", series(200) { Double(bitPattern: 0x7FF8_0000_0000_0000 | UInt64($0)) }))
        floats.append(("signalling NaN", bits(0x7FF0_0000_0000_0001, 0xFFF0_0000_0000_0001)))
        floats.append(("denormals", bits(1, 0x8000_0000_0000_0001, 0x000F_FFFF_FFFF_FFFF, 0x0000_1234_5678_9ABC)))
        floats.append(("extremes", [.greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNormalMagnitude, 1, -1]))
        floats.append(("single precision", series(700) { Double(Float(230) + Float($0) * Float(0.37)) }))
        floats.append(("single precision with signs", series(700) { Double(Float($0 - 350) * Float(0.37)) }))
        floats.append(("full precision", series(700) { Double($0 + 1).squareRoot() }))
        floats.append(("large integers", series(300) { 9_007_199_254_740_990 + Double($0) }))
        floats.append(("steep", series(400) { Double($0 * $0 * $0) }))
        floats.append(("small decimals", series(200) { Double($0) / 1e12 }))
        return floats
    }()

    @Test("floats come back bit by bit", arguments: floats.indices)
    func floatsComeBack(_ index: Int) throws {
        let (name, values) = Self.floats[index]
        let points = block(values.map(\.bitPattern))
        let decoded = try roundTrip(points, .float)
        #expect(decoded.bits == points.bits, "\(name)")
        #expect(decoded.times == points.times, "\(name)")
    }

    @Test("random bits come back, whatever float they are, at every length", arguments: [1, 2, 3, 7, 127, 128, 129, 255, 1_025])
    func randomFloatsComeBack(_ count: Int) throws {
        var random = Seeded(UInt64(count))
        for round in 0..<40 {
            let digits = Double([1, 10, 100, 1_000, 100_000].randomElement(using: &random) ?? 1)
            let points = block(
                (0..<count).map { _ in
                    switch Int.random(in: 0..<(round % 4 == 0 ? 2 : 20), using: &random) {
                    case 0: random.next()
                    case 1: Double.nan.bitPattern
                    default: (Double(Int.random(in: -300_000...300_000, using: &random)) / digits).bitPattern
                    }
                })
            #expect(try roundTrip(points, .float).bits == points.bits)
        }
    }

    @Test("integers come back over their whole range", arguments: [1, 2, 128, 129, 1_000])
    func integersComeBack(_ count: Int) throws {
        var random = Seeded(7 + UInt64(count))
        let shapes: [(Int) -> Int64] = [
            { _ in Int64.random(in: .min ... .max, using: &random) },
            { $0 % 2 == 0 ? .min : .max },
            { Int64($0) * 3_600 - 5 },
            { _ in 42 },
            { Int64.max - Int64($0) },
        ]
        for shape in shapes {
            let points = block((0..<count).map { UInt64(bitPattern: shape($0)) })
            #expect(try roundTrip(points, .integer).bits == points.bits)
        }
    }

    @Test("times come back in any order and rhythm")
    func timesComeBack() throws {
        var random = Seeded(3)
        let rhythms: [(Int) -> Int64] = [
            { noon + Int64($0) * 20_000_000 },
            { noon + Int64($0) * 20_000_000 + Int64.random(in: -5_000...5_000, using: &random) },
            { noon - Int64($0) },
            { _ in noon },
            { $0 % 2 == 0 ? .min : .max },
            { _ in Int64.random(in: .min ... .max, using: &random) },
        ]
        for rhythm in rhythms {
            let times = (0..<777).map(rhythm)
            #expect(try roundTrip(block(times.map { _ in 1 }, times: times), .integer).times == times)
        }
    }

    @Test("booleans, text and qualities come back")
    func othersComeBack() throws {
        let booleans = block((0..<500).map { $0 % 7 == 0 ? 1 : 0 })
        #expect(try roundTrip(booleans, .boolean).bits == booleans.bits)
        var texts = PointBlock()
        for index in 0..<300 {
            let text = index % 5 == 0 ? "closed" : index % 5 == 1 ? "" : "offen é \(index / 10)"
            texts.append(time: noon + Int64(index), text: text, quality: UInt32(index / 100))
        }
        let decoded = try roundTrip(texts, .text)
        #expect((0..<300).map { decoded.value(at: $0, type: .text) } == (0..<300).map { texts.value(at: $0, type: .text) })
        #expect(decoded.qualities == texts.qualities)
    }

    @Test("decimals of three digits take less than two bytes a point")
    func decimalsAreSmall() {
        var random = Seeded(11)
        let values = (0..<1_024).map { _ in (230_000 + Double(Int.random(in: -100...100, using: &random))) / 1_000 }
        #expect(encoded(block(values.map(\.bitPattern)), .float).count < 2 * 1_024)
    }

    @Test("random bytes, cut and changed chunks are refused or read, never followed into a crash")
    func damageIsNoCrash() {
        var random = Seeded(99)
        let types: [FieldType] = [.float, .integer, .boolean, .text]
        var refused = 0
        for round in 0..<20_000 {
            let type = types[round % 4]
            var bytes: [UInt8]
            if round % 3 == 0 {
                bytes = (0..<Int.random(in: 0..<200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
                if bytes.count > 2 { bytes[0] = 1; bytes[1] = type.rawValue }
            } else {
                var points = PointBlock()
                for index in 0..<Int.random(in: 1..<300, using: &random) {
                    let time = noon + Int64(index) * (round % 2 == 0 ? 1_000 : Int64.random(in: 0...9_999, using: &random))
                    if type == .text { points.append(time: time, text: "t\(index)", quality: 0) } else {
                        points.append(time: time, bits: (Double(index) / 10).bitPattern, quality: UInt32(index % 3))
                    }
                }
                bytes = encoded(points, type)
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                if round % 5 == 0 { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
            }
            let result = bytes.withUnsafeBytes { raw in Result { try ChunkCodec.decode(raw, type: type) } }
            if case .failure = result { refused += 1 }
        }
        #expect(refused > 5_000)
    }

    @Test("a record of the journal with any one byte changed is refused")
    func journalChecksum() throws {
        let points = block([1, 2, 3])
        let record = try #require(JournalRecord.encode([JournalRecord.Entry(columnID: 5, type: .integer, range: 0..<3)], points).first)
        for index in record.indices {
            var changed = record
            changed[index] ^= 0x10
            let result = changed.withUnsafeBytes { bytes in
                Result { try JournalRecord.decode(bytes, type: { _ in .integer }) { _, _ in } }
            }
            #expect(throws: DamagedData.self) { try result.get() }
        }
        var seen: [Int64: [UInt64]] = [:]
        try record.withUnsafeBytes { try JournalRecord.decode($0, type: { _ in .integer }) { seen[$0] = $1.bits } }
        #expect(seen == [5: [1, 2, 3]])
    }

    @Test("the checksum is CRC-32C")
    func checksum() {
        #expect(Array("123456789".utf8).withUnsafeBytes { Checksum.of($0) } == 0xE306_9283)
    }
}
