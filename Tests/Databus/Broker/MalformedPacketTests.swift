import Testing

@testable import Databus

@Suite struct MalformedPacketTests {
    @Test(
        "A connection that sends this first is closed",
        arguments: [
            [0xc0, 0], [0x30, 3, 0, 1, 0x61], [0x20, 2, 0, 0], [0x00, 0], [0xf0, 0],
            Array("GET / HTTP/1.1\r\n\r\n".utf8),
            [0x10, 0], [0x10, 0xff, 0xff, 0xff, 0xff], [0x10, 0xff, 0xff, 0xff, 0x7f],
            [0x16, 0x03, 0x01, 0x02, 0x00, 0x01],
        ] as [[UInt8]])
    func beforeConnect(bytes: [UInt8]) async throws {
        try await withBroker { broker in
            let raw = try RawClient(port: broker.port)
            raw.send(bytes)
            #expect(raw.isClosedByPeer())
        }
    }

    @Test(
        "A client that sends this after CONNECT is closed",
        arguments: [
            RawClient.connectPacket("again"), [0x20, 2, 0, 0], [0x90, 3, 0, 1, 0], [0xb0, 2, 0, 1], [0xd0, 0],
            [0xf0, 0],
            [0x36, 5, 0, 1, 0x61, 0, 1], [0x30, 2, 0, 0], [0x30, 3, 0, 1, 0x23], [0x30, 3, 0, 1, 0xff],
            [0x30, 3, 0, 1, 0],
            [0x40, 3, 0, 1, 0], [0x40, 2, 0, 0], [0x60, 2, 0, 1], [0x82, 2, 0, 1], [0x82, 6, 0, 1, 0, 1, 0x61, 3],
            [0x82, 8, 0, 1, 0, 3, 0x61, 0x2b, 0x62, 0], [0x82, 6, 0, 1, 0, 1, 0xff, 0], [0xa2, 2, 0, 1], [0xc0, 1, 0],
            [0xe0, 1, 0], [0x30, 0x80, 0x80, 0x80, 0x80, 0x01],
        ] as [[UInt8]])
    func afterConnect(bytes: [UInt8]) async throws {
        try await withBroker { broker in
            let raw = try RawClient.connected(broker.port, "c").client
            raw.send(bytes)
            #expect(raw.isClosedByPeer())
            #expect(await eventually { await broker.statistics()?.sessions == 0 })
        }
    }

    @Test(
        "A CONNECT that is well-formed and not acceptable gets its return code",
        arguments: [
            ([0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 5, 2, 0, 0, 0, 1, 0x61], 1),
            ([0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 0, 0, 0, 0, 0], 2),
        ] as [([UInt8], UInt8)])
    func refused(bytes: [UInt8], code: UInt8) async throws {
        try await withBroker { broker in
            let raw = try RawClient(port: broker.port)
            raw.send(bytes)
            #expect(try raw.packet() == (0x20, [0, code]))
            #expect(raw.isClosedByPeer())
        }
    }

    @Test("Packets cut anywhere and sent byte by byte are put together again")
    func fragments() async throws {
        try await withBroker { broker in
            let (subscriber, inbox) = try await broker.client()
            try await subscriber.subscribe("t/#")
            let stream =
                RawClient.connectPacket("c") + (0..<20).flatMap { RawClient.publishPacket("t/\($0)", "payload \($0)") }
            let raw = try RawClient(port: broker.port)
            for byte in stream { raw.send([byte]) }
            await inbox.waitFor(20)
            #expect(inbox.texts == (0..<20).map { "payload \($0)" })
            for size in [3, 7, 50, 333] {
                let raw = try RawClient(port: broker.port)
                for start in stride(from: 0, to: stream.count, by: size) {
                    raw.send(Array(stream[start..<min(start + size, stream.count)]))
                }
                _ = try raw.packet()
            }
            await inbox.waitFor(100)
            await subscriber.disconnect()
        }
    }

    @Test("2,000 mutated packets keep the broker alive and serving")
    func mutations() async throws {
        try await withBroker { broker in
            let (witness, inbox) = try await broker.client("witness")
            try await witness.subscribe("witness", qos: 1)
            var random = SplitMix(state: 20_240_917)
            for round in 0..<400 {
                let raw = try RawClient(port: broker.port)
                if random.below(4) > 0 {
                    raw.send(RawClient.connectPacket("f\(round % 7)", clean: random.below(2) == 0))
                }
                for _ in 0..<5 { raw.send(random.mutated(random.packet())) }
                raw.shutdown()
                guard round % 100 == 99 else { continue }
                try await witness.publish("witness", "\(round)", qos: 1)
            }
            await inbox.waitFor(4)
            #expect(inbox.texts == ["99", "199", "299", "399"])
            #expect(await eventually { await broker.statistics()?.connections == 1 })
            await witness.disconnect()
        }
    }
}

/// A small seeded generator (SplitMix64), so that a failure can be repeated.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    mutating func packet() -> [UInt8] {
        switch below(8) {
        case 0: RawClient.publishPacket("fuzz/\(below(9))", "payload", qos: 1, identifier: UInt16(below(3)))
        case 1: RawClient.publishPacket("fuzz", "payload", qos: 2, identifier: UInt16(below(3)), retain: true)
        case 2: RawClient.subscribePacket("fuzz/+", qos: UInt8(below(4)))
        case 3: [0x62, 2, 0, UInt8(below(3))]
        case 4: [0x40 | UInt8(below(4)) << 4, 2, 0, UInt8(below(3))]
        case 5: [0xa2, 5, 0, 1, 0, 1, 0x61]
        case 6: [0xc0, 0]
        default: (0..<below(40)).map { _ in UInt8(truncatingIfNeeded: next()) }
        }
    }

    mutating func mutated(_ packet: [UInt8]) -> [UInt8] {
        var packet = packet
        guard !packet.isEmpty else { return [UInt8(truncatingIfNeeded: next())] }
        for _ in 0..<below(3) { packet[below(packet.count)] = UInt8(truncatingIfNeeded: next()) }
        if below(5) == 0 { packet.removeLast(below(packet.count)) }
        return packet
    }
}
