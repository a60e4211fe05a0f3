import Dispatch
import Glibc
import Testing

@testable import Databus

@Suite struct DeliveryTests {
    @Test(
        "A message arrives at the lower of the publisher's and the subscriber's QoS", arguments: [0, 1, 2] as [UInt8])
    func qos(granted: UInt8) async throws {
        try await withBroker { broker in
            let (subscriber, inbox) = try await broker.client("subscriber")
            try await subscriber.subscribe("a/+", qos: granted)
            let publisher = try RawClient.connected(broker.port, "publisher").client
            publisher.send(RawClient.publishPacket("a/0", "zero"))
            publisher.send(RawClient.publishPacket("a/1", "one", qos: 1, identifier: 5))
            #expect(try publisher.packet() == (0x40, [0, 5]))
            publisher.send(RawClient.publishPacket("a/2", "two", qos: 2, identifier: 6))
            #expect(try publisher.packet() == (0x50, [0, 6]))
            publisher.send([0x62, 2, 0, 6])
            #expect(try publisher.packet() == (0x70, [0, 6]))
            let messages = await inbox.waitFor(3)
            #expect(inbox.texts == ["zero", "one", "two"])
            #expect(messages.map(\.qos) == [0, 1, 2].map { min($0, granted) })
            #expect(messages.allSatisfy { !$0.retained && !$0.duplicate })
            await subscriber.disconnect()
        }
    }

    @Test("A repeated QoS 2 PUBLISH is delivered once until it is released")
    func exactlyOnce() async throws {
        try await withBroker { broker in
            let (subscriber, inbox) = try await broker.client("subscriber")
            try await subscriber.subscribe("t", qos: 2)
            let publisher = try RawClient.connected(broker.port, "publisher").client
            for duplicate in [false, true, true] {
                publisher.send(RawClient.publishPacket("t", "x", qos: 2, identifier: 1, duplicate: duplicate))
                #expect(try publisher.packet() == (0x50, [0, 1]))
            }
            publisher.send([0x62, 2, 0, 1])
            #expect(try publisher.packet() == (0x70, [0, 1]))
            publisher.send(RawClient.publishPacket("t", "y", qos: 2, identifier: 1))
            #expect(try publisher.packet() == (0x50, [0, 1]))
            await inbox.waitFor(2)
            #expect(inbox.texts == ["x", "y"])
            await subscriber.disconnect()
        }
    }

    @Test("A message that matches several filters of a client arrives once, at the highest QoS")
    func overlapping() async throws {
        try await withBroker { broker in
            let (client, inbox) = try await broker.client()
            try await client.subscribe([("a/#", 0), ("a/+", 2), ("a/b", 1)])
            let publisher = try RawClient.connected(broker.port, "p").client
            publisher.send(RawClient.publishPacket("a/b", "once", qos: 2, identifier: 1))
            publisher.send(RawClient.publishPacket("a/c", "end", qos: 0))
            let messages = await inbox.waitFor(2)
            #expect(inbox.texts == ["once", "end"])
            #expect(messages.map(\.qos) == [2, 0])
            await client.disconnect()
        }
    }

    @Test("After UNSUBSCRIBE nothing more arrives")
    func unsubscribe() async throws {
        try await withBroker { broker in
            let (client, inbox) = try await broker.client()
            try await client.subscribe([("a", 1), ("b", 1)])
            try await client.publish("a", "1", qos: 1)
            try await client.unsubscribe(["a"])
            try await client.publish("a", "2", qos: 1)
            try await client.publish("b", "3", qos: 1)
            await inbox.waitFor(2)
            #expect(inbox.texts == ["1", "3"])
            #expect(await broker.statistics()?.subscriptions == 1)
            await client.disconnect()
        }
    }

