import Synchronization
import Testing

@testable import Runtime

@Suite("A service in its own process sees the same host")
struct ParityTests {
    private static let rights = """

        subscribe: [{topic: in/x, acknowledge: stored}]
        kv_quota: 1KiB
        timeseries: {write: [{database: dsotp, measurement: pmu}], read: [{database: dsotp, measurement: pmu}]}
        """

    /// What the service published, in its order, after one message, and what was counted.
    private func outcome(mode: String, isolation: String) async throws -> (published: [FakeDatabus.Published], counters: ServiceStatus.Counters) {
        let site = try ProbeSite(mode: mode, manifest: "isolation: \(isolation)" + Self.rights)
        await site.supervisor.start()
        #expect(site.state == .running)
        #expect(try site.status.module?.version == "1.2.3")
        site.databus.deliver("hello", to: "probe", token: 1)
        try await eventually("it is acknowledged") { site.databus.acknowledged == [1] }
        await site.supervisor.shutdown()
        #expect(site.state == .stopped && site.incidents.isEmpty)
        return (site.databus.content.withLock { $0.published }, try site.status.counters)
    }

    @Test(
        "Every call has the same outcome as in the host's process",
        arguments: ["echo", "kv", "misuse", "forbidden", "store", "read", "retry", "log", "metrics"])
    func calls(mode: String) async throws {
        let here = try await outcome(mode: mode, isolation: "in-process")
        let there = try await outcome(mode: mode, isolation: "process")
        #expect(here.published == there.published)
        #expect(here.counters == there.counters)
    }

    @Test("Points, metrics and log lines of a service arrive")
    func stores() async throws {
        let site = try ProbeSite(mode: "metrics", manifest: "isolation: process" + Self.rights)
        await site.supervisor.start()
        try await eventually("the metric is reported") {
            site.supervisor.metricsText().contains("dsotp_service_seen_total{service=\"probe\",kind=\"a\\\"b\"} 3")
        }
        await site.supervisor.shutdown()
        let stored = try ProbeSite(mode: "store", manifest: "isolation: process" + Self.rights)
        await stored.supervisor.start()
        stored.timeSeries.hold()
        stored.databus.deliver("abc", to: "probe", token: 11)
        try await eventually("the batch is processed") { stored.timeSeries.waiters == 1 }
        #expect(stored.timeSeries.points == [.init(column: 1_000, time: 1, value: 3)])
        #expect(stored.databus.acknowledged.isEmpty)
        stored.timeSeries.commit()
        #expect(stored.databus.acknowledged == [11])
        await stored.supervisor.shutdown()
    }

    @Test("Services in either place go by the site's clock, however fast it goes", arguments: ["in-process", "process"], [0.5, 1_000])
    func clock(isolation: String, speed: Double) async throws {
        let begin: Int64 = 946_684_800_000_000_000
        let site = try ProbeSite(
            mode: "timer", manifest: "isolation: \(isolation)", clock: AcceleratedServiceClock(begin: begin, speed: speed))
        await site.supervisor.start()
        // By another clock than the site's, a timer of the year 2000 comes in 26 years, or never stops.
        try await eventually("three ticks come") { site.databus.payloads("out/timer").count >= 3 }
        await site.supervisor.shutdown()
        #expect(site.state == .stopped)
    }

    @Test("Requests are answered, refused and timed out as in the host's process")
    func requests() async throws {
        let site = try ProbeSite(mode: "http", manifest: "isolation: process", requestTimeout: .milliseconds(300))
        await site.supervisor.start()
        #expect(site.state == .running)
        let request = ServiceRequest(
            method: "POST", path: "/echo/north", query: [("q", "1")], contentType: "text/plain", body: Array("body".utf8), user: "ada",
            role: .operator)
        let answer = await site.supervisor.request(service: "probe", request)
        #expect(answer.status == 201)
        #expect(String(decoding: answer.body, as: UTF8.self) == "POST /echo/north name=north 1 operator body")
        let never = await site.supervisor.request(service: "probe", ServiceRequest(method: "GET", path: "/never", user: "ada", role: .viewer))
        #expect(never.status == 504)
        let wrong = await site.supervisor.request(service: "probe", ServiceRequest(method: "GET", path: "/wrong", user: "ada", role: .viewer))
        #expect(wrong.status == 400 && String(decoding: wrong.body, as: UTF8.self).contains("no such grid"))
        #expect(site.supervisor.openAPI().first?.operations.first?.json == "{\"summary\":\"Echo\"}")
        await site.supervisor.shutdown()
    }

    @Test("Timers call, health is asked, and a failing start says why")
    func life() async throws {
        let timer = try ProbeSite(mode: "timer", manifest: "isolation: process")
        await timer.supervisor.start()
        try await eventually("the timer has called twice") { timer.databus.payloads("out/timer").starts(with: ["7", "7"]) }
        await timer.supervisor.shutdown()
        let unwell = try ProbeSite(mode: "unwell", manifest: "isolation: process")
        await unwell.supervisor.start()
        try await eventually("it is degraded") { unwell.state == .degraded }
        #expect(try unwell.status.detail == "it is unwell")
        await unwell.supervisor.shutdown()
        let failing = try ProbeSite(mode: "fail-start", manifest: "isolation: process")
        await failing.supervisor.start()
        #expect(failing.state == .failed)
        #expect(try failing.status.detail == "start failed: there is no licence")
        let configured = try ProbeSite(mode: "bad-config", manifest: "isolation: process")
        await configured.supervisor.start()
        #expect(try configured.status.detail == "configure failed: 'mode' is bad")
    }

    @Test("A library that can't be loaded is refused with the same sentence")
    func refused() async throws {
        let folder = try TemporaryFolder()
        try CLibrary.compile("int nothing;", name: "hollow", into: folder.path)
        for isolation in ["in-process", "process"] {
            let site = try ProbeSite(
                mode: "echo", manifest: "isolation: \(isolation)", library: "\(folder.path)/libhollow.so")
            await site.supervisor.start()
            #expect(site.state == .refused)
            #expect(try site.status.detail.contains("dsotp_plugin_entry"))
            await site.supervisor.shutdown()
        }
    }

    @Test("A disabled service's process is gone, and enabled it is back")
    func switching() async throws {
        let site = try ProbeSite(mode: "echo", manifest: "isolation: process\nsubscribe: [in/x]")
        await site.supervisor.start()
        let pid = try #require(site.runnerPID)
        try await site.supervisor.disable("probe")
        #expect(site.state == .disabled && Processes.isGone(pid))
        #expect(site.databus.payloads("out/life") == ["drain", "stop"])
        try await site.supervisor.enable("probe")
        #expect(site.state == .running && site.runnerPID != pid)
        await site.supervisor.shutdown()
    }
}

extension ProbeSite {
    /// The process of the service, or `nil`.
    var runnerPID: Int32? { (supervisor.services.first { $0.manifest.service == "probe" }?.worker?.instance as? ProcessInstance)?.pid }
}
