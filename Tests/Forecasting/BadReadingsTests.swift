import PluginAPI
import PluginTestKit
import Testing

@Suite("Readings that can't be trusted, in a running service")
struct BadReadingsTests {
    /// The model's record after history with something wrong in it, and the median of the next day.
    private func trained(days: Int64 = 70, _ value: @escaping (Int64) -> Double?) throws -> (model: JSONValue, forecast: JSONValue, rig: Rig) {
        let rig = try Rig(series: [Rig.load()]) { harness in
            let points = Rig.history(days: days) { value($0) ?? .nan }.filter { $0.value.isFinite }
            harness.store("activepower", of: "meter", tags: Rig.tags(), points)
        }
        try rig.run(hours: 1, value)
        return (try rig.get("/series/feeder/model"), try rig.message("forecasts/feeder"), rig)
    }

    private func expectTown(_ forecast: JSONValue, within kilowatts: Double = 45, times factor: Double = 1) throws {
        for (index, value) in try forecast.quantile("q50").enumerated() {
            let expected = factor * Rig.town(Rig.monday / 3600 + 1 + Int64(index))
            #expect(abs(value - expected) < kilowatts, "hour \(index): \(value) instead of \(expected)")
        }
    }

    private func flags(_ model: JSONValue) -> [String] { (model["flags"]?.elements ?? []).compactMap(\.text) }

    @Test("A meter that stood still for three days is found, told with its time, and not learnt from")
    func flatLine() throws {
        let first = Rig.monday / 3600 - 30 * 24
        let (model, forecast, _) = try trained { (first..<first + 72).contains($0) ? 231.5 : Rig.town($0) }
        #expect(flags(model) == ["flat-line"])
        let note = try #require(model["notes"]?[0]?.text)
        #expect(note.contains("1 constant stretches") && note.contains("2026-05-02") && note.contains("72 hours"), "\(note)")
        try expectTown(forecast)
        #expect(forecast["flags"]?.elements?.compactMap(\.text).contains("flat-line") == true, "every forecast tells what its model was made from")
    }

    @Test("Absurd values are left out of the model and told, one that comes live does not carry the forecasts away")
    func outliers() throws {
        let (model, forecast, rig) = try trained { $0 % 211 == 7 ? 900_000 : Rig.town($0) }
        #expect(flags(model) == ["outliers"])
        #expect(model["notes"]?[0]?.text?.hasPrefix("8 values far outside") == true, "\(model["notes"]?[0]?.text ?? "")")
        try expectTown(forecast)
        try rig.run(hours: 1) { _ in -750_000 }
        try rig.run(hours: 14)
        let later = try rig.message("forecasts/feeder").quantile("q50")
        for (index, value) in later.enumerated() {
            #expect(abs(value - Rig.town(Rig.monday / 3600 + 16 + Int64(index))) < 60, "hour \(index): \(value)")
        }
    }

    @Test("An absurd value that comes live is no measure of the forecasts, and no drift")
    func outlierScored() throws {
        let (_, _, rig) = try trained(Rig.town)
        try rig.run(hours: 24 * 5) { $0 % 24 == 7 ? 900_000 : Rig.town($0) }
        let scores = try #require(try rig.get("/series/feeder/metrics")["total"])
        for lead in ["1h", "6h", "day-ahead"] { #expect((scores[lead]?["pinball"]?.number ?? .infinity) < 20, "\(lead): \(scores[lead]?["pinball"]?.number ?? 0)") }
        #expect(rig.harness.metric("drifts_total") == 0)
    }

    @Test("A reading that comes again is not counted again, and one that was corrected takes the place of the one before")
    func corrected() throws {
        let rig = try Rig(series: [Rig.load()])
        try rig.run(hours: 1)
        for watts in [100_000, 100_000, 200_000.0] { try rig.meter("m1", watts, at: Rig.monday + 3600 + 600) }
        try rig.advance(to: Rig.monday + 7215)
        let means = rig.harness.points("value", of: "forecast_input", tags: ["series": "feeder"])
        #expect(means.last?.value == 200, "\(means)")
    }

    @Test("Holes of days are no zeros: they are counted as missing, and what is forecast is the load")
    func holes() throws {
        let (model, forecast, rig) = try trained { hour in
            let day = hour / 24
            return day % 9 == 3 || day % 9 == 4 ? nil : Rig.town(hour)
        }
        #expect(flags(model).isEmpty, "two of nine days are no half of the history")
        try expectTown(forecast)
        #expect(rig.harness.points("value", of: "forecast_input", tags: ["series": "feeder"]).allSatisfy { $0.value > 100 }, "nothing stands in for a hole")
        let (sparse, _, _) = try trained { $0 % 5 < 2 ? Rig.town($0) : nil }
        #expect(flags(sparse) == ["incomplete-history"])
    }

    @Test("A feeder to which a quarter was moved has its older readings scaled to the new size, with the day and the factor told")
    func newSize() throws {
        let change = Rig.monday / 3600 - 28 * 24
        let (model, forecast, _) = try trained(days: 84) { $0 < change ? Rig.town($0) / 2.5 : Rig.town($0) }
        #expect(flags(model) == ["level-shift"])
        let note = try #require(model["notes"]?[0]?.text)
        #expect(note.contains("factor 2.5") && note.contains("2026-05-0"), "\(note)")
        try expectTown(forecast)
    }
}
