import PluginAPI
import PluginTestKit
import Testing

@Suite("When something goes wrong with a request")
struct TroubleTests {
    @Test("an asset that vanishes is told, and the others do its part") func offline() throws {
        let market = try PlayedMarket()
        try market.ask(market.body("o", #""power_kw": 150"#, location: #"{"congestion_point": "ea1.2026-01.dso.example:feeder"}"#))
        try market.accept("o")
        try market.run(until: market.begin("o") + .seconds(60))
        #expect(try market.state("o") == "active")
        let before = try #require(market.target)
        market.behaviour["bess"] = .silent
        try market.run(12)
        let notes = try market.notes("o")
        #expect(notes.contains("'bess' has not reported"), "\(notes)")
        #expect(market.target.map { abs($0 - 450) < 0.01 && $0 > before } == true, "\(String(describing: market.target))")
        #expect(try market.service.health() == .well)
    }

    @Test("who does not follow is told once, and when it follows again; the deficiency is not paid") func deviating() throws {
        let market = try PlayedMarket()
        try market.run(until: Timestamp(seconds: 1_717_243_200 + 900))
        try market.ask(market.body("d", #""power_kw": 100"#))
        try market.accept("d")
        try market.run(until: market.begin("d") + .seconds(30))
        market.behaviour["abb"] = .refuses
        try market.run(20)
        market.behaviour["abb"] = .obeys
        try market.run(3)
        let notes = try market.notes("d")
        #expect(notes.contains("'abb' does 300 instead of 400 kW") && notes.contains("follows its set-point again"), "\(notes)")
        try market.finish("d")
        let settlement = try #require(try market.record("d")["settlement"])
        #expect(settlement["delivered_kwh"]?.number.map { $0 > 40 && $0 < 46 } == true && settlement["penalty"]?.number.map { $0 > 0.3 } == true, "\(settlement)")
    }

    @Test("where nobody takes the set-point the request fails") func failed() throws {
        let market = try PlayedMarket()
        try market.ask(market.body("f", #""power_kw": 100"#))
        try market.accept("f")
        market.behaviour["abb"] = .refuses
        try market.finish("f")
        let record = try market.record("f")
        #expect(record["state"]?.text == "failed" && record["reason"]?.text?.contains("did not take the set-point") == true)
    }

    @Test("without a baseline nothing is accepted, until one is given") func baselineMissing() throws {
        let market = try PlayedMarket()
        try market.ask(market.body("b", #""power_kw": 100"#, minutes: 150))
        let refused = try market.call("POST", "/requests/b/accept", "{}")
        #expect(refused.status == 409 && refused.json["error"]?.text?.contains("has no baseline (no external one was given") == true, "\(refused.json)")
        #expect(try market.state("b") == "offered")
        #expect(try market.call("POST", "/baselines/b", #"{"kw": [1, 2]}"#).status == 400)
        let powers = [String](repeating: "310", count: 10).joined(separator: ", ")
        #expect(try market.call("POST", "/baselines/b", #"{"kw": [\#(powers)]}"#).status == 200)
        try market.accept("b")
        #expect(try market.record("b")["baseline"]?["method"]?.text == "external")
        #expect(try market.call("POST", "/baselines/b", #"{"kw": [\#(powers)]}"#).status == 409)
        try market.run(until: market.begin("b") + .seconds(30))
        #expect(market.target == 410)
    }

    @Test("the days before make a baseline, where they are metered") func highDays() throws {
        let market = try PlayedMarket()
        let step = Int64(900), begin = Int64(1_717_243_200)
        // The Saturdays and Sundays before 1 June 2024, a Saturday.
        var points: [StoredPoint] = []
        for day in [6, 7, 13, 14, 20, 21] as [Int64] {
            for quarter in -20..<20 as Range<Int64> { points.append(StoredPoint(Timestamp(seconds: begin - day * 86_400 + quarter * step), Double(200 + day))) }
        }
        market.service.store("power_kw", of: "flexibility_meter", tags: ["resource": "abb"], points)
        try market.ask(market.body("h", #""power_kw": 100"#, minutes: 150))
        try market.accept("h")
        let baseline = try #require(try market.record("h")["baseline"])
        // The two highest of the last four days of the kind: 213 and 214 kW.
        #expect(baseline["method"]?.text == "high-x-of-y" && baseline["kw"]?[0]?.number == 213.5, "\(baseline)")
    }

    @Test("the same request twice is one; what contradicts it is refused") func duplicates() throws {
        let market = try PlayedMarket()
        let body = market.body("r", #""power_kw": 100"#)
        let first = try market.call("POST", "/requests", body), second = try market.call("POST", "/requests", body)
        #expect(first.status == 201 && second.status == 200 && second.json["history"]?.elements?.count == 3)
        #expect(try market.call("POST", "/requests", market.body("r", #""power_kw": 120"#)).status == 409)
        #expect(try market.call("POST", "/requests", market.body("r", #""power_kw": 120"#, revision: 2)).status == 201)
        try market.accept("r")
        let late = try market.call("POST", "/requests", market.body("r", #""power_kw": 130"#, revision: 3))
        #expect(late.status == 409 && late.json["error"]?.text?.contains("accepted") == true)
    }

    @Test("what nobody accepts in time expires, and can't be accepted then") func expired() throws {
        let market = try PlayedMarket()
        try market.ask(market.body("x", #""power_kw": 100"#, more: #", "expires": "\#(market.now + .seconds(60))""#))
        try market.run(8)
        #expect(try market.state("x") == "expired")
        #expect(try market.call("POST", "/requests/x/accept", "{}").status == 409)
        let late = try market.ask(market.body("y", #""power_kw": 100"#, more: #", "expires": "2020-01-01T00:00:00Z""#))
        #expect(late["state"]?.text == "expired")
    }

    @Test("a request that is cancelled while it is carried out goes back to the baseline, and what was delivered is settled") func cancelled() throws {
        let market = try PlayedMarket()
        market.setMode(5)
        try market.run(until: Timestamp(seconds: 1_717_243_200 + 900))
        try market.ask(market.body("c", #""power_kw": 100"#, minutes: 60, location: #"{"congestion_point": "ea1.2026-01.dso.example:feeder"}"#))
        try market.accept("c")
        try market.run(until: market.begin("c") + .seconds(1_000))
        #expect(try market.state("c") == "active" && market.power("bess") > 1)
        let answer = try market.call("DELETE", "/requests/c", query: [("reason", "the market changed its mind")])
        #expect(answer.status == 200 && answer.json["state"]?.text == "cancelled" && answer.json["reason"]?.text == "the market changed its mind")
        try market.run(2)
        #expect(market.mode == 5 && abs(market.power("bess")) < 1e-6)
        let record = try market.record("c")
        #expect(record["verification"]?.elements?.count == 1 && record["settlement"]?["ordered_kwh"]?.number == 25, "\(record["settlement"] ?? .null)")
        #expect(try market.call("DELETE", "/requests/c").status == 409)
    }

    @Test("a restart in the middle changes nothing") func restart() throws {
        let market = try PlayedMarket()
        try market.run(until: Timestamp(seconds: 1_717_243_200 + 900))
        try market.ask(market.body("k", #""power_kw": 100"#, minutes: 30))
        try market.accept("k")
        try market.run(until: market.begin("k") + .seconds(300))
        try market.service.stop().configure(PlayedMarket.config()).start()
        #expect(try market.state("k") == "active")
        try market.run(2)
        #expect(market.target == 400)
        try market.finish("k")
        let settlement = try #require(try market.record("k")["settlement"])
        #expect(try market.state("k") == "settled" && settlement["delivered_kwh"]?.number.map { $0 > 47 } == true, "\(settlement)")
    }

    @Test("what is not metered is unverified, which is neither paid nor charged") func unmetered() throws {
        let market = try PlayedMarket()
        try market.run(until: Timestamp(seconds: 1_717_243_200 + 900))
        try market.ask(market.body("u", #""power_kw": 100"#))
        try market.accept("u")
        try market.run(until: market.begin("u") + .seconds(60))
        market.behaviour["abb"] = .silent
        try market.finish("u")
        let record = try market.record("u")
        #expect(record["state"]?.text == "settled" && record["verification"]?[0]?["quality"]?.text == "unverified" && record["verification"]?[0]?["deficiency_kw"]?.number == nil)
        #expect(record["settlement"]?["unverified_kwh"]?.number == 50 && record["settlement"]?["net"]?.number == 0, "\(record["settlement"] ?? .null)")
    }

    @Test("requests and orders come by MQTT too, and who asks hears of refusals") func mqtt() throws {
        let market = try PlayedMarket()
        try market.service.publish("flexibility/requests", market.body("m", #""power_kw": 100"#))
        #expect(try market.state("m") == "offered")
        try market.service.publish("flexibility/requests/m/accept", #"{"by": "exchange", "reference": "7"}"#)
        let record = try market.record("m")
        #expect(record["state"]?.text == "accepted" && record["order"]?["by"]?.text == "exchange")
        try market.service.publish("flexibility/requests/m/accept", "{}")
        let refusal = try #require(market.service.last(on: "flexibility/requests/m/refusals"))
        #expect(String(decoding: refusal.payload, as: UTF8.self).contains("only what is offered can be accepted"))
        try market.service.publish("flexibility/requests/m/cancel", #"{"reason": "no"}"#)
        #expect(try market.state("m") == "cancelled")
        let availability = try #require(market.service.last(on: "flexibility/availability/abb"))
        let json = try availability.payload.withUnsafeBytes { try JSONValue($0) }
        #expect(availability.retain && json["up_kw"]?["p50"]?[0]?.number == 3_700 && json["down_kw"]?["p50"]?.elements?.count == 96)
    }
}
