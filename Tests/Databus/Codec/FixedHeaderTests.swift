import Testing

@testable import Databus

@Suite struct FixedHeaderTests {
    private func parse(_ bytes: [UInt8], limit: Int = 1 << 28) throws -> FixedHeader? {
        try bytes.withUnsafeBytes { try FixedHeader.parse($0, maximumPacketBytes: limit) }
    }

    @Test(
        "The remaining length of section 2.2.3's table is read and measured",
        arguments: [
            (0, [UInt8(0)]), (127, [0x7f]), (128, [0x80, 0x01]), (16_383, [0xff, 0x7f]), (16_384, [0x80, 0x80, 0x01]),
            (2_097_151, [0xff, 0xff, 0x7f]), (2_097_152, [0x80, 0x80, 0x80, 0x01]),
            (268_435_455, [0xff, 0xff, 0xff, 0x7f]),
        ] as [(Int, [UInt8])])
    func remainingLength(length: Int, bytes: [UInt8]) throws {
        let header = try #require(try parse([0x30] + bytes, limit: 1 << 29))
        #expect(header.remainingLength == length)
        #expect(header.length == 1 + bytes.count)
        #expect(FixedHeader.encodedLength(of: length) == bytes.count)
    }

    @Test(
        "An incomplete header waits for more",
        arguments: [[], [0x30], [0x30, 0x80], [0x30, 0xff, 0xff, 0xff]] as [[UInt8]])
    func incomplete(bytes: [UInt8]) throws {
        #expect(try parse(bytes) == nil)
    }

    @Test("A fifth length byte is refused as soon as the fourth announces it")
    func fiveBytes() {
        #expect(throws: ProtocolViolation.remainingLength) { try parse([0x30, 0x80, 0x80, 0x80, 0x80]) }
    }

    @Test(
        "Reserved types and wrong flags are refused by the first byte alone",
        arguments: [
            0x00, 0xf0, 0x11, 0x21, 0x41, 0x51, 0x60, 0x61, 0x6f, 0x80, 0x81, 0xa0, 0xa3, 0xc1, 0xd2, 0xe8,
        ] as [UInt8])
    func wrongFlags(first: UInt8) {
        #expect(throws: ProtocolViolation.fixedHeader(first)) { try parse([first]) }
    }

    @Test("A packet over the limit is refused before any of its body is there")
    func tooLarge() {
        #expect(throws: ProtocolViolation.packetTooLarge(bytes: 132, limit: 100)) {
            try parse([0x30, 0x81, 0x01], limit: 100)
        }
    }
}
