import Dispatch
import Synchronization
import Testing

@testable import Databus

/// Judges on a thread of its own, as a password hash would.
private final class SlowAuthority: DatabusAuthority {
    let asked = Mutex(0)

    func authenticate(
        clientIdentifier: String, user: String?, password: [UInt8]?, remoteAddress: String,
        completion: @escaping @Sendable (AuthenticationOutcome) -> Void
    ) {
        DispatchQueue.global().async {
            guard let user, let password else { return completion(.notAuthorized) }
            if user == "later" { return completion(.unavailable) }
            completion(String(decoding: password, as: UTF8.self) == "secret" ? .accepted : .badUserNameOrPassword)
        }
    }

    func mayPublish(user: String?, clientIdentifier: String, topic: String) -> Bool {
        asked.withLock { $0 += 1 }
        return !topic.hasPrefix("private/")
    }

    func maySubscribe(user: String?, clientIdentifier: String, filter: String) -> Bool { filter != "#" }
}

@Suite struct AuthorityTests {
    @Test(
        "CONNACK says why a client is refused",
        arguments: [
            ("ann", "secret", nil), ("ann", "wrong", .badUserNameOrPassword), ("later", "secret", .serverUnavailable),
            (nil, nil, .notAuthorized),
        ] as [(String?, String?, ConnectReturnCode?)])
    func authentication(user: String?, password: String?, refusal: ConnectReturnCode?) async throws {
        try await withBroker(authority: SlowAuthority()) { broker in
            do {
                let (client, _) = try await broker.client("c") {
                    $0.user = user
                    $0.password = password
                }
                #expect(refusal == nil)
                await client.disconnect()
            } catch let error as DatabusError {
                #expect(error == refusal.map(DatabusError.connectionRefused))
            }
        }
    }

    @Test("Packets sent behind CONNECT wait for the answer to it")
    func pipelined() async throws {
        try await withBroker(authority: SlowAuthority()) { broker in
            let raw = try RawClient(port: broker.port)
            raw.send(
                RawClient.connectPacket("c", flags: 0xc0, rest: RawClient.text("ann") + RawClient.text("secret"))
                    + RawClient.subscribePacket("t", qos: 0) + RawClient.publishPacket("t", "early"))
            #expect(try raw.packet() == (0x20, [0, 0]))
            #expect(try raw.packet() == (0x90, [0, 1, 0]))
            #expect(try raw.packet() == (0x30, [0, 1, 0x74] + Array("early".utf8)))
        }
    }

    @Test("A forbidden filter is answered with 0x80, a forbidden publication acknowledged, discarded and counted")
    func topicRights() async throws {
        let authority = SlowAuthority()
        try await withBroker(authority: authority) { broker in
            let (client, inbox) = try await broker.client("c") {
                $0.user = "ann"
                $0.password = "secret"
            }
            await #expect(throws: DatabusError.subscriptionRefused("#")) {
                try await client.subscribe([("x/#", 1), ("#", 1)])
            }
            try await client.subscribe("+/x", qos: 1)
            for _ in 0..<5 { try await client.publish("private/x", "no", qos: 1) }
            try await client.publish("$SYS/x", "no", qos: 1)
            try await client.publish("public/x", "yes", qos: 1)
            await inbox.waitFor(1)
            #expect(inbox.texts == ["yes"])
            #expect(authority.asked.withLock { $0 } == 2, "the answer is kept per topic")
            #expect(await broker.statistics()?.traffic.refused == 7)
            await broker.rightsChanged()
            try await client.publish("public/x", "again", qos: 1)
            #expect(authority.asked.withLock { $0 } == 3)
            await client.disconnect()
        }
    }
}
