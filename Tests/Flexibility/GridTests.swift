import PluginAPI
import Testing

@Suite("Requests and the grid")
struct GridTests {
    @Test("a request that would overload a line is cut to what fits, with the line named; the same request after a switch change is taken") func proof() throws {
        let market = try PlayedMarket()
        let asked = try market.ask(market.body("big", #""min_kw": 0, "max_kw": 3000"#))
        #expect(asked["state"]?.text == "offered" && asked["check"]?["outcome"]?.text == "partly", "\(asked["reason"]?.text ?? "")")
        let limit = try #require(asked["check"]?["limited_by"]?[0])
        // All of the feeder comes over this cable.
        #expect(limit["kind"]?.text == "current" && ["L1-2", "L2-3"].contains(limit["element"]?.text) && limit["limit"]?.number == 145, "\(limit)")
        let fits = try #require(asked["offer"]?["kw"]?[0]?.number)
        #expect(fits > 100 && fits < 2_000, "\(fits)")
        #expect(asked["check"]?["effect"]?["loading_after_percent"]?.number.map { $0 > 99 && $0 <= 100.001 } == true)

        // The community's part of the feeder is supplied from the other transformer.
        try market.throwSwitch("L14-8.N14", open: false)
        try market.throwSwitch("L3-8.N3", open: true)
        let again = try market.ask(market.body("big-2", #""min_kw": 0, "max_kw": 3000"#))
        #expect(again["check"]?["outcome"]?.text == "feasible" && again["offer"]?["kw"]?[0]?.number == 3_000, "\(again["reason"]?.text ?? "")")
        // And the first one, asked once more, is offered whole as well.
        let checked = try market.call("POST", "/requests/big/check")
        #expect(checked.json["check"]?["outcome"]?.text == "feasible" && checked.json["state"]?.text == "offered")
        #expect(checked.json["check"]?["grid_case"]?["topology"]?.integer == 2)
        try market.accept("big")
    }

    @Test("what one was promised is not offered to another, and a promise the other way is no room") func promises() throws {
        let market = try PlayedMarket()
        let fits = try market.room()
        try market.ask(market.body("first", #""power_kw": \#(0.75 * fits)"#))
        try market.accept("first")
        let second = try market.ask(market.body("second", #""min_kw": 0, "max_kw": \#(fits)"#))
        let left = try #require(second["offer"]?["kw"]?[0]?.number)
        #expect(abs(left - 0.25 * fits) < 0.02 * fits && second["check"]?["limited_by"]?[0]?["kind"]?.text == "current", "\(left) of \(fits)")
        #expect(second["check"]?["effect"]?["loading_before_percent"]?.number.map { $0 > 50 && $0 < 99 } == true)
        try market.ask(market.body("relief", #""power_kw": -300"#))
        try market.accept("relief")
        let third = try market.ask(market.body("third", #""min_kw": 0, "max_kw": \#(fits)"#))
        #expect(third["offer"]?["kw"]?[0]?.number.map { abs($0 - left) < 0.1 } == true)
    }

    @Test("what was offered and is not possible any more is not accepted, but offered anew") func recheck() throws {
        let market = try PlayedMarket()
        let fits = try market.room()
        try market.ask(market.body("r", #""min_kw": 0, "max_kw": \#(fits - 20)"#))
        // Somebody at N5, who takes 730 kW, takes half of that more.
        try market.estimate(["N5": -730_000 - 500 * fits])
        let refused = try market.call("POST", "/requests/r/accept", "{}")
        #expect(refused.status == 409 && refused.json["error"]?.text?.contains(" A of 145 A") == true, "\(refused.json)")
        #expect(try market.state("r") == "offered")
        let offered = try #require(try market.record("r")["offer"]?["kw"]?[0]?.number)
        #expect(offered > 0 && offered < 0.8 * fits, "\(offered) of \(fits)")
        try market.accept("r")
    }

    @Test("a violation that appears while a request is carried out cuts it, with the line named") func duringActivation() throws {
        let market = try PlayedMarket()
        let fits = try market.room(), ordered = (0.9 * fits).rounded()
        try market.ask(market.body("v", #""power_kw": \#(ordered)"#, minutes: 45))
        try market.accept("v")
        try market.run(until: market.begin("v") + .seconds(60))
        #expect(try market.state("v") == "active" && market.target == ordered + 300)
        // Somebody takes as much more: the estimate sees it, and what the community was told to take with it.
        try market.estimate(["N5": -730_000 - 800 * fits, "N8": -590_000 - 1_000 * ordered], violation: true)
        try market.run(3)
        let notes = try market.notes("v")
        #expect(notes.contains("cut while it is carried out") && notes.contains(" A of 145 A"), "\(notes)")
        let target = try #require(market.target)
        #expect(target < 300 + 0.8 * ordered && target > 300, "\(target), ordered \(ordered)")
        #expect(try market.record("v")["order"]?["kw"]?[2]?.number.map { abs($0 + 300 - target) < 0.01 } == true)
        try market.finish("v")
        // What was cut is not missing: it is not ordered any more.
        #expect(try market.state("v") == "settled")
    }

    @Test("what was cut comes back when the cause is gone for long, not before, and not in the period that runs") func givenBack() throws {
        let market = try PlayedMarket()
        let fits = try market.room(), ordered = (0.9 * fits).rounded()
        try market.ask(market.body("g", #""power_kw": \#(ordered)"#, minutes: 105))
        try market.accept("g")
        let begin = try market.begin("g")
        func estimate(_ isOverloaded: Bool) throws {
            try market.estimate(["N5": -730_000 - (isOverloaded ? 800 * fits : 0), "N8": -590_000 - 1_000 * ((market.target ?? 300) - 300)], violation: isOverloaded)
        }
        func powers() throws -> [Double] { try #require(try market.record("g")["order"]?["kw"]?.elements).compactMap(\.number) }
        try market.run(until: begin + .seconds(60))
        try estimate(true)
        try market.run(3)
        let cut = try powers()
        #expect(cut.allSatisfy { $0 < 0.8 * ordered } && cut.count == 7)
        // Gone for one check, and there again: nothing comes back.
        try estimate(false)
        try market.run(until: begin + .seconds(1_000))
        try estimate(true)
        try market.run(until: begin + .seconds(1_850))
        #expect(try powers() == cut)
        // Gone for good: the second check gives back what is ahead, so that the period that runs, the fourth, stays.
        try estimate(false)
        try market.run(until: begin + .seconds(2_900))
        let back = try powers()
        #expect(Array(back[..<4]) == Array(cut[..<4]) && back[4...].allSatisfy { abs($0 - ordered) < 0.01 }, "\(back), ordered \(ordered), cut to \(cut[0])")
        #expect(try market.notes("g").contains("given back"))
        #expect(market.target.map { abs($0 - 300 - cut[3]) < 0.01 } == true)
        try market.run(until: begin + .seconds(3_630))
        #expect(market.target.map { abs($0 - 300 - ordered) < 0.01 } == true)
        try estimate(false)
        try market.finish("g")
        #expect(try market.state("g") == "settled" && powers() == back)
    }

    @Test("what is behind a line is a place too, and a place without supply takes nothing") func places() throws {
        let market = try PlayedMarket(config: PlayedMarket.config().replacing(#""places": ["N8", "N9"]"#, with: #""places": ["L8-9"]"#))
        let behind = try market.ask(market.body("b", #""power_kw": 50"#, location: #"{"congestion_point": "ea1.2026-01.dso.example:feeder"}"#))
        #expect(behind["check"]?["outcome"]?.text == "feasible")
        try market.accept("b")
        #expect(try market.record("b")["order"]?["shares"]?["bess"]?[0]?.number == 50)
        try market.throwSwitch("L3-8.N3", open: true)
        let dead = try market.ask(market.body("d", #""power_kw": 50"#))
        #expect(dead["state"]?.text == "rejected" && dead["reason"]?.text?.contains("no closed path") == true, "\(dead["reason"]?.text ?? "")")
    }
}

extension String {
    /// Where one text stands, another.
    func replacing(_ text: String, with other: String) -> String {
        split(separator: text, omittingEmptySubsequences: false).map { String($0) }.joined(separator: other)
    }
}
