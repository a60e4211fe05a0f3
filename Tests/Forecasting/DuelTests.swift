import PluginAPI
import PluginTestKit
import Testing

@Suite("A new model beside the one that answers")
struct DuelTests {
    @Test("A new model forecasts beside the one that answers; the better one of the same intervals answers, and the figures are told")
    func duel() throws {
        let rig = try Rig(series: [Rig.load()], more: #", "store": {"database": "dsotp"}"#) {
            $0.store("activepower", of: "meter", tags: Rig.tags(), Rig.history(days: 60))
        }
        try rig.run(hours: 6)
        let job = try rig.post("/series/feeder/train", "")
        let second = try #require(try rig.get("/jobs")["jobs"]?[0])
        #expect(second["id"]?.integer == job["id"]?.integer)
        #expect(second["result"]?.text?.contains("version 2 and version 1 forecast side by side for 7 days at most") == true, "\(second)")
        #expect(try rig.get("/series/feeder/model")["version"]?.integer == 1, "not before it is known to be no worse")
        try rig.run(hours: 24 * 2)
        let told = try #require(try rig.get("/series")["series"]?[0]?["duel"])
        #expect(told["version"]?.integer == 2 && (told["intervals"]?.integer ?? 0) >= 24)
        #expect((told["pinball"]?.number ?? 0) > 0 && (told["pinball_answering"]?.number ?? 0) > 0)

        // Two models of much the same history differ by little: a week decides, and either may win.
        try rig.run(hours: 24 * 6)
        #expect(try rig.get("/series")["series"]?[0]?["duel"] == nil)
        let sentences = rig.harness.log.map(\.text).filter { $0.contains("on the same") }
        #expect(sentences.count == 1, "\(sentences)")
        #expect((140...200).contains(try Self.intervals(try #require(sentences.first))), "\(sentences)")
        let model = try rig.get("/series/feeder/model")
        if model["version"]?.integer == 2 { #expect(model["verdict"]?.text?.contains("against") == true) }
    }

    @Test("Where the load has changed, a new model has won after a day, not after a week")
    func clear() throws {
        let rig = try Rig(series: [Rig.load()]) { $0.store("activepower", of: "meter", tags: Rig.tags(), Rig.history(days: 60)) }
        try rig.run(hours: 24)
        func other(_ hour: Int64) -> Double { Rig.town(hour + 12) * 1.5 }
        try rig.run(hours: 24 * 8, other)
        let version = try #require(try rig.get("/series/feeder/model")["version"]?.integer)
        #expect(version >= 2)
        let won = rig.harness.log.filter { $0.text.contains("answers from now on") }
        #expect(won.count >= 1, "\(rig.harness.log.map(\.text))")
        for line in rig.harness.log.map(\.text) where line.contains("on the same") { #expect(try Self.intervals(line) >= 24, "a whole day at least: \(line)") }
    }

    /// How many intervals a verdict rests on.
    private static func intervals(_ sentence: String) throws -> Int {
        try #require(sentence.split(separator: " ").dropLast().last.flatMap { Int($0) }, "\(sentence)")
    }

    @Test("The model that is judged is kept over a restart, with what came of it, and what both had forecast of the time of the restart counts")
    func restart() throws {
        let rig = try Rig(series: [Rig.load()]) { $0.store("activepower", of: "meter", tags: Rig.tags(), Rig.history(days: 60)) }
        try rig.run(hours: 2)
        _ = try rig.post("/series/feeder/train", "")
        try rig.run(hours: 20)
        func told() throws -> JSONValue { try #require(try rig.get("/series")["series"]?[0]?["duel"]) }
        let before = try told()
        try rig.harness.stop()
        try rig.harness.configure(Rig.config([Rig.load()])).start()
        try rig.run(hours: 1)
        let after = try told()
        #expect(after["version"]?.integer == 2 && after["since"]?.text == before["since"]?.text)
        #expect(before["intervals"]?.integer == 19 && after["intervals"]?.integer == 20)
        #expect(abs((after["pinball"]?.number ?? 0) / (before["pinball"]?.number ?? 1) - 1) < 0.3)
    }

    @Test("A back-test is computed in the background, tells its figures by hours ahead and by model, and outlives a restart")
    func backtest() throws {
        let rig = try Rig(series: [Rig.load()]) { $0.store("activepower", of: "meter", tags: Rig.tags(), Rig.history(days: 70)) }
        try rig.run(hours: 1)
        #expect(try rig.refused("GET", "/series/feeder/backtest").contains("POST to the same path begins it"))
        #expect(try rig.refused("POST", "/series/feeder/backtest", body: #"{"days": 0}"#).hasPrefix("400"))
        #expect(try rig.harness.request("POST", "/series/feeder/backtest", role: .viewer).status == 403)
        let job = try rig.post("/series/feeder/backtest", #"{"days": 10, "refit_days": 5}"#)
        #expect(job["reason"]?.text == "back-test of 10 days asked for by test")
        let report = try rig.get("/series/feeder/backtest")
        #expect(report["days"]?.integer == 10 && report["total"]?["intervals"]?.integer == 240)
        #expect(report["through"]?.text == "2026-05-31T22:00:00Z", "the last complete day of the site's own clocks")
        #expect((report["skill"]?.number ?? 0) > 0.1)
        #expect(report["leads"]?.elements?.compactMap { $0["hours"]?.text } == ["12-18", "18-24", "24-30", "30-36"])
        let models = try #require(report["models"]?.elements)
        #expect(models.contains { $0["model"]?.text == "seasonal-naive" } && models.count == 4)
        #expect(models.allSatisfy { $0["intervals"]?.integer == 240 })
        try rig.harness.stop()
        try rig.harness.configure(Rig.config([Rig.load()])).start()
        #expect(try rig.get("/series/feeder/backtest")["made"]?.text == report["made"]?.text)
        // Time for the first day alone.
        _ = try rig.post("/series/feeder/backtest", #"{"days": 20, "seconds": 0.1}"#)
        let cut = try rig.get("/series/feeder/backtest")
        #expect((1..<20).contains(cut["days"]?.integer ?? 0) && cut["days_wanted"]?.integer == 20, "\(cut)")
    }
}
