import Estimation
import Grid
import Testing

/// `se_pgm`: the cases of power-grid-model that have three-phase expected outputs.
@Suite("Three-phase cases of power-grid-model", .enabled(if: ReferenceData.has("se_pgm")))
struct PowerGridModelPhaseTests {
    @Test("Voltages, injections and flows of each phase are the expected ones within the case's tolerance", arguments: [
        "ill-conditioned-system/grid0-no-capacitance", "ill-conditioned-system/grid0-with-capacitance",
        "ill-conditioned-system/grid1-no-capacitance", "ill-conditioned-system/grid1-with-capacitance",
        "ill-conditioned-system/grid2-no-capacitance", "ill-conditioned-system/grid2-with-capacitance", "inf-measurement-with-injection",
        "node-injection-with-injection-sensor-sym-sensors", "node-injection-wo-injection-sensor-sym-sensors",
        "single-node-source-asym-voltage-sensor",
    ])
    func solves(name: String) throws {
        let reference = try PowerGridModelCase(name)
        let expected = try PowerGridModelCase.output("asym_output", of: name)
        let phases = PowerGridModelPhases(reference.components(scenario: nil))
        var options = Estimator.Options()
        options.tolerance = 1e-10
        let estimator = Estimator(try phases.model, options: options)
        let estimate = try estimator.estimateWithStatistics()
        #expect(!estimate.grades.contains(.notEstimable))
        var compared = 0
        func agree(_ own: Double, _ theirs: Double, slack: Double = 0, _ what: String) {
            let allowed = reference.absoluteTolerance + reference.relativeTolerance * abs(theirs)
            #expect(abs(own - theirs) <= max(allowed, slack), "\(name), \(what): \(own) against \(theirs)")
            compared += 1
        }
        let watts = PowerGridModelCase.basePower / 3
        var turn: Double?
        for node in expected["node"] ?? [] where node["energized"] as? Int != 0 {
            guard let index = phases.single.nodes[node.id("id")] else { continue }
            for phase in 0..<3 {
                let conductor = 3 * index + Int32(phase)
                let voltage = estimate.voltages[Int(conductor)]
                if let magnitudes = node["u"] as? [Double] {
                    agree(voltage.magnitude * phases.grid.nominalVolts[Int(conductor)], magnitudes[phase], slack: 1e-8 * magnitudes[phase], "node \(node.id("id"))")
                }
                if let angles = node["u_angle"] as? [Double] {
                    let isSynchronised = phases.measurements.contains { $0.quantity.isSynchronised }
                    turn = turn ?? (isSynchronised ? 0 : voltage.angle - angles[phase])
                    agree(Complex(magnitude: 1, angle: voltage.angle - (turn ?? 0) - angles[phase]).angle, 0, "angle of node \(node.id("id"))")
                }
                for (key, quantity) in [("p", Quantity.activePower), ("q", .reactivePower)] {
                    guard let powers = node[key] as? [Double] else { continue }
                    let own = try estimator.values(of: [(quantity, .node(conductor))])[0].value * watts
                    agree(own, powers[phase], slack: 1e-6 * PowerGridModelCase.basePower, "\(key) of node \(node.id("id"))")
                }
            }
        }
        for line in expected["line"] ?? [] {
            guard let branch = phases.single.branches[line.id("id")] else { continue }
            for (key, quantity, end) in [("p_from", Quantity.activePower, Place.End.first), ("q_to", .reactivePower, .second)] {
                guard let powers = line[key] as? [Double] else { continue }
                for phase in 0..<3 {
                    let own = try estimator.values(of: [(quantity, .branch(branch, end, conductor: Int32(phase)))])[0].value * watts
                    agree(own, powers[phase], slack: 1e-6 * PowerGridModelCase.basePower, "\(key) of line \(line.id("id"))")
                }
            }
        }
        #expect(compared >= 6)
    }
}
