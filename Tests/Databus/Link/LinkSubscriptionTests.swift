import Synchronization
import Testing

@testable import Databus

/// What a linked databus asks of the external broker.
@Suite struct LinkSubscriptionTests {
    @Test("Local filters are subscribed at the broker as disjoint ones, and unsubscribed when nobody is left who wants them")
    func follows() async throws {
        let upstream = try ScriptedBroker()
        try await withLink(to: [upstream.port]) { broker in
            let wide = try await broker.subscribeLocally(name: "a", filters: [LocalFilter("/pmu/#", qos: 1)], subscriber: Mailbox())
            _ = try await broker.subscribeLocally(name: "b", filters: [LocalFilter("/pmu/7", qos: 0), LocalFilter("$SYS/#")], subscriber: Mailbox())
            await broker.connectLink()
            let connect = try upstream.welcome()
            #expect(connect.clientIdentifier == "host-1" && !connect.cleanSession)
            #expect(try await waitForLink(broker) { $0.isConnected }.isSubscribed == false)
            #expect(try upstream.subscribe() == ["/pmu/#"])
            _ = try await waitForLink(broker) { $0.isSubscribed }
            let other = try await broker.subscribeLocally(name: "c", filters: [LocalFilter("/pmu/7", qos: 1)], subscriber: Mailbox())
            #expect(try upstream.subscribe() == ["/pmu/#"], "asked for again: the retained messages are for the new one")
            await wide.cancel()
            #expect(try upstream.subscribe() == ["/pmu/7"])
            #expect(try upstream.unsubscribe() == ["/pmu/#"])
            await other.cancel()
            #expect(try upstream.subscribe() == ["/pmu/7"], "with the QoS that is left")
            #expect(upstream.isQuiet(milliseconds: 50))
        }
    }

    @Test("A filter that the session has from an earlier run, and nobody wants any more, is unsubscribed; those held are remembered")
    func remembers() async throws {
        let upstream = try ScriptedBroker()
        let saved = Mutex<[String]>([])
        let memory = LinkMemory(load: { ["old/#", "t"] }, save: { filters in saved.withLock { $0 = filters } })
        try await withLink(to: [upstream.port], { $0.memory = memory }) { broker in
            _ = try await broker.subscribeLocally(name: "a", filters: [LocalFilter("t", qos: 1)], subscriber: Mailbox())
            await broker.connectLink()
            try upstream.welcome(sessionPresent: true)
            #expect(try upstream.subscribe() == ["t"])
            #expect(try upstream.unsubscribe() == ["old/#"])
            #expect(saved.withLock { $0 } == ["t"])
        }
    }

    @Test("A subscription that the broker refuses is named in the log and in the status; others go on")
    func refusal() async throws {
        let upstream = try ScriptedBroker()
        let log = LogLines()
        try await withLink(to: [upstream.port], logger: log.logger, { $0.user = "grid" }) { broker in
            _ = try await broker.subscribeLocally(name: "a", filters: [LocalFilter("t", qos: 1)], subscriber: Mailbox())
            await broker.connectLink()
            try upstream.welcome()
            _ = try upstream.subscribe(answer: 0x80)
            let status = try await waitForLink(broker) { $0.problem != nil && $0.isConnected }
            #expect(status.problem == "the broker refuses the subscription to 't'")
            #expect(log.all.contains { $0.hasSuffix("refuses the subscription to 't': give grid the right to read it") })
        }
    }

