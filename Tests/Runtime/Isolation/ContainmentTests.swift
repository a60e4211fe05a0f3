import Foundation
import Synchronization
import Testing

@testable import Runtime

@Suite("What a service in its own process can't do to the host")
struct ContainmentTests {
    private static let manifest = """
        isolation: process
        subscribe: [{topic: in/x, acknowledge: stored}]
        """

    struct Case: CustomTestStringConvertible, Sendable {
        let order: String
        let reason: Incident.Reason
        var signal: Int?
        var exitCode: Int?
        var testDescription: String { order }
    }

    @Test(
        "A crash is contained, told as an incident, and the message that does it twice is set aside",
        arguments: [
            Case(order: "segv", reason: .crash, signal: 11), Case(order: "abort", reason: .crash, signal: 6),
            Case(order: "exit", reason: .exit, exitCode: 7), Case(order: "trap", reason: .crash, signal: 4),
            Case(order: "throw", reason: .crash, signal: 6),
        ])
    func crash(_ given: Case) async throws {
        let site = try ProbeSite(mode: "none", manifest: Self.manifest, library: "villain")
        await site.supervisor.start()
        #expect(site.state == .running)
        #expect(try site.status.module?.identifier == "org.example.villain")
        site.databus.deliver("before", to: "probe", token: 1)
        try await eventually("it works") { site.databus.payloads("out/echo") == ["before"] }
        site.databus.deliver(given.order, to: "probe", token: 2)
        site.databus.deliver("after", to: "probe", token: 3)
        try await eventually("what follows is done") { site.databus.acknowledged.contains(3) }
        #expect(site.incidents.count == 2)
        let incident = try #require(site.incidents.first)
        #expect(incident.reason == given.reason && incident.signal == given.signal && incident.exitCode == given.exitCode)
        #expect(incident.callback == "on_messages" && incident.lastTopic == "in/x")
        #expect(incident.manifestDigest.hasPrefix("sha256:") && !incident.log.isEmpty)
        if given.signal != nil { #expect(incident.backtrace?["threads"] != nil || !Processes.hasBacktracer) }
        if given.order == "abort" { #expect(incident.output.contains("the villain gives up")) }
        let letter = try #require(site.databus.payloads("poison/in/x").first)
        #expect(letter.contains("\"payload_base64\":\"\(Data(given.order.utf8).base64EncodedString())\""))
        #expect(Set(site.databus.acknowledged) == [1, 2, 3])
        try await eventually("it runs again") { site.state == .running }
        #expect(try site.status.restarts == 2)
        await site.supervisor.shutdown()
        #expect(site.state == .stopped)
    }

    @Test("A message that ended the process once and is then refused is set aside as it was, and acknowledged, so that others may be")
    func stumble() async throws {
        let site = try ProbeSite(mode: "none", manifest: Self.manifest, library: "villain")
        await site.supervisor.start()
        site.databus.deliver("stumble", to: "probe", token: 1)
        site.databus.deliver("after", to: "probe", token: 2)
        try await eventually("what follows is done") { site.databus.acknowledged.contains(2) }
        #expect(site.databus.acknowledged == [1, 2] && site.incidents.count == 1)
        #expect(site.databus.payloads("poison/in/x") == ["stumble"])
        await site.supervisor.shutdown()
    }

    @Test(
        "A message whose topic is too long or too deep to have a prefix is set aside on the topic poison",
        arguments: ["in/" + String(repeating: "x", count: 4_090), "in" + String(repeating: "/x", count: 127)])
    func longTopic(topic: String) async throws {
        let site = try ProbeSite(mode: "none", manifest: Self.manifest, library: "villain")
        await site.supervisor.start()
        site.databus.deliver("abort", to: "probe", on: topic, token: 1)
        try await eventually("it is acknowledged") { site.databus.acknowledged == [1] }
        let letter = try #require(site.databus.payloads("poison").first)
        #expect(letter.contains("\"payload_base64\":\"\(Data("abort".utf8).base64EncodedString())\""))
        await site.supervisor.shutdown()
    }

    @Test("A message that can't be set aside because the databus is full is so, and acknowledged, once there is room")
    func fullDatabus() async throws {
        let site = try ProbeSite(mode: "none", manifest: Self.manifest, library: "villain")
        await site.supervisor.start()
        site.databus.content.withLock { $0.room = 0 }
        site.databus.deliver("abort", to: "probe", token: 1)
        try await eventually("it runs again") { (try? site.status.restarts) == 2 && site.state == .running }
        #expect(site.databus.acknowledged.isEmpty)
        site.databus.content.withLock { $0.room = .max }
        try await eventually("it is acknowledged") { site.databus.acknowledged == [1] }
        #expect(site.databus.payloads("poison/in/x") == ["abort"])
        await site.supervisor.shutdown()
    }

    @Test("A callback that does not return is ended at its deadline")
    func hang() async throws {
        let site = try ProbeSite(mode: "none", manifest: Self.manifest + "\ndeadline: 200ms", library: "villain")
        await site.supervisor.start()
        site.databus.deliver("hang", to: "probe", token: 1)
        site.databus.deliver("after", to: "probe", token: 2)
        try await eventually("what follows is done") { site.databus.acknowledged.contains(2) }
        #expect(site.incidents.map(\.reason) == [.hang, .hang])
        #expect(site.incidents.first?.sentence == "on_messages did not return within 200ms, and its process was killed")
        await site.supervisor.shutdown()
    }

    @Test("A crash is told as one even if writing its backtrace takes longer than the callback's deadline")
    func slowBacktrace() async throws {
        let site = try ProbeSite(mode: "none", manifest: Self.manifest + "\ndeadline: 300ms", library: "villain")
        await site.supervisor.start()
        site.databus.deliver("segv", to: "probe", token: 1)
        try await eventually("it is set aside") { site.databus.acknowledged == [1] }
        #expect(site.incidents.map(\.signal) == [11, 11])
        await site.supervisor.shutdown()
    }

    @Test("A service that takes more memory than its manifest grants is ended")
    func memory() async throws {
        let site = try ProbeSite(mode: "none", manifest: Self.manifest + "\nlimits: {memory: 128MiB}", library: "villain")
        await site.supervisor.start()
        site.databus.deliver("memory", to: "probe", token: 1)
        try await eventually("it is set aside") { site.databus.acknowledged == [1] }
        #expect(site.incidents.map(\.reason) == [.memory, .memory])
        let peak = try #require(site.incidents.first?.peakMemory)
        #expect(peak > 128 << 20 && peak < 512 << 20)
        await site.supervisor.shutdown()
    }

    @Test("Publications above the manifest's rate are refused and counted", arguments: ["in-process", "process"])
    func flood(isolation: String) async throws {
        let manifest = "isolation: \(isolation)\nsubscribe: [in/x]\nlimits: {publish_rate: 100/s}"
        let site = try ProbeSite(mode: "none", manifest: manifest, library: "villain")
        await site.supervisor.start()
        site.databus.deliver("flood", to: "probe")
        try await eventually("the flood is over") {
            site.databus.payloads("out/flood").count + Int((try? site.status.counters.refused) ?? 0) >= 200
        }
        let published = site.databus.payloads("out/flood").count
        #expect(published >= 100 && published < 180)
        #expect(site.state == .running)
        await site.supervisor.shutdown()
    }

    @Test("Lies about sizes, counts and rights are refused as in the host's process", arguments: ["in-process", "process"])
    func lies(isolation: String) async throws {
        let site = try ProbeSite(mode: "none", manifest: "isolation: \(isolation)\nsubscribe: [in/x]", library: "villain")
        await site.supervisor.start()
        site.databus.deliver("lie", to: "probe")
        try await eventually("it is through") { site.databus.payloads("out/echo") == ["lie"] }
        #expect(site.databus.payloads("out/lie") == ["-1", "-1", "-1", "-3"])
        #expect(try site.status.counters.refused == 1)
        await site.supervisor.shutdown()
    }

    @Test("Nonsense in place of an error is taken as one", arguments: ["in-process", "process"])
    func nonsense(isolation: String) async throws {
        let site = try ProbeSite(mode: "none", manifest: "isolation: \(isolation)\nsubscribe: [in/x]", library: "villain")
        await site.supervisor.start()
        site.databus.deliver("nonsense", to: "probe")
        try await eventually("it is counted") { (try? site.status.counters.errors) == 1 }
        site.databus.deliver("after", to: "probe")
        try await eventually("it goes on") { site.databus.payloads("out/echo") == ["after"] }
        #expect(site.state == .running && site.incidents.isEmpty)
        await site.supervisor.shutdown()
    }

    @Test("A service that closes descriptors which are not its own does not reach the host's connection")
    func closes() async throws {
        let site = try ProbeSite(mode: "none", manifest: Self.manifest, library: "villain")
        await site.supervisor.start()
        site.databus.deliver("close", to: "probe", token: 1)
        site.databus.deliver("after", to: "probe", token: 2)
        try await eventually("it goes on") { site.databus.acknowledged == [1, 2] }
        #expect(site.incidents.isEmpty)
        await site.supervisor.shutdown()
    }

    @Test("What a service forks goes with it")
    func forks() async throws {
        let site = try ProbeSite(mode: "none", manifest: Self.manifest, library: "villain")
        await site.supervisor.start()
        site.databus.deliver("fork", to: "probe", token: 1)
        try await eventually("it has forked") { site.databus.acknowledged == [1] }
        let child = try #require(site.databus.payloads("out/child").first.flatMap { pid_t($0) })
        #expect(kill(child, 0) == 0)
        await site.supervisor.shutdown()
        try await eventually("the child is gone") { Processes.isGone(child) }
    }

    @Test("A service whose process ends too often rests until a person restarts it, and its session is let go")
    func quarantine() async throws {
        let manifest = Self.manifest + "\nrestart: {attempts: 2, window: 10m}"
        let site = try ProbeSite(mode: "none", manifest: manifest, library: "villain")
        await site.supervisor.start()
        for token in [UInt64(1), 2] { site.databus.deliver("segv", to: "probe", token: token) }
        try await eventually("it rests") { site.state == .quarantined && site.databus.cancels == [false] }
        #expect(try site.status.detail.contains("that was too often (expected at most 2 times within 10m)"))
        #expect(site.incidents.count == 3)
        try await site.supervisor.restart("probe")
        #expect(site.state == .running)
        site.databus.deliver("hello", to: "probe", token: 3)
        try await eventually("it works again") { site.databus.acknowledged.contains(3) }
        await site.supervisor.shutdown()
    }

    @Test("A service that rests still does after a restart of the host, until a person acts or its manifest is another")
    func quarantineRemembered() async throws {
        let manifest = Self.manifest + "\nrestart: {attempts: 0, window: 10m}"
        let first = try ProbeSite(mode: "none", manifest: manifest, library: "villain")
        await first.supervisor.start()
        first.databus.deliver("abort", to: "probe", token: 1)
        try await eventually("it rests") { first.state == .quarantined && first.databus.cancels == [false] }
        let detail = try first.status.detail
        await first.supervisor.shutdown()
        let second = try ProbeSite(mode: "none", manifest: manifest, library: "villain", folder: first.folder)
        await second.supervisor.start()
        #expect(try second.state == .quarantined && second.status.detail == detail)
        #expect(second.databus.deliver("hello", to: "probe") == nil)
        await second.supervisor.shutdown()
        let edited = try ProbeSite(mode: "none", manifest: manifest + "\ndeadline: 4s", library: "villain", folder: first.folder)
        await edited.supervisor.start()
        #expect(edited.state == .running)
        await edited.supervisor.shutdown()
        let third = try ProbeSite(mode: "none", manifest: manifest, library: "villain", folder: first.folder)
        await third.supervisor.start()
        #expect(third.state == .quarantined)
        try await third.supervisor.restart("probe")
        #expect(third.state == .running)
        await third.supervisor.shutdown()
        let last = try ProbeSite(mode: "none", manifest: manifest, library: "villain", folder: first.folder)
        await last.supervisor.start()
        #expect(last.state == .running)
        await last.supervisor.shutdown()
    }

    @Test("A service that crashes while it starts is tried again and then rests")
    func crashingStart() async throws {
        let site = try ProbeSite(
            mode: "abort", manifest: Self.manifest + "\nrestart: {attempts: 2, window: 10m}", library: "villain")
        await site.supervisor.start()
        try await eventually("it rests") { site.state == .quarantined }
        #expect(site.incidents.count == 3 && site.incidents.allSatisfy { $0.callback == "start" && $0.signal == 6 })
        await site.supervisor.shutdown()
    }

    @Test("Incidents are there after a restart of the host")
    func remembered() async throws {
        let site = try ProbeSite(mode: "none", manifest: Self.manifest, library: "villain")
        await site.supervisor.start()
        site.databus.deliver("segv", to: "probe", token: 1)
        try await eventually("it is set aside") { site.databus.acknowledged == [1] }
        await site.supervisor.shutdown()
        let next = try ProbeSite(mode: "none", manifest: Self.manifest, library: "villain", folder: site.folder)
        #expect(next.incidents.map(\.json) == site.incidents.map(\.json))
        #expect(next.incidents.count == 2)
    }
}

enum Processes {
    /// Whether Swift's backtracer is where the runtime looks for it.
    static let hasBacktracer: Bool = {
        guard let maps = try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8),
            let line = maps.split(separator: "\n").first(where: { $0.hasSuffix("/libswiftCore.so") }), let start = line.firstIndex(of: "/")
        else { return false }
        // lib/swift/linux/libswiftCore.so lies beside libexec/swift/linux/swift-backtrace.
        let root = URL(fileURLWithPath: String(line[start...])).deletingLastPathComponent().appendingPathComponent("../../..")
        return FileManager.default.isExecutableFile(atPath: root.appendingPathComponent("libexec/swift/linux/swift-backtrace").path)
    }()

    /// Whether a process has ended, collected by its parent or not.
    static func isGone(_ pid: pid_t) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return true }
        return status.split(separator: ")").last?.trimmingCharacters(in: .whitespaces).hasPrefix("Z") ?? true
    }
}
