import Synchronization
import Testing

@testable import Databus

/// What a linked databus owes: to the external broker for what it delivers, to local publishers for what they publish.
@Suite struct LinkDeliveryTests {
    private let stored = [LocalFilter("t", qos: 1, acknowledge: .stored)]

    private func batch(_ numbers: Range<Int>, topic: String = "out", qos: UInt8 = 1) throws -> PublicationBatch {
        var batch = PublicationBatch()
        for number in numbers { try batch.append(topic: topic, payload: "\(number)".utf8, qos: qos) }
        return batch
    }

    @Test("The PUBACK of a message leaves when it is stored, in the order of the messages")
    func acknowledgesStored() async throws {
        let upstream = try ScriptedBroker()
        try await withLink(to: [upstream.port]) { broker in
            let mailbox = Mailbox()
            _ = try await broker.subscribeLocally(name: "s", filters: stored, subscriber: mailbox)
            await broker.connectLink()
            try upstream.welcome()
            #expect(try upstream.subscribe() == ["t"])
            upstream.send(RawClient.publishPacket("t", "1", qos: 1, identifier: 5) + RawClient.publishPacket("elsewhere", "2", qos: 1, identifier: 6))
            #expect(await eventually { mailbox.tokens.count == 1 })
            #expect(upstream.isQuiet(milliseconds: 50), "also the one that nobody wants waits for its turn")
            broker.acknowledge(mailbox.tokens)
            #expect(try upstream.acknowledgement() == 5)
            #expect(try upstream.acknowledgement() == 6)
        }
    }

    @Test("A service that gives messages up makes the link connect anew, and an answer that comes late answers nothing else")
    func givesUp() async throws {
        let upstream = try ScriptedBroker()
        try await withLink(to: [upstream.port]) { broker in
            let mailbox = Mailbox()
            let subscription = try await broker.subscribeLocally(name: "s", filters: stored, subscriber: mailbox)
            await broker.connectLink()
            try upstream.welcome()
            _ = try upstream.subscribe()
            upstream.send(RawClient.publishPacket("t", "1", qos: 1, identifier: 5))
            #expect(await eventually { mailbox.tokens.count == 1 })
            await subscription.refuseUnacknowledged()
            #expect(throws: ScriptedBroker.Failure.self) { try upstream.packet() }
            try upstream.welcome(sessionPresent: true)
            _ = try upstream.subscribe()
            upstream.send(RawClient.publishPacket("t", "1", qos: 1, identifier: 5, duplicate: true))
            #expect(await eventually { mailbox.tokens.count == 2 })
            broker.acknowledge([mailbox.tokens[0]])
            #expect(upstream.isQuiet(milliseconds: 50))
            broker.acknowledge([mailbox.tokens[1]])
            #expect(try upstream.acknowledgement() == 5)
        }
    }

    @Test("Publications leave for the broker alone, at most at QoS 1; topics below $ stay in this process")
    func publishes() async throws {
        let upstream = try ScriptedBroker()
        try await withLink(to: [upstream.port]) { broker in
            let mailbox = Mailbox()
            _ = try await broker.subscribeLocally(name: "s", filters: [LocalFilter("#", qos: 1), LocalFilter("$local/#")], subscriber: mailbox)
            await broker.connectLink()
            try upstream.welcome()
            _ = try upstream.subscribe()
            var batch = PublicationBatch()
            try batch.append(topic: "a", payload: "0".utf8, qos: 0)
            try batch.append(topic: "b", payload: "1".utf8, qos: 1, retain: true)
            try batch.append(topic: "c", payload: "2".utf8, qos: 2)
            try batch.append(topic: "$local/x", payload: "here".utf8)
            #expect(broker.publish(batch))
            let sent = try (0..<3).map { _ in try upstream.publication() }
            #expect(sent.map { [$0.topic, $0.payload] } == [["a", "0"], ["b", "1"], ["c", "2"]])
            #expect(sent.map(\.qos) == [0, 1, 1] && sent.map(\.retain) == [false, true, false])
            #expect(await eventually { mailbox.payloads == ["here"] }, "what comes back from the broker is what is delivered")
        }
    }

    @Test("What is not acknowledged is sent again after a lost connection, in its order, with DUP; what waited follows")
    func sendsAgain() async throws {
        let upstream = try ScriptedBroker()
        try await withLink(to: [upstream.port], { $0.maximumInFlight = 3 }) { broker in
            #expect(broker.publish(try batch(0..<5)), "taken before there is a connection")
            await broker.connectLink()
            try upstream.welcome()
            let first = try (0..<3).map { _ in try upstream.publication() }
            #expect(first.map(\.payload) == ["0", "1", "2"] && !first.contains { $0.duplicate })
            #expect(upstream.isQuiet(milliseconds: 50), "three are in flight")
            upstream.acknowledge(first[1].identifier)
            #expect(try upstream.publication().payload == "3")
            upstream.hangUp()
            try upstream.welcome()
            let again = try (0..<3).map { _ in try upstream.publication() }
            #expect(again.map(\.payload) == ["0", "2", "3"] && again.allSatisfy { $0.duplicate })
            #expect(again.map(\.identifier) == [first[0].identifier, first[2].identifier, again[2].identifier])
            for publication in again { upstream.acknowledge(publication.identifier) }
            let last = try upstream.publication()
            #expect(last.payload == "4" && !last.duplicate)
            upstream.acknowledge(last.identifier)
            _ = try await waitForLink(broker) { $0.inFlight == 0 && $0.queued == 0 && $0.queuedBytes == 0 && $0.connections == 2 }
        }
    }

