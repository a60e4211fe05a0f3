import Synchronization
import Testing

@testable import Databus

@Suite struct LocalChangeTests {
    @Test("A subscription that changes filters and subscriber loses and repeats nothing, and gets retained messages of new filters alone")
    func change() async throws {
        try await withBroker { broker in
            let (client, _) = try await broker.client()
            try await client.publish("a/kept", "old", qos: 1, retain: true)
            try await client.publish("b/kept", "new", qos: 1, retain: true)
            let (first, second) = (Mailbox(capacity: 3), Mailbox())
            let subscription = try await broker.subscribeLocally(
                name: "s", filters: [LocalFilter("a/#", qos: 1)], session: .clean, subscriber: first)
            // The third finds no room: it waits with its publisher.
            async let published: Void = {
                for number in 1...4 { try await client.publish("a/x", "\(number)", qos: 1) }
            }()
            #expect(await eventually { first.state.withLock { $0.blocked } > 0 })
            let between = Mutex<[String]>([])
            try await subscription.change(filters: [LocalFilter("b/#", qos: 1), LocalFilter("a/#", qos: 1)], session: .persistent, subscriber: second) {
                between.withLock { $0 = first.payloads }
            }
            try await published
            #expect(between.withLock { $0 } == ["old", "1", "2"])
            #expect(first.payloads == ["old", "1", "2"] && second.payloads == ["new", "3", "4"])
            #expect(second.deliveries.map(\.subscription) == [0, 1, 1])
            #expect(await broker.statistics()?.locals.count == 1)
            await client.disconnect()
        }
    }

    @Test("A change with a malformed filter is refused and leaves everything as it was")
    func refused() async throws {
        try await withBroker { broker in
            let (client, _) = try await broker.client()
            let mailbox = Mailbox()
            let subscription = try await broker.subscribeLocally(name: "s", filters: [LocalFilter("a")], subscriber: mailbox)
            await #expect(throws: DatabusError.self) {
                try await subscription.change(filters: [LocalFilter("a/#/b")], session: .clean, subscriber: Mailbox()) {}
            }
            try await client.publish("a", "1", qos: 1)
            #expect(mailbox.payloads == ["1"])
            await client.disconnect()
        }
    }

    @Test("A kept session that is forgotten keeps nothing any more, one whose subscriber is here stays")
    func forgotten() async throws {
        try await withBroker { broker in
            let (client, _) = try await broker.client()
            let mailbox = Mailbox()
            let filters = [LocalFilter("a", qos: 1)]
            let subscription = try await broker.subscribeLocally(name: "s", filters: filters, session: .persistent, subscriber: mailbox)
            await broker.forgetLocally(name: "s")
            try await client.publish("a", "1", qos: 1)
            #expect(mailbox.payloads == ["1"])
            await subscription.cancel(keepSession: true)
            try await client.publish("a", "2", qos: 1)
            await broker.forgetLocally(name: "s")
            #expect(await broker.statistics()?.locals.isEmpty == true)
            _ = try await broker.subscribeLocally(name: "s", filters: filters, session: .persistent, subscriber: mailbox)
            #expect(mailbox.payloads == ["1"])
            await client.disconnect()
        }
    }
}
