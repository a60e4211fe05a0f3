import Testing

@testable import Databus

/// How a linked databus finds its broker, loses it and finds it again, and what it says about it.
@Suite struct LinkConnectionTests {
    @Test("A broker that refuses the connection is named with a sentence that says what to do, once, and tried again", arguments: [
        (1, "it does not speak MQTT 3.1.1"), (2, "it does not accept the client identifier 'host-1'"), (3, "it is not available at the moment"),
        (4, "it does not know user 'grid', or the password is wrong (CONNACK 4)"),
        (5, "user 'grid' is not authorised, or the password is wrong (CONNACK 5)"),
    ] as [(UInt8, String)])
    func refused(code: UInt8, reason: String) async throws {
        let upstream = try ScriptedBroker()
        let log = LogLines()
        try await withLink(to: [upstream.port], logger: log.logger, { ($0.user, $0.password) = ("grid", "wrong") }) { broker in
            await broker.connectLink()
            for _ in 0..<3 {
                let connect = try upstream.accept()
                #expect(connect.user == "grid" && connect.password == Array("wrong".utf8))
                upstream.send([0x20, 2, 0, code])
                upstream.hangUp()
            }
            let sentence = "the broker at 127.0.0.1:\(upstream.port) refuses the connection: \(reason)"
            #expect(try await waitForLink(broker) { $0.failures >= 3 }.problem == sentence)
            #expect(log.all == ["warning: \(sentence); trying again until it works"])
            try upstream.welcome()
            #expect(try await waitForLink(broker) { $0.isConnected }.problem == nil)
            #expect(log.all.last == "notice: linked to the broker at 127.0.0.1:\(upstream.port) as client 'host-1'; its session is new")
        }
    }

    @Test("Where nobody listens, the sentence says so, once; services publish and subscribe all the same")
    func nobodyThere() async throws {
        let log = LogLines()
        try await withLink(to: [1], logger: log.logger) { broker in
            await broker.connectLink()
            let status = try await waitForLink(broker) { $0.failures >= 5 }
            #expect(status.problem == "the broker at 127.0.0.1:1 cannot be reached: connection refused")
            #expect(log.all.count == 1)
            _ = try await broker.subscribeLocally(name: "s", filters: [LocalFilter("t")], subscriber: Mailbox())
            var batch = PublicationBatch()
            try batch.append(topic: "t", payload: "x".utf8, qos: 1)
            #expect(broker.publish(batch))
        }
    }

    @Test("The addresses of a cluster are tried in turn, without a pause within a round")
    func takesTurns() async throws {
        let (first, second) = (try ScriptedBroker(), try ScriptedBroker())
        try await withLink(to: [1, first.port, second.port]) { broker in
            await broker.connectLink()
            try first.welcome()
            #expect(try await waitForLink(broker) { $0.isConnected }.address == "127.0.0.1:\(first.port)")
            first.hangUp()
            try second.welcome()
            #expect(try await waitForLink(broker) { $0.isConnected && $0.connections == 2 }.address == "127.0.0.1:\(second.port)")
        }
    }

    @Test("A broker that takes the connection and says nothing is given up", arguments: [true, false])
    func silence(closes: Bool) async throws {
        let upstream = try ScriptedBroker()
        try await withLink(to: [upstream.port], { $0.connectTimeoutSeconds = 0.2 }) { broker in
            await broker.connectLink()
            try upstream.accept()
            if closes { upstream.hangUp() }
            let problem = try await waitForLink(broker) { $0.failures >= 1 }.problem
            let expected = closes ? "closes the connection without an answer: is that an MQTT port without TLS?" : "does not answer within 0.2 s: is that an MQTT port without TLS?"
            #expect(problem == "the broker at 127.0.0.1:\(upstream.port) \(expected)")
        }
    }

    @Test("The link pings a quiet broker, and gives up one that does not answer")
    func keepsAlive() async throws {
        let upstream = try ScriptedBroker()
        try await withLink(to: [upstream.port], { $0.keepAliveSeconds = 1 }) { broker in
            await broker.connectLink()
            #expect(try upstream.welcome().keepAliveSeconds == 1)
            for _ in 0..<2 {
                #expect(try upstream.packet() == (0xc0, []))
                upstream.send([0xd0, 0])
            }
            #expect(try upstream.packet() == (0xc0, []))
            let status = try await waitForLink(broker) { $0.failures == 1 }
            #expect(status.problem == "the broker at 127.0.0.1:\(upstream.port) does not answer pings for 1 s")
        }
    }

