import PluginAPI
import PluginTestKit
import Testing

@Suite("The life of a request")
struct LifeTests {
    @Test("from request to settlement: every state with who and why, told, kept, metered and paid for") func whole() throws {
        let market = try PlayedMarket()
        market.setMode(1)
        try market.run(until: Timestamp(seconds: 1_717_243_200 + 900))
        try market.ask(market.body("r", #""power_kw": -120"#, more: #", "source": "market", "price": 0.5"#))
        try market.accept("r", #"{"reference": "order 7"}"#)
        try market.run(until: market.begin("r") + .seconds(30))
        #expect(try market.state("r") == "active" && market.mode == 2 && market.target == 180)
        let activation = try market.call("GET", "/requests/r/activation").json
        #expect(activation["resources"]?[0]?["status"]?.text == "following" && activation["resources"]?[0]?["set_point_kw"]?.number == 180)
        try market.finish("r")
        #expect(try market.states("r") == ["received", "checked", "offered", "accepted", "activating", "active", "completed", "verified", "settled"])
        let record = try market.record("r")
        #expect(record["history"]?.elements?.allSatisfy { $0["actor"]?.text?.isEmpty == false && $0["time"] != nil } == true)
        #expect(market.mode == 1, "the community is not back in its former mode")
        // Half an hour of 120 kW less, but for the seconds until it followed.
        let settlement = try #require(record["settlement"])
        #expect(settlement["ordered_kwh"]?.number == 60 && abs((settlement["delivered_kwh"]?.number ?? 0) - 60) < 1.5, "\(settlement)")
        #expect(record["baseline"]?["method"]?.text == "meter-before-meter-after" && record["verification"]?.elements?.count == 2)
        #expect(market.service.points("delivered_kw", of: "flexibility", tags: ["request": "r", "location": "the community abb"]).count == 2)
        #expect(market.service.points("power_kw", of: "flexibility_meter", tags: ["resource": "abb"]).count >= 3)
        let told = try #require(market.service.last(on: "flexibility/requests/r/state"))
        #expect(told.retain && String(decoding: told.payload, as: UTF8.self).contains(#""state":"settled""#))
        let csv = try market.service.request("GET", "/settlements", query: [("format", "csv")])
        #expect(csv.contentType.hasPrefix("text/csv") && String(decoding: csv.body, as: UTF8.self).split(separator: "\r\n").count == 3)
        #expect(market.service.metric("requests_open") == 0 && market.service.metric("transitions_total") == 8)
    }

    @Test("a request that is larger than what is available is cut to that, with the reason") func larger() throws {
        let market = try PlayedMarket()
        market.reach["abb"] = -100...400
        try market.run(2)
        let asked = try market.ask(market.body("l", #""min_kw": 0, "max_kw": 250"#))
        #expect(asked["check"]?["outcome"]?.text == "partly" && asked["offer"]?["kw"]?[0]?.number == 100)
        #expect(asked["check"]?["limited_by"]?[0]?["kind"]?.text == "power")
        // Energy for a quarter of an hour only.
        market.roomKWh = 25
        try market.run(2)
        let short = try market.ask(market.body("e", #""min_kw": 0, "max_kw": 100"#))
        #expect(short["offer"]?["kw"]?.elements?.compactMap(\.number) == [100, 0] && short["check"]?["limited_by"]?[0]?["kind"]?.text == "energy")
        // The least of use is more than that.
        let least = try market.ask(market.body("m", #""min_kw": 0, "max_kw": 250"#, more: #", "min_activation_factor": 0.5"#))
        #expect(least["state"]?.text == "rejected")
    }

    @Test("a set-point is reached and settled against the forecast, frozen with its run") func setPoint() throws {
        let market = try PlayedMarket()
        try market.forecast("abb-load", low: 250, median: 300, high: 380)
        let issued = market.now
        try market.ask(market.body("s", #""setpoint_kw": 450"#, minutes: 150))
        try market.accept("s")
        // A later forecast changes nothing.
        try market.forecast("abb-load", low: 0, median: 0, high: 0)
        try market.run(until: market.begin("s") + .seconds(30))
        #expect(market.target == 450)
        try market.finish("s")
        let record = try market.record("s")
        #expect(record["baseline"]?["method"]?.text == "forecast" && record["baseline"]?["reference"]?.text == "abb-load@\(issued)")
        #expect(record["verification"]?.elements?.dropFirst().allSatisfy { $0["baseline_kw"]?.number == 300 && $0["actual_kw"]?.number == 450 && $0["delivered_kw"]?.number == 150 } == true)
    }

    @Test("two requests of opposite sign overlap: their sum is told, each is settled by its own part") func overlapping() throws {
        let market = try PlayedMarket()
        try market.run(until: Timestamp(seconds: 1_717_243_200 + 900))
        try market.ask(market.body("up", #""power_kw": 200"#, minutes: 30))
        try market.accept("up")
        try market.ask(market.body("down", #""power_kw": -80"#, minutes: 30, after: 1))
        try market.accept("down")
        // Nobody's promise stands upon the other's.
        market.reach["abb"] = -4_000...500
        try market.run(1)
        #expect(try market.ask(market.body("more", #""min_kw": 0, "max_kw": 100"#, minutes: 15, after: 1))["state"]?.text == "rejected")
        try market.run(until: market.begin("up") + .seconds(60))
        #expect(market.target == 500)
        try market.run(until: market.begin("down") + .seconds(60))
        #expect(market.target == 420)
        try market.run(until: market.begin("down") + .seconds(960))
        #expect(market.target == 220)
        try market.finish("down")
        for id in ["up", "down"] {
            let settlement = try #require(try market.record(id)["settlement"])
            let (ordered, delivered) = (settlement["ordered_kwh"]?.number ?? 0, settlement["delivered_kwh"]?.number ?? 0)
            #expect(ordered > 0 && delivered > 0.95 * ordered, "\(id): \(delivered) of \(ordered) kWh")
        }
    }

    @Test("a day of 92 and one of 100 quarter hours", arguments: [
        ("2026-03-28T20:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", 92), ("2026-10-24T20:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", 100),
    ])
    func clockChange(now: String, start: String, end: String, count: Int) throws {
        let market = try PlayedMarket(start: try #require(Timestamp(text: now)))
        try market.forecast("abb-load", low: 250, median: 300, high: 380)
        let asked = try market.ask(
            #"{"id": "day", "location": {"community": "abb"}, "intervals": [{"start": "\#(start)", "end": "\#(end)", "power_kw": 50}]}"#)
        #expect(asked["offer"]?["kw"]?.elements?.count == count)
        try market.accept("day")
        #expect(try market.record("day")["baseline"]?["kw"]?.elements?.count == count)
        let message = try market.call("GET", "/requests/day/uftp", query: [("message", "FlexOrder")]).json["FlexOrder"]
        #expect(message?["ISP"]?[0]?["Duration"]?.integer == Int64(count) && message?["ISP"]?[0]?["Power"]?.integer == 50_000 && message?["ISP"]?.elements?.count == 1)
    }
}