    @Test("Retained messages reach local subscribers once, later ones from the local copy, which live messages keep up to date")
    func retained() async throws {
        let upstream = try ScriptedBroker()
        try await withLink(to: [upstream.port]) { broker in
            let first = Mailbox()
            _ = try await broker.subscribeLocally(name: "a", filters: [LocalFilter("s/#", qos: 1)], subscriber: first)
            await broker.connectLink()
            try upstream.welcome()
            #expect(try upstream.subscribe() == ["s/#"])
            let open = RawClient.publishPacket("s/1", "open", qos: 1, identifier: 1, retain: true)
            upstream.send(open)
            #expect(try upstream.acknowledgement() == 1)
            #expect(first.deliveries == [.init(subscription: 0, topic: "s/1", payload: "open", qos: 1, retained: true)])
            let second = Mailbox()
            _ = try await broker.subscribeLocally(name: "b", filters: [LocalFilter("s/+", qos: 1)], subscriber: second)
            #expect(try upstream.subscribe() == ["s/#"])
            upstream.send(open)
            #expect(try upstream.acknowledgement() == 1)
            #expect(first.payloads == ["open"] && second.payloads == ["open"])
            upstream.send(RawClient.publishPacket("s/1", "closed", qos: 1, identifier: 2))
            #expect(try upstream.acknowledgement() == 2)
            let third = Mailbox()
            _ = try await broker.subscribeLocally(name: "c", filters: [LocalFilter("s/1", qos: 1)], subscriber: third)
            #expect(third.deliveries == [.init(subscription: 0, topic: "s/1", payload: "closed", qos: 1, retained: true)])
            #expect(second.payloads == ["open", "closed"])
        }
    }

    @Test("For a broker that takes a dot for a slash, dots of topics and filters are written otherwise there")
    func dots() async throws {
        let upstream = try ScriptedBroker()
        try await withLink(to: [upstream.port], { $0.dot = "%2E" }) { broker in
            let mailbox = Mailbox()
            _ = try await broker.subscribeLocally(name: "a", filters: [LocalFilter("s/1.2/+", qos: 1)], subscriber: mailbox)
            await broker.connectLink()
            try upstream.welcome()
            #expect(try upstream.subscribe() == ["s/1%2E2/+"])
            var batch = PublicationBatch()
            try batch.append(topic: "s/1.2/.x%", payload: "0".utf8, qos: 0)
            try batch.append(topic: "s/1.2/.x%", payload: "1.1".utf8, qos: 1)
            #expect(broker.publish(batch))
            for (number, payload) in ["0", "1.1"].enumerated() {
                let publication = try upstream.publication()
                #expect(publication.topic == "s/1%2E2/%2Ex%" && publication.payload == payload && Int(publication.qos) == number)
            }
            upstream.send(RawClient.publishPacket("s/1%2E2/%2Ex%", "back", qos: 1, identifier: 1))
            #expect(try upstream.acknowledgement() == 1)
            #expect(mailbox.deliveries == [.init(subscription: 0, topic: "s/1.2/.x%", payload: "back", qos: 1, retained: false)])
        }
    }

    @Test("Two databuses linked to one broker see each other's publications, each once, however their filters overlap")
    func twoHosts() async throws {
        try await withBroker { central in
            try await withLink(to: [central.port]) { one in
                try await withLink(to: [central.port], { $0.clientIdentifier = "host-2" }) { two in
                    let (here, there) = (Mailbox(), Mailbox())
                    let filters = [LocalFilter("x/+", qos: 1), LocalFilter("+/y", qos: 1)]
                    _ = try await one.subscribeLocally(name: "s", filters: filters, subscriber: here)
                    _ = try await two.subscribeLocally(name: "s", filters: filters, subscriber: there)
                    for host in [one, two] {
                        await host.connectLink()
                        _ = try await waitForLink(host) { $0.isConnected && $0.subscriptions == 1 }
                    }
                    var batch = PublicationBatch()
                    for number in 0..<500 { try batch.append(topic: "x/y", payload: "\(number)".utf8, qos: UInt8(number % 3)) }
                    #expect(await eventually { await central.statistics()?.subscriptions == 2 })
                    #expect(one.publish(batch))
                    let expected = (0..<500).map { "\($0)" }
                    #expect(await eventually { here.payloads.count >= 500 && there.payloads.count >= 500 })
                    #expect(here.payloads.sorted() == expected.sorted() && there.payloads.sorted() == expected.sorted())
                }
            }
        }
    }
}
