import Foundation
import Synchronization
import Testing

@testable import Runtime

@Suite("Exchanging a library while the host runs")
struct UpgradeTests {
    @Test("A replaced library takes over with what the old one knew", arguments: ["in-process", "process"])
    func state(isolation: String) async throws {
        let site = try await HotSite.start(isolation: isolation)
        try await site.count(is: "1:1")
        try await site.count(is: "1:2")
        try site.install(try await CounterLibrary.build("VERSION=2", "STATE=2", "OLDEST=1"))
        try await eventually("the new build runs") { site.version == "2.0.0" && site.status()?.state == .running }
        try await site.count(is: "2:3")
        try await eventually("the old one is kept") { site.refusal.isEmpty && site.status()?.revision.previous?.version == "1.0.0" }
        #expect(site.databus.cancels.isEmpty, "the session goes on")
        await site.stop()
    }

    @Test("Messages that come while instances change are neither lost nor swapped", arguments: ["in-process", "process"])
    func nothingLost(isolation: String) async throws {
        let site = try await HotSite.start(isolation: isolation)
        let sink = try #require(site.databus.content.withLock { $0.sinks["counter"] })
        var sent = 0
        for version in 2...4 {
            try site.install(try await CounterLibrary.build("VERSION=\(version)"))
            try await eventually("build \(version) runs") {
                sink.deliver("in/x", "\(sent)")
                sink.deliveriesEnded()
                sent += 1
                return site.version == "\(version).0.0"
            }
        }
        // The last thing that is published of a message.
        try await eventually("all are worked off") { site.databus.payloads("out/value").count == sent }
        #expect(site.databus.payloads("out/seen") == (0..<sent).map { "0 \($0)" })
        #expect(site.counts.map { $0.split(separator: ":")[1] } == (1...sent).map { "\($0)" })
        await site.stop()
    }

    @Test("A build that does not start is told, and the old one is back with its state", arguments: ["in-process", "process"])
    func brokenStart(isolation: String) async throws {
        let site = try await HotSite.start(isolation: isolation)
        try await site.count(is: "1:1")
        try site.install(try await CounterLibrary.build("VERSION=2", "BROKEN_START"))
        try await eventually("it is refused") { site.refusal.contains("start failed: the meter is not there") }
        try await eventually("the old one is back") { site.status()?.state == .running && site.version == "1.0.0" }
        try await site.count(is: "1:2")
        try site.install(try await CounterLibrary.build("VERSION=3"))
        try await eventually("a good build is taken") { site.version == "3.0.0" && site.refusal.isEmpty }
        try await site.count(is: "3:3")
        await site.stop()
    }

    @Test("A build that starts too late leaves all messages to the old one, which is back", arguments: ["", "\nqueue: {messages: 8, overflow: spill}"])
    func lateStart(queue: String) async throws {
        let site = try await HotSite.start(HotSite.usual + "\ndeadline: 20ms" + queue)
        let sink = try #require(site.databus.content.withLock { $0.sinks["counter"] })
        var sent = 0
        func deliver(_ count: Int) {
            for _ in 0..<count {
                sink.deliver("in/x", "\(sent)")
                sent += 1
            }
            sink.deliveriesEnded()
        }
        try site.install(try await CounterLibrary.build("VERSION=2", "START=2"))
        try await eventually("it is refused") { site.refusal.contains("it did not start in time") }
        try await eventually("the late one comes to its end") {
            deliver(4)
            return !site.databus.payloads("out/late").isEmpty
        }
        for _ in 0..<50 {
            deliver(20)
            try await Task.sleep(for: .milliseconds(1))
        }
        try await eventually("all are worked off") { site.databus.payloads("out/value").count == sent }
        #expect(site.counts == (1...sent).map { "1:\($0)" })
        #expect(site.databus.payloads("out/seen") == (0..<sent).map { "0 \($0)" })
        await site.stop()
    }

    @Test("A build that crashes when it looks at its configuration does not touch the host nor the one that runs")
    func crash() async throws {
        let site = try await HotSite.start()
        try site.install(try await CounterLibrary.build("VERSION=2", "CRASH_CONFIGURE"))
        try await eventually("it is refused") { site.refusal.contains("SIGSEGV") }
        try await site.count(is: "1:1")
        #expect(site.status()?.restarts == 0)
        await site.stop()
    }

    @Test("A library that was not written to its end is refused, and the rest of it is taken when it comes")
    func truncated() async throws {
        let site = try await HotSite.start()
        let build = try await CounterLibrary.build("VERSION=2")
        try site.install(build.prefix(build.count / 2))
        try await eventually("it is refused") { site.refusal.contains("is not complete (expected") }
        try await site.count(is: "1:1")
        try site.install(build)
        try await eventually("the whole of it runs") { site.version == "2.0.0" }
        await site.stop()
    }

    @Test("A build that can't load the state is refused before the old one is touched, unless the manifest gives the state up")
    func versions() async throws {
        let site = try await HotSite.start()
        try await site.count(is: "1:1")
        try site.install(try await CounterLibrary.build("VERSION=2", "STATE=3", "OLDEST=2"))
        try await eventually("it is refused") { site.refusal.contains("saves version 1; the new one loads 2 … 3") }
        try await site.count(is: "1:2")
        #expect(site.status()?.restarts == 0)
        try site.folder.write("services/counter.yaml", HotSite.text(HotSite.usual + "\nupgrade: {state: discard}"))
        try await eventually("it runs without") { site.version == "2.0.0" }
        try await site.count(is: "2:1")
        await site.stop()
    }

    @Test("The same content under a new date changes nothing")
    func touched() async throws {
        let site = try await HotSite.start()
        let sight = site.supervisor.services[0].content.withLock { $0.sight }
        try site.install(try await CounterLibrary.build())
        try await eventually("it was looked at") { site.supervisor.services[0].content.withLock { $0.sight } != sight }
        try await site.count(is: "1:1")
        #expect(site.status()?.restarts == 0 && site.refusal.isEmpty)
        await site.stop()
    }
}
