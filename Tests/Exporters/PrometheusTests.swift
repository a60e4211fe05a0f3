import PluginAPI
import PluginTestKit
import Testing

@Suite("Metrics for Prometheus")
struct PrometheusTests {
    private static let config = #"""
        {"expiry": "15m", "readings": [{"topics": ["/pmu/#"], "format": "pmu", "labels": {"site": "demo"}},
          {"topics": ["meter/+"], "format": "pmu", "prefix": "meter"}],
         "documents": [{"topics": ["estimates/+"], "metrics": [
           {"name": "grid_estimated_voltage_per_unit", "help": "Estimated \\ voltage", "each": "nodes", "value": "v.magnitude", "scale": 0.5,
            "labels": {"node": "name"}, "document_labels": {"quality": "status"}, "topic_labels": {"grid": 2}},
           {"name": "grid_estimate_age_seconds", "value": "age"}, {"name": "grid_converged", "value": "converged"}]}],
         "limits": {"series": 20}}
        """#

    private static func harness(_ config: String = config) throws -> ServiceHarness {
        try ServiceHarness(library: try ServiceLibrary(built: "PrometheusExporter"), name: "prometheus", config: config)
    }

    private static func lines(_ harness: ServiceHarness) throws -> [String] {
        let response = try harness.request("GET", "/metrics")
        #expect(response.status == 200 && response.contentType == "text/plain; version=0.0.4; charset=utf-8")
        return String(decoding: response.body, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private static func message(_ device: String, _ measurand: String = "voltmagnitude", _ value: Double = 230.5, second: Int = 0, more: String = "") -> String {
        #"{"device": "\#(device)", "timestamp": "2024-06-01T12:00:0\#(second)Z", "readings": [{"component": "BUS1", "measurand": "\#(measurand)", "phase": "A", "data": \#(value)\#(more)}]}"#
    }

    @Test("readings become metrics in base units with their names as labels, each once, in the order of the metrics") func readings() throws {
        let harness = try Self.harness()
        try harness.publish("/pmu/a", Self.message("p\\\\1\\\"\\n")).publish("/pmu/b", Self.message("pmu-2", "frequency", 50.02))
            .publish("meter/x", Self.message("m", "activepower", 1500, more: #", "unit": "kW""#)).publish("/pmu/c", Self.message("c", "harmonic_3", 1))
        #expect(
            try Self.lines(harness) == [
                "# HELP grid_frequency_hertz Frequency.", "# TYPE grid_frequency_hertz gauge",
                #"grid_frequency_hertz{component="BUS1",device="pmu-2",phase="A",site="demo"} 50.02"#,
                "# HELP grid_harmonic_3 Readings of harmonic_3, in the unit of the device.", "# TYPE grid_harmonic_3 gauge",
                #"grid_harmonic_3{component="BUS1",device="c",phase="A",site="demo"} 1.0"#,
                "# HELP grid_voltage_magnitude_volts Voltage magnitude, phase to ground, RMS.", "# TYPE grid_voltage_magnitude_volts gauge",
                #"grid_voltage_magnitude_volts{component="BUS1",device="p\\1\"\n",phase="A",site="demo"} 230.5"#,
                "# HELP meter_active_power_watts Active power.", "# TYPE meter_active_power_watts gauge",
                #"meter_active_power_watts{component="BUS1",device="m",phase="A"} 1500000.0"#,
            ])
        try harness.stop()
    }

    @Test("the value that was measured last counts, invalid ones don't") func latest() throws {
        let harness = try Self.harness()
        try harness.publish("/pmu/a", Self.message("d", "voltmagnitude", 2, second: 5)).publish("/pmu/a", Self.message("d", "voltmagnitude", 1, second: 4))
            .publish("/pmu/a", Self.message("d", "voltmagnitude", 9, second: 6, more: #", "quality": "invalid""#))
        #expect(try Self.lines(harness).last?.hasSuffix("} 2.0") == true)
        try harness.stop()
    }

    @Test("documents give numbers and truths by their paths") func documents() throws {
        let harness = try Self.harness()
        try harness.publish(
            "estimates/mv", #"{"status": "ok", "age": 3, "converged": true, "nodes": [{"name": "N1", "v": {"magnitude": 2.1}}, {"name": "N2"}]}"#)
        #expect(
            try Self.lines(harness).filter { !$0.hasPrefix("#") } == [
                "grid_converged 1.0", "grid_estimate_age_seconds 3.0",
                #"grid_estimated_voltage_per_unit{grid="mv",node="N1",quality="ok"} 1.05"#,
            ])
        #expect(try Self.lines(harness).contains(#"# HELP grid_estimated_voltage_per_unit Estimated \\ voltage"#))
        try harness.stop()
    }

    @Test("what falls silent disappears after its time, and makes room") func expiry() throws {
        let harness = try Self.harness()
        for number in 0..<25 { try harness.publish("/pmu/a", Self.message("d\(number)")) }
        #expect(try Self.lines(harness).count == 22)
        #expect(try harness.health() != .well)
        try harness.advance(by: .seconds(600)).publish("/pmu/a", Self.message("d0", second: 1)).advance(by: .seconds(800))
        #expect(try Self.lines(harness).filter { !$0.hasPrefix("#") }.count == 1)
        try harness.publish("/pmu/a", Self.message("d24"))
        #expect(try Self.lines(harness).filter { !$0.hasPrefix("#") }.count == 2)
        #expect(try harness.health() == .well)
        try harness.stop()
    }

    @Test("what can't be read is counted and told") func refusals() throws {
        let harness = try Self.harness()
        try harness.publish("/pmu/a", "nonsense").publish("other", "{}").publish("estimates/x", "[")
        let status = String(decoding: try harness.request("GET", "/status").body, as: UTF8.self)
        #expect(status.contains(#""refused":3"#) && status.contains(#""topic":"estimates/x""#))
        try harness.stop()
    }

    @Test(
        "wrong configurations are refused with the place and what was expected",
        arguments: [
            ("{}", "names nothing to export"), (#"{"readings": [{}]}"#, "config.readings.0.topics is missing"),
            (#"{"prefix": "1a", "readings": []}"#, "config.prefix is '1a'"),
            (#"{"readings": [{"topics": ["a"], "labels": {"device": "x"}}]}"#, "config.readings.0.labels.device is a label that"),
            (#"{"readings": [{"topics": ["a"], "labels": {"__x": "x"}}]}"#, "has the label '__x'"),
            (#"{"documents": [{"topics": ["a"], "metrics": [{"name": "a"}]}]}"#, "config.documents.0.metrics.0 needs name and value"),
            (#"{"documents": [{"topics": ["a"], "metrics": [{"name": "a", "value": "b..c"}]}]}"#, "value is 'b..c', expected keys"),
            (
                #"{"documents": [{"topics": ["a"], "metrics": [{"name": "a", "value": "b"}, {"name": "a", "value": "c", "type": "counter"}]}]}"#,
                "makes a a gauge and a counter"
            ),
        ])
    func configurations(config: String, sentence: String) throws {
        let harness = try Self.harness()
        let error = #expect(throws: ServiceError.self) { try harness.validate(config) }
        #expect(error?.sentence.contains(sentence) == true, "\(error?.sentence ?? "")")
        try harness.stop()
    }
}
