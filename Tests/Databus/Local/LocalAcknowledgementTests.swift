import Logging
import Synchronization
import Testing

@testable import Databus

@Suite struct LocalAcknowledgementTests {
    private let stored = [LocalFilter("t", qos: 2, acknowledge: .stored)]
    private let ping: [UInt8] = [0xc0, 0]

    @Test("A QoS 2 message is answered only when it is stored, in its place in the line, and taken once")
    func exactlyOnce() async throws {
        try await withBroker { broker in
            let mailbox = Mailbox()
            _ = try await broker.subscribeLocally(name: "s", filters: stored, subscriber: mailbox)
            let raw = try RawClient.connected(broker.port, "device").client
            raw.send(RawClient.publishPacket("t", "1", qos: 2, identifier: 1))
            raw.send(RawClient.publishPacket("t", "1", qos: 2, identifier: 1, duplicate: true))
            raw.send(RawClient.publishPacket("elsewhere", "2", qos: 2, identifier: 2))
            raw.send(RawClient.publishPacket("t", "3", qos: 1, identifier: 3) + ping)
            #expect(try raw.packet() == (0xd0, []), "no PUBREC before the message is stored")
            #expect(mailbox.payloads == ["1", "3"] && mailbox.tokens.count == 2)
            broker.acknowledge(mailbox.tokens)
            #expect(try raw.packet() == (0x50, [0, 1]))
            #expect(try raw.packet() == (0x50, [0, 2]))
            #expect(try raw.packet() == (0x40, [0, 3]))
            raw.send(RawClient.publishPacket("t", "1", qos: 2, identifier: 1, duplicate: true))
            #expect(try raw.packet() == (0x50, [0, 1]))
            raw.send([0x62, 2, 0, 1])
            #expect(try raw.packet() == (0x70, [0, 1]))
            #expect(mailbox.payloads == ["1", "3"])
        }
    }

    @Test("A QoS 2 message that was never stored is taken again when its client sends it again")
    func unstoredIsTakenAgain() async throws {
        try await withBroker { broker in
            let mailbox = Mailbox()
            let subscription = try await broker.subscribeLocally(name: "s", filters: stored, subscriber: mailbox)
            let first = try RawClient.connected(broker.port, "device", clean: false).client
            first.send(RawClient.publishPacket("t", "1", qos: 2, identifier: 1))
            #expect(await eventually { mailbox.tokens.count == 1 })
            await subscription.refuseUnacknowledged()
            #expect(first.isClosedByPeer())
            let second = try RawClient.connected(broker.port, "device", clean: false).client
            second.send(RawClient.publishPacket("t", "1", qos: 2, identifier: 1, duplicate: true))
            #expect(await eventually { mailbox.tokens.count == 2 })
            broker.acknowledge(mailbox.tokens)
            #expect(try second.packet() == (0x50, [0, 1]))
        }
    }

    @Test("A subscriber that gives up closes the connections that wait for it, without an answer, and no others")
    func refusal() async throws {
        try await withBroker({ $0.withholdsForAbsentServices = true }) { broker in
            let (mine, others) = (Mailbox(), Mailbox())
            let subscription = try await broker.subscribeLocally(
                name: "mine", filters: stored, session: .persistent, subscriber: mine)
            _ = try await broker.subscribeLocally(
                name: "other", filters: [LocalFilter("u", qos: 1, acknowledge: .stored)], subscriber: others)
            let names = ["waiting", "done", "other's", "queued"]
            let devices = try names.map { try RawClient.connected(broker.port, $0).client }
            devices[1].send(RawClient.publishPacket("t", "done", qos: 1, identifier: 1))
            #expect(await eventually { mine.tokens.count == 1 })
            broker.acknowledge(mine.tokens)
            #expect(try devices[1].packet() == (0x40, [0, 1]))
            devices[0].send(RawClient.publishPacket("t", "lost", qos: 1, identifier: 1))
            devices[2].send(RawClient.publishPacket("u", "x", qos: 1, identifier: 1))
            #expect(await eventually { mine.tokens.count == 2 && others.tokens.count == 1 })
            await subscription.cancel(keepSession: true)
            devices[3].send(RawClient.publishPacket("t", "queued", qos: 1, identifier: 1) + ping)
            #expect(try devices[3].packet() == (0xd0, []))
            await subscription.refuseUnacknowledged()
            #expect(throws: RawClient.Failure.self, "closed without an answer") { try devices[0].packet() }
            for device in devices[1...] {
                device.send(ping)
                #expect(try device.packet() == (0xd0, []))
            }
            let back = Mailbox()
            let next = try await broker.subscribeLocally(
                name: "mine", filters: stored, session: .persistent, subscriber: back)
            #expect(back.payloads == ["queued"])
            await next.refuseUnacknowledged()
            #expect(throws: RawClient.Failure.self, "handed over, then given up") { try devices[3].packet() }
        }
    }

