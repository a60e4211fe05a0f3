import Estimation
import Grid
import Testing

/// `se_pgm`: the validation cases of power-grid-model that a balanced calculation covers.
@Suite("Cases of power-grid-model", .enabled(if: ReferenceData.has("se_pgm")))
struct PowerGridModelTests {
    static let solvable = [
        "1os2msr", "1os2msr-no-angle", "current-sensor/global-current-sensor", "current-sensor/local-current-sensor",
        "current-sensor/power-from-global-current-sensor", "current-sensor/power-from-local-current-sensor", "high-variance-measurement",
        "ill-conditioned-system/grid0-no-capacitance", "ill-conditioned-system/grid0-with-capacitance",
        "ill-conditioned-system/grid1-no-capacitance", "ill-conditioned-system/grid1-with-capacitance",
        "ill-conditioned-system/grid2-no-capacitance", "ill-conditioned-system/grid2-with-capacitance",
        "ill-conditioned-system/leaf-without-power-sensor", "ill-conditioned-system/leaf-without-power-sensor-meshed",
        "inf-measurement-with-injection", "line-power-sensor", "meshed-network-observability/01-observable-with-branch-measurement",
        "node-injection-sensor-and-zero-injection", "node-injection-with-injection-sensor-sym-sensors",
        "node-injection-wo-injection-sensor-sym-sensors", "residual-test", "single-node-source-asym-voltage-sensor",
    ]
    static let refused = [
        "meshed-network-observability/02-unobservable-with-branch-measurement", "not-independent-sensor/not-independent-sensor",
        "not-independent-sensor/not-independent-sensor-with-phasor-sensors",
    ]

    @Test("The state and the flows are the expected ones within the case's tolerance", arguments: solvable)
    func solves(name: String) throws {
        let reference = try PowerGridModelCase(name)
        try check(reference, reference.components(scenario: nil), reference.expected)
    }

    @Test("Every scenario of a batch is the expected one", arguments: ["sensor-update-nr", "unbalanced-power-measurements-newton-raphson"])
    func batch(name: String) throws {
        let reference = try PowerGridModelCase(name)
        #expect(reference.updates.count == reference.expectedBatch.count && !reference.updates.isEmpty)
        for (scenario, expected) in reference.expectedBatch.enumerated() {
            try check(reference, reference.components(scenario: scenario), expected)
        }
    }

    @Test("What is not observable is refused with a reason", arguments: refused)
    func refuses(name: String) throws {
        let reference = try PowerGridModelCase(name)
        #expect(reference.isRefused)
        let estimator = Estimator(try PowerGridModelGrid(reference.components(scenario: nil)).model)
        let found = estimator.observability()
        #expect(!found.isObservable && !found.reasons.isEmpty)
        #expect(try estimator.estimateWithStatistics().grades.contains(.notEstimable))
    }

    @Test("Grids that the peer's solver finds singular, though they are observable, are solved", arguments: [
        "ill-conditioned-by-line-meshed", "ill-conditioned-by-link-meshed",
    ])
    func illConditioned(name: String) throws {
        let grid = PowerGridModelGrid(try PowerGridModelCase(name).components(scenario: nil))
        let estimator = Estimator(try grid.model)
        let estimate = try estimator.estimateWithStatistics()
        #expect(!estimate.grades.contains(.notEstimable))
        #expect(estimate.residuals.allSatisfy { abs($0) < 1e-7 })
        let flows = try estimator.values(of: grid.zeroInjections.map { (.activePower, .node($0)) })
        #expect(flows.allSatisfy { abs($0.value) < 1e-6 })
    }

    private func check(
        _ reference: PowerGridModelCase, _ components: [String: [PowerGridModelCase.Component]],
        _ expected: [String: [PowerGridModelCase.Component]]
    ) throws {
        let grid = PowerGridModelGrid(components)
        var options = Estimator.Options()
        options.tolerance = 1e-10
        let estimator = Estimator(try grid.model, options: options)
        let estimate = try estimator.estimateWithStatistics()
        #expect(!estimate.grades.contains(.notEstimable), "\(reference.name)")
        func agree(_ own: Double, _ theirs: Double, _ what: String) {
            let allowed = reference.absoluteTolerance + reference.relativeTolerance * abs(theirs)
            #expect(abs(own - theirs) <= allowed, "\(reference.name), \(what): \(own) against \(theirs)")
        }
        var turn: Double?
        for node in expected["node"] ?? [] {
            guard let index = grid.nodes[node.id("id")], node["energized"] as? Int != 0, node["u"] != nil || node["u_pu"] != nil else { continue }
            let voltage = estimate.voltages[Int(index)]
            let magnitude = node["u_pu"] == nil ? node.number("u") / grid.grid.nominalVolts[Int(index)] : node.number("u_pu")
            agree(voltage.magnitude, magnitude, "node \(node.id("id"))")
            guard let angle = node["u_angle"] as? Double else { continue }
            // Without a measured angle the reference is anyone's choice: differences count.
            turn = turn ?? (grid.measurements.contains { $0.quantity.isSynchronised } ? 0 : voltage.angle - angle)
            agree(voltage.angle - (turn ?? 0), angle, "angle of node \(node.id("id"))")
        }
        for line in expected["line"] ?? [] {
            guard let branch = grid.branches[line.id("id")] else { continue }
            for (key, quantity, end) in [
                ("p_from", Quantity.activePower, Place.End.first), ("q_from", .reactivePower, .first), ("p_to", .activePower, .second),
                ("q_to", .reactivePower, .second),
            ] where line[key] != nil {
                let own = try estimator.values(of: [(quantity, .branch(branch, end))])[0].value * PowerGridModelCase.basePower
                // A flow is a difference of voltages times an admittance: their tolerance times it is allowed as well.
                let slack = 1e-13 * grid.grid.branches[Int(branch)].yff.magnitude * PowerGridModelCase.basePower
                #expect(
                    abs(own - line.number(key)) <= max(reference.absoluteTolerance + reference.relativeTolerance * abs(line.number(key)), slack),
                    "\(reference.name), \(key) of line \(line.id("id")): \(own) against \(line.number(key))")
            }
        }
    }
}
