import PluginAPI
import PluginTestKit
import Testing

@Suite("What goes on over restarts, gaps and cancellations")
struct ContinuityTests {
    @Test("after a restart nobody is reckoned to be gone before it could report, and what was metered is not lost") func restartSharing() throws {
        let market = try PlayedMarket()
        try market.run(until: Timestamp(seconds: 1_717_243_200 + 900))
        try market.ask(market.body("s", #""power_kw": 150"#, location: #"{"congestion_point": "ea1.2026-01.dso.example:feeder"}"#))
        try market.accept("s")
        try market.run(until: market.begin("s") + .seconds(600))
        let before = try market.record("s")["order"]?["shares"]?["bess"]?[0]?.number
        try market.service.stop().configure(PlayedMarket.config()).start()
        market.behaviour["bess"] = .silent
        try market.run(4)
        market.behaviour["bess"] = .obeys
        try market.run(2)
        #expect(try market.record("s")["order"]?["shares"]?["bess"]?[0]?.number == before)
        #expect(try !market.notes("s").contains("has not reported"))
        try market.finish("s")
        let first = try market.record("s")["verification"]?[0]
        // Ten of fifteen minutes were read before it: with the rest that is enough for a period, which without them it would not be.
        #expect(first?["quality"]?.text != "unverified" && first?["delivered_kw"]?.number.map { $0 > 120 } == true, "\(String(describing: first))")
    }

    @Test("a set-point is accepted whatever the power is by then, and reduced as ordered") func movingSetPoint() throws {
        let market = try PlayedMarket()
        try market.ask(market.body("p", #""setpoint_kw": 450"#))
        market.own["abb"] = 310
        try market.run(1)
        try market.accept("p", #"{"activation_factor": 0.5}"#)
        #expect(try market.record("p")["order"]?["kw"]?[0]?.number == 70)
        try market.run(until: market.begin("p") + .seconds(30))
        #expect(market.target == 380, "half of the way from 310 to 450, got \(String(describing: market.target))")
    }

    @Test("between the intervals of a request the resource is let go, and not blamed") func gap() throws {
        let market = try PlayedMarket()
        market.setMode(1)
        try market.run(until: Timestamp(seconds: 1_717_243_200 + 900))
        let start = Timestamp(seconds: 1_717_243_200 + 1_800)
        func interval(_ after: Int) -> String { #"{"start": "\#(start + .seconds(after))", "duration": "PT15M", "power_kw": 100}"# }
        try market.ask(#"{"id": "g", "location": {"community": "abb"}, "intervals": [\#(interval(0)), \#(interval(2_700))]}"#)
        try market.accept("g")
        try market.run(until: start + .seconds(60))
        #expect(market.mode == 2 && market.target == 400)
        try market.run(until: start + .seconds(1_200))
        #expect(market.mode == 1 && market.power("abb") == 300)
        try market.run(until: start + .seconds(2_760))
        #expect(market.mode == 2 && market.target == 400)
        try market.finish("g")
        #expect(try !market.notes("g").contains("instead of") && market.mode == 1)
        let settlement = try #require(try market.record("g")["settlement"])
        #expect(settlement["ordered_kwh"]?.number == 50 && settlement["delivered_kwh"]?.number.map { $0 > 48 } == true, "\(settlement)")
    }

    @Test("an order that was cancelled takes nothing from what another one is paid") func cancelledBeside() throws {
        let market = try PlayedMarket()
        try market.run(until: Timestamp(seconds: 1_717_243_200 + 900))
        for id in ["one", "two", "never"] {
            try market.ask(market.body(id, #""power_kw": 100"#, minutes: 60))
            try market.accept(id)
        }
        _ = try market.call("DELETE", "/requests/never")
        try market.run(until: market.begin("one") + .seconds(1_000))
        _ = try market.call("DELETE", "/requests/two")
        #expect(market.service.last(on: "flexibility/requests/two/settlement")?.retain == true, "what was delivered until then is told")
        try market.finish("one")
        let settlement = try #require(try market.record("one")["settlement"])
        #expect(settlement["ordered_kwh"]?.number == 100 && settlement["delivered_kwh"]?.number.map { $0 > 95 } == true, "\(settlement)")
    }

    @Test("what is kept no longer is retained no longer, and a look at what is decided changes nothing") func forgotten() throws {
        let market = try PlayedMarket(config: PlayedMarket.config(market: #", "keeps": 1"#))
        try market.run(until: Timestamp(seconds: 1_717_243_200 + 900))
        try market.ask(market.body("old", #""power_kw": 100"#, minutes: 15))
        try market.accept("old")
        let decided = try market.record("old")["check"]?["time"]?.text
        try market.run(1)
        #expect(try market.call("POST", "/requests/old/check").json["check"]?["time"]?.text != decided)
        #expect(try market.record("old")["check"]?["time"]?.text == decided)
        try market.finish("old")
        #expect(market.service.last(on: "flexibility/requests/old/settlement")?.payload.isEmpty == false)
        try market.run(1)
        try market.ask(market.body("new", #""power_kw": 100"#, minutes: 15))
        _ = try market.call("DELETE", "/requests/new")
        try market.run(1)
        #expect(try market.call("GET", "/requests/old").status == 404)
        for leaf in ["state", "settlement"] { #expect(market.service.last(on: "flexibility/requests/old/\(leaf)").map { $0.retain && $0.payload.isEmpty } == true) }
    }
}
