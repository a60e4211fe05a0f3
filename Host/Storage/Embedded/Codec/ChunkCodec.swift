/// The stored form of points of one column: format, type, count, times, qualities, values. Decoding checks everything.
enum ChunkCodec {
    private static let format: UInt8 = 1
    /// No more points than this in a chunk, so that damaged bytes cannot ask for much memory.
    static let largestCount = 65_536

    /// Appends a range of points, at most ``largestCount``.
    static func encode(_ points: PointBlock, _ range: Range<Int>, type: FieldType, into output: inout [UInt8]) {
        output.append(format)
        output.append(type.rawValue)
        output.appendVarint(UInt64(range.count))
        points.times.withUnsafeBufferPointer {
            TimeCodec.encode(UnsafeBufferPointer(rebasing: $0[range]), into: &output)
        }
        encodeQualities(points.qualities.isEmpty ? [] : points.qualities[range], into: &output)
        if type == .text { return encodeTexts(points, range, into: &output) }
        points.bits.withUnsafeBufferPointer { all in
            let bits = UnsafeBufferPointer(rebasing: all[range])
            if type == .float { return FloatCodec.encode(bits, into: &output) }
            bits.withMemoryRebound(to: Int64.self) { PackedIntegers.encode($0, into: &output) }
        }
    }

    /// Reads what `encode` wrote.
    static func decode(_ bytes: UnsafeRawBufferPointer, type expected: FieldType) throws(DamagedData) -> PointBlock {
        var reader = ByteReader(bytes)
        let version = try reader.byte()
        guard version == format else { throw DamagedData(description: "chunk format \(version), \(format) expected") }
        let code = try reader.byte()
        guard code == expected.rawValue else {
            throw DamagedData(description: "values of type \(code), \(expected.rawValue) expected")
        }
        let count = try reader.count(upTo: largestCount)
        let times: [Int64] = try decode(count: count) { (times) throws(DamagedData) in try TimeCodec.decode(&reader, into: times) }
        let qualities = try decodeQualities(&reader, count: count)
        if expected == .text {
            let (texts, indices) = try decodeTexts(&reader, count: count)
            return PointBlock(times: times, bits: indices, texts: texts, qualities: qualities)
        }
        let bits: [UInt64] = try decode(count: count) { (values) throws(DamagedData) in
            try decodeNumbers(&reader, type: expected, into: values)
        }
        return PointBlock(times: times, bits: bits, texts: [], qualities: qualities)
    }
}

extension ChunkCodec {
    /// An array of `count` words of 64 bits that `fill` sets.
    private static func decode<Word: FixedWidthInteger>(
        count: Int, _ fill: (UnsafeMutableBufferPointer<Int64>) throws(DamagedData) -> Void
    ) throws(DamagedData) -> [Word] {
        var failure: DamagedData?
        let values = [Word](unsafeUninitializedCapacity: count) { buffer, initialized in
            UnsafeMutableBufferPointer(rebasing: buffer[..<count]).withMemoryRebound(to: Int64.self) { values in
                do {
                    try fill(values)
                    initialized = count
                } catch let error as DamagedData {
                    failure = error
                } catch {
                    failure = DamagedData(description: "\(error)")
                }
            }
        }
        if let failure { throw failure }
        return values
    }

    private static func decodeNumbers(
        _ reader: inout ByteReader, type: FieldType, into values: UnsafeMutableBufferPointer<Int64>
    ) throws(DamagedData) {
        guard type == .float else { return try PackedIntegers.decode(&reader, into: values) }
        try FloatCodec.decode(&reader, into: values)
    }

    /// Runs of value and length; no bytes but one zero when all are good.
    private static func encodeQualities(_ qualities: ArraySlice<QualityFlags>, into output: inout [UInt8]) {
        guard qualities.contains(where: { $0 != 0 }) else { return output.append(0) }
        output.append(1)
        var index = qualities.startIndex
        while index < qualities.endIndex {
            let end = qualities[index...].firstIndex { $0 != qualities[index] } ?? qualities.endIndex
            output.appendVarint(UInt64(qualities[index]))
            output.appendVarint(UInt64(end - index))
            index = end
        }
    }

    private static func decodeQualities(_ reader: inout ByteReader, count: Int) throws(DamagedData) -> [QualityFlags] {
        guard try reader.byte() != 0 else { return [] }
        var qualities: [QualityFlags] = []
        qualities.reserveCapacity(count)
        while qualities.count < count {
            let value = try reader.count(upTo: Int(QualityFlags.max))
            let length = try reader.count(upTo: count - qualities.count)
            guard length > 0 else { throw DamagedData(description: "an empty run of qualities") }
            qualities.append(contentsOf: repeatElement(QualityFlags(value), count: length))
        }
        return qualities
    }

    /// Length plus one and UTF-8 bytes; a zero repeats the text before.
    private static func encodeTexts(_ points: PointBlock, _ range: Range<Int>, into output: inout [UInt8]) {
        var previous: String?
        for index in range {
            let text = points.texts[Int(points.bits[index])]
            if let previous, text.utf8.elementsEqual(previous.utf8) {
                output.append(0)
            } else {
                output.appendVarint(UInt64(text.utf8.count + 1))
                output.append(contentsOf: text.utf8)
            }
            previous = text
        }
    }

    private static func decodeTexts(
        _ reader: inout ByteReader, count: Int
    ) throws(DamagedData) -> (texts: [String], indices: [UInt64]) {
        var texts: [String] = []
        var indices: [UInt64] = []
        for _ in 0..<count {
            let length = try reader.count(upTo: reader.remaining + 1)
            if length > 0 { texts.append(String(decoding: try reader.take(length - 1), as: UTF8.self)) }
            guard !texts.isEmpty else { throw DamagedData(description: "a repeated text without one before") }
            indices.append(UInt64(texts.count - 1))
        }
        return (texts, indices)
    }
}