    @Test("Pings are paced by the keep-alive: a busy connection needs none, one that is held back is not blamed for it")
    func pacing() {
        let quiet = LinkKeepAlive(seconds: 30)
        #expect((0..<39).allSatisfy { _ in quiet.tick(isReading: true) == .nothing } && quiet.tick(isReading: true) == .ping)
        quiet.said()
        #expect((0..<59).allSatisfy { _ in quiet.tick(isReading: true) != .dead } && quiet.tick(isReading: true) == .dead)
        let busy = LinkKeepAlive(seconds: 30)
        for _ in 0..<1_000 {
            busy.heard()
            busy.said()
            #expect(busy.tick(isReading: true) == .nothing)
        }
        let held = LinkKeepAlive(seconds: 30)
        #expect((0..<1_000).allSatisfy { _ in held.tick(isReading: false) != .dead })
        let none = LinkKeepAlive(seconds: 0)
        #expect((0..<1_000).allSatisfy { _ in none.tick(isReading: true) == .nothing })
    }

    @Test("A port for TLS that is reached without is known by its answer")
    func alert() async throws {
        let upstream = try ScriptedBroker()
        try await withLink(to: [upstream.port]) { broker in
            await broker.connectLink()
            try upstream.accept()
            upstream.send([0x15, 3, 3, 0, 2, 2, 10])
            let problem = try await waitForLink(broker) { $0.failures >= 1 }.problem
            #expect(problem == "the broker at 127.0.0.1:\(upstream.port) speaks TLS at this port, and the link was told not to")
        }
    }

    @Test("A broker that speaks nonsense is given up", arguments: [
        [0x20, 2, 0, 0, 0x00, 0], [0x20, 2, 0, 0, 0x82, 5, 0, 1, 0, 0, 0], [0xd0, 0], [0x20, 2, 0, 0, 0x20, 2, 0, 0],
        [0x20, 2, 0, 0, 0x34, 6, 0, 1, 0x74, 0, 1, 0x78],
    ] as [[UInt8]])
    func nonsense(bytes: [UInt8]) async throws {
        let upstream = try ScriptedBroker()
        try await withLink(to: [upstream.port]) { broker in
            await broker.connectLink()
            try upstream.accept()
            upstream.send(bytes)
            let problem = try await waitForLink(broker) { $0.failures >= 1 }.problem
            #expect(problem?.contains("sends what MQTT 3.1.1 does not know") == true)
        }
    }

    @Test("Connections that end soon again and again are blamed on what they have in common", arguments: [true, false])
    func patterns(withMessage: Bool) async throws {
        let upstream = try ScriptedBroker()
        try await withLink(to: [upstream.port], { $0.user = "grid" }) { broker in
            if withMessage {
                var batch = PublicationBatch()
                try batch.append(topic: "forbidden", payload: "x".utf8, qos: 1)
                #expect(broker.publish(batch))
            }
            await broker.connectLink()
            for _ in 0..<3 {
                try upstream.welcome()
                if withMessage { #expect(try upstream.publication().topic == "forbidden") }
                upstream.hangUp()
            }
            let hint = withMessage
                ? "that happens whenever 'forbidden' is published: has grid the right to write it?"
                : "that happens soon after each connection: does another host use the client identifier 'host-1'?"
            #expect(try await waitForLink(broker) { $0.failures >= 3 }.problem == "the broker at 127.0.0.1:\(upstream.port) has closed the connection; \(hint)")
        }
    }

    @Test("The pauses between attempts grow up to the longest, each at most halved by chance")
    func pauses() {
        var options = LinkOptions(addresses: [.init(host: "a", port: 1)], clientIdentifier: "c")
        (options.firstPauseSeconds, options.longestPauseSeconds) = (0.25, 10)
        var attempts = LinkAttempts(options)
        for full in [0.25, 0.5, 1, 2, 4, 8, 10, 10, 10] {
            let pause = attempts.nextPauseSeconds()
            #expect(pause >= full / 2 && pause <= full)
        }
    }

    @Test("TLS files that cannot be read are refused at the start, with their names", arguments: [
        (MQTTTLS(authorities: "/nowhere/ca.pem"), "'/nowhere/ca.pem'"),
        (MQTTTLS(certificate: "/nowhere/host.pem"), "the certificate '/nowhere/host.pem' has no key: name its file too"),
        (MQTTTLS(certificate: "/nowhere/host.pem", key: "/nowhere/host.key"), "'/nowhere/host.pem'"),
    ])
    func files(tls: MQTTTLS, name: String) async {
        let error = await #expect(throws: DatabusError.self) { try await withLink(to: [1], { $0.tls = tls }) { _ in } }
        #expect(error?.description.contains(name) == true)
    }
}
