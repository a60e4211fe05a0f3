import Foundation
import PluginAPI
import PluginTestKit
import Testing

@Suite("Models of a running service")
struct ModelLifeTests {
    @Test("A model that was kept answers at once after a restart, with its version and what was scored")
    func restart() throws {
        let rig = try Rig(series: [Rig.load()]) { $0.store("activepower", of: "meter", tags: Rig.tags(), Rig.history(days: 40)) }
        try rig.run(hours: 30)
        let before = try rig.get("/series/feeder/model")
        let scored = try rig.get("/series/feeder/metrics")["total"]?["1h"]?["intervals"]?.integer
        try rig.harness.stop()
        rig.harness.forgetPublished()
        try rig.harness.configure(Rig.config([Rig.load()])).start()
        #expect(try rig.get("/jobs")["jobs"]?.elements?.isEmpty == true, "nothing is trained")
        try rig.run(hours: 1)
        #expect(try rig.message("forecasts/feeder")["model"]?["version"]?.integer == before["version"]?.integer)
        #expect(try rig.get("/series/feeder/model")["trained_at"]?.text == before["trained_at"]?.text)
        #expect(try rig.get("/series/feeder/metrics")["total"]?["1h"]?["intervals"]?.integer == scored.map { $0 + 1 }, "what was forecast before counts")
    }

    @Test("After kill -9 the day-ahead forecasts of before are scored when they come true, and stay in the store as they were made")
    func killed() throws {
        let rig = try Rig(series: [Rig.load()]) { $0.store("activepower", of: "meter", tags: Rig.tags(), Rig.history(days: 40)) }
        try rig.run(hours: 30)
        func scored() throws -> Int64 { try rig.get("/series/feeder/metrics")["total"]?["day-ahead"]?["intervals"]?.integer ?? 0 }
        func ahead() -> [StoredPoint] { rig.harness.points("q50", of: "forecast", tags: ["series": "feeder", "lead": "day-ahead"]) }
        let (before, stored) = (try scored(), ahead())
        // What a graceful stop puts is not there.
        let kept = rig.harness.keyValue("scores/feeder")
        try rig.harness.stop()
        rig.harness.putKeyValue("scores/feeder", kept)
        rig.harness.forgetPublished()
        try rig.harness.configure(Rig.config([Rig.load()])).start()
        try rig.run(hours: 3)
        #expect(try scored() == before + 3, "those of the hours since the last gate, and of the hours after the restart")
        #expect(ahead() == stored && rig.harness.last(on: "forecasts/feeder/day-ahead") == nil)
        #expect(try rig.get("/series/feeder/forecast", [("kind", "day-ahead")])["start"]?.text == "2026-06-01T22:00:00Z")
    }

