import Synchronization
import Testing

@testable import Runtime

@Suite("Life of a service")
struct LifecycleTests {
    @Test("A service goes through the states in their order, works, drains and stops")
    func wholeLife() async throws {
        let site = try ProbeSite(mode: "echo", manifest: "subscribe: [in/x]")
        await site.supervisor.start()
        #expect(site.stateHistory == [.verified, .configured, .starting, .running])
        site.databus.deliver("hello", to: "probe")
        try await eventually("the message is echoed") { site.databus.payloads("out/echo") == ["hello"] }
        let status = try site.status
        #expect(status.module?.identifier == "org.example.probe" && status.module?.version == "1.2.3")
        #expect(status.counters.received == 1 && status.counters.published == 1)
        await site.supervisor.shutdown()
        #expect(site.state == .stopped)
        #expect(site.databus.payloads("out/life") == ["drain", "stop"])
        #expect(site.databus.cancels == [false])
    }

    @Test("A start that fails for good ends in failed with the service's sentence")
    func failingStart() async throws {
        let site = try ProbeSite(mode: "fail-start")
        await site.supervisor.start()
        #expect(site.state == .failed)
        #expect(try site.status.detail == "start failed: there is no licence")
        await site.supervisor.shutdown()
    }

    @Test("A configuration that the service refuses ends in failed with its sentence")
    func badConfiguration() async throws {
        let site = try ProbeSite(mode: "bad-config")
        await site.supervisor.start()
        #expect(site.state == .failed)
        #expect(try site.status.detail == "configure failed: 'mode' is bad")
        await site.supervisor.shutdown()
    }

    @Test("A start that may succeed later is tried again with a growing wait until it does")
    func retryableStart() async throws {
        let site = try ProbeSite(mode: "retry-start")
        await site.supervisor.start()
        try await eventually("it runs in the end") { site.state == .running }
        #expect(site.stateHistory.count { $0 == .backoff } == 2)
        #expect(site.details.contains { $0.hasPrefix("start failed: the meter is away; attempt 1, the next in ") })
        #expect(try site.status.restarts == 2)
        await site.supervisor.shutdown()
    }

    @Test("A subscription that the databus refuses is tried again")
    func refusedSubscription() async throws {
        let site = try ProbeSite(mode: "echo", manifest: "subscribe: [in/x]")
        site.databus.content.withLock { $0.refusesSubscriptions = true }
        await site.supervisor.start()
        #expect(site.state == .backoff)
        site.databus.content.withLock { $0.refusesSubscriptions = false }
        try await eventually("it runs in the end") { site.state == .running }
        await site.supervisor.shutdown()
    }

    @Test("A callback that overstays its deadline degrades the service with a sentence, until it returns")
    func slowCallback() async throws {
        let site = try ProbeSite(mode: "slow", manifest: "subscribe: [in/x]\ndeadline: 20ms")
        await site.supervisor.start()
        site.databus.deliver("x", to: "probe")
        try await eventually("it is degraded") { site.state == .degraded }
        #expect(site.details.contains { $0 == "on_messages overstays its deadline (expected at most 20ms; it has not returned yet)" })
        try site.folder.write("release", "")
        try await eventually("it is running again") { site.state == .running }
        await site.supervisor.shutdown()
    }

    @Test("A start that hangs is given up, and the service is refused a second instance until the first has ended")
    func hangingStart() async throws {
        let site = try ProbeSite(mode: "hang-start", manifest: "deadline: 20ms")
        await site.supervisor.start()
        #expect(site.state == .failed)
        #expect(try site.status.detail.hasPrefix("it did not start in time"))
        try await site.supervisor.enable("probe")
        #expect(try site.status.detail.hasPrefix("the former instance has not returned"))
        try site.folder.write("release", "")
        try await eventually("the hung instance ends by itself") {
            site.databus.payloads("out/life") == ["drain", "stop"]
        }
        await site.supervisor.shutdown()
    }

    @Test("A service that subscribes and whose library is missing is refused with a sentence")
    func missingLibrary() async throws {
        let site = try ProbeSite(mode: "echo")
        try site.folder.write("services/other.yaml", "service: other\nlibrary: nowhere\n")
        let supervisor = try ServiceSupervisor(
            site: try SiteFolder.load(site.folder.path),
            bridges: ServiceBridges(databus: site.databus, timeSeries: site.timeSeries, memory: site.memory), dataFolder: site.folder.path,
            hostVersion: "1", logger: ProbeSite.logger)
        await supervisor.start()
        let status = try supervisor.status("other")
        #expect(status.state == .refused)
        #expect(status.detail.hasPrefix("the library 'nowhere' is not there (expected libnowhere.so or nowhere.so; looked in "))
        await supervisor.shutdown()
    }

    @Test("Timers fire on the service's thread at multiples of their period")
    func timers() async throws {
        let site = try ProbeSite(mode: "timer")
        await site.supervisor.start()
        #expect(site.state == .running)
        try await eventually("three ticks come") { site.databus.payloads("out/timer").count >= 3 }
        #expect(Set(site.databus.payloads("out/timer")) == ["7"])
        await site.supervisor.shutdown()
    }
}
