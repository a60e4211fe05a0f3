import NIOCore
import Synchronization
import Testing

@testable import Databus

/// A subscriber's own session at the external broker, which goes with it from host to host.
@Suite struct OwnSessionTests {
    private let filters = [LocalFilter("t/+", qos: 1)]

    /// Whether a host may have the session, as a test says.
    private final class Turn: Sendable {
        private let mine: Mutex<Bool>
        init(_ isMine: Bool = true) { mine = Mutex(isMine) }
        func set(_ isMine: Bool) { mine.withLock { $0 = isMine } }
        var session: LinkSession { LinkSession(clientIdentifier: "service", isHeld: { self.mine.withLock { $0 } }) }
    }

    private func publish(_ payloads: [String], to broker: Broker, topic: String = "t/1") throws {
        var batch = PublicationBatch()
        for payload in payloads { try batch.append(topic: topic, payload: payload.utf8, qos: 1) }
        #expect(broker.publish(batch))
    }

    /// Waits until the broker in the middle has the subscriptions of the session.
    private func subscribed(_ central: Broker, connected: Bool = true) async -> Bool {
        await eventually {
            await central.statistics()?.clients.contains { $0.identifier == "service" && $0.subscriptions == 1 && ($0.remoteAddress != nil) == connected } ?? false
        }
    }

    @Test("What is published while nobody has the subscriber waits for the host that has it next, once and in order")
    func waits() async throws {
        try await withBroker { central in
            let (first, second) = (Mailbox(), Mailbox())
            try await withLink(to: [central.port], { $0.clientIdentifier = "a" }) { host in
                _ = try await host.subscribeLocally(name: "s", filters: filters, ownSession: Turn().session, subscriber: first)
                await host.connectLink()
                #expect(await subscribed(central))
                try publish(["1", "2"], to: central)
                #expect(await eventually { first.payloads == ["1", "2"] })
            }
            #expect(await subscribed(central, connected: false))
            let missed = (3..<500).map { "\($0)" }
            try publish(missed, to: central)
            try await withLink(to: [central.port], { $0.clientIdentifier = "b" }) { host in
                await host.connectLink()
                _ = try await host.subscribeLocally(name: "s", filters: filters, ownSession: Turn().session, subscriber: second)
                #expect(await eventually { second.payloads == missed })
                let status = try #require(await host.linkStatus()?.sessions.first)
                #expect(status.subscriber == "s" && status.clientIdentifier == "service" && status.isConnected && status.received == 497)
            }
            #expect(first.payloads == ["1", "2"])
        }
    }

    @Test("The subscriber gets each message over its own session alone, others theirs over the host's")
    func separate() async throws {
        try await withBroker { central in
            try await withLink(to: [central.port]) { host in
                let (own, other) = (Mailbox(), Mailbox())
                _ = try await host.subscribeLocally(name: "s", filters: filters + [LocalFilter("$local/#")], ownSession: Turn().session, subscriber: own)
                _ = try await host.subscribeLocally(name: "o", filters: [LocalFilter("#", qos: 1)], subscriber: other)
                await host.connectLink()
                #expect(await subscribed(central))
                _ = try await waitForLink(host) { $0.isSubscribed && $0.sessions.allSatisfy(\.isSubscribed) }
                try publish(["x"], to: host)
                try publish(["y"], to: host, topic: "u")
                try publish(["here"], to: host, topic: "$local/1")
                #expect(await eventually { own.payloads.sorted() == ["here", "x"] && other.payloads == ["x", "y"] })
                #expect(await host.linkStatus()?.received == 2)
            }
        }
    }