    @Test("A series that is made of other columns is reduced and trained anew: nothing of what its name stood for before is in it")
    func redefined() throws {
        let rig = try Rig(series: [Rig.load()]) { harness in
            for device in ["m1", "m2"] { harness.store("activepower", of: "meter", tags: Rig.tags(device), Rig.history(days: 40)) }
        }
        try rig.run(hours: 30)
        let both = Rig.load().replacing("\"tags\": {\"device\": \"m1\"}, ", with: "")
        try rig.harness.stop()
        try rig.harness.configure(Rig.config([both])).start()
        try rig.run(hours: 1)
        let model = try rig.get("/series/feeder/model")
        #expect(model["version"]?.integer == 1 && model["reason"]?.text == "first model", "\(model)")
        let flags = model["flags"]?.elements ?? []
        #expect(flags.isEmpty, "no level shift where the definition changed")
        let median = try rig.message("forecasts/feeder").quantile("q50")
        for (index, value) in median.enumerated() { #expect(abs(value - 2 * Rig.town(Rig.monday / 3600 + 31 + Int64(index))) < 90, "hour \(index): \(value)") }
        #expect(try rig.get("/series/feeder/metrics")["total"]?.members?.isEmpty == true, "what was scored was of another series")
        // The second start with it finds all as it is.
        try rig.harness.stop()
        try rig.harness.configure(Rig.config([both])).start()
        #expect(try rig.get("/jobs")["jobs"]?.elements?.isEmpty == true)
    }

    @Test("A plant that was made smaller is forecast below its new capacity, by a model of it")
    func smaller() throws {
        let rig = try Rig(series: [WeatherAndPlantTests.plant])
        func sun(_ hour: Int64) -> Double { 90 * max(0, 1 - abs(Double(hour % 24) - 11.5) / 7) }
        try rig.run(hours: 30, sun)
        #expect(try rig.message("forecasts/roof").quantile("q95").contains { $0 > 60 })
        try rig.harness.stop()
        try rig.harness.configure(Rig.config([WeatherAndPlantTests.plant.replacing("\"capacity\": 100", with: "\"capacity\": 50")])).start()
        try rig.run(hours: 1, sun)
        #expect(try rig.message("forecasts/roof").quantile("q95").allSatisfy { $0 <= 52.5 })
        #expect(rig.harness.log.contains { $0.text.contains("made for another kind, capacity, step or gate") })
    }

    @Test("A model that was damaged where it is kept does not answer: the one before it does, and without one another is trained")
    func damaged() throws {
        let rig = try Rig(series: [Rig.load()]) { $0.store("activepower", of: "meter", tags: Rig.tags(), Rig.history(days: 20)) }
        try rig.run(hours: 2)
        _ = try rig.post("/series/feeder/train", "")
        #expect(try rig.get("/series/feeder/model")["version"]?.integer == 2)
        func damage(_ place: String) throws {
            var bytes = try #require(rig.harness.keyValue("model/feeder/\(place)"), "no \(place) model is kept")
            bytes[bytes.count * 2 / 3] ^= 4
            rig.harness.putKeyValue("model/feeder/\(place)", bytes)
        }
        try rig.harness.stop()
        try damage("current")
        try rig.harness.configure(Rig.config([Rig.load()])).start()
        #expect(try rig.get("/series/feeder/model")["version"]?.integer == 1)
        #expect(rig.harness.log.contains { $0.text.contains("the current model that was kept of 'feeder' can't be read: its") && $0.text.contains("are damaged") })
        try rig.harness.stop()
        try damage("previous")
        try rig.harness.configure(Rig.config([Rig.load()])).start()
        #expect(try rig.get("/series/feeder/model")["reason"]?.text == "first model")
        try rig.run(hours: 1)
        #expect(try rig.message("forecasts/feeder")["quality"]?.text == "good")
    }

    @Test("A load that changes its shape is found to drift within days and is trained anew; the reason is told")
    func drift() throws {
        let rig = try Rig(series: [Rig.load()]) { $0.store("activepower", of: "meter", tags: Rig.tags(), Rig.history(days: 60)) }
        try rig.run(hours: 24 * 5)
        #expect(rig.harness.metric("drifts_total") == 0)
        // What was drawn by day is drawn by night from now on, and more of it.
        try rig.run(hours: 24 * 6) { Rig.town($0 + 12) * 1.5 }
        #expect(rig.harness.metric("drifts_total") == 1)
        let jobs = try #require(try rig.get("/jobs")["jobs"]?.elements)
        #expect(jobs.contains { $0["reason"]?.text?.hasPrefix("drift: the pinball of the last 3 days") == true }, "\(jobs)")
        #expect(rig.harness.log.contains { $0.text.contains("has drifted") })
    }

    @Test("A training is asked for by an engineer, told as a job, and refused while another is under way")
    func jobs() throws {
        let rig = try Rig(series: [Rig.load()]) { $0.store("activepower", of: "meter", tags: Rig.tags(), Rig.history(days: 20)) }
        try rig.run(hours: 1)
        #expect(try rig.harness.request("POST", "/series/feeder/train", role: .operator).status == 403)
        let job = try rig.post("/series/feeder/train", "")
        #expect(job["state"]?.text == "succeeded", "the test waits for trainings")
        #expect(job["reason"]?.text == "asked for by test")
        #expect(try rig.get("/jobs")["jobs"]?[0]?["id"]?.integer == job["id"]?.integer)
        #expect(try rig.refused("DELETE", "/jobs/4711").hasPrefix("404"))
        #expect(try rig.refused("DELETE", "/jobs/\(job["id"]?.integer ?? 0)").contains("has ended: it succeeded"))
    }

    @Test("In the background a training blocks no message and no request, shows its progress, and can be cancelled")
    func background() throws {
        let rig = try Rig(series: [Rig.load()], more: "").harness
        try rig.stop()
        let config = Rig.config([Rig.load()]).replacing(", \"wait\": true", with: "").replacing("\"quick\": true", with: "\"quick\": false")
        rig.store("activepower", of: "meter", tags: Rig.tags(), Rig.history(days: 200))
        try rig.configure(config).start()
        // The workshop's thread works in its own time; the service looks for outcomes once a second of the host's clock.
        func jobs(until isDone: (String) -> Bool) throws -> String {
            let deadline = Date().addingTimeInterval(120)
            var body = ""
            while !isDone(body), Date() < deadline {
                try rig.advance(by: .milliseconds(1))
                body = String(decoding: try rig.request("GET", "/jobs").body, as: UTF8.self)
                usleep(500)
            }
            return body
        }
        let running = try jobs { $0.contains(#""state":"running""#) }
        #expect(running.contains(#""state":"running""#), "\(running)")
        #expect(try rig.request("DELETE", "/jobs/1").status == 200)
        let ended = try jobs { $0.contains(#""state":"cancelled""#) }
        #expect(ended.contains(#""state":"cancelled""#), "\(ended)")
        try rig.stop()
    }
}