    @Test("Fifty thousand QoS 1 messages through a window of 1,024 arrive in order, none lost")
    func manyMessages() async throws {
        try await withBroker { broker in
            let (subscriber, inbox) = try await broker.client("subscriber")
            try await subscriber.subscribe("load/#", qos: 1)
            let publisher = try await broker.client("publisher").client
            var batch = PublicationBatch()
            for start in stride(from: 0, to: 50_000, by: 500) {
                batch.removeAll()
                for index in start..<start + 500 { try batch.append(topic: "load/x", payload: "\(index)".utf8, qos: 1) }
                try await publisher.publish(batch)
            }
            try await publisher.acknowledged()
            await inbox.waitFor(50_000)
            #expect(inbox.texts == (0..<50_000).map(String.init))
            await publisher.disconnect()
            await subscriber.disconnect()
        }
    }

    @Test("A payload of 10 MB gets through")
    func largePayload() async throws {
        try await withBroker { broker in
            let (client, inbox) = try await broker.client()
            try await client.subscribe("big", qos: 1)
            let payload = [UInt8](repeating: 0x5a, count: 10_000_000)
            try await client.publish(topic: "big", payload: payload, qos: 1)
            let messages = await inbox.waitFor(1)
            #expect(messages.first?.payload == payload)
            await client.disconnect()
        }
    }

    @Test("A packet over the limit closes its sender and leaves the others alone")
    func tooLarge() async throws {
        try await withBroker {
            $0.maximumPacketBytes = 1_000
        } _: { broker in
            let (other, inbox) = try await broker.client("other")
            try await other.subscribe("#")
            let raw = try RawClient.connected(broker.port, "raw").client
            raw.send([0x30, 0x80, 0x08])
            #expect(raw.isClosedByPeer())
            try await other.publish("a", "fine")
            await inbox.waitFor(1)
            #expect(inbox.texts == ["fine"])
            await other.disconnect()
        }
    }

    @Test("QoS 0 messages to a client that does not read are dropped and counted, never QoS 1 ones")
    func slowReader() async throws {
        try await withBroker {
            $0.maximumOutputBytes = 100_000
        } _: { broker in
            let slow = try RawClient(port: broker.port)
            slow.limitReceiveBuffer(bytes: 65_536)
            slow.send(RawClient.connectPacket("slow"))
            _ = try slow.packet()
            slow.send(RawClient.subscribePacket("q/#", qos: 1))
            _ = try slow.packet()
            let publisher = try await broker.client("publisher").client
            var batch = PublicationBatch()
            for index in 0..<20_000 {
                try batch.append(topic: "q/0", payload: [UInt8](repeating: 0, count: 1_000), qos: 0)
                if index % 200 == 0 { try batch.append(topic: "q/1", payload: "\(index / 200)".utf8, qos: 1) }
            }
            try await publisher.publish(batch)
            try await publisher.acknowledged()
            let client = try #require(await broker.statistics()?.clients.first { $0.identifier == "slow" })
            #expect(client.dropped > 0)
            var received: [String] = []
            while received.count < 100 {
                let packet = try slow.packet()
                guard packet.first & 0x06 != 0 else { continue }
                received.append(String(decoding: packet.body[7...], as: UTF8.self))
                slow.send([0x40, 2, packet.body[5], packet.body[6]])
            }
            #expect(received == (0..<100).map(String.init))
            await publisher.disconnect()
        }
    }

