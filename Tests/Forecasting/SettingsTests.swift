import PluginAPI
import PluginTestKit
import Testing

@Suite("Configuration of the forecasting")
struct SettingsTests {
    static let sum = #""sum": [{"measurement": "meter", "field": "activepower"}]"#

    @Test("What is wrong is told with its place and what was expected", arguments: [
        (#"{}"#, "config.series is missing"),
        (#"{"series": [{"name": "a b"}]}"#, "config.series.0.name"),
        (#"{"series": [{"name": "a"}]}"#, "config.series.0.sum is missing"),
        (#"{"series": [{"name": "a", \#(sum)}, {"name": "a", \#(sum)}]}"#, "'a' twice"),
        (#"{"series": [{"name": "a", "kind": "pv", \#(sum)}]}"#, "config.series.0.capacity is missing"),
        (#"{"series": [{"name": "a", "kind": "pv", "capacity": 5, \#(sum)}]}"#, "without latitude and longitude"),
        (#"{"series": [{"name": "a", "step_minutes": 20, \#(sum)}]}"#, "expected 15, 30 or 60"),
        (#"{"site": {"time_zone": "Europe/Nowhere"}, "series": [{"name": "a", \#(sum)}]}"#, "config.site.time_zone is 'Europe/Nowhere'"),
        (#"{"site": {"country": "XX"}, "series": [{"name": "a", \#(sum)}]}"#, "expected one of AT, BE, DE"),
        (#"{"site": {"country": "DE", "region": "Bavaria"}, "series": [{"name": "a", \#(sum)}]}"#, "expected one of BB, BE, BW, BY"),
        (#"{"site": {"latitude": 5}, "series": [{"name": "a", \#(sum)}]}"#, "one of latitude and longitude"),
        (#"{"series": [{"name": "a", \#(sum)}], "issue": {"gate": "noon"}}"#, "config.issue.gate is 'noon'"),
        (#"{"series": [{"name": "a", \#(sum)}], "publish": {"quantiles": ["0.1", "0.9"]}}"#, "must rise and contain \"0.5\""),
        (#"{"series": [{"name": "a", \#(sum)}], "speling": 1}"#, "unknown key 'speling'"),
    ])
    func refusals(config: String, expected: String) throws {
        let harness = try ServiceHarness(library: try ServiceLibrary(built: "Forecasting"), starts: false)
        let error = #expect(throws: ServiceError.self) { try harness.validate(config) }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
        #expect(error?.status == .invalidConfiguration)
    }

    @Test("Weather that can't be read is refused with a sentence", arguments: [
        (#"{"start": "2026-06-01T00:00:00Z", "values": {"temperature": [1]}}"#, "weather has no issued"),
        (#"{"issued": 0, "values": {"temperature": [1]}}"#, "weather has no start"),
        (#"{"issued": 0, "start": 0, "values": {}}"#, "weather has no values"),
        (#"{"issued": 0, "start": 0, "values": {"temperature": ["cold"]}}"#, "holds a text"),
        (#"{"issued": 0, "start": 17, "values": {"temperature": [1]}}"#, "multiple of its step"),
        (#"weather"#, "not JSON"),
    ])
    func weather(body: String, expected: String) throws {
        let rig = try Rig(series: [Rig.load()])
        #expect(try rig.refused("POST", "/weather", body: body).contains(expected))
    }

    @Test("Every route is described, and names that are not there are answered with a sentence")
    func routes() throws {
        let rig = try Rig(series: [Rig.load()])
        #expect(rig.harness.routes.count == 14)
        #expect(try rig.refused("GET", "/series/other/metrics").contains("there is no series 'other', only feeder"))
        #expect(try rig.refused("GET", "/series/feeder/metrics", [("days", "0")]).hasPrefix("400"))
        #expect(try rig.refused("GET", "/series/feeder/forecast", [("at", "yesterday")]).hasPrefix("400"))
        #expect(try rig.refused("GET", "/series/feeder/forecast", [("kind", "best")]).hasPrefix("400"))
    }
}
