import Grid
import PluginAPI
import PluginTestKit
import Testing

@Suite("Three phases, live")
struct ThreePhaseTests {
    @Test("a grid model with phases is calculated in three phases, and log and state say so") func choice() throws {
        let lane = try PhaseGrid()
        #expect(lane.estimation.log.contains { $0.text == "calculation: three-phase, line 'L1' is given phase by phase" })
        try lane.tick()
        #expect(try lane.get("/state")["calculation"]?.text == "three-phase")
        let demo = try DemoGrid(pmus: [], reports: "")
        try demo.estimation.advance(by: .seconds(1))
        #expect(try demo.get("/state")["calculation"]?.text == "positive-sequence")
        let forced = try PhaseGrid(more: #""calculation": "positive-sequence","#)
        #expect(forced.estimation.log.contains { $0.text.contains("the phases' own voltages stay unknown") })
        try forced.publishAll()
        try forced.tick()
        #expect(try forced.get("/state").item("nodes", "632")["phases"] == nil)
    }

    @Test("what an unbalanced power flow says is estimated back, phase by phase, where it is measured without noise") func exact() throws {
        let lane = try PhaseGrid()
        try lane.publishAll()
        try lane.tick()
        let state = try lane.get("/state")
        #expect(state["status"]?.text == "converged" && state["detail"]?.text == "", "\(state["detail"]?.text ?? "")")
        let error = try lane.largestError()
        #expect(error.count == 23 && error.magnitude < 1e-6 && error.angle < 1e-6, "\(error)")
        // As a whole a node shows its worst phase.
        let node = try state.item("nodes", "675")
        let phases = try #require(node["phases"]?.elements)
        #expect(phases.map { $0["phase"]?.text } == ["A", "B", "C"] && node["source"]?.text == "measured")
        let worst = try #require(phases.max { abs(($0["per_unit"]?.number ?? 1) - 1) < abs(($1["per_unit"]?.number ?? 1) - 1) })
        #expect(node["shown_phase"]?.text == worst["phase"]?.text && node["per_unit"]?.number == worst["per_unit"]?.number)
        #expect(phases.allSatisfy { $0["measured_volts"] != nil })
        #expect(try state.item("nodes", "611")["phases"]?.elements?.map { $0["phase"]?.text } == ["C"])
        #expect(try state.item("nodes", "611")["unbalance_percent"] == nil)
        // Loads, as the model has them: 485 kW at A; what is fed in is negative.
        #expect(abs((phases[0]["p"]?.number ?? 0) + 485_000) < 10)
        let line = try state.item("branches", "L7")
        #expect(line["phases"]?.elements?.count == 1 && abs((line["p_from"]?.number ?? 0) - 128_000) < 2_000)
        // The source feeds what all draw, and the losses.
        let fed = try #require(try state.item("nodes", "650")["p"]?.number)
        let drawn = 2_796_000 + (try #require(state["losses_watts"]?.number))
        #expect(abs(fed - drawn) < 2_000, "\(fed) \(drawn)")
    }

    @Test("the IEEE 13 node feeder of GridAPPS-D is estimated back from its nodes' injections", .enabled(if: ReferenceFeeder.path != nil))
    func reference() throws {
        let feeder = try PhaseGrid(file: try #require(ReferenceFeeder.path))
        for node in feeder.truth.network.nodes.map(\.identity.name) {
            let isSource = feeder.truth.network.externalGrids.contains { $0.terminal.node.map { feeder.truth.network.nodes[$0].identity.name } == node }
            if isSource { try feeder.publish("v-\(node)", feeder.voltages(node)) }
            let injections = isSource ? [] : try feeder.injections(node)
            if !injections.isEmpty { try feeder.publish("n-\(node)", injections) }
        }
        try feeder.tick()
        #expect(try feeder.get("/state")["status"]?.text == "converged")
        let error = try feeder.largestError()
        #expect(error.count >= 33 && error.magnitude < 1e-6 && error.angle < 1e-6, "\(error)")
    }

    @Test("each component has its own message, and each phase its points") func outputs() throws {
        let lane = try PhaseGrid()
        try lane.publishAll()
        try lane.tick()
        let message = try #require(lane.estimation.last(on: "components/652")).payload.withUnsafeBytes { try JSONValue($0) }
        #expect(message["readings"]?.elements?.compactMap { $0["phase"]?.text } == ["A", "A", "A", "A"])
        let whole = try #require(lane.estimation.last(on: "estimates/lane")).payload.withUnsafeBytes { try JSONValue($0) }
        #expect(try whole.item("nodes", "671")["phases"]?.elements?.count == 3)
        let unbalance = try #require(lane.estimation.points("unbalance", of: "estimate", tags: ["grid": "lane", "node": "675"]).last?.value)
        let expected = try Self.unbalance(lane, "675")
        #expect(abs(unbalance - expected) < 1e-4 && unbalance > 0.1)
        #expect(lane.estimation.points("currmagnitude", of: "estimate", tags: ["grid": "lane", "branch": "L2", "phase": "B"]).count == 1)
    }

    /// By the definition: Fortescue's negative sequence of the true voltages in per cent of the positive.
    private static func unbalance(_ lane: PhaseGrid, _ node: String) throws -> Double {
        let v = try lane.conductors(node).map { lane.voltages[$0.conductor] }
        let a = Complex(magnitude: 1, angle: 2 * .pi / 3)
        return 100 * (v[0] + a * a * v[1] + a * v[2]).magnitude / (v[0] + a * v[1] + a * a * v[2]).magnitude
    }

    @Test("limits are kept phase by phase, and the unbalance after EN 50160") func violations() throws {
        let lane = try PhaseGrid(more: #""limits": {"voltage_low": 0.95},"#)
        try lane.change { grid in
            let load = grid.network.loads.firstIndex { $0.identity.name == "H675" } ?? 0
            grid.setLoad(load, phases: [PhasePower(phase: .a, power: Complex(1_500_000, 600_000)), PhasePower(phase: .b, power: Complex(68_000, 60_000))])
        }
        try lane.publishAll()
        try lane.tick()
        let sentences = try #require(try lane.get("/violations")["violations"]?.elements).compactMap { $0["sentence"]?.text }
        #expect(sentences.contains { $0.hasPrefix("675 has ") && $0.contains("kV to ground in phase A") && $0.contains("below 0.95") }, "\(sentences)")
        #expect(!sentences.contains { $0.contains("675") && $0.contains("in phase B") && $0.contains("below") })
        let unbalance = rounded(try Self.unbalance(lane, "675"))
        #expect(sentences.contains { $0.hasPrefix("675 has a voltage unbalance of \(unbalance)") && $0.contains("EN 50160") }, "\(unbalance) \(sentences)")
    }

    private func rounded(_ value: Double) -> String { String((value * 100).rounded() / 100) }

    @Test("a switch takes its part out of all phases, and back") func switching() throws {
        let lane = try PhaseGrid()
        try lane.publishAll()
        try lane.tick()
        try lane.estimation.publish("switches/S1", "open")
        let dead = try lane.get("/state")["nodes"]?.elements?.filter { $0["energised"]?.boolean == false }.compactMap { $0["id"]?.text }
        #expect(dead == ["675"])
        try lane.estimation.publish("switches/S1", "closed")
        #expect(try lane.get("/state")["nodes"]?.elements?.allSatisfy { $0["energised"]?.boolean == true } == true)
    }

    @Test("what if: a power flow of the phases starts from what is estimated") func whatIf() throws {
        let lane = try PhaseGrid()
        try lane.change { grid in
            for position in grid.network.loads.indices { grid.setLoad(position, power: 0.7 * (grid.network.loads[position].power ?? .zero)) }
        }
        try lane.publishAll()
        try lane.tick()
        func post(_ body: String) throws -> JSONValue {
            let response = try lane.estimation.request("POST", "/what-if", body: body)
            #expect(response.status == 200)
            return try response.body.withUnsafeBytes { try JSONValue($0) }
        }
        let (now, same) = (try lane.get("/state"), try post("{}"))
        for id in ["632", "675", "611", "646"] {
            let (before, after) = (try now.item("nodes", id)["phases"]?.elements ?? [], try same.item("nodes", id)["phases"]?.elements ?? [])
            #expect(before.count == after.count && !after.isEmpty)
            for (one, other) in zip(before, after) {
                #expect(abs((one["per_unit"]?.number ?? 0) - (other["per_unit"]?.number ?? 1)) < 1e-3, "\(id)")
            }
        }
        let more = try post(#"{"scale": 1.4, "switches": {"S1": "open"}}"#)
        #expect(try more.item("nodes", "675")["energised"]?.boolean == false)
        #expect((try more.item("nodes", "611")["per_unit"]?.number ?? 1) != (try now.item("nodes", "611")["per_unit"]?.number ?? 1))
    }

    @Test("observability tells nodes with their phase; what only the model's loads determine says so") func observability() throws {
        let lane = try PhaseGrid()
        try lane.publishAll(voltages: ["650"], flows: []) { device, readings in device == "m-H652" || device == "m-H611" || device == "v-611" ? [] : readings }
        try lane.tick()
        let answer = try lane.get("/observability")
        let unobservable = answer["unobservable"]?.elements?.compactMap(\.text) ?? []
        #expect(answer["observable"]?.boolean == false && answer["with_profiles"]?.boolean == true)
        #expect(unobservable.contains("652 A") && unobservable.contains("611 C") && !unobservable.contains("652 B"), "\(unobservable)")
        #expect(try lane.get("/state").item("nodes", "652")["source"]?.text == "pseudo-only")
    }
}
