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
        #expect(try rig.get("/series/feeder/metrics")["total"]?["1h"]?["intervals"]?.integer == scored)
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