    @Test("What is queued for an absent subscriber is acknowledged at once, unless the options withhold it")
    func absentSubscriberByDefault() async throws {
        try await withBroker { broker in
            let first = try await broker.subscribeLocally(
                name: "s", filters: stored, session: .persistent, subscriber: Mailbox())
            await first.cancel(keepSession: true)
            let raw = try RawClient.connected(broker.port, "device").client
            raw.send(RawClient.publishPacket("t", "1", qos: 1, identifier: 1))
            #expect(try raw.packet() == (0x40, [0, 1]))
            let mailbox = Mailbox()
            _ = try await broker.subscribeLocally(name: "s", filters: stored, session: .persistent, subscriber: mailbox)
            #expect(mailbox.payloads == ["1"])
        }
    }

    @Test("If the options withhold it, what is queued for an absent subscriber is acknowledged only when it has returned and stored it")
    func absentSubscriber() async throws {
        try await withBroker({ $0.withholdsForAbsentServices = true }) { broker in
            let first = try await broker.subscribeLocally(
                name: "s", filters: stored, session: .persistent, subscriber: Mailbox())
            await first.cancel(keepSession: true)
            let raw = try RawClient.connected(broker.port, "device").client
            for identifier in 1...4 as ClosedRange<UInt16> {
                let text = identifier == 3 ? "drop me" : "\(identifier)"
                let qos: UInt8 = identifier == 2 ? 2 : 1
                raw.send(RawClient.publishPacket("t", text, qos: qos, identifier: identifier))
            }
            raw.send(ping)
            #expect(try raw.packet() == (0xd0, []), "the queue is in memory, so nothing is acknowledged")
            let mailbox = Mailbox()
            _ = try await broker.subscribeLocally(
                name: "s", filters: stored, session: .persistent, subscriber: mailbox)
            #expect(mailbox.payloads == ["1", "2", "4"] && mailbox.tokens.count == 3)
            raw.send(ping)
            #expect(try raw.packet() == (0xd0, []))
            broker.acknowledge(mailbox.tokens)
            for answer in [(0x40, 1), (0x50, 2), (0x40, 3), (0x40, 4)] as [(UInt8, UInt8)] {
                #expect(try raw.packet() == (answer.0, [0, answer.1]))
            }
        }
    }

    @Test(
        "What is queued and no longer wanted is acknowledged",
        arguments: [LocalFilter("other", qos: 1), LocalFilter("t", qos: 1)], [LocalSessionKind.persistent, .clean])
    func unwanted(filter: LocalFilter, kind: LocalSessionKind) async throws {
        try await withBroker({ $0.withholdsForAbsentServices = true }) { broker in
            let first = try await broker.subscribeLocally(
                name: "s", filters: stored, session: .persistent, subscriber: Mailbox())
            await first.cancel(keepSession: true)
            let raw = try RawClient.connected(broker.port, "device").client
            raw.send(RawClient.publishPacket("t", "1", qos: 1, identifier: 1) + ping)
            #expect(try raw.packet() == (0xd0, []))
            let mailbox = Mailbox()
            _ = try await broker.subscribeLocally(name: "s", filters: [filter], session: kind, subscriber: mailbox)
            #expect(try raw.packet() == (0x40, [0, 1]))
            #expect(mailbox.tokens.isEmpty)
        }
    }

    @Test("After quiesce nothing more is taken or accepted, and acknowledgements of what was taken still leave")
    func quiesce() async throws {
        var options = BrokerOptions()
        options.port = 0
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let broker = try await Broker.start(options: options, logger: logger)
        let (closed, open) = (Mailbox(capacity: 0), Mailbox())
        let subscription = try await broker.subscribeLocally(
            name: "closed", filters: [LocalFilter("full", qos: 1)], session: .persistent, subscriber: closed)
        _ = try await broker.subscribeLocally(name: "open", filters: stored, subscriber: open)
        let parked = try RawClient.connected(broker.port, "parked").client
        parked.send(RawClient.publishPacket("full", "1", qos: 1, identifier: 1))
        let waiting = try RawClient.connected(broker.port, "waiting").client
        waiting.send(RawClient.publishPacket("t", "1", qos: 1, identifier: 1))
        #expect(await eventually { closed.state.withLock { $0.blocked } == 1 && open.tokens.count == 1 })
        await broker.quiesce()
        await subscription.cancel(keepSession: true)
        #expect(try RawClient(port: broker.port).isClosedByPeer())
        broker.acknowledge(open.tokens)
        #expect(try waiting.packet() == (0x40, [0, 1]))
        waiting.send(RawClient.publishPacket("t", "2", qos: 1, identifier: 2))
        #expect(await broker.statistics()?.locals.first { $0.name == "closed" }?.queued == 0)
        await broker.shutdown()
        for device in [parked, waiting] {
            #expect(throws: RawClient.Failure.self, "closed without an answer") { try device.packet() }
        }
        #expect(open.payloads == ["1"] && closed.payloads.isEmpty)
    }
}
