import NIOCore
import Testing

@testable import Databus

@Suite struct PacketTests {
    @Test("A CONNECT with everything is read back as written")
    func connect() throws {
        var packet = ConnectPacket()
        packet.clientIdentifier = "pmu-1"
        packet.cleanSession = false
        packet.keepAliveSeconds = 300
        packet.will = Will(topic: "gone/pmu-1", payload: [1, 2, 0], qos: 2, retain: true)
        packet.user = "élise"
        packet.password = [0, 255]
        var buffer = ByteBuffer()
        buffer.writeConnect(packet)
        try buffer.withUnsafeReadableBytes { bytes in
            let header = try #require(try FixedHeader.parse(bytes, maximumPacketBytes: 1_000))
            #expect(header.packetLength == bytes.count)
            #expect(try ConnectPacket(body: UnsafeRawBufferPointer(rebasing: bytes[header.length...])) == packet)
        }
    }

    private static let head: [UInt8] = [0, 4, 0x4d, 0x51, 0x54, 0x54, 4]

    @Test(
        "A malformed CONNECT is refused",
        arguments: [
            [], [0, 4, 0x4d], [0, 4, 0x4d, 0x51, 0x54, 0x53, 4, 2, 0, 0, 0, 0],
            head + [0x03, 0, 0, 0, 0],  // reserved flag
            head + [0x42, 0, 0, 0, 0, 0, 0],  // password without user
            head + [0x1e, 0, 0, 0, 0, 0, 1, 0x61, 0, 0],  // will QoS 3
            head + [0x0a, 0, 0, 0, 0],  // will QoS without will
            head + [0x22, 0, 0, 0, 0],  // will retain without will
            head + [0x02, 0, 0, 0, 5, 0x61],  // identifier cut
            head + [0x02, 0, 0, 0, 1, 0x00],  // identifier with U+0000
            head + [0x02, 0, 0, 0, 1, 0xff],  // identifier no UTF-8
            head + [0x02, 0, 0, 0, 0, 9],  // trailing byte
            head + [0x06, 0, 0, 0, 0, 0, 1, 0x23, 0, 0],  // will topic "#"
            head + [0x82, 0, 0, 0, 0],  // user missing
        ] as [[UInt8]])
    func malformedConnect(body: [UInt8]) {
        #expect(throws: ProtocolViolation.self) { try body.withUnsafeBytes { try ConnectPacket(body: $0) } }
    }

    @Test("A PUBLISH is read back as written, at every QoS", arguments: [0, 1, 2] as [UInt8])
    func publish(qos: UInt8) throws {
        let source: [UInt8] = [0, 3, 0x61, 0x2f, 0x62] + Array(repeating: 7, count: 300)
        try source.withUnsafeBytes { source in
            let packet = PublishPacket(
                topic: UnsafeRawBufferPointer(rebasing: source[2..<5]),
                payload: UnsafeRawBufferPointer(rebasing: source[5...]), qos: qos, retain: false)
            var buffer = ByteBuffer()
            buffer.writePublish(packet, qos: qos, retain: true, packetIdentifier: qos == 0 ? 0 : 513)
            try buffer.withUnsafeReadableBytes { bytes in
                let header = try #require(try FixedHeader.parse(bytes, maximumPacketBytes: 1_000))
                #expect(header.packetLength == bytes.count)
                let body = UnsafeRawBufferPointer(rebasing: bytes[header.length...])
                let read = try PublishPacket(flags: header.flags, body: body)
                #expect(read.topic.elementsEqual("a/b".utf8))
                #expect(read.payload.elementsEqual(packet.payload))
                #expect(read.qos == qos && read.retain && !read.duplicate)
                #expect(read.packetIdentifier == (qos == 0 ? 0 : 513))
            }
        }
    }

