import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import Testing
import Topics

@testable import Gateway

@Suite struct LiveHubTests {
    private func publish(_ hub: LiveHub, _ topic: String, _ payload: String, at time: Int64 = 0) {
        Array(payload.utf8).withUnsafeBytes { hub.publish(topic: topic, payload: $0, millisecondsSince1970: time) }
    }

    @Test(
        "a payload that is JSON stands in the event as published, any other as base64",
        arguments: [
            (#"{"a": [1, -2.5e3, "x\u00e9\"", true, null]}"#, true), ("12", true), ("\"text\"", true), (" [ ] ", true), ("{\n\"a\":\r\n1}", true),
            ("", false), ("{", false), ("{\"a\":1,}", false), ("[1 2]", false), ("01", false), ("1.", false), ("nul", false), ("'a'", false),
            ("\"\u{1}\"", false), ("\"\\x\"", false), ("{} {}", false), (String(repeating: "[", count: 100) + String(repeating: "]", count: 100), false),
            ("{1:2}", false), ("-", false), ("\"open", false),
        ])
    func encoding(payload: String, isJSON: Bool) throws {
        let event = Array(payload.utf8).withUnsafeBytes { LiveHub.encode(topic: "a/\"b\"", payload: $0, time: 7) }
        #expect(!event.contains(0x0a) && !event.contains(0x0d))
        let object = try #require(JSONSerialization.jsonObject(with: Data(event)) as? [String: Any])
        #expect(object["topic"] as? String == "a/\"b\"")
        #expect(object["time"] as? Int == 7)
        if isJSON {
            let expected = try JSONSerialization.jsonObject(with: Data(payload.utf8), options: .fragmentsAllowed)
            #expect((object["payload"] as? NSObject) == (expected as? NSObject))
        } else {
            #expect(object["payload_base64"] as? String == Data(payload.utf8).base64EncodedString())
        }
    }

    @Test("bytes that are not UTF-8 are given as base64")
    func notText() {
        let event = ([0x22, 0xff, 0x22] as [UInt8]).withUnsafeBytes { LiveHub.encode(topic: "t", payload: $0, time: 1) }
        #expect(String(decoding: event, as: UTF8.self) == #"{"topic":"t","time":1,"payload_base64":"Iv8i"}"#)
    }

    @Test("a reader gets the topics it asked for, at most one of each in its interval")
    func filters() async throws {
        let hub = LiveHub()
        publish(hub, "/pmu/1", "0")
        let events = try hub.events(filters: ["/pmu/+", "x"], minimumIntervalMilliseconds: 100)
        publish(hub, "/pmu/1", "1", at: 1000)
        publish(hub, "/pmu/1", "2", at: 1099)
        publish(hub, "/pmu/2", "3", at: 1099)
        publish(hub, "/pmu/1", "4", at: 1100)
        publish(hub, "/other", "5", at: 1100)
        publish(hub, "x", "6", at: 1100)
        hub.finish()
        var payloads: [Int] = []
        for await event in events {
            payloads.append(try #require((JSONSerialization.jsonObject(with: Data(event)) as? [String: Any])?["payload"] as? Int))
        }
        #expect(payloads == [1, 3, 4, 6])
    }

    @Test("a reader that takes nothing keeps only the newest events")
    func slowReader() async throws {
        let hub = LiveHub(bufferedEvents: 3)
        let events = try hub.events(filters: [], minimumIntervalMilliseconds: 0)
        for number in 0..<100_000 { publish(hub, "t", "\(number)") }
        hub.finish()
        let texts = await events.reduce(into: [String]()) { $0.append(String(decoding: $1, as: UTF8.self)) }
        #expect(texts.count == 3)
        #expect(texts.last?.contains("\"payload\":99999") == true)
    }

    @Test("the demand tells what readers want, and readers are bounded and leave when they go")
    func demand() async throws {
        let demands = Mutex<[[String]]>([])
        let hub = LiveHub(capacity: 2) { filters in demands.withLock { $0.append(filters.map(\.description)) } }
        #expect(!hub.hasReaders)
        do {
            let first = try hub.events(filters: ["b", "a"], minimumIntervalMilliseconds: 0)
            let second = try hub.events(filters: ["a"], minimumIntervalMilliseconds: 0)
            #expect(hub.hasReaders)
            #expect(throws: GatewayError.self) { try hub.events(filters: [], minimumIntervalMilliseconds: 0) }
            hub.finish()
            for await _ in first {}
            for await _ in second {}
        }
        #expect(!hub.hasReaders)
        #expect(demands.withLock { $0.first } == ["a", "b"])
        #expect(demands.withLock { $0.last } == [])
        #expect(throws: GatewayError.self) { try hub.events(filters: ["a/#/b"], minimumIntervalMilliseconds: 0) }
    }
}

@Suite struct LiveRouteTests {
    private static let head = "GET /api/live?topic=%2Fpmu%2F%2B&topic=x HTTP/1.1\r\nHost: x\r\n"

    private func publish(_ hub: LiveHub, _ topic: String, _ payload: String) {
        Array(payload.utf8).withUnsafeBytes { hub.publish(topic: topic, payload: $0, millisecondsSince1970: 1) }
    }

    @Test("readings arrive as server-sent events, with heart-beats between them, until log-out")
    func stream() async throws {
        let (demands, continuation) = AsyncStream.makeStream(of: [String].self)
        let hub = LiveHub { filters in continuation.yield(filters.map(\.description)) }
        let test = TestGateway(hub: hub)
        let session = await test.authenticator.openSession(for: Caller(name: "eva", role: .viewer))
        try await test.gateway.application.test(.live) { client in
            let port = try #require(client.port)
            let raw = try RawClient(port: port)
            raw.send(Self.head + "Cookie: dsotp_session=\(session.token)\r\n\r\n")
            var demand = demands.makeAsyncIterator()
            #expect(await demand.next() == ["/pmu/+", "x"])
            publish(hub, "/pmu/7", #"{"device":"7"}"#)
            publish(hub, "/other", "1")
            let text = try await onThread { raw.read { $0.contains(": beat") && $0.contains("/pmu/7") } }
            #expect(text.hasPrefix("HTTP/1.1 200 OK"))
            #expect(text.contains("text/event-stream"))
            #expect(text.contains("data: {\"topic\":\"/pmu/7\",\"time\":1,\"payload\":{\"device\":\"7\"}}\n\n"))
            #expect(!text.contains("/other"))
            await test.authenticator.closeSession(token: session.token)
            // The last chunk ends the stream.
            _ = try await onThread { raw.read { $0.hasSuffix("0\r\n\r\n") } }
            #expect(await demand.next() == [])
        }
    }

    @Test("a reader that goes away is noticed")
    func goneReader() async throws {
        let (demands, continuation) = AsyncStream.makeStream(of: [String].self)
        let test = TestGateway(hub: LiveHub { filters in continuation.yield(filters.map(\.description)) })
        let session = await test.authenticator.openSession(for: Caller(name: "eva", role: .viewer))
        try await test.gateway.application.test(.live) { client in
            let port = try #require(client.port)
            var demand = demands.makeAsyncIterator()
            do {
                let raw = try RawClient(port: port)
                raw.send(Self.head + "Cookie: dsotp_session=\(session.token)\r\n\r\n")
                #expect(await demand.next() == ["/pmu/+", "x"])
            }
            #expect(await demand.next() == [])
        }
    }

    @Test("a malformed filter or interval is 400, and HEAD takes no reader's place", arguments: ["topic=a%23", "interval=-1", "interval=x", "interval=60001"])
    func malformed(query: String) async throws {
        let test = TestGateway()
        try await test.gateway.application.test(.live) { client in
            let response = try await client.execute(uri: "/api/live?\(query)", method: .get, headers: .basic("viewer"))
            #expect(response.status == .badRequest)
            #expect(response.error != nil)
            #expect(try await client.execute(uri: "/api/live", method: .head, headers: .basic("viewer")).status == .ok)
            #expect(!test.hub.hasReaders)
        }
    }

    @Test("graceful shut-down does not wait for readers, not even for one that reads nothing", .timeLimit(.minutes(1)))
    func shutdown() async throws {
        let (demands, demandContinuation) = AsyncStream.makeStream(of: [String].self)
        let (addresses, addressContinuation) = AsyncStream.makeStream(of: GatewayAddress.self)
        let hub = LiveHub { filters in demandContinuation.yield(filters.map(\.description)) }
        let host = FakeHost()
        let authenticator = FakeAuthenticator()
        let logger = Logger(label: "gateway-tests") { _ in SwiftLogNoOpLogHandler() }
        let gateway = Gateway(
            configuration: GatewayConfiguration(port: 0),
            parts: Gateway.Parts(
                authenticator: authenticator, administration: host, revisions: host, commands: FakeCommands(), requests: host, timeSeries: host, liveFeed: hub, databus: host, store: host,
                metrics: host, readiness: host, audit: host),
            logger: logger, onListening: { addressContinuation.yield($0) })
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [gateway], logger: logger))
        let running = Task { try await group.run() }
        let port = try #require(await addresses.first { _ in true }?.port)
        let session = await authenticator.openSession(for: Caller(name: "eva", role: .viewer))
        var demand = demands.makeAsyncIterator()
        var readers: [RawClient] = []
        for _ in 0..<2 {
            let raw = try RawClient(port: port)
            raw.send(Self.head + "Cookie: dsotp_session=\(session.token)\r\n\r\n")
            _ = await demand.next()
            readers.append(raw)
        }
        let payload = "\"" + String(repeating: "x", count: 500_000) + "\""
        for _ in 0..<40 { publish(hub, "x", payload) }
        let begin = ContinuousClock.now
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(ContinuousClock.now - begin < .seconds(20))
        #expect(readers.count == 2)
    }
}
