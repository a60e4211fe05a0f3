import Foundation
import Testing

@testable import Databus

/// Debian's clients, which nobody here wrote, against the broker.
private enum Mosquitto {
    static let publish = "/usr/bin/mosquitto_pub"
    static let subscribe = "/usr/bin/mosquitto_sub"

    static let isInstalled: Bool = {
        let isThere = [publish, subscribe].allSatisfy(FileManager.default.isExecutableFile(atPath:))
        if !isThere {
            print("SKIPPED: mosquitto_pub and mosquitto_sub are not installed; apt-get install mosquitto-clients")
        }
        return isThere
    }()
}

/// A running mosquitto client and what it prints.
private struct Tool {
    private let process = Process()
    private let output = Pipe()

    init(_ path: String, _ broker: Broker, _ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = ["-h", "127.0.0.1", "-p", "\(broker.port)", "-V", "mqttv311"] + arguments
        process.standardOutput = output
        try process.run()
    }

    func kill() { Foundation.kill(process.processIdentifier, SIGKILL) }

    /// What it printed, by line, once it has ended with this status.
    func lines(status: Int32 = 0) async throws -> [String] {
        let data = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: output.fileHandleForReading.readDataToEndOfFile())
            }
        }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            DispatchQueue.global().async {
                process.waitUntilExit()
                continuation.resume()
            }
        }
        #expect(process.terminationStatus == status)
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

@Suite(
    .enabled(
        if: Mosquitto.isInstalled, "mosquitto_pub and mosquitto_sub are missing: apt-get install mosquitto-clients"))
struct MosquittoClientTests {
    private func subscribed(_ broker: Broker, _ count: Int) async -> Bool {
        await eventually { await broker.statistics()?.subscriptions == count }
    }

    private func publish(_ broker: Broker, _ arguments: [String]) async throws {
        _ = try await Tool(Mosquitto.publish, broker, arguments).lines()
    }

    @Test("mosquitto_sub receives what mosquitto_pub sends, at every QoS", arguments: [0, 1, 2])
    func qos(qos: Int) async throws {
        try await withBroker { broker in
            let subscriber = try Tool(
                Mosquitto.subscribe, broker, ["-t", "pmu/#", "-q", "\(qos)", "-C", "3", "-v", "-W", "10"])
            #expect(await subscribed(broker, 1))
            for index in 0..<3 {
                try await publish(broker, ["-t", "pmu/\(index)", "-m", "value \(index)", "-q", "\(qos)"])
            }
            #expect(try await subscriber.lines() == (0..<3).map { "pmu/\($0) value \($0)" })
        }
    }

    @Test("mosquitto_sub receives a retained message with its flag, and wildcards do not cross levels")
    func retained() async throws {
        try await withBroker { broker in
            try await publish(broker, ["-t", "state/breaker", "-m", "open", "-r", "-q", "1"])
            try await publish(broker, ["-t", "state/breaker/deep", "-m", "no", "-r"])
            let lines = try await Tool(
                Mosquitto.subscribe, broker, ["-t", "state/+", "-C", "1", "-F", "%t %p %r", "-W", "10"]
            ).lines()
            #expect(lines == ["state/breaker open 1"])
            try await publish(broker, ["-t", "state/breaker", "-n", "-r"])
            try await publish(broker, ["-t", "state/breaker/deep", "-n", "-r"])
            // QoS 0: the publisher is gone before the broker has read it.
            #expect(await eventually { await broker.statistics()?.retained == 0 })
        }
    }

    @Test("The will of a killed mosquitto_sub is published")
    func will() async throws {
        try await withBroker { broker in
            let watcher = try Tool(Mosquitto.subscribe, broker, ["-t", "wills/#", "-C", "1", "-v", "-W", "10"])
            let victim = try Tool(
                Mosquitto.subscribe, broker,
                ["-t", "x", "--will-topic", "wills/victim", "--will-payload", "killed", "--will-qos", "1"])
            #expect(await subscribed(broker, 2))
            victim.kill()
            #expect(try await watcher.lines() == ["wills/victim killed"])
        }
    }

    @Test("A persistent mosquitto_sub loses nothing that was published while it was away")
    func persistentSession() async throws {
        try await withBroker { broker in
            let session = ["-c", "-i", "keeper", "-q", "1", "-t", "load", "-W", "20"]
            let first = try Tool(Mosquitto.subscribe, broker, session + ["-C", "1"])
            #expect(await subscribed(broker, 1))
            try await publish(broker, ["-t", "load", "-m", "first", "-q", "1"])
            #expect(try await first.lines() == ["first"])
            #expect(await eventually { await broker.statistics()?.connectedClients == 0 })
            let (client, _) = try await broker.client()
            var batch = PublicationBatch()
            for index in 0..<5_000 { try batch.append(topic: "load", payload: "\(index)".utf8, qos: 1) }
            try await client.publish(batch)
            try await client.acknowledged()
            let second = try await Tool(Mosquitto.subscribe, broker, session + ["-C", "5000"]).lines()
            #expect(second == (0..<5_000).map(String.init))
            await client.disconnect()
        }
    }

    @Test("mosquitto_pub with lines from a file loses none", arguments: [0, 1, 2])
    func manyLines(qos: Int) async throws {
        try await withBroker { broker in
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("lines-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: file) }
            let lines = (0..<2_000).map { "line \($0)" }
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
            let (client, inbox) = try await broker.client()
            try await client.subscribe("file", qos: 2)
            let shell = Process()
            shell.executableURL = URL(fileURLWithPath: "/bin/sh")
            shell.arguments = [
                "-c", "exec \(Mosquitto.publish) -h 127.0.0.1 -p \(broker.port) -t file -q \(qos) -l < '\(file.path)'",
            ]
            try shell.run()
            defer { if shell.isRunning { shell.terminate() } }
            await inbox.waitFor(2_000)
            #expect(inbox.texts == lines)
            #expect(await eventually { !shell.isRunning })
            await client.disconnect()
        }
    }

    @Test("A wrong password makes mosquitto_pub fail with the broker's reason")
    func wrongPassword() async throws {
        try await withBroker(authority: Nobody()) { broker in
            _ = try await Tool(Mosquitto.publish, broker, ["-t", "a", "-m", "b", "-u", "x", "-P", "y"]).lines(status: 4)
        }
    }
}

private struct Nobody: DatabusAuthority {
    func authenticate(
        clientIdentifier: String, user: String?, password: [UInt8]?, remoteAddress: String,
        completion: @escaping @Sendable (AuthenticationOutcome) -> Void
    ) { completion(.badUserNameOrPassword) }
    func mayPublish(user: String?, clientIdentifier: String, topic: String) -> Bool { false }
    func maySubscribe(user: String?, clientIdentifier: String, filter: String) -> Bool { false }
}