    @Test(
        "A malformed PUBLISH is refused",
        arguments: [
            (0x06, [0, 1, 0x61, 0, 1]),  // QoS 3
            (0x08, [0, 1, 0x61]),  // DUP at QoS 0
            (0x02, [0, 1, 0x61, 0, 0]),  // packet identifier 0
            (0x02, [0, 1, 0x61, 0]),  // packet identifier cut
            (0x00, [0, 5, 0x61]),  // topic cut
            (0x00, [0]),
        ] as [(UInt8, [UInt8])])
    func malformedPublish(flags: UInt8, body: [UInt8]) {
        #expect(throws: ProtocolViolation.self) {
            try body.withUnsafeBytes { _ = try PublishPacket(flags: flags, body: $0) }
        }
    }

    @Test("SUBSCRIBE and UNSUBSCRIBE are read back as written")
    func subscribe() throws {
        var buffer = ByteBuffer()
        buffer.writeSubscribe(packetIdentifier: 9, filters: [("a/#", 1), ("+/b", 2)])
        try buffer.withUnsafeReadableBytes { bytes in
            let packet = try SubscribePacket(body: UnsafeRawBufferPointer(rebasing: bytes[2...]))
            #expect(packet.packetIdentifier == 9)
            #expect(packet.filters.map { String(decoding: $0.filter, as: UTF8.self) } == ["a/#", "+/b"])
            #expect(packet.filters.map(\.qos) == [1, 2])
        }
        buffer.clear()
        buffer.writeUnsubscribe(packetIdentifier: 10, filters: ["a/#"])
        try buffer.withUnsafeReadableBytes { bytes in
            let packet = try UnsubscribePacket(body: UnsafeRawBufferPointer(rebasing: bytes[2...]))
            #expect(packet.packetIdentifier == 10)
            #expect(packet.filters.map { String(decoding: $0, as: UTF8.self) } == ["a/#"])
        }
    }

    @Test(
        "A malformed SUBSCRIBE is refused",
        arguments: [
            [0, 1], [0, 0, 0, 1, 0x61, 0], [0, 1, 0, 1, 0x61, 3], [0, 1, 0, 1, 0x61], [0, 1, 0, 9, 0x61, 0],
        ] as [[UInt8]])
    func malformedSubscribe(body: [UInt8]) {
        #expect(throws: ProtocolViolation.self) { try body.withUnsafeBytes { _ = try SubscribePacket(body: $0) } }
    }

    @Test("Short packets are encoded as the standard draws them")
    func shortPackets() {
        var buffer = ByteBuffer()
        buffer.writeAcknowledgement(.puback, packetIdentifier: 0x0102)
        buffer.writeAcknowledgement(.pubrel, packetIdentifier: 0xfffe)
        buffer.writeConnack(sessionPresent: true, code: .accepted)
        buffer.writeEmptyPacket(.pingresp)
        buffer.writeSuback(packetIdentifier: 7, returnCodes: [1, 0x80])
        #expect(
            Array(buffer.readableBytesView) == [
                0x40, 2, 1, 2, 0x62, 2, 0xff, 0xfe, 0x20, 2, 1, 0, 0xd0, 0, 0x90, 4, 0, 7, 1, 0x80,
            ])
    }

    @Test(
        "Text is well-formed UTF-8 without U+0000",
        arguments: [
            ("", true), ("plain ASCII of some length", true), ("grüße/電力/⚡️🔌", true),
            ("eight...\u{0}after", false),
        ])
    func text(text: String, isValid: Bool) {
        #expect(Array(text.utf8).withUnsafeBytes(isWellFormedText) == isValid)
    }

    @Test(
        "Ill-formed UTF-8 is refused wherever it stands",
        arguments: [
            [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf],
            [0xf0, 0x80, 0x80, 0x80],
            [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0x80], [0xff], [0xc3], [0xe2, 0x82],
            [0xf0, 0x9f, 0x94], [0],
        ] as [[UInt8]])
    func illFormed(bytes: [UInt8]) {
        for prefix in ["", "a", "seven..", "eight...", "twelve......"] {
            let text = Array(prefix.utf8) + bytes
            #expect(!text.withUnsafeBytes(isWellFormedText), "after \(prefix.utf8.count) bytes")
            #expect(!(text + Array("tail".utf8)).withUnsafeBytes(isWellFormedText))
        }
    }
}
