import Grid
import PluginAPI
import PluginTestKit
import Testing

@Suite("Synchronised phasors, live")
struct PhasorTests {
    /// PMUs at enough nodes to know all of the feeder; the one at RG60 measures what flows into L1 beside its voltage.
    private func publish(_ lane: PhaseGrid, unsynchronised: String = "", change: ([PhaseGrid.Reading]) -> [PhaseGrid.Reading] = { $0 }) throws {
        for node in ["RG60", "671", "675", "645", "646", "611", "652"] {
            let currents = node == "RG60" ? try lane.flows("L1", isPMU: true) : []
            try lane.publish(
                "pmu-\(node)", change(try lane.voltages(node, isPMU: true) + currents), quality: node == unsynchronised ? "clock_not_synchronised" : nil)
        }
    }

    @Test("where PMUs alone measure, an estimate is one solve and exact, without what is supposed of the loads") func linear() throws {
        let lane = try PhaseGrid()
        try publish(lane)
        try lane.tick()
        try lane.change { $0.setLoad(3, power: Complex(600_000, 300_000)) }
        try publish(lane)
        try lane.tick()
        let state = try lane.get("/state")
        #expect(state["iterations"]?.integer == 1 && state["status"]?.text == "converged" && state["suspects"]?.elements?.isEmpty == true)
        let error = try lane.largestError()
        #expect(error.magnitude < 1e-6 && error.angle < 1e-6, "\(error)")
        let names = try #require(try lane.get("/residuals")["measurements"]?.elements).compactMap { $0["name"]?.text }
        #expect(names.contains("real part of the current phasor of pmu-RG60 L1, phase B"))
        // 632 has no PMU: the current phasor determines it. 632 feeds loads that nobody measures.
        #expect(try state.item("nodes", "632")["source"]?.text == "estimated")
    }

    @Test("a PMU whose clock is not synchronised loses its angles and keeps its magnitudes, those of currents too") func unsynchronised() throws {
        let lane = try PhaseGrid()
        try publish(lane, unsynchronised: "RG60")
        try lane.tick()
        let names = try #require(try lane.get("/residuals")["measurements"]?.elements).compactMap { $0["name"]?.text }
        #expect(names.contains("currmagnitude of pmu-RG60 L1, phase A") && names.contains("voltmagnitude of pmu-RG60 RG60, phase C"))
        #expect(!names.contains { $0.contains("phasor") || $0 == "voltangle of pmu-RG60 RG60, phase A" })
        #expect(names.contains("voltangle of pmu-671 671, phase A"))
        #expect(try lane.get("/state")["status"]?.text == "converged")
        #expect(try lane.largestError().magnitude < 5e-3)
        try publish(lane)
        try lane.tick()
        #expect(try lane.get("/state")["iterations"]?.integer == 1)
    }

    @Test("phasors that turn together mean the same state") func turning() throws {
        let lane = try PhaseGrid()
        try publish(lane) { readings in
            readings.map { one in
                guard one.measurand.hasSuffix("angle") else { return one }
                var turned = one
                turned.value = Complex(magnitude: 1, angle: one.value + 2.2).angle
                return turned
            }
        }
        try lane.tick()
        let error = try lane.largestError()
        #expect(error.magnitude < 1e-6 && error.angle < 1e-6, "\(error)")
    }

    @Test("a current phasor in the positive sequence is two values of the branch") func positiveSequence() throws {
        let demo = try DemoGrid(pmus: ["N1", "N3"], noise: 0)
        try demo.run(seconds: 3)
        let branch = try demo.get("/state").item("branches", "L1-2")
        let node = try demo.get("/state").item("nodes", "N1")
        let power = Complex(try #require(branch["p_from"]?.number), try #require(branch["q_from"]?.number))
        let voltage = Complex(magnitude: try #require(node["volts"]?.number), angle: (node["angle_degrees"]?.number ?? 0) * .pi / 180)
        let current = (power / voltage).conjugate / 3.0.squareRoot()
        let stamp = demo.estimation.now.nanoseconds
        try demo.estimation.publish(
            "/pmu/pmu-N1",
            #"{"device": "pmu-N1", "timestamp": \#(stamp), "readings": [{"component": "L1-2", "measurand": "currmagnitude", "data": \#(current.magnitude)}, {"component": "L1-2", "measurand": "currangle", "data": \#(current.angle)}]}"#)
        try demo.run(seconds: 1)
        let rows = try #require(try demo.get("/residuals")["measurements"]?.elements)
        #expect(rows.contains { $0["name"]?.text == "real part of the current phasor of pmu-N1 L1-2" })
        #expect(rows.contains { $0["name"]?.text == "imaginary part of the current phasor of pmu-N1 L1-2" })
        #expect(try demo.get("/state")["status"]?.text == "converged" && (try demo.get("/state")["suspects"]?.elements?.isEmpty == true))
    }
}