    @Test("A full QoS 1 receiver makes its publishers wait, and all goes on when it reads again")
    func backPressure() async throws {
        try await withBroker {
            $0.maximumQueuedMessages = 100
            $0.maximumInFlight = 10
        } _: { broker in
            let slow = try RawClient.connected(broker.port, "slow").client
            slow.send(RawClient.subscribePacket("t", qos: 1))
            _ = try slow.packet()
            let publisher = try await broker.client("publisher").client
            var batch = PublicationBatch()
            for index in 0..<5_000 { try batch.append(topic: "t", payload: "\(index)".utf8, qos: 1) }
            let messages = batch
            async let published: Void = publisher.publish(messages)
            #expect(
                await eventually { await broker.statistics()?.clients.first { $0.identifier == "slow" }?.queued == 100 }
            )
            let bystander = try await broker.client("bystander").client
            try await bystander.publish("elsewhere", "unhindered", qos: 1)
            #expect(await broker.statistics()?.clients.first { $0.identifier == "slow" }?.queued == 100)
            for index in 0..<5_000 {
                let packet = try slow.packet()
                #expect(String(decoding: packet.body[5...], as: UTF8.self) == "\(index)")
                slow.send([0x40, 2, packet.body[3], packet.body[4]])
            }
            try await published
            try await publisher.acknowledged()
            await publisher.disconnect()
            await bystander.disconnect()
        }
    }

    @Test("A receiver that acknowledges a message now and then, and keeps its queue above half, is disconnected")
    func slowReceiver() async throws {
        try await withBroker {
            $0.maximumQueuedMessages = 1_000
            $0.maximumInFlight = 1
            $0.slowReceiverTimeoutSeconds = 0.5
        } _: { broker in
            let slow = try RawClient.connected(broker.port, "slow").client
            slow.send(RawClient.subscribePacket("t", qos: 1))
            _ = try slow.packet()
            let publisher = try await broker.client("publisher").client
            var batch = PublicationBatch()
            for index in 0..<1_500 { try batch.append(topic: "t", payload: "\(index)".utf8, qos: 1) }
            try await publisher.publish(batch)
            async let acknowledged = withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    var count = 0
                    while count < 60, let packet = try? slow.packet() {
                        slow.send([0x40, 2, packet.body[3], packet.body[4]])
                        count += 1
                        // The pace of this reader, far below what would empty half of its queue in time.
                        usleep(100_000)
                    }
                    continuation.resume(returning: count)
                }
            }
            try await publisher.acknowledged()
            #expect(await acknowledged < 60)
            await publisher.disconnect()
        }
    }

    @Test("One SUBSCRIBE cannot exceed the limits of subscriptions")
    func subscriptionLimits() async throws {
        try await withBroker {
            $0.maximumSubscriptionsPerSession = 3
            $0.maximumSubscriptionBytes = 20_000
        } _: { broker in
            let raw = try RawClient.connected(broker.port, "greedy").client
            var body: [UInt8] = [0, 1]
            for name in ["a", "b", "c", "d"] { body += RawClient.text(name) + [0] }
            raw.send([0x82, UInt8(body.count)] + body)
            #expect(try raw.packet() == (0x90, [0, 1, 0, 0, 0, 0x80]))
            let deep = try RawClient.connected(broker.port, "deep").client
            deep.send(RawClient.subscribePacket("x" + String(repeating: "/", count: 100), qos: 0))
            #expect(try deep.packet() == (0x90, [0, 1, 0]))
            deep.send(RawClient.subscribePacket("y", qos: 0, identifier: 2))
            #expect(try deep.packet() == (0x90, [0, 2, 0x80]), "a hundred levels take more than their text")
            deep.shutdown()
            #expect(await eventually { await broker.statistics()?.subscriptions == 3 })
            raw.send([0xa2, 5, 0, 3] + RawClient.text("a"))
            #expect(try raw.packet().first == 0xb0)
            raw.send(RawClient.subscribePacket("y", qos: 0, identifier: 4))
            #expect(try raw.packet() == (0x90, [0, 4, 0]))
        }
    }

    @Test("A client that asks and never reads the answers is no longer read, and is served when it reads again")
    func answersNotRead() async throws {
        try await withBroker {
            $0.maximumOutputBytes = 100_000
        } _: { broker in
            let raw = try RawClient(port: broker.port)
            raw.limitReceiveBuffer(bytes: 65_536)
            raw.send(RawClient.connectPacket("flood"))
            _ = try raw.packet()
            let rounds = 40
            let pings = [UInt8](repeatElement([0xc0, 0], count: 65_536).joined())
            let other = try await broker.client("other").client
            DispatchQueue.global().async { for _ in 0..<rounds { raw.send(pings) } }
            var received: UInt64 = 0
            // Nothing more arrives between two looks: the flood has been stopped.
            #expect(
                await eventually {
                    try? await other.publish("x", "y", qos: 1)
                    let now = await broker.statistics()?.traffic.bytesReceived ?? 0
                    defer { received = now }
                    return now > 1_000_000 && now - received < 100
                })
            #expect(received < UInt64(rounds * pings.count))
            #expect(try raw.answers(65_536 * rounds, of: [0xd0, 0]))
            await other.disconnect()
        }
    }
}
