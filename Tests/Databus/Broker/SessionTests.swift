import Testing

@testable import Databus

@Suite struct SessionTests {
    @Test("A persistent session keeps QoS 1 and 2 messages for its client, a clean one nothing")
    func persistentSession() async throws {
        try await withBroker { broker in
            let (first, _) = try await broker.client("keeper", clean: false)
            #expect(!first.sessionPresent)
            try await first.subscribe([("a", 1), ("b", 2)])
            await first.disconnect()
            let publisher = try await broker.client().client
            try await publisher.publish("a", "lost", qos: 0)
            for index in 0..<3_000 {
                try await publisher.publish(index % 2 == 0 ? "a" : "b", "\(index)", qos: 1)
            }
            let (second, inbox) = try await broker.client("keeper", clean: false)
            #expect(second.sessionPresent)
            await inbox.waitFor(3_000)
            #expect(inbox.texts == (0..<3_000).map(String.init))
            await second.disconnect()
            let (third, _) = try await broker.client("keeper", clean: true)
            #expect(!third.sessionPresent)
            await third.disconnect()
            #expect(await eventually { await broker.statistics()?.sessions == 1 })
            await publisher.disconnect()
        }
    }

    @Test("What was not acknowledged is sent again with DUP and the same identifier")
    func redelivery() async throws {
        try await withBroker { broker in
            let first = try RawClient.connected(broker.port, "r", clean: false).client
            first.send(RawClient.subscribePacket("t", qos: 2))
            _ = try first.packet()
            first.send(RawClient.publishPacket("t", "1", qos: 1, identifier: 9))
            first.send(RawClient.publishPacket("t", "2", qos: 2, identifier: 10))
            var seen: [UInt8] = []
            for _ in 0..<4 { seen.append(try first.packet().first) }
            #expect(seen.sorted() == [0x32, 0x34, 0x40, 0x50])
            first.shutdown()
            let (second, isPresent) = try RawClient.connected(broker.port, "r", clean: false)
            #expect(isPresent)
            #expect(try second.packet() == (0x3a, [0, 1, 0x74, 0, 1, 0x31]))
            #expect(try second.packet() == (0x3c, [0, 1, 0x74, 0, 2, 0x32]))
            second.send([0x40, 2, 0, 1, 0x50, 2, 0, 2])
            #expect(try second.packet() == (0x62, [0, 2]))
            second.shutdown()
            let third = try RawClient.connected(broker.port, "r", clean: false).client
            #expect(try third.packet() == (0x62, [0, 2]))
            third.send([0x70, 2, 0, 2, 0xc0, 0])
            #expect(try third.packet() == (0xd0, []))
        }
    }

    @Test("A second connection of the same client takes over and the first one's will is published")
    func takeOver() async throws {
        try await withBroker { broker in
            let (watcher, inbox) = try await broker.client("watcher")
            try await watcher.subscribe("wills")
            let (first, _) = try await broker.client("same") {
                $0.will = Will(topic: "wills", payload: Array("gone".utf8))
            }
            let (second, _) = try await broker.client("same")
            await first.closed()
            await inbox.waitFor(1)
            #expect(inbox.texts == ["gone"])
            #expect(second.isConnected)
            try await second.publish("wills", "alive", qos: 1)
            #expect(await broker.statistics()?.connectedClients == 2)
            await second.disconnect()
            await watcher.disconnect()
        }
    }

    @Test("A client identifier of another user gives nothing of that user's session away")
    func takeOverByAnotherUser() async throws {
        try await withBroker { broker in
            func connect(as user: String, rest: [UInt8] = []) throws -> (RawClient, answer: [UInt8]) {
                let raw = try RawClient(port: broker.port)
                let packet = RawClient.connectPacket("same", clean: false, flags: 0x80, rest: RawClient.text(user))
                raw.send(packet)
                return (raw, try raw.packet().body)
            }
            let (owner, first) = try connect(as: "ann")
            #expect(first == [0, 0])
            owner.send(RawClient.subscribePacket("secret", qos: 1))
            #expect(try owner.packet().first == 0x90)
            let (intruder, refusal) = try connect(as: "bob")
            #expect(refusal == [0, 2])
            #expect(intruder.isClosedByPeer())
            owner.send([0xc0, 0])
            #expect(try owner.packet() == (0xd0, []), "the owner's connection stays")
            owner.shutdown()
            #expect(await eventually { await broker.statistics()?.connectedClients == 0 })
            let publisher = try await broker.client().client
            try await publisher.publish("secret", "for ann", qos: 1)
            let (other, second) = try connect(as: "bob")
            #expect(second == [0, 0], "a session of its own, not the one present")
            try await publisher.publish("secret", "for ann", qos: 1)
            other.send([0xc0, 0])
            #expect(try other.packet() == (0xd0, []), "neither queue nor subscriptions are handed on")
            let (again, third) = try connect(as: "bob")
            #expect(third == [1, 0], "the same user resumes")
            again.shutdown()
            await publisher.disconnect()
        }
    }

    @Test("The will is published when the connection breaks and discarded on DISCONNECT")
    func wills() async throws {
        try await withBroker { broker in
            let (watcher, inbox) = try await broker.client("watcher")
            try await watcher.subscribe("wills/#", qos: 1)
            for (name, isGraceful) in [("polite", true), ("broken", false)] {
                let (client, _) = try await broker.client(name) {
                    $0.will = Will(topic: "wills/\(name)", payload: Array(name.utf8), qos: 1, retain: true)
                }
                if isGraceful { await client.disconnect() } else { await client.abort() }
            }
            await inbox.waitFor(1)
            #expect(inbox.texts == ["broken"])
            let (late, lateInbox) = try await broker.client("late")
            try await late.subscribe("wills/#")
            let messages = await lateInbox.waitFor(1)
            #expect(messages.map(\.topic) == ["wills/broken"])
            #expect(messages.map(\.retained) == [true])
            await late.disconnect()
            await watcher.disconnect()
        }
    }

