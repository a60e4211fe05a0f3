import PluginAPI
import PluginTestKit
import Testing

@Suite("Forecasts of series that come with a request")
struct PredictionTests {
    /// A table as pandas writes it: hours of the town's load with a temperature that goes on after the last of them.
    private func table(days: Int64, ahead: Int64 = 48, milliseconds: Bool = false) -> String {
        let hours = Rig.monday / 3600 - days * 24..<Rig.monday / 3600 + ahead
        let index = hours.map { milliseconds ? String($0 * 3_600_000) : "\"\(Timestamp(seconds: $0 * 3600))\"" }.joined(separator: ", ")
        let data = hours.map { "[\($0 < Rig.monday / 3600 ? String(Rig.town($0)) : "null"), \(10 + Double($0 % 24) / 4)]" }.joined(separator: ", ")
        return #"{"columns": ["load", "temperature"], "index": [\#(index)], "data": [\#(data)]}"#
    }

    @Test("A table of a series and its weather becomes a job, and the job a forecast with quantiles from its last value on", arguments: [false, true])
    func predicted(milliseconds: Bool) throws {
        let rig = try Rig(series: [Rig.load()])
        let job = try rig.post(
            "/predictions", #"{"name": "feeder", "unit": "kW", "horizon_hours": 30, "series": \#(table(days: 40, milliseconds: milliseconds))}"#)
        let number = try #require(job["id"]?.integer)
        #expect(job["reason"]?.text == "prediction of 30 hours asked for by test" && job["state"]?.text == "succeeded", "\(job)")
        let forecast = try rig.get("/predictions/\(number)")
        #expect(forecast["kind"]?.text == "prediction" && forecast["unit"]?.text == "kW" && forecast["quality"]?.text == "good", "\(forecast)")
        #expect(forecast["start"]?.text == "2026-06-01T00:00:00Z")
        let (low, median, high) = (try forecast.quantile("q05"), try forecast.quantile("q50"), try forecast.quantile("q95"))
        #expect(median.count == 30)
        for (index, value) in median.enumerated() {
            #expect(abs(value - Rig.town(Rig.monday / 3600 + Int64(index))) < 45 && low[index] <= value && value <= high[index], "hour \(index): \(value)")
        }
        #expect(rig.harness.published.isEmpty, "nothing is published of it")
        #expect(try rig.get("/series/feeder/model")["reason"]?.text == "first model", "the series of that name is another")
    }

    @Test("What can't be a series is refused with its place", arguments: [
        (#"{"series": {"columns": ["load"], "index": [], "data": []}}"#, "0 times and 0 rows"),
        (#"{"series": {"columns": ["load"], "index": ["2026-05-01T00:00:00Z"], "data": [[1, 2]]}}"#, "series.data.0 has 2 values, expected one for each of 1"),
        (#"{"series": {"columns": ["load"], "index": ["monday"], "data": [[1]]}}"#, "series.index.0 is 'monday'"),
        (#"{"series": {"columns": ["load"], "index": [0, 7200], "data": [[1], [2]]}}"#, "steps of 120 minutes"),
        (#"{"series": {"columns": ["load"], "index": [0, 3600], "data": [[null], [null]]}}"#, "no value in its first column, 'load'"),
        (#"{"series": {"columns": ["load"], "index": [0, 4000000000], "data": [[1], [2]]}}"#, "expected 4000 at most"),
        (#"{"kind": "pv", "capacity": 5, "series": {"columns": ["pv"], "index": [0, 3600], "data": [[1], [2]]}}"#, "config.site has no latitude"),
        (#"{"horizon": 5}"#, "unknown key 'horizon'"),
        (#"{"horizon_hours": 500}"#, "the order.horizon_hours is 500"),
        (#"{}"#, "the order has no series"),
    ])
    func refusals(body: String, expected: String) throws {
        let rig = try Rig(series: [Rig.load()])
        let refused = try rig.refused("POST", "/predictions", body: body)
        #expect(refused.hasPrefix("400") && refused.contains(expected), "\(refused)")
        #expect(try rig.refused("GET", "/predictions/4711").hasPrefix("404"))
    }
}
