import PluginAPI
import PluginTestKit
import Testing

@Suite("Modes of a community")
struct ModeTests {
    @Test("an island brings the exchange to what is planned, by set-points through the arbiter, class balancing") func islanding() throws {
        let community = try PlayedCommunity()
        try community.run(2)
        #expect(community.service.commands.isEmpty)
        try community.mode("1")
        try community.run(12)
        let state = try community.state
        #expect(state["mode"]?.integer == 1 && state["use_case"]?.text == "UC1" && state["state"]?.text == "following", "\(community.story)")
        let target = try #require(state["target_kw"]?.number)
        #expect(abs(community.exchangeKW - target) < 0.6)
        let commands = community.service.commands
        #expect(!commands.isEmpty && commands.allSatisfy { $0.decision.isAccepted && $0.command.commandClass == .balancing && $0.command.topic == "" || $0.command.topic.hasPrefix("setpoints/") })
        #expect(community.service.published.contains { $0.topic == "setpoints/b1" })
        #expect(community.worstBreach <= 1e-9)
        // The plan is there, and its exchange is the target.
        let plan = try community.get("/communities/abb/plan")
        #expect(plan["exchange_kw"]?.elements?.count == 24 && plan["powers_kw"]?["b1"]?.elements?.count == 24 && plan["proved"]?.boolean == true)
    }