    @Test("A host whose turn is over neither acknowledges nor delivers nor comes back for the session; the next has everything")
    func doesNotFightBack() async throws {
        let upstream = try ScriptedBroker()
        let turn = Turn()
        try await withLink(to: [upstream.port]) { host in
            let mailbox = Mailbox()
            _ = try await host.subscribeLocally(
                name: "s", filters: [LocalFilter("t/+", qos: 1, acknowledge: .stored)], ownSession: turn.session, subscriber: mailbox)
            #expect(try upstream.welcome().clientIdentifier == "service")
            #expect(try upstream.subscribe() == ["t/+"])
            upstream.send(RawClient.publishPacket("t/1", "1", qos: 1, identifier: 1))
            #expect(await eventually { mailbox.tokens.count == 1 })
            turn.set(false)
            upstream.send(RawClient.publishPacket("t/1", "2", qos: 1, identifier: 2))
            #expect(throws: ScriptedBroker.Failure(description: "closed")) { try upstream.packet() }
            host.acknowledge(mailbox.tokens)
            #expect(mailbox.payloads == ["1"])
            #expect(!upstream.hasCaller(milliseconds: 600), "it does not connect")
            turn.set(true)
            #expect(try upstream.welcome(sessionPresent: true).cleanSession == false)
            _ = try upstream.subscribe()
            upstream.send(RawClient.publishPacket("t/1", "1", qos: 1, identifier: 1, duplicate: true))
            upstream.send(RawClient.publishPacket("t/1", "2", qos: 1, identifier: 2, duplicate: true))
            #expect(await eventually { mailbox.payloads == ["1", "1", "2"] })
            #expect(mailbox.deliveries.map(\.duplicate) == [false, true, true], "told as what may have been there before")
            turn.set(false)
            host.acknowledge(mailbox.tokens)
            #expect(throws: ScriptedBroker.Failure(description: "closed")) { try upstream.packet() }
        }
    }

    @Test("A connection that is accepted when the turn is over is let go again")
    func acceptedTooLate() async throws {
        let upstream = try ScriptedBroker()
        let turn = Turn()
        try await withLink(to: [upstream.port]) { host in
            _ = try await host.subscribeLocally(name: "s", filters: filters, ownSession: turn.session, subscriber: Mailbox())
            try upstream.accept()
            turn.set(false)
            upstream.send([0x20, 2, 1, 0])
            #expect(throws: ScriptedBroker.Failure(description: "closed")) { try upstream.packet() }
        }
    }

    @Test("A subscriber that leaves still acknowledges what it took; what it gives up the next host gets", arguments: [true, false])
    func leaves(stores: Bool) async throws {
        try await withBroker { central in
            let (first, second) = (Mailbox(), Mailbox())
            let stored = [LocalFilter("t/+", qos: 1, acknowledge: .stored)]
            try await withLink(to: [central.port], { $0.clientIdentifier = "a" }) { one in
                try await withLink(to: [central.port], { $0.clientIdentifier = "b" }) { other in
                    let subscription = try await one.subscribeLocally(name: "s", filters: stored, ownSession: Turn().session, subscriber: first)
                    #expect(await subscribed(central))
                    try publish(["1", "2"], to: central)
                    #expect(await eventually { first.tokens.count == 2 })
                    await subscription.cancel()
                    try publish(["3"], to: central)
                    if stores { one.acknowledge(first.tokens) } else { one.acknowledge([first.tokens[0]]) }
                    if !stores { await subscription.refuseUnacknowledged() }
                    #expect(await subscribed(central, connected: false), "it lets go of the session")
                    _ = try await other.subscribeLocally(name: "s", filters: stored, ownSession: Turn().session, subscriber: second)
                    #expect(await eventually { second.payloads == (stores ? ["3"] : ["2", "3"]) })
                    #expect(first.payloads == ["1", "2"])
                }
            }
        }
    }

    @Test("A session that is forgotten ends at the broker, with what waits in it, by the host whose turn it is", arguments: [true, false])
    func forgets(isMine: Bool) async throws {
        try await withBroker { central in
            let turn = Turn()
            try await withLink(to: [central.port]) { host in
                let subscription = try await host.subscribeLocally(name: "s", filters: filters, ownSession: turn.session, subscriber: Mailbox())
                #expect(await subscribed(central))
                await host.forgetLocally(name: "s")
                #expect(await subscribed(central), "not while its subscriber is here")
                await subscription.cancel()
                #expect(await subscribed(central, connected: false))
                turn.set(isMine)
                await host.forgetLocally(name: "s")
                let isKept = await eventually { await central.statistics()?.clients.contains { $0.identifier == "service" } == !isMine }
                #expect(isKept)
            }
        }
    }

