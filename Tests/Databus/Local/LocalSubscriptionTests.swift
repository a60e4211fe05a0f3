import Synchronization
import Testing

@testable import Databus

@Suite struct LocalSubscriptionTests {
    @Test("A local subscriber gets each message once, under its lowest matching filter, and the end of each batch")
    func delivery() async throws {
        try await withBroker { broker in
            let (client, _) = try await broker.client()
            try await client.publish("a/old", "kept", qos: 1, retain: true)
            let mailbox = Mailbox()
            let subscription = try await broker.subscribeLocally(
                name: "service", filters: [LocalFilter("x"), LocalFilter("a/#", qos: 1), LocalFilter("a/+", qos: 2)],
                subscriber: mailbox)
            #expect(
                mailbox.deliveries == [
                    .init(subscription: 1, topic: "a/old", payload: "kept", qos: 1, retained: true)
                ])
            try await client.publish("a/b", "one", qos: 1)
            try await client.publish("b", "not mine", qos: 1)
            try await client.publish("a/b", "drop me", qos: 1)
            try await client.publish("x", "zero", qos: 1)
            #expect(
                mailbox.deliveries.dropFirst() == [
                    .init(subscription: 1, topic: "a/b", payload: "one", qos: 1, retained: false),
                    .init(subscription: 0, topic: "x", payload: "zero", qos: 0, retained: false),
                ])
            #expect(mailbox.state.withLock { $0.batches } >= 4)
            let statistics = try #require(await broker.statistics())
            #expect(statistics.locals.map(\.name) == ["service"])
            #expect(statistics.locals.map(\.delivered) == [3] || statistics.locals.map(\.delivered) == [2])
            #expect(statistics.traffic.dropped == 1)
            await subscription.cancel()
            try await client.publish("x", "late", qos: 1)
            #expect(mailbox.deliveries.count == 3)
            #expect(await broker.statistics()?.locals.isEmpty == true)
            await client.disconnect()
        }
    }

    @Test(
        "A blocked subscriber holds its publisher, and loses and repeats nothing when it is ready",
        arguments: [0, 1] as [UInt8])
    func blocked(qos: UInt8) async throws {
        try await withBroker { broker in
            let (slow, fast) = (Mailbox(capacity: 10), Mailbox())
            let fastSubscription = try await broker.subscribeLocally(
                name: "fast", filters: [LocalFilter("t/#", qos: 1)], subscriber: fast)
            let slowSubscription = try await broker.subscribeLocally(
                name: "slow", filters: [LocalFilter("t/+", qos: 1)], subscriber: slow)
            let (client, _) = try await broker.client()
            var batch = PublicationBatch()
            for index in 0..<20_000 { try batch.append(topic: "t/x", payload: "\(index)".utf8, qos: qos) }
            let messages = batch
            async let published: Void = client.publish(messages)
            #expect(await eventually { slow.state.withLock { $0.blocked } > 0 })
            let bystander = try await broker.client().client
            try await bystander.publish("elsewhere", "unhindered", qos: 1)
            #expect(slow.deliveries.count == 10)
            for capacity in [500, 5_000, Int.max] {
                slow.setCapacity(capacity)
                broker.localSubscriberReady(slowSubscription.id)
                #expect(await eventually { slow.deliveries.count == min(capacity, 20_000) })
            }
            try await published
            try await client.acknowledged()
            #expect(slow.payloads == (0..<20_000).map(String.init))
            #expect(fast.payloads == slow.payloads)
            await fastSubscription.cancel()
            await slowSubscription.cancel()
            await client.disconnect()
            await bystander.disconnect()
        }
    }

    @Test("What a held publisher sent before it left is still delivered")
    func lingering() async throws {
        try await withBroker { broker in
            let mailbox = Mailbox(capacity: 1)
            let subscription = try await broker.subscribeLocally(
                name: "s", filters: [LocalFilter("t")], subscriber: mailbox)
            let raw = try RawClient.connected(broker.port, "leaver").client
            for index in 0..<50 { raw.send(RawClient.publishPacket("t", "\(index)")) }
            raw.send([0xe0, 0])
            raw.shutdown()
            #expect(await eventually { mailbox.state.withLock { $0.blocked } > 0 })
            mailbox.setCapacity(.max)
            broker.localSubscriberReady(subscription.id)
            #expect(await eventually { mailbox.deliveries.count == 50 })
            #expect(await eventually { await broker.statistics()?.connections == 0 })
            await subscription.cancel()
        }
    }

    @Test("With acknowledge: stored the PUBACK leaves only when every such subscriber has acknowledged, in order")
    func acknowledgeAfterProcessing() async throws {
        try await withBroker { broker in
            let (one, two) = (Mailbox(), Mailbox())
            _ = try await broker.subscribeLocally(
                name: "one", filters: [LocalFilter("t", qos: 1, acknowledge: .stored)], subscriber: one)
            _ = try await broker.subscribeLocally(
                name: "two", filters: [LocalFilter("t", qos: 1, acknowledge: .stored), LocalFilter("#", qos: 1)],
                subscriber: two)
            let raw = try RawClient.connected(broker.port, "device").client
            for identifier in 1...3 as ClosedRange<UInt16> {
                raw.send(RawClient.publishPacket("t", "\(identifier)", qos: 1, identifier: identifier))
            }
            raw.send(RawClient.publishPacket("other", "4", qos: 1, identifier: 4))
            raw.send([0xc0, 0])
            #expect(try raw.packet() == (0xd0, []), "no PUBACK before the readings are stored")
            #expect(one.tokens.count == 3 && two.tokens.count == 3)
            broker.acknowledge(one.tokens)
            broker.acknowledge(two.tokens[1])
            raw.send([0xc0, 0])
            #expect(try raw.packet() == (0xd0, []), "the first is not stored by both yet")
            broker.acknowledge(two.tokens[0])
            #expect(try raw.packet() == (0x40, [0, 1]))
            #expect(try raw.packet() == (0x40, [0, 2]))
            broker.acknowledge([two.tokens[2], 0xffff_ffff_ffff])
            #expect(try raw.packet() == (0x40, [0, 3]))
            #expect(try raw.packet() == (0x40, [0, 4]))
        }
    }

    @Test("A persistent local session queues QoS 1 messages while its subscriber is away")
    func persistent() async throws {
        try await withBroker { broker in
            let (client, _) = try await broker.client()
            let filters = [LocalFilter("t", qos: 1)]
            let first = try await broker.subscribeLocally(
                name: "adapter", filters: filters, session: .persistent, subscriber: Mailbox())
            await first.cancel(keepSession: true)
            try await client.publish("t", "not kept", qos: 0)
            for index in 0..<1_000 { try await client.publish("t", "\(index)", qos: 1) }
            let mailbox = Mailbox(capacity: 100)
            let second = try await broker.subscribeLocally(
                name: "adapter", filters: [LocalFilter("x")] + filters, session: .persistent, subscriber: mailbox)
            #expect(mailbox.deliveries.count == 100)
            async let live: Void = client.publish("t", "live", qos: 1)
            mailbox.setCapacity(.max)
            broker.localSubscriberReady(second.id)
            try await live
            #expect(mailbox.payloads == (0..<1_000).map(String.init) + ["live"])
            #expect(Set(mailbox.deliveries.map(\.subscription)) == [1])
            await second.cancel()
            try await client.publish("t", "nobody", qos: 1)
            let third = Mailbox()
            let subscription = try await broker.subscribeLocally(
                name: "adapter", filters: filters, session: .persistent, subscriber: third)
            #expect(third.deliveries.isEmpty)
            await #expect(throws: DatabusError.nameInUse("adapter")) {
                _ = try await broker.subscribeLocally(name: "adapter", filters: filters, subscriber: third)
            }
            await subscription.cancel()
            await client.disconnect()
        }
    }

    @Test("A malformed local filter is refused with a sentence")
    func malformedFilter() async throws {
        try await withBroker { broker in
            await #expect(throws: DatabusError.invalidFilter("a/#/b", .wildcardPlace)) {
                _ = try await broker.subscribeLocally(name: "s", filters: [LocalFilter("a/#/b")], subscriber: Mailbox())
            }
        }
    }

    @Test("A local batch reaches clients and local subscribers in order, and is retained where it says so")
    func publishing() async throws {
        try await withBroker { broker in
            let mailbox = Mailbox()
            _ = try await broker.subscribeLocally(
                name: "s", filters: [LocalFilter("out/#", qos: 2)], subscriber: mailbox)
            let (client, inbox) = try await broker.client()
            try await client.subscribe("out/+", qos: 1)
            var batch = PublicationBatch(source: 7)
            for index in 0..<1_000 {
                try batch.append(topic: "out/\(index % 3)", payload: "\(index)".utf8, qos: UInt8(index % 3))
            }
            try batch.append(topic: "out/state", payload: "on".utf8, qos: 1, retain: true)
            #expect(throws: DatabusError.self) { try batch.append(topic: "out/#", payload: [1]) }
            #expect(batch.count == 1_001)
            #expect(broker.publish(batch))
            batch.removeAll()
            #expect(batch.isEmpty && broker.publish(batch))
            await inbox.waitFor(1_001)
            #expect(inbox.texts == (0..<1_000).map(String.init) + ["on"])
            #expect(mailbox.payloads == inbox.texts)
            #expect(await broker.statistics()?.retained == 1)
            await client.disconnect()
        }
    }

    @Test("Local publishing is bounded while a receiver is blocked, without holding up other sources")
    func boundedPublishing() async throws {
        try await withBroker {
            $0.maximumLocalPublicationBytes = 10_000
        } _: { broker in
            let mailbox = Mailbox(capacity: 0)
            let subscription = try await broker.subscribeLocally(
                name: "s", filters: [LocalFilter("t")], subscriber: mailbox)
            let (client, inbox) = try await broker.client()
            try await client.subscribe("free")
            var batch = PublicationBatch(source: 1)
            for _ in 0..<10 { try batch.append(topic: "t", payload: [UInt8](repeating: 1, count: 100)) }
            var accepted = 0
            while broker.publish(batch) { accepted += 1 }
            #expect(accepted == 10_000 / batch.byteCount)
            var other = PublicationBatch(source: 2)
            try other.append(topic: "free", payload: "through".utf8)
            #expect(broker.publish(other))
            await inbox.waitFor(1)
            mailbox.setCapacity(.max)
            broker.localSubscriberReady(subscription.id)
            #expect(await eventually { mailbox.deliveries.count == accepted * 10 })
            #expect(broker.publish(batch))
            await client.disconnect()
        }
    }

    @Test("Messages wait for a persistent subscriber that has not come yet, once its name is reserved")
    func reserved() async throws {
        try await withBroker { broker in
            let filters = [LocalFilter("t", qos: 1)]
            try await broker.reserveLocally(name: "s", filters: filters)
            try await broker.reserveLocally(name: "s", filters: [LocalFilter("u", qos: 1)])
            var batch = PublicationBatch()
            for topic in ["t", "u"] { try batch.append(topic: topic, payload: topic.utf8, qos: 1) }
            #expect(broker.publish(batch))
            let mailbox = Mailbox()
            _ = try await broker.subscribeLocally(name: "s", filters: filters, session: .persistent, subscriber: mailbox)
            #expect(mailbox.payloads == ["t"])
        }
    }
}
