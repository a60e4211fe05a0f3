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
        (#"{"series": [{"name": "a", "capacity": 5, \#(sum)}]}"#, "config.series.0.capacity is of a plant"),
        (#"{"series": [{"name": "a", "tilt": 30, \#(sum)}]}"#, "is no PV plant"),
        (#"{"site": {"latitude": 51, "longitude": 7}, "series": [{"name": "a", "kind": "pv", "capacity": 5, "azimuth": 90, \#(sum)}]}"#, "azimuth without tilt"),
        (#"{"series": [{"name": "a", "sum": [{"measurement": "meter", "field": "activepower", "factor": 0}]}]}"#, "sum.0.factor is 0"),
        (#"{"series": [{"name": "a", "pseudo": {"at": "L#"}, \#(sum)}]}"#, "pseudo.at is 'L#'"),
        (#"{"series": [{"name": "a", "pseudo": {"at": "L"}, \#(sum)}, {"name": "b", "pseudo": {"at": "L"}, \#(sum)}]}"#, "'a' and 'b' both as pseudo-measurement of 'L'"),
        (#"{"series": [{"name": "a", \#(sum)}], "publish": {"topic": "forecasts/+"}}"#, "config.publish.topic is 'forecasts/+'"),
        (#"{"series": [{"name": "a", \#(sum)}], "publish": {"quantiles": ["0.5", "0.5001"]}}"#, "'0.5001', expected at most three decimals"),
        (#"{"series": [{"name": "a", \#(sum)}], "issue": {"gate": "12:00:"}}"#, "config.issue.gate is '12:00:'"),
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
        (#"[]"#, "weather is a list"),
        (#"{"issued": 0, "start": 0, "step_minutes": "15", "values": {"temperature": [1]}}"#, "step_minutes is a text"),
        (#"{"measured": true, "start": "2027-06-01T00:00:00Z", "values": {"temperature": [1]}}"#, "leave measured out of a forecast"),
        (#"{"issued": 0, "start": 0, "values": {"": [1]}}"#, "names of 1 to 64 bytes"),
        (#"{"measured": "yes", "start": 0, "values": {"temperature": [1]}}"#, "measured is a text"),
        (#"{"issued": 0, "start": 0, "values": {"temperature": [285.4]}}"#, "temperature holds 285.4, expected -90.0 to 60.0 degrees Celsius"),
        (#"{"issued": 0, "start": 0, "values": {"irradiance": [-999]}}"#, "or null where nothing is known"),
        // Seconds of a time that no clock has, and milliseconds: the first would overflow, the second be the newest run for ever.
        (#"{"issued": 0, "start": 9223372036854774000, "values": {"temperature": [1]}}"#, "start is 9223372036854774000, expected a time"),
        (#"{"issued": 1780272000000, "start": 0, "values": {"temperature": [1]}}"#, "issued is 1780272000000, expected a time"),
        (#"{"issued": "2026-06-03T00:00:00Z", "start": 0, "values": {"temperature": [1]}}"#, "was issued at 2026-06-03T00:00:00Z, after the site's clock"),
    ])
    func weather(body: String, expected: String) throws {
        let rig = try Rig(series: [Rig.load()])
        #expect(try rig.refused("POST", "/weather", body: body).contains(expected))
    }

    @Test("Every route is described, and names that are not there are answered with a sentence")
    func routes() throws {
        let rig = try Rig(series: [Rig.load()])
        #expect(rig.harness.routes.count == 16)
        #expect(try rig.refused("GET", "/series/other/metrics").contains("there is no series 'other', only feeder"))
        #expect(try rig.refused("GET", "/series/feeder/metrics", [("days", "0")]).hasPrefix("400"))
        #expect(try rig.refused("GET", "/series/feeder/forecast", [("at", "yesterday")]).hasPrefix("400"))
        #expect(try rig.refused("GET", "/series/feeder/forecast", [("kind", "best")]).hasPrefix("400"))
        #expect(try rig.refused("GET", "/series/feeder/forecast", [("kind", "day-ahead"), ("horizon_hours", "5")]).contains("horizon_hours is of kind=latest"))
        for (body, expected) in [
            (#"{"days": 5, "refit": 2}"#, "unknown member 'refit'"), (#"{"seconds": "60"}"#, "seconds is a text"), (#"[28]"#, "the body is a list"),
            (#"{"days": 2.5}"#, "days is 2.5, expected a whole number"),
        ] { #expect(try rig.refused("POST", "/series/feeder/backtest", body: body).contains(expected)) }
        let weather = #""weather": {"start": "2026-06-01T00:00:00Z", "values": {"temperature": [20]}}"#
        for (body, expected) in [
            (#"{\#(weather), "horizon_hours": 2.5}"#, "horizon_hours is '2.5'"), (#"{\#(weather), "horizon": 2}"#, "unknown member 'horizon'"),
            (#"{\#(weather), "at": "yesterday"}"#, "at is 'yesterday'"), (#"{\#(weather), "at": "2026-06-09T00:00:00Z"}"#, "at is 2026-06-09T00:00:00Z, expected a time from"),
        ] { #expect(try rig.refused("POST", "/series/feeder/forecast", body: body).contains(expected)) }
    }
}
