import PluginAPI
import PluginTestKit
import Testing

@Suite("How well the state is known")
struct StructureTests {
    static func config(_ more: String) -> String { DemoGrid.estimationConfig.replacing(#""store": {}"#, with: #""store": {}, \#(more)"#) }

    @Test("flows and loads have standard deviations, small where meters are near, in the state and in the store") func sigmas() throws {
        let metered = try DemoGrid()
        try metered.run(seconds: 12)
        let blind = try DemoGrid(pmus: ["N1"], reports: "")
        try blind.run(seconds: 3)
        for branch in ["L1-2", "L3-8", "TR1"] {
            let near = try metered.get("/state").item("branches", branch)
            let far = try blind.get("/state").item("branches", branch)
            let (small, large) = (try #require(near["sigma_amperes"]?.number), try #require(far["sigma_amperes"]?.number))
            #expect(small > 0 && small < 0.3 * large, "\(branch): \(small) A, \(large) A")
            #expect(try small < 0.05 * #require(near["amperes"]?.number))
            #expect(try #require(near["sigma_p_from"]?.number) < #require(far["sigma_p_from"]?.number))
        }
        let load = try metered.get("/state").item("loads", "H3")
        #expect(try load["basis"]?.text == "metered" && #require(load["sigma_p"]?.number) < 20_000)
        #expect(try blind.get("/state").item("loads", "H3")["basis"]?.text == "model")
        #expect(metered.estimation.points("activepower_sigma", of: "estimate", tags: ["grid": "mv", "load": "H3"]).last?.quality.contains(.estimated) == true)
        #expect(metered.estimation.points("currmagnitude_sigma", of: "estimate", tags: ["grid": "mv", "branch": "L1-2"]).isEmpty == false)
    }

    @Test("what is not observable is told by the names of the busbars, with what is missing") func reasons() throws {
        let demo = try DemoGrid(pmus: ["N1", "N12"], reports: "")
        try demo.run(seconds: 2)
        let answer = try demo.get("/observability")
        let parts = try #require(answer["parts"]?.elements)
        #expect(!parts.isEmpty && parts.allSatisfy { ($0["missing"]?.integer ?? 0) > 0 && $0["nodes"]?.elements?.isEmpty == false })
        let reason = try #require(parts.first?["reason"]?.text)
        #expect(reason.contains("N5") && reason.contains("is neither measured nor zero"), "\(reason)")
        #expect(answer["reasons"]?.elements?.first?.text == reason)
    }

    @Test("meters that stand in for one another alone are critical pairs") func pairs() throws {
        // A lone transducer of P and one of Q in the bay to N12's feeder.
        let demo = try DemoGrid(pmus: ["N12", "N14"], reports: "")
        try demo.run(seconds: 3)
        let answer = try demo.get("/observability")
        let pairs = try #require(answer["critical_pairs"]?.elements).map { $0.elements?.compactMap(\.text) ?? [] }
        let critical = try #require(answer["critical_measurements"]?.elements).compactMap(\.text)
        #expect(pairs.allSatisfy { $0.count == 2 })
        #expect(!pairs.isEmpty || !critical.isEmpty, "\(answer)")
    }

    @Test("a switch that is open but reported closed is suspected by name") func hiddenOpening() throws {
        let demo = try DemoGrid()
        try demo.run(seconds: 12)
        #expect(try demo.get("/state")["switch_suspicions"]?.elements?.isEmpty == true)
        // The switch obeys, its report is lost.
        try demo.emulator.publish("switches/L8-9.N8/command", #"{"position": "open"}"#)
        try demo.run(seconds: 20) { topic, payload in topic.hasPrefix("switches/") ? nil : payload }
        let suspicions = try demo.get("/state")["switch_suspicions"]?.elements?.compactMap(\.text) ?? []
        #expect(suspicions.contains { $0.hasPrefix("the switch L8-9.N8 is likely open, not closed") || $0.hasPrefix("the switch L8-9.N9 is likely open") }, "\(suspicions)")
        #expect(try demo.get("/state")["detail"]?.text == suspicions.first)
        let tested = try demo.get("/topology-test")
        let best = try #require(tested["hypotheses"]?.elements?.first)
        #expect(["L8-9.N8", "L8-9.N9"].contains(best["switch"]?.text ?? "") && best["position"]?.text == "open")
        #expect(try #require(best["plausibility"]?.number) > 100 * #require(tested["as_it_is"]?["plausibility"]?.number))
    }

    @Test("a robust loss keeps a wrong voltmeter from pulling at the state, and names it", arguments: ["huber", "lav"]) func robust(loss: String) throws {
        let demo = try DemoGrid(config: Self.config(#""bad_data": {"loss": "\#(loss)"}"#))
        try demo.run(seconds: 6) { topic, payload in
            guard topic == "/pmu/pmu-N8", let value = try? payload.withUnsafeBytes({ try JSONValue($0) }) else { return payload }
            return Array((value["readings"]?.elements ?? []).reduce(String(decoding: payload, as: UTF8.self)) { text, reading in
                guard reading["measurand"]?.text == "voltmagnitude", let volts = reading["data"]?.number else { return text }
                return text.replacing("\(volts)", with: "\(volts * 1.1)")
            }.utf8)
        }
        let state = try demo.get("/state")
        let suspects = state["suspects"]?.elements?.compactMap(\.text) ?? []
        #expect(suspects.contains { $0.hasPrefix("voltmagnitude of pmu-N8 N8 does not fit the rest") && $0.contains("its weight is") }, "\(suspects)")
        #expect((0.97...1.03).contains(try #require(try state.item("nodes", "N8")["per_unit"]?.number)))
    }
}

@Suite("A state without a new frame")
struct StaleStateTests {
    @Test("the last good state ages visibly: it says so, and its standard deviations grow") func ageing() throws {
        let demo = try DemoGrid(reports: "")
        try demo.run(seconds: 3)
        let good = try demo.get("/state")
        #expect(good["status"]?.text == "converged")
        let now = demo.estimation.now
        // A meter that swears to more power than the grid can carry leaves no estimate at all.
        let reading = #"{"component": "H3", "measurand": "activepower", "data": 1e13, "uncertainty": 1}"#
        try demo.estimation.publish("measurements/meter/m", #"{"device": "m", "timestamp": "\#(now)", "readings": [\#(reading)]}"#)
        try demo.estimation.advance(by: .seconds(1))
        let young = try demo.get("/state")
        #expect(young["status"]?.text == "stale" && young["detail"]?.text?.hasPrefix("no estimate since") == true, "\(young["status"]?.text ?? "") \(young["detail"]?.text ?? "") \(young["objective"]?.number ?? 0) \(young["suspects"]?.elements?.compactMap(\.text) ?? [])")
        try demo.estimation.advance(by: .seconds(40))
        let old = try demo.get("/state")
        #expect(old["status"]?.text == "stale" && (old["age_ms"]?.integer ?? 0) > 40_000 && old["time"]?.text == good["time"]?.text)
        for id in ["N3", "N14"] {
            let sigmas = try [good, young, old].map { try #require(try $0.item("nodes", id)["sigma_volts"]?.number) }
            #expect(sigmas[0] < sigmas[1] && sigmas[1] < sigmas[2] && sigmas[2] > 20, "\(sigmas)")
        }
        #expect(try #require(try old.item("branches", "L1-2")["sigma_amperes"]?.number) > (try #require(try good.item("branches", "L1-2")["sigma_amperes"]?.number)))
    }
}