    @Test("A subscriber that comes without a session of its own ends the one that it had")
    func goesWithout() async throws {
        try await withBroker { central in
            try await withLink(to: [central.port]) { host in
                await host.connectLink()
                let subscription = try await host.subscribeLocally(name: "s", filters: filters, ownSession: Turn().session, subscriber: Mailbox())
                #expect(await subscribed(central))
                await subscription.cancel()
                let mailbox = Mailbox()
                _ = try await host.subscribeLocally(name: "s", filters: filters, subscriber: mailbox)
                #expect(await eventually { await central.statistics()?.clients.map { "\($0.identifier) \($0.subscriptions)" } == ["host-1 1"] })
                try publish(["x"], to: central)
                #expect(await eventually { mailbox.payloads == ["x"] })
            }
        }
    }

    @Test("Retained messages come once over each session, and are there for the subscriber's next start; a host whose turn is over forgets them")
    func retained() async throws {
        let upstream = try ScriptedBroker()
        let turn = Turn()
        try await withLink(to: [upstream.port]) { host in
            let first = Mailbox()
            var subscription = try await host.subscribeLocally(name: "s", filters: filters, ownSession: turn.session, subscriber: first)
            try upstream.welcome()
            _ = try upstream.subscribe()
            upstream.send(RawClient.publishPacket("t/1", "open", qos: 1, identifier: 1, retain: true))
            upstream.send(RawClient.publishPacket("t/1", "open", qos: 1, identifier: 2, retain: true))
            upstream.send(RawClient.publishPacket("t/1", "closed", qos: 1, identifier: 3))
            #expect(try (0..<3).map { _ in try upstream.acknowledgement() } == [1, 2, 3])
            #expect(first.payloads == ["open", "closed"] && first.deliveries.map(\.retained) == [true, false])
            let other = Mailbox()
            _ = try await host.subscribeLocally(name: "o", filters: filters, subscriber: other)
            #expect(other.payloads.isEmpty, "what the host's own session is told is another matter")

            await subscription.cancel()
            #expect(try upstream.packet().first == 0xe0)
            let again = Mailbox()
            subscription = try await host.subscribeLocally(name: "s", filters: filters, ownSession: turn.session, subscriber: again)
            #expect(again.deliveries == [.init(subscription: 0, topic: "t/1", payload: "closed", qos: 1, retained: true)])
            try upstream.welcome(sessionPresent: true)
            await subscription.cancel()
            turn.set(false)
            let later = Mailbox()
            #expect(await eventually { (try? await host.eventLoop.submit { host.core.value.ownSessions.isEmpty }.get()) == true })
            turn.set(true)
            _ = try await host.subscribeLocally(name: "s", filters: filters, ownSession: turn.session, subscriber: later)
            #expect(later.payloads.isEmpty, "another host had it meanwhile, and may have been told something newer")
        }
    }

    @Test("New filters go on in the subscriber's own session")
    func changes() async throws {
        let upstream = try ScriptedBroker()
        try await withLink(to: [upstream.port]) { host in
            let (first, second) = (Mailbox(), Mailbox())
            let subscription = try await host.subscribeLocally(name: "s", filters: filters, ownSession: Turn().session, subscriber: first)
            try upstream.welcome()
            #expect(try upstream.subscribe() == ["t/+"])
            try await subscription.change(filters: [LocalFilter("u", qos: 1)], session: .clean, subscriber: second) {}
            #expect(try upstream.subscribe() == ["u"])
            #expect(try upstream.unsubscribe() == ["t/+"])
            upstream.send(RawClient.publishPacket("t/1", "old", qos: 1, identifier: 1) + RawClient.publishPacket("u", "new", qos: 1, identifier: 2))
            #expect(try upstream.acknowledgement() == 1, "nobody wants it any more")
            #expect(try upstream.acknowledgement() == 2)
            #expect(first.payloads.isEmpty && second.payloads == ["new"])
        }
    }
}
