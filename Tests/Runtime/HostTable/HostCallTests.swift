import Synchronization
import Testing

@testable import Runtime

@Suite("Calls of a service to its host")
struct HostCallTests {
    private static let ok = "0", invalidArgument = "-1", notPermitted = "-3", limitReached = "-5", notFound = "-9", wrongThread = "-12"
    private static let timedOut = "-8"

    private func run(_ mode: String, _ manifest: String = "", body: (ProbeSite) async throws -> Void) async throws {
        let site = try ProbeSite(mode: mode, manifest: "subscribe: [in/x]\n" + manifest)
        await site.supervisor.start()
        #expect(site.stateHistory.contains(.running))
        site.databus.deliver("x", to: "probe")
        try await body(site)
        await site.supervisor.shutdown()
    }

    @Test("A topic or measurement outside of the manifest is refused and counted, and what stands before it is published")
    func forbidden() async throws {
        try await run("forbidden", "timeseries: {write: [{database: dsotp, measurement: pmu}]}") { site in
            try await eventually("three calls are answered") { site.databus.payloads("out/status").count == 3 }
            #expect(site.databus.payloads("out/status") == [Self.notPermitted, Self.notPermitted, Self.invalidArgument])
            #expect(site.databus.payloads("out/published") == ["1"])
            #expect(site.databus.payloads("out/first") == ["1"])
            #expect(site.databus.payloads("secret/x").isEmpty && site.databus.payloads("out/third").isEmpty)
            #expect(site.timeSeries.columns.isEmpty && site.timeSeries.points.isEmpty)
            #expect(try site.status.counters.refused == 2)
        }
    }

    @Test("Truncated structs, malformed topics, NULL and a foreign thread are refused with the right status")
    func misuse() async throws {
        try await run("misuse") { site in
            try await eventually("nine calls are answered") { site.databus.payloads("out/status").count == 9 }
            let expected = Array(repeating: Self.invalidArgument, count: 7) + ["1", Self.wrongThread]
            #expect(site.databus.payloads("out/status") == expected)
            #expect(
                site.databus.payloads("out/sentence")
                    == ["databus: dsotp_publication is truncated (expected a size of at least 40 bytes; got 8; set size to sizeof)"])
        }
    }

    @Test("The memory of a service keeps values, finds them by prefix and refuses what is over the quota")
    func memory() async throws {
        try await run("kv", "kv_quota: 1KiB") { site in
            try await eventually("all keys are visited") { site.databus.payloads("out/key").count == 2 }
            #expect(site.databus.payloads("out/kv") == [Self.notFound, Self.ok, Self.ok, Self.invalidArgument, Self.limitReached, "2"])
            #expect(site.databus.payloads("out/key") == ["a", "ab"])
        }
    }

    @Test("Points are written and read by handle, with the store's own handles hidden")
    func timeSeries() async throws {
        let permissions = "timeseries: {read: [{database: dsotp, measurement: pmu}], write: [{database: dsotp, measurement: \"*\"}]}"
        let site = try ProbeSite(mode: "read", manifest: "subscribe: [in/x]\n" + permissions)
        await site.supervisor.start()
        site.timeSeries.hold()
        site.databus.deliver("x", to: "probe")
        try await eventually("the service has waited for durability") { site.databus.payloads("out/sync").count == 1 }
        #expect(site.databus.payloads("out/status") == [Self.ok, Self.invalidArgument, Self.ok, Self.ok])
        #expect(site.databus.payloads("out/run") == ["501"])
        #expect(site.databus.payloads("out/found") == ["voltmagnitude"])
        #expect(site.databus.payloads("out/sync") == [Self.timedOut])
        #expect(site.timeSeries.points == [.init(column: 1_000, time: 1, value: 0.5), .init(column: 1_000, time: 2, value: 0.25)])
        #expect(site.timeSeries.columns.first?.tags == [ColumnTag(key: "device", value: "pmu-1")])
        site.timeSeries.commit()
        await site.supervisor.shutdown()
    }

    @Test("A full databus makes publish say: try again")
    func fullDatabus() async throws {
        let site = try ProbeSite(mode: "misuse", manifest: "subscribe: [in/x]")
        site.databus.content.withLock { $0.room = 0 }
        await site.supervisor.start()
        site.databus.deliver("x", to: "probe")
        try await eventually("the message is processed") { (try? site.status.counters.processed) == 1 }
        #expect(try site.status.counters.published == 0)
        await site.supervisor.shutdown()
    }

    @Test("Metrics are declared once, rendered with the service's label, and a wrong handle is harmless")
    func metrics() async throws {
        try await run("metrics") { site in
            let text = site.supervisor.metricsText()
            #expect(text.contains("# TYPE dsotp_service_seen_total counter\ndsotp_service_seen_total{service=\"probe\",kind=\"a\\\"b\"} 3\n"))
            #expect(text.contains("dsotp_runtime_service_state{service=\"probe\",state=\"running\"} 1\n"))
            #expect(text.contains("dsotp_runtime_service_state{service=\"probe\",state=\"failed\"} 0\n"))
        }
    }

    @Test("A flood of log lines costs the service nothing but the lines")
    func logFlood() async throws {
        try await run("log") { site in
            try await eventually("the flood is over") { site.databus.payloads("out/log").count == 1 }
        }
    }

    @Test("A batch that the service refuses is counted and does not stop it")
    func errors() async throws {
        try await run("error") { site in
            try await eventually("the error is counted") { (try? site.status.counters.errors) == 1 }
            #expect(try site.status.counters.processed == 0)
            #expect(site.state == .running)
        }
    }

    @Test("A service that says it is unwell is degraded with its own sentence")
    func health() async throws {
        try await run("unwell") { site in
            try await eventually("it is degraded") { site.state == .degraded }
            #expect(try site.status.detail == "it is unwell")
        }
    }
}
