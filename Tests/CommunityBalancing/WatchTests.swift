import PluginAPI
import PluginTestKit
import Testing

@Suite("Assets that obey, lag, refuse and vanish")
struct WatchTests {
    @Test("an asset that lags is waited for, and the exchange gets there") func lag() throws {
        let community = try PlayedCommunity()
        community.batteries["b2"]?.behaviour = .lags
        try community.run(2)
        try community.mode(#"{"mode": 2, "target_kw": 0}"#)
        try community.run(20)
        #expect(abs(community.exchangeKW) < 0.6)
        #expect(try community.stateOf("b2") == "available")
    }

    @Test("reports that are older than the set-points, and set-points that are slow to arrive, let the loop not swing", arguments: 0..<6, 0..<3)
    func slowReports(phase: Int, latency: Int) throws {
        let watch = #""watch": {"silent_seconds": 200, "follow_seconds": 120, "repeat_seconds": 60, "acknowledge_seconds": 60, "tolerance_kw": 0.5}"#
        let config = PlayedCommunity.config().replacing(
            #""watch": {"silent_seconds": 40, "follow_seconds": 40, "repeat_seconds": 60, "tolerance_kw": 0.5}"#, with: watch)
        let community = try PlayedCommunity(config: config, initialKWh: 34, reportEvery: 6, phase: phase, latency: latency)
        community.loadKW = 2
        try community.run(7)
        try community.mode(#"{"mode": 2, "target_kw": 0}"#)
        for load in [2.0, 9, 1, 6] {
            community.loadKW = load
            try community.run(2 + 2 * latency)
            let from = community.exchanges.count
            try community.run(11)
            #expect(community.exchanges[from...].allSatisfy { abs($0) < 0.5 }, "load \(load) kW: \(community.exchanges[from...])")
        }
        #expect(try community.events.allSatisfy { !["deviating", "limited", "exhausted"].contains($0.kind) }, "\(community.story)")
    }

    @Test("an asset that acknowledges and does not move is found, planned around, and taken back when it follows") func refusal() throws {
        let community = try PlayedCommunity()
        community.batteries["b1"]?.behaviour = .refuses
        try community.run(2)
        // 22 kW are more than the other can do alone.
        try community.mode(#"{"mode": 2, "target_kw": -10}"#)
        try community.run(12)
        #expect(try community.stateOf("b1") == "deviating")
        #expect(try community.events.contains { $0.kind == "deviating" && $0.asset == "b1" && $0.sentence.contains("which it acknowledged: it is planned around") }, "\(community.story)")
        // The other does what it can.
        #expect((community.batteries["b2"]?.powerKW ?? 0) < -19.9)
        #expect(try community.get("/communities/abb/plan")["powers_kw"]?["b1"] == nil)
        community.batteries["b1"]?.behaviour = .obeys
        try community.run(8)
        #expect(try community.stateOf("b1") == "available")
        #expect(abs(community.exchangeKW + 10) < 0.6)
        #expect(try community.events.contains { $0.kind == "returned" && $0.asset == "b1" })
    }

    @Test("an asset that refuses is found though each turn tells it another power, and one that lags is not taken for one", arguments: [
        PlayedCommunity.Behaviour.refuses, .lags,
    ])
    func changingSetPoints(behaviour: PlayedCommunity.Behaviour) throws {
        let community = try PlayedCommunity()
        community.batteries["b1"]?.behaviour = behaviour
        try community.run(2)
        try community.mode(#"{"mode": 2, "target_kw": -3}"#)
        var told: Set<Double> = []
        for turn in 0..<12 {
            // More than was planned for, so that the loop asks for more than the schedule each turn.
            community.loadKW = [14, 16, 15, 17][turn % 4]
            try community.run(1)
            if let last = community.service.commands.last(where: { $0.command.device == "b1" }), case .setPoint(let value, _) = last.command.content { told.insert(value) }
        }
        #expect(told.count > 3, "\(told)")
        #expect(try community.stateOf("b1") == (behaviour == .refuses ? "deviating" : "available"), "\(community.story), told \(told)")
        #expect(try community.events.filter { $0.kind == "deviating" }.map(\.asset) == (behaviour == .refuses ? ["b1"] : []))
    }

    @Test("an asset that vanishes is planned around and told, and taken back in when it reports again") func vanishing() throws {
        let community = try PlayedCommunity()
        try community.run(2)
        try community.mode("1")
        try community.run(3)
        community.batteries["b2"]?.behaviour = .silent
        community.batteries["b2"]?.powerKW = 0
        try community.run(8)
        #expect(try community.stateOf("b2") == "silent")
        if case .degraded(let sentence) = try community.service.health() { #expect(sentence.contains("b2")) } else { Issue.record("the service finds itself well") }
        let target = try #require(try community.state["target_kw"]?.number)
        #expect(abs(community.exchangeKW - target) < 0.6)
        community.batteries["b2"]?.behaviour = .obeys
        try community.run(6)
        #expect(try community.stateOf("b2") == "available")
        #expect(try community.service.health() == .well)
    }

    @Test("a set-point that is not acknowledged is repeated and told; an unchanged one is told again after its time") func repetition() throws {
        let community = try PlayedCommunity()
        try community.run(2)
        try community.mode(#"{"mode": 2, "target_kw": 2}"#)
        try community.run(3)
        let before = community.service.commands.count
        try community.run(7)
        let again = community.service.commands[before...]
        #expect(!again.isEmpty && Set(again.map(\.command.device)).count == 2)
        #expect(community.service.commands.allSatisfy { $0.command.confirmation?.topic == "setpoints/\($0.command.device)/ack" })
        // Acknowledgements stop: it is repeated at each turn, and after three told.
        community.batteries["b1"]?.behaviour = .silent
        for _ in 0..<4 {
            try community.service.publish("assets/b1/report", #"{"power_kw": \#(community.batteries["b1"]?.powerKW ?? 0), "energy_kwh": 20}"#)
            community.loadKW += 3
            try community.run(1)
        }
        #expect(try community.events.contains { $0.kind == "unacknowledged" && $0.asset == "b1" }, "\(community.story)")
    }

    @Test("an asset that an operator takes is planned around until it is free again") func operatorTakes() throws {
        let community = try PlayedCommunity()
        try community.run(2)
        try community.mode("1")
        try community.run(3)
        try community.service.take("b1", by: "anna", as: .operator, for: .seconds(60))
        try community.run(2)
        #expect(try community.stateOf("b1") == "blocked")
        #expect(try community.events.contains { $0.kind == "blocked" && $0.sentence.contains("anna has it") })
        try community.run(10)
        #expect(try community.stateOf("b1") == "available")
    }

    @Test("the end of flexibility is told beforehand, and the run says how long it was there") func exhaustion() throws {
        let community = try PlayedCommunity(initialKWh: 4)
        community.loadKW = 15
        try community.run(2)
        try community.mode(#"{"mode": 2, "target_kw": 0}"#)
        try community.run(130)
        let kinds = try community.events.map(\.kind)
        let told = try #require(kinds.lastIndex(of: "flexibility")), limited = try #require(kinds.lastIndex { $0 == "limited" || $0 == "exhausted" })
        // Newest first.
        #expect(told > limited, "\(community.story)")
        #expect(try community.events.contains { $0.kind == "violated" && $0.sentence.contains("set-point") && $0.sentence.contains(" of 0 kWh") }, "\(community.story)")
        #expect(community.worstBreach <= 1e-9)
    }

    @Test("a device that announces itself joins, and one that names no community is told why it can't") func announcement() throws {
        let community = try PlayedCommunity(config: PlayedCommunity.config(names: ["b1"]), names: ["b1"])
        try community.service.publish("assets/new/report", #"{"power_kw": 0}"#)
        #expect(community.service.log.contains { $0.text.contains("no community has the asset 'new'") })
        try community.service.publish("assets/new/report", #"{"community": "abb", "kind": "battery", "maximum_kw": 20, "capacity_kwh": 40, "power_kw": 0, "energy_kwh": 20}"#)
        community.batteries["new"] = PlayedCommunity.Battery(energyKWh: 20)
        try community.run(2)
        try community.mode(#"{"mode": 2, "target_kw": -20}"#)
        try community.run(4)
        #expect(try community.stateOf("new") == "available")
        #expect(abs(community.exchangeKW + 20) < 0.6)
    }

    @Test("without a measured exchange the assets follow their schedule, and that is told") func noExchange() throws {
        let community = try PlayedCommunity()
        try community.run(2)
        try community.mode("1")
        try community.run(3)
        for _ in 0..<8 {
            try community.report("b1")
            try community.report("b2")
            try community.service.advance(by: .seconds(10))
        }
        #expect(try community.state["state"]?.text == "schedule")
        #expect(try community.events.contains { $0.kind == "exchange" })
    }
}
