import Testing

@testable import Databus

@Suite struct SystemTopicTests {
    @Test("$SYS tells version, uptime and counts, and # does not see it")
    func systemTopics() async throws {
        try await withBroker {
            $0.systemTopicsIntervalSeconds = 0.1
        } _: { broker in
            let (client, inbox) = try await broker.client("c")
            try await client.subscribe("#")
            try await client.subscribe("$SYS/broker/#")
            #expect(
                await eventually {
                    inbox.messages.contains { $0.topic == "$SYS/broker/clients/connected" && $0.payload == [0x31] }
                })
            let topics = Set(inbox.messages.map(\.topic))
            for name in [
                "version", "uptime", "clients/connected", "messages/received", "messages/sent",
                "retained messages/count",
            ] {
                #expect(topics.contains("$SYS/broker/" + name))
            }
            await client.disconnect()
        }
    }

    @Test("A taken port is refused with a sentence that names it")
    func takenPort() async throws {
        try await withBroker { broker in
            do {
                try await withBroker {
                    $0.port = broker.port
                } _: { _ in
                    Issue.record("the port was taken")
                }
            } catch let error as DatabusError {
                #expect(error.description.contains("127.0.0.1:\(broker.port)"))
            }
        }
    }
}