    @Test("A full queue takes no more from publishers, who go on when there is room; nothing is lost or changes its place")
    func backPressure() async throws {
        let upstream = try ScriptedBroker()
        try await withBroker({ options in
            var link = LinkOptions(addresses: [.init(host: "127.0.0.1", port: upstream.port)], clientIdentifier: "host-1")
            (link.maximumQueuedMessages, link.firstPauseSeconds) = (10, 0.02)
            options.link = link
            options.maximumLocalPublicationBytes = 1_000
        }) { broker in
            var taken = 0
            while broker.publish(try batch(taken * 5..<taken * 5 + 5)), taken < 1_000 {
                taken += 1
                // The broker's loop decides how much room there is; it must have seen the batch.
                _ = await broker.linkStatus()
            }
            #expect(taken > 2 && taken < 100, "took \(taken) batches")
            #expect(await broker.linkStatus()?.queued == 10)
            await broker.connectLink()
            try upstream.welcome()
            for number in 0..<taken * 5 {
                let publication = try upstream.publication()
                #expect(publication.payload == "\(number)")
                upstream.acknowledge(publication.identifier)
            }
            #expect(broker.publish(try batch(0..<1)))
        }
    }

    @Test("QoS 0 is dropped, and counted, once an absent broker has left half of the queue full; QoS 1 has the other half")
    func dropsAtMostOnce() async throws {
        try await withLink(to: [1], { $0.maximumQueuedMessages = 10 }) { broker in
            #expect(broker.publish(try batch(0..<20, qos: 0)))
            #expect(broker.publish(try batch(0..<5)))
            let status = try await waitForLink(broker) { $0.dropped == 15 && $0.queued == 10 }
            #expect(status.inFlight == 0)
        }
    }

    @Test("A service without room holds the link up; what it has no room for comes once it has, and nobody gets anything twice")
    func blocked() async throws {
        try await withBroker { central in
            try await withLink(to: [central.port]) { broker in
                let (slow, quick) = (Mailbox(capacity: 10), Mailbox())
                _ = try await broker.subscribeLocally(name: "quick", filters: [LocalFilter("t", qos: 1)], subscriber: quick)
                let subscription = try await broker.subscribeLocally(name: "slow", filters: [LocalFilter("t", qos: 1)], subscriber: slow)
                await broker.connectLink()
                #expect(await eventually { await central.statistics()?.subscriptions == 1 })
                let device = try await central.client("device").client
                try await device.publish(try batch(0..<3_000, topic: "t"))
                #expect(await eventually { slow.state.withLock { $0.blocked > 0 } })
                slow.setCapacity(.max)
                broker.localSubscriberReady(subscription.id)
                let expected = (0..<3_000).map { "\($0)" }
                #expect(await eventually { slow.payloads == expected && quick.payloads == expected })
            }
        }
    }

    @Test("What comes while the host ends stays unacknowledged with the broker")
    func quiesces() async throws {
        let upstream = try ScriptedBroker()
        try await withLink(to: [upstream.port]) { broker in
            let mailbox = Mailbox()
            _ = try await broker.subscribeLocally(name: "s", filters: stored, subscriber: mailbox)
            await broker.connectLink()
            try upstream.welcome()
            _ = try upstream.subscribe()
            upstream.send(RawClient.publishPacket("t", "1", qos: 1, identifier: 1))
            #expect(await eventually { mailbox.tokens.count == 1 })
            await broker.quiesce()
            upstream.send(RawClient.publishPacket("t", "2", qos: 1, identifier: 2))
            broker.acknowledge(mailbox.tokens)
            #expect(try upstream.acknowledgement() == 1)
            #expect(upstream.isQuiet(milliseconds: 50) && mailbox.payloads == ["1"])
        }
        #expect(try upstream.packet().first == 0xe0, "DISCONNECT")
    }

    @Test("What the broker had kept for a host reaches a persistent service that is away, and waits there")
    func absentService() async throws {
        try await withBroker { central in
            try await withLink(to: [central.port]) { broker in
                let filters = [LocalFilter("t", qos: 1)]
                let subscription = try await broker.subscribeLocally(name: "s", filters: filters, session: .persistent, subscriber: Mailbox())
                await broker.connectLink()
                #expect(await eventually { await central.statistics()?.subscriptions == 1 })
                await subscription.cancel(keepSession: true)
                let device = try await central.client("device").client
                try await device.publish(topic: "t", payload: "kept".utf8, qos: 1)
                #expect(await eventually { await broker.statistics()?.locals.first?.queued == 1 })
                let back = Mailbox()
                _ = try await broker.subscribeLocally(name: "s", filters: filters, session: .persistent, subscriber: back)
                #expect(back.payloads == ["kept"])
            }
        }
    }
}
