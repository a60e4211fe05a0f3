import PluginAPI
import PluginTestKit
import Testing

@Suite("Forecasts of a running service")
struct LiveForecastTests {
    @Test("History in the store is read at the start, a model is trained, and every boundary brings a forecast that is stored and published")
    func history() throws {
        let rig = try Rig(series: [Rig.load()]) { $0.store("activepower", of: "meter", tags: Rig.tags(), Rig.history(days: 42)) }
        try rig.run(hours: 2)
        let forecast = try rig.message("forecasts/feeder")
        #expect(forecast["issued"]?.text == "2026-06-01T02:00:00Z")
        #expect(forecast["start"]?.text == "2026-06-01T02:00:00Z")
        #expect(forecast["quality"]?.text == "good", "\(forecast)")
        let median = try forecast.quantile("q50")
        #expect(median.count == 24)
        for (index, value) in median.enumerated() { #expect(abs(value - Rig.town(Rig.monday / 3600 + 2 + Int64(index))) < 40, "hour \(index)") }
        let names = ["q05", "q10", "q25", "q50", "q75", "q90", "q95"]
        let rows = try names.map { try forecast.quantile($0) }
        for (low, high) in zip(rows, rows.dropFirst()) { #expect(zip(low, high).allSatisfy { $0 <= $1 }) }

        let stored = rig.harness.points("q50", of: "forecast", tags: ["series": "feeder", "lead": "latest"])
        #expect(stored.first?.time == Timestamp(seconds: Rig.monday - 3600), "the first model answers at once, for the boundary that has passed")
        #expect(stored.allSatisfy { $0.quality == .estimated })
        let issued = rig.harness.points("issued", of: "forecast", tags: ["series": "feeder", "lead": "1h"])
        #expect(issued.map { $0.time - Timestamp(seconds: Int64($0.value)) } == [Duration](repeating: .seconds(3600), count: 4))
        #expect(rig.harness.points("value", of: "forecast_input", tags: ["series": "feeder"]).count == 42 * 24 + 2, "means are kept once")
    }

    @Test("A new series is forecast from the first day by a profile, says so, and its own models take over as history grows")
    func coldStart() throws {
        let rig = try Rig(series: [Rig.load()])
        try rig.run(hours: 3)
        let first = try rig.message("forecasts/feeder")
        #expect(first["quality"]?.text == "cold-start")
        #expect(first["model"]?["members"]?["profile"]?.number == 1)
        #expect(try first.quantile("q50").allSatisfy { (50...700).contains($0) }, "three readings give the size")
        try rig.run(hours: 24 * 22)
        let later = try rig.message("forecasts/feeder")
        #expect(later["quality"]?.text == "good", "\(later)")
        let model = try rig.get("/series/feeder/model")
        #expect((model["version"]?.integer ?? 0) >= 3)
        #expect(model["reason"]?.text?.contains("days of history") == true, "\(model["reason"]?.text ?? "")")
        let jobs = try #require(try rig.get("/jobs")["jobs"]?.elements)
        #expect(jobs.allSatisfy { $0["state"]?.text == "succeeded" }, "\(jobs)")
    }

    @Test("The day ahead has as many quarter hours as its clocks, made at the gate, and retained")
    func dayAhead() throws {
        let quarterly = Rig.load().replacing("\"step_minutes\": 60", with: "\"step_minutes\": 15")
        // Saturdays before the clocks change in 2026: March 28th and October 24th.
        for (begin, count) in [(Int64(1_774_691_100), 92), (1_792_835_100, 100)] {
            let rig = try Rig(series: [quarterly], begin: begin)
            try rig.run(hours: 3)
            let forecast = try rig.message("forecasts/feeder/day-ahead")
            #expect(try forecast.quantile("q50").count == count)
            #expect(rig.harness.last(on: "forecasts/feeder/day-ahead")?.retain == true)
        }
    }

    @Test("Scores told over REST and on the databus are those that the stored forecasts and values give")
    func scores() throws {
        let rig = try Rig(
            series: [Rig.load()],
            more: #", "publish": {"quantiles": ["0.05", "0.1", "0.15", "0.2", "0.25", "0.3", "0.35", "0.4", "0.45", "0.5", "0.55", "0.6", "0.65", "0.7", "0.75", "0.8", "0.85", "0.9", "0.95"]}"#
        ) { $0.store("activepower", of: "meter", tags: Rig.tags(), Rig.history(days: 30)) }
        try rig.run(hours: 24 * 4)
        let total = try #require(try rig.get("/series/feeder/metrics", [("days", "10")])["total"])
        let actual = Dictionary(uniqueKeysWithValues: rig.harness.points("value", of: "forecast_input", tags: ["series": "feeder"]).map { ($0.time, $0.value) })
        for lead in ["1h", "6h", "day-ahead"] {
            var loss = 0.0, absolute = 0.0, naive = 0.0, inside = 0.0, count = 0.0
            let levels = (1...19).map { Double($0) / 20 }
            let columns = levels.map { level in
                rig.harness.points("q" + String(String(Int((level * 100).rounded()) + 100).dropFirst()), of: "forecast", tags: ["series": "feeder", "lead": lead])
            }
            let issued = rig.harness.points("issued", of: "forecast", tags: ["series": "feeder", "lead": lead])
            for (index, point) in columns[9].enumerated() {
                // The first day ahead after a start is made after its gate, and not scored.
                guard let value = actual[point.time], lead != "day-ahead" || issued[index].value >= Double(Rig.monday) else { continue }
                let week = try #require(actual[point.time - .seconds(7 * 86_400)])
                for (level, column) in zip(levels, columns) {
                    loss += max(level * (value - column[index].value), (level - 1) * (value - column[index].value)) / 19
                }
                absolute += abs(value - point.value)
                naive += abs(value - week)
                inside += value >= columns[1][index].value && value <= columns[17][index].value ? 1 : 0
                count += 1
            }
            let told = try #require(total[lead], "no scores for \(lead)")
            #expect(told["intervals"]?.number == count)
            #expect(count > 40)
            #expect(abs((told["pinball"]?.number ?? 0) - loss / count) < 1e-5)
            #expect(abs((told["mae"]?.number ?? 0) - absolute / count) < 1e-5)
            #expect(abs((told["skill"]?.number ?? 0) - (1 - absolute / naive)) < 1e-5)
            #expect(abs((told["coverage_80"]?.number ?? 0) - inside / count) < 1e-5)
        }
        #expect(try rig.message("forecasts/feeder/scores")["leads"]?["6h"] != nil)
        #expect(rig.harness.metric("pinball", labels: ["series": "feeder", "lead": "1h"]) != nil)
    }

    @Test("A device that falls silent is named, its intervals have no value, and the forecast goes on and says what it is made from")
    func silence() throws {
        let two = #"""
            {"name": "feeder", "unit": "kW", "step_minutes": 60, "sum": [
              {"measurement": "meter", "tags": {"device": "m1"}, "field": "activepower", "factor": 0.001},
              {"measurement": "meter", "tags": {"device": "m2"}, "field": "activepower", "factor": 0.001}]}
            """#
        let rig = try Rig(series: [two]) { harness in
            for device in ["m1", "m2"] { harness.store("activepower", of: "meter", tags: Rig.tags(device), Rig.history(days: 30)) }
        }
        try rig.run(hours: 30)
        let forecast = try rig.message("forecasts/feeder")
        #expect(forecast["silent"]?.elements?.compactMap(\.text) == ["m2/load"])
        #expect(forecast["flags"]?.elements?.compactMap(\.text).contains("stale-readings") == true)
        #expect(try forecast.quantile("q50").allSatisfy { $0 > 250 }, "not the half that one of two devices tells")
        #expect(try rig.harness.health() != .well)
    }
}