    @Test("A retained message reaches later subscribers, is replaced, and is removed by an empty payload")
    func retained() async throws {
        try await withBroker { broker in
            let publisher = try await broker.client().client
            try await publisher.publish("state/a", "1", qos: 1, retain: true)
            try await publisher.publish("state/a", "2", qos: 1, retain: true)
            try await publisher.publish("state/b", "3", qos: 1, retain: true)
            try await publisher.publish("state/b", "", qos: 1, retain: true)
            let (subscriber, inbox) = try await broker.client()
            try await subscriber.subscribe("state/+", qos: 1)
            try await publisher.publish("state/a", "live", qos: 1, retain: true)
            let messages = await inbox.waitFor(2)
            #expect(inbox.texts == ["2", "live"])
            #expect(messages.map(\.retained) == [true, false])
            #expect(await broker.statistics()?.retained == 1)
            await publisher.disconnect()
            await subscriber.disconnect()
        }
    }

    @Test("All of 20,000 retained messages arrive, whatever the QoS", arguments: [0, 1] as [UInt8])
    func manyRetained(qos: UInt8) async throws {
        try await withBroker {
            $0.maximumOutputBytes = 100_000
        } _: { broker in
            let publisher = try await broker.client().client
            var batch = PublicationBatch()
            for index in 0..<20_000 {
                try batch.append(topic: "r/\(index)", payload: "\(index)".utf8, qos: 1, retain: true)
            }
            try await publisher.publish(batch)
            try await publisher.acknowledged()
            let (subscriber, inbox) = try await broker.client()
            try await subscriber.subscribe("r/#", qos: qos)
            await inbox.waitFor(20_000)
            #expect(Set(inbox.texts).count == 20_000)
            await publisher.disconnect()
            await subscriber.disconnect()
        }
    }

    @Test("An offline session at its limit refuses its publisher instead of losing what was acknowledged")
    func offlineOverflow() async throws {
        try await withBroker {
            $0.maximumQueuedMessages = 10
            $0.offlineOverflow = .refusePublisher
        } _: { broker in
            let (keeper, _) = try await broker.client("keeper", clean: false)
            try await keeper.subscribe("t", qos: 1)
            await keeper.disconnect()
            let publisher = try RawClient.connected(broker.port, "p").client
            for identifier in 1...10 as ClosedRange<UInt16> {
                publisher.send(RawClient.publishPacket("t", "\(identifier)", qos: 1, identifier: identifier))
                #expect(try publisher.packet().first == 0x40)
            }
            publisher.send(RawClient.publishPacket("t", "11", qos: 1, identifier: 11))
            #expect(publisher.isClosedByPeer())
            let (back, inbox) = try await broker.client("keeper", clean: false)
            await inbox.waitFor(10)
            #expect(inbox.texts == (1...10).map(String.init))
            await back.disconnect()
        }
    }

    @Test("By default a full offline session ends and its publisher goes on")
    func offlineEnd() async throws {
        try await withBroker {
            $0.maximumQueuedMessages = 10
        } _: { broker in
            let (keeper, _) = try await broker.client("keeper", clean: false)
            try await keeper.subscribe("t", qos: 1)
            await keeper.disconnect()
            let publisher = try await broker.client().client
            for index in 0..<12 { try await publisher.publish("t", "\(index)", qos: 1) }
            let (back, _) = try await broker.client("keeper", clean: false)
            #expect(!back.sessionPresent)
            await back.disconnect()
            await publisher.disconnect()
        }
    }

    @Test("A silent client is closed after 1.5 times its keep-alive and its will is published")
    func keepAlive() async throws {
        try await withBroker { broker in
            let (watcher, inbox) = try await broker.client("watcher")
            try await watcher.subscribe("gone")
            let start = ContinuousClock.now
            let silent = try RawClient(port: broker.port, timeoutSeconds: 6)
            silent.send(
                RawClient.connectPacket(
                    "silent", keepAlive: 1, flags: 0x04, rest: RawClient.text("gone") + RawClient.text("silent")))
            #expect(try silent.packet().first == 0x20)
            #expect(silent.isClosedByPeer())
            let elapsed = ContinuousClock.now - start
            #expect(elapsed >= .milliseconds(1_450) && elapsed < .seconds(4))
            await inbox.waitFor(1)
            #expect(inbox.texts == ["silent"])
            await watcher.disconnect()
        }
    }

    @Test("A pinging client stays connected")
    func pings() async throws {
        try await withBroker { broker in
            let (client, inbox) = try await broker.client("pinging") { $0.keepAliveSeconds = 1 }
            try await client.subscribe("x", qos: 1)
            let closed = Task { await client.closed() }
            let watcher = try RawClient.connected(broker.port, "silent", keepAlive: 1).client
            #expect(watcher.isClosedByPeer())
            #expect(client.isConnected)
            try await client.publish("x", "here", qos: 1)
            await inbox.waitFor(1)
            await client.disconnect()
            await closed.value
        }
    }

    @Test("A connection without CONNECT is closed in time")
    func connectTimeout() async throws {
        try await withBroker {
            $0.connectTimeoutSeconds = 0.5
        } _: { broker in
            let silent = try RawClient(port: broker.port)
            #expect(silent.isClosedByPeer())
            #expect(await eventually { await broker.statistics()?.connections == 0 })
        }
    }
}
