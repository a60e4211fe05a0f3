import Storage
import Testing

@Suite("Any bytes are taken or refused, never worse")
struct LineProtocolFuzzTests {
    /// The counts must add up, and a sentence must be there exactly if a line was dropped.
    private func check(_ outcome: LineProtocolOutcome, _ bytes: [UInt8]) {
        #expect((outcome.firstError != nil) == (outcome.dropped > 0), "\(bytes)")
        #expect((outcome.ticket != nil) == (outcome.stored > 0), "\(bytes)")
        #expect(outcome.values >= outcome.stored, "\(bytes)")
        #expect(outcome.stored + outcome.dropped <= bytes.count { $0 == 0x0A } + 1, "\(bytes)")
    }

    @Test("random bytes never crash", arguments: 1...8 as ClosedRange<UInt64>)
    func randomBytes(seed: UInt64) throws {
        var random = LineProtocolRandom(state: seed)
        let writer = LineProtocolWriter(driver: LineProtocolMemoryDriver())
        let alphabet = Array("m,=\"\\ \n\r\t#ie.-+tTfFN0123456789u".utf8) + [0, 0x80, 0xC3, 0xA9, 0xFF]
        for round in 0..<1_500 {
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                round.isMultiple(of: 4) ? UInt8.random(in: 0...255, using: &random) : alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            check(try writer.write(bytes, precision: LineProtocolPrecision.allCases[round % 6]), bytes)
        }
    }

    @Test("mutated lines never crash, and what is parsed does not depend on what is remembered", arguments: 21...28 as ClosedRange<UInt64>)
    func mutatedLines(seed: UInt64) throws {
        var random = LineProtocolRandom(state: seed)
        let original = Array(
            (#"pmu,component=BUS1,device=pmu-0007,phase=A voltmagnitude=230.123,n=-5i,ok=true,s="a\"b, c" 1700000000000"# + "\n"
                + #"a\ b,k\,=v\= f\ =1e-5,g="x" -12"# + "\r\n# comment\nm v=f\n").utf8)
        let delimiters = Array(",= \"\\\n\0#ie.-".utf8)
        let used = LineProtocolWriter(driver: LineProtocolMemoryDriver())
        for _ in 0..<800 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[place] = delimiters[Int.random(in: 0..<delimiters.count, using: &random)]
                case 2: bytes.remove(at: place)
                case 3: bytes.insert(delimiters[Int.random(in: 0..<delimiters.count, using: &random)], at: place)
                default: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...20, using: &random)))
                }
            }
            let known = try used.write(bytes)
            check(known, bytes)
            let fresh = LineProtocolWriter(driver: LineProtocolMemoryDriver())
            let first = try fresh.write(bytes)
            let second = try fresh.write(bytes)
            #expect(first.stored == second.stored && first.firstError == second.firstError, "\(bytes)")
        }
    }
}