    @Test("a set-point is reached at the next turn, and its end leaves the assets alone") func setPoint() throws {
        let community = try PlayedCommunity()
        try community.run(2)
        try community.mode(#"{"mode": 2, "target_kw": -8, "duration_minutes": 5, "source": "market"}"#)
        try community.run(4)
        #expect(abs(community.exchangeKW + 8) < 0.6, "\(community.exchangeKW)")
        community.loadKW = 17
        try community.run(3)
        #expect(abs(community.exchangeKW + 8) < 0.6)
        try community.run(30)
        #expect(try community.state["state"]?.text == "stopped")
        let count = community.service.commands.count
        try community.run(6)
        #expect(community.service.commands.count == count)
        let run = try #require(try community.get("/communities/abb/runs")["runs"]?[0])
        #expect(run["mode"]?.integer == 2 && run["reason"]?.text == "its time is over")
        let deviation = try #require(run["indicators"]?["set_point_rmse_kw"]?.number)
        let response = try #require(run["indicators"]?["response_max_seconds"]?.number)
        #expect(deviation < 20 && response <= 20)
        #expect(community.service.points("set_point_rmse_kw", of: "balancing_run", tags: ["community": "abb", "mode": "UC2"]).count == 1)
    }

    @Test("an ordered set-point is kept by curtailing the sun when the batteries are full, and the sun is let go again", arguments: [(true, 1), (true, 6), (false, 1)])
    func curtailment(tellsWhatItCould: Bool, reportEvery: Int) throws {
        let config = PlayedCommunity.config().replacing(#""assets": ["#, with: #""assets": [{"id": "sun", "kind": "photovoltaics", "maximum_kw": 0, "feed_kw": 40}, "#, maxReplacements: 1)
        let community = try PlayedCommunity(config: config, initialKWh: 37.9)
        var bound = 40.0, seen = 0, tick = 0
        func run(_ ticks: Int, sun: Double, load: Double = 2) throws {
            for _ in 0..<ticks {
                let generated = min(sun, bound)
                community.loadKW = load - generated
                if tick % reportEvery == 0 { try community.service.publish("assets/sun/report", #"{"power_kw": \#(-generated)\#(tellsWhatItCould ? #", "available_kw": \#(sun)"# : "")}"#) }
                tick += 1
                try community.run(1)
                for one in community.service.commands[seen...] where one.command.device == "sun" && one.decision.isAccepted {
                    if case .setPoint(let value, _) = one.command.content { bound = -value }
                    try community.service.report("setpoints/sun/ack", #"{"command": \#(one.number)}"#)
                }
                seen = community.service.commands.count
            }
        }
        try run(3, sun: 12)
        try community.mode(#"{"mode": 2, "target_kw": -8, "duration_minutes": 60}"#)
        try run(20, sun: 12)
        #expect(abs(community.exchangeKW + 8) < 0.6, "\(community.exchangeKW) \(community.story)")
        try run(20, sun: 30)
        #expect(abs(community.exchangeKW + 8) < 0.6 && bound < 14, "\(community.exchangeKW) \(bound) \(community.story)")
        // More load, as much sun: less is curtailed. No more sun than is ordered: the bound is gone.
        try run(20, sun: 30, load: 14)
        #expect(abs(community.exchangeKW + 8) < 0.6 && bound > 18, "\(community.exchangeKW) \(bound)")
        try run(40, sun: 6)
        #expect(abs(community.exchangeKW + 8) < 0.6 && bound == 40, "\(community.exchangeKW) \(bound)")
        #expect(try !community.events.contains { $0.asset == "sun" && $0.kind == "deviating" }, "\(community.story)")
        // Of an island's own exchange the sun is not curtailed.
        try community.mode("1")
        try run(10, sun: 30)
        #expect(bound == 40)
        #expect(community.worstBreach <= 1e-9)
    }

    @Test("a slot's energy passes the transformer, nothing outside of it, and is told against what was announced") func slots() throws {
        let community = try PlayedCommunity(initialKWh: 10)
        community.loadKW = 4
        try community.run(1)
        try community.mode(#"{"mode": 3, "slots": [{"id": "noon", "start": "2024-06-01T12:15:00Z", "end": "2024-06-01T12:45:00Z", "energy_kwh": 10}], "duration_minutes": 60}"#)
        try community.run(380)
        let run = try #require(try community.get("/communities/abb/runs")["runs"]?[0])
        let slot = try #require(run["slots"]?[0])
        #expect(slot["id"]?.text == "noon" && abs((slot["announced_kwh"]?.number ?? 0) - 10) < 1e-6)
        #expect(abs((slot["delivered_kwh"]?.number ?? 0) - 10) < 0.5, "\(slot["delivered_kwh"]?.number ?? 0)")
        // Before and after the slot nothing was exchanged, but for the turns in which the loop had not yet moved.
        #expect(community.exchanges[6..<85].allSatisfy { abs($0) < 0.6 } && community.exchanges[280..<350].allSatisfy { abs($0) < 0.6 })
        #expect(community.worstBreach <= 1e-9)
    }

    @Test("packages that are offered are chosen by time and power, and exported") func offers() throws {
        let community = try PlayedCommunity(initialKWh: 34)
        community.loadKW = 2
        try community.run(1)
        try community.mode(
            #"{"mode": 4, "packages": [{"id": "p", "earliest": "2024-06-01T12:15:00Z", "latest_end": "2024-06-01T14:00:00Z", "duration_minutes": 30, "minimum_kw": 4, "maximum_kw": 20, "quantum_kw": 4}]}"#)
        try community.run(2)
        let plan = try community.get("/communities/abb/plan")
        #expect(plan["gap"]?.number ?? 1 < 0.01 && plan["packages"]?.elements != nil)
    }

    @Test("a mode that makes no sense is refused in a sentence, by MQTT and by REST", arguments: [
        ("7", "expected 0 (stop), 1 to 4"), (#"{"mode": 2}"#, "target_kw is missing"), (#"{"mode": 3}"#, "needs slots or packages"),
        (#"{"mode": 1, "start": "noon"}"#, "start is 'noon'"), ("x", "neither a number nor JSON"),
        (#"{"mode": 3, "slots": [{"start": "2024-06-01T12:00:00Z", "end": "2024-06-01T11:00:00Z", "energy_kwh": 1}]}"#, "slots.0 ends before it begins"),
    ])
    func nonsense(body: String, sentence: String) throws {
        let community = try PlayedCommunity()
        let refused = try community.service.request("PUT", "/communities/abb/mode", body: body)
        #expect(refused.status == 400 && String(decoding: refused.body, as: UTF8.self).contains(sentence), "\(String(decoding: refused.body, as: UTF8.self))")
        try community.mode(body)
        #expect(community.service.log.contains { $0.text.contains(sentence) })
        #expect(try community.service.request("PUT", "/communities/abb/mode", body: "1", role: .viewer).status == 403)
        #expect(try community.service.request("PUT", "/communities/nowhere/mode", body: "1").status == 404)
    }

    @Test("a mode outlives a restart") func restart() throws {
        let community = try PlayedCommunity()
        try community.run(1)
        try community.mode("1")
        try community.run(3)
        try community.service.stop().configure(PlayedCommunity.config()).start()
        try community.run(3)
        #expect(try community.state["mode"]?.integer == 1)
    }

    @Test("the daily schedule begins a mode at its time") func schedule() throws {
        let community = try PlayedCommunity(config: PlayedCommunity.config(#", "schedule": [{"at": "12:01", "mode": 1, "duration_minutes": 2}]"#))
        try community.run(5)
        #expect(try community.state["mode"]?.integer == 0)
        try community.run(4)
        #expect(try community.state["mode"]?.integer == 1)
        try community.run(14)
        #expect(try community.state["mode"]?.integer == 0)
    }
}
