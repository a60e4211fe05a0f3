import Glibc
import PluginAPI
import PluginTestKit
import Testing

@Suite("Dashboards for Grafana")
struct GrafanaTests {
    private static func config(_ more: String = "") -> String {
        #"""
        {"rows": 3, "dashboards": [{"kind": "pmu"}, {"kind": "estimate", "measured": "pmu"}, {"kind": "forecast", "measured": "forecast_input"},
         {"kind": "fields", "name": "community", "title": "Community", "measurement": "balancing", "row_tag": "community",
          "panels": [{"title": "Exchange", "fields": ["measured", "target", "absent"], "unit": "watt"}]}]\#(more)}
        """#
    }

    private static func harness(_ config: String = config()) throws -> ServiceHarness {
        try ServiceHarness(library: try ServiceLibrary(built: "GrafanaExporter"), name: "grafana", config: config, starts: false).configure(config)
    }

    private static func fill(_ harness: ServiceHarness, devices: [String] = ["pmu-10", "pmu-2"]) throws {
        for device in devices {
            for field in ["voltmagnitude", "frequency"] {
                for phase in ["A", "B"] { try harness.store("pmu", ["device": device, "component": "N1", "phase": phase], field, 1) }
            }
        }
        try harness.store("estimate", ["grid": "mv", "node": "N1"], "voltmagnitude", 1)
        try harness.store("estimate", ["grid": "mv", "node": "it's"], "voltmagnitude", 1)
        try harness.store("estimate", ["grid": "mv", "branch": "L1"], "loading", 1)
        for field in ["q05", "q5", "q95", "issued"] { try harness.store("forecast", ["series": "feeder", "lead": "latest"], field, 1) }
        for field in ["measured", "target"] { try harness.store("balancing", ["community": "west"], field, 1) }
    }

    private static func dashboard(_ harness: ServiceHarness, _ name: String) throws -> JSONValue {
        let response = try harness.request("GET", "/dashboards/\(name)")
        #expect(response.status == 200)
        return try response.body.withUnsafeBytes { try JSONValue($0) }
    }

    private static func panels(_ dashboard: JSONValue) -> [JSONValue] { dashboard["panels"]?.elements ?? [] }
    private static func queries(_ dashboard: JSONValue) -> [String] {
        panels(dashboard).flatMap { $0["targets"]?.elements ?? [] }.compactMap { $0["query"]?.text }
    }

    @Test("each device has its row, in the order of people, with what it measures") func devices() throws {
        let harness = try Self.harness()
        try Self.fill(harness)
        try harness.start()
        let dashboard = try Self.dashboard(harness, "pmu")
        #expect(dashboard["uid"]?.text == "dsotp-pmu" && dashboard["schemaVersion"]?.integer == 38)
        #expect(
            Self.panels(dashboard).map { ($0["type"]?.text ?? "") + " " + ($0["title"]?.text ?? "") } == [
                "row pmu-2", "timeseries Voltage magnitude", "timeseries Frequency", "row pmu-10", "timeseries Voltage magnitude", "timeseries Frequency",
            ])
        #expect(
            Self.queries(dashboard).prefix(2) == [
                #"SELECT mean("voltmagnitude") FROM "pmu" WHERE "device" = 'pmu-2' AND $timeFilter GROUP BY time($__interval), "phase" fill(null)"#,
                #"SELECT mean("frequency") FROM "pmu" WHERE "device" = 'pmu-2' AND $timeFilter GROUP BY time($__interval) fill(null)"#,
            ])
        let numbers = Self.panels(dashboard).compactMap { $0["id"]?.integer }
        #expect(Set(numbers).count == 6)
        let places = Self.panels(dashboard).compactMap { $0["gridPos"] }.map { [$0["x"]?.integer, $0["y"]?.integer, $0["w"]?.integer] }
        #expect(places == [[0, 0, 24], [0, 1, 8], [8, 1, 8], [0, 9, 24], [0, 10, 8], [8, 10, 8]])
        try harness.stop()
    }

    @Test("estimates stand beside what is measured at the busbar, names are quoted") func estimates() throws {
        let harness = try Self.harness()
        try Self.fill(harness)
        try harness.start()
        let queries = try Self.queries(Self.dashboard(harness, "estimate"))
        #expect(queries.contains { $0.contains(#"FROM "pmu" WHERE "component" = 'N1'"#) } && queries.contains { $0.contains(#""node" = 'it\'s'"#) })
        #expect(queries.first?.contains(#"GROUP BY time($__interval), "branch""#) == true)
        try harness.stop()
    }

    @Test("a forecast is a fan from its outermost quantiles to its median, with what came true") func fan() throws {
        let harness = try Self.harness()
        try Self.fill(harness)
        try harness.start()
        let dashboard = try Self.dashboard(harness, "forecast")
        let panel = try #require(Self.panels(dashboard).last)
        #expect((panel["targets"]?.elements ?? []).compactMap { $0["alias"]?.text } == ["q05", "q95", "median", "measured"])
        let overrides = (panel["fieldConfig"]?["overrides"]?.elements ?? []).map { $0["properties"]?.elements ?? [] }
        #expect(overrides[1].contains { $0["id"]?.text == "custom.fillBelowTo" && $0["value"]?.text == "q05" })
        #expect(dashboard["time"]?["to"]?.text == "now+2d")
        try harness.stop()
    }

    @Test("any measurement has rows by a tag, with the fields that are there") func fields() throws {
        let harness = try Self.harness()
        try Self.fill(harness)
        try harness.start()
        #expect(try Self.queries(Self.dashboard(harness, "community")).count == 2)
        try harness.stop()
    }

    @Test("the platform's health: the host first, then each service; counters as rates") func health() throws {
        let harness = try Self.harness(#"{"dashboards": [{"kind": "health"}]}"#)
        for field in ["databus_messages_received_total", "process_resident_memory_bytes"] { try harness.store("platform", ["service": "host"], field, 1) }
        try harness.store("platform", ["service": "adapter"], "runtime_messages_processed_total", 1)
        try harness.start()
        let dashboard = try Self.dashboard(harness, "health")
        #expect(dashboard["title"]?.text == "Platform health")
        #expect(Self.panels(dashboard).filter { $0["type"]?.text == "row" }.map { $0["title"]?.text } == ["host", "adapter"])
        let queries = Self.queries(dashboard)
        #expect(queries.contains(#"SELECT mean("process_resident_memory_bytes") FROM "platform" WHERE "service" = 'host' AND $timeFilter GROUP BY time($__interval) fill(null)"#))
        #expect(queries.contains(
            #"SELECT non_negative_derivative(max("runtime_messages_processed_total"), 1s) FROM "platform" WHERE "service" = 'adapter' AND $timeFilter GROUP BY time($__interval) fill(null)"#))
        #expect(queries.count == 3)
        try harness.stop()
    }

    @Test("who asks within seconds shares one look at the store; later ones see what came") func looks() throws {
        let harness = try Self.harness()
        try Self.fill(harness)
        try harness.start()
        try harness.store("pmu", ["device": "new", "phase": "A"], "voltmagnitude", 1)
        #expect(try !Self.queries(Self.dashboard(harness, "pmu")).contains { $0.contains("'new'") })
        try harness.advance(by: .seconds(6))
        #expect(try Self.queries(Self.dashboard(harness, "pmu")).contains { $0.contains("'new'") })
        try harness.stop()
    }

    @Test("many devices are one row that Grafana repeats for those that are selected") func many() throws {
        let harness = try Self.harness()
        try Self.fill(harness, devices: ["a", "b", "c", "d"])
        try harness.start()
        let dashboard = try Self.dashboard(harness, "pmu")
        #expect(Self.panels(dashboard).first?["repeat"]?.text == "device")
        #expect(dashboard["templating"]?["list"]?[0]?["query"]?.text == #"SHOW TAG VALUES FROM "pmu" WITH KEY = "device""#)
        #expect(Self.queries(dashboard).allSatisfy { $0.contains(#""device" =~ /^$device$/"#) })
        try harness.stop()
    }

    @Test("files are written, written anew when series come, and left alone otherwise; the password stands in none") func files() throws {
        var template = Array("\(temporaryFolder())/dsotp-grafana-XXXXXX".utf8CString)
        let folder = String(cString: try #require(mkdtemp(&template)))
        defer { remove(folder) }
        let harness = try Self.harness(Self.config(#", "folder": "\#(folder)", "url": "https://dsotp.example", "refresh": "1m""#))
        try Self.fill(harness)
        try harness.start()
        let source = try text("\(folder)/provisioning/datasources/dsotp.yaml")
        #expect(source.contains(#"url: "https://dsotp.example""#) && source.contains("basicAuthPassword: ${DSOTP_GRAFANA_PASSWORD}"))
        #expect(try text("\(folder)/provisioning/dashboards/dsotp.yaml").contains(#"path: "\#(folder)/dashboards""#))
        let before = try inode("\(folder)/dashboards/estimate.json")
        try harness.store("pmu", ["device": "new", "phase": "A"], "voltmagnitude", 1).advance(by: .seconds(60))
        #expect(try text("\(folder)/dashboards/pmu.json").contains(#""title":"new""#))
        #expect(try inode("\(folder)/dashboards/estimate.json") == before)
        try harness.stop()
    }

    @Test("a folder that can't be written is told, and the dashboards are served all the same") func unwritable() throws {
        let harness = try Self.harness(Self.config(#", "folder": "/proc/nothing""#))
        try Self.fill(harness)
        try harness.start()
        #expect(try harness.health() != .well)
        #expect(try Self.queries(Self.dashboard(harness, "pmu")).count == 4)
        #expect(try harness.request("GET", "/dashboards/none").status == 404)
        try harness.stop()
    }

    @Test(
        "wrong configurations are refused with the place and what was expected",
        arguments: [
            ("{}", "config.dashboards is missing"), (#"{"url": "dsotp:8080"}"#, "config.url is 'dsotp:8080'"),
            (#"{"dashboards": [{"kind": "pie"}]}"#, "config.dashboards.0.kind is 'pie'"),
            (#"{"dashboards": [{"kind": "fields"}]}"#, "config.dashboards.0 needs row_tag and panels"),
            (#"{"dashboards": [{"kind": "pmu", "measured": "x"}]}"#, "unknown key 'measured'"),
            (#"{"dashboards": [{"kind": "pmu"}, {"kind": "pmu"}]}"#, "which another dashboard has"),
            (#"{"dashboards": [{"kind": "pmu", "name": "A B"}]}"#, "name is 'A B', expected at most 24 small letters"),
        ])
    func configurations(config: String, sentence: String) throws {
        let harness = try Self.harness()
        let error = #expect(throws: ServiceError.self) { try harness.validate(config) }
        #expect(error?.sentence.contains(sentence) == true, "\(error?.sentence ?? "")")
    }

    private func text(_ path: String) throws -> String {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    private func inode(_ path: String) throws -> UInt64 {
        var information = stat()
        try #require(stat(path, &information) == 0)
        return UInt64(information.st_ino)
    }

    private func remove(_ folder: String) {
        for path in [
            "provisioning/datasources/dsotp.yaml", "provisioning/dashboards/dsotp.yaml", "dashboards/pmu.json", "dashboards/estimate.json",
            "dashboards/forecast.json", "dashboards/community.json", "provisioning/datasources", "provisioning/dashboards", "provisioning", "dashboards", "",
        ] { Glibc.remove("\(folder)/\(path)") }
    }
}

extension ServiceHarness {
    /// A series with one point.
    @discardableResult fileprivate func store(_ measurement: String, _ tags: [String: String], _ field: String, _ value: Double) throws -> ServiceHarness {
        store(field, of: measurement, tags: tags, [StoredPoint(now, value)])
    }
}
