import Grid
import Testing

@Suite("Power flow: controls, limits and failures")
struct PowerFlowControlTests {
    let chain = SmallGrids.grid(nodes: 3, [SmallGrids.line(0, 1, Complex(0.02, 0.06)), SmallGrids.line(1, 2, Complex(0.02, 0.06))])
    let load = Injections(constantPower: [.zero, Complex(-1, -0.4), Complex(0.5, 0)])

    @Test("A generator holds its voltage with the reactive power that is told")
    func holds() throws {
        let powerFlow = try PowerFlow(chain, controls: [VoltageControl(node: 2, magnitude: 1.01)])
        var state = PowerFlowState()
        let report = try powerFlow.solve(load, into: &state)
        #expect(report.converged && report.isSettled && report.method == .newtonRaphson)
        #expect(abs(state.voltages[2].magnitude - 1.01) < 1e-9)
        let flows = powerFlow.flows(state)
        #expect(abs(flows.branches[1].toPower.imaginary - report.controls[0].reactivePower) < 1e-8)
        #expect(!report.controls[0].isAtLimit)
    }

    @Test("A generator at its reactive limit gives the limit and lets the voltage go", arguments: [(1.05, 0.3, true), (0.9, 0.3, false), (1.0, 5, nil)])
    func limits(magnitude: Double, bound: Double, atMaximum: Bool?) throws {
        let control = VoltageControl(node: 2, magnitude: magnitude, minimumReactivePower: -bound, maximumReactivePower: bound)
        let powerFlow = try PowerFlow(chain, controls: [control])
        var state = PowerFlowState()
        let report = try powerFlow.solve(load, into: &state)
        #expect(report.converged && report.isSettled)
        let result = report.controls[0]
        guard let atMaximum else {
            #expect(!result.isAtLimit && abs(state.voltages[2].magnitude - magnitude) < 1e-9)
            return
        }
        #expect(result.isAtLimit && result.reactivePower == (atMaximum ? bound : -bound))
        #expect(abs(powerFlow.flows(state).branches[1].toPower.imaginary - result.reactivePower) < 1e-7)
        #expect(atMaximum ? state.voltages[2].magnitude < magnitude : state.voltages[2].magnitude > magnitude)
    }

    @Test("A tap changer steps until its node is within the dead-band, in both directions")
    func taps() throws {
        let grid = SmallGrids.grid(nodes: 3, [SmallGrids.transformer(0, 1, Complex(0.005, 0.08), ratio: .one), SmallGrids.line(1, 2, Complex(0.02, 0.04))])
        for (power, side) in [(Complex(-0.8, -0.5), -1), (Complex(0.8, 0.6), 1)] {
            let regulator = TapRegulator(
                branch: 0, controlledNode: 2, target: 1, deadBand: 0.02, stepRatio: 0.0125, minimumPosition: -9, maximumPosition: 9)
            let powerFlow = try PowerFlow(grid, regulators: [regulator])
            var state = PowerFlowState()
            let report = try powerFlow.solve(Injections(constantPower: [.zero, .zero, power]), into: &state)
            #expect(report.converged && report.isSettled && report.taps[0].outcome == .withinBand)
            #expect(report.taps[0].position.signum() == side && abs(state.voltages[2].magnitude - 1) <= 0.01)
            #expect(powerFlow.regulators[0].position == report.taps[0].position)

            let ratio = Complex(1 + 0.0125 * Double(report.taps[0].position))
            let fixed = SmallGrids.grid(nodes: 3, [SmallGrids.transformer(0, 1, Complex(0.005, 0.08), ratio: ratio), grid.branches[1]])
            var fixedState = PowerFlowState()
            _ = try PowerFlow(fixed).solve(Injections(constantPower: [.zero, .zero, power]), into: &fixedState)
            #expect((fixedState.voltages[2] - state.voltages[2]).magnitude < 1e-7)
        }
    }

    @Test("A tap changer that can't reach its band stops at its last position; one with a band narrower than a step at the nearest")
    func tapLimits() throws {
        let grid = SmallGrids.grid(nodes: 2, [SmallGrids.transformer(0, 1, Complex(0.005, 0.08), ratio: .one)])
        let injections = SmallGrids.load(Complex(1, 0.8))
        for (steps, band, outcome) in [(1, 0.01, TapResult.Outcome.atLimit), (9, 0.0001, .nearestStep)] {
            let regulator = TapRegulator(
                branch: 0, controlledNode: 1, target: 1, deadBand: band, stepRatio: 0.0125, minimumPosition: -steps, maximumPosition: steps)
            let powerFlow = try PowerFlow(grid, regulators: [regulator])
            var state = PowerFlowState()
            let report = try powerFlow.solve(injections, into: &state)
            #expect(report.isSettled && report.taps[0].outcome == outcome)
            if outcome == .nearestStep { #expect(abs(state.voltages[1].magnitude - 1) < 0.007) }
        }
    }

    @Test("A load beyond the voltage collapse is refused with its node and the share that could be solved")
    func collapse() throws {
        // With the angle of the load that of the impedance the limit is E²/(4|Z|).
        let limit = 1 / (4 * SmallGrids.impedance.magnitude)
        let direction = SmallGrids.impedance / SmallGrids.impedance.magnitude
        let powerFlow = try PowerFlow(SmallGrids.twoNodes)
        var state = PowerFlowState()
        let report = try powerFlow.solve(SmallGrids.load(2 * limit * direction), into: &state)
        let failure = try #require(report.failure)
        #expect(!report.converged && failure.node == 1)
        #expect(abs((failure.solvableShare ?? 0) - 0.5) < 0.04)
        #expect(failure.description.contains("node 1") && failure.description.contains("collapse"))

        var close = PowerFlowState()
        #expect(try powerFlow.solve(SmallGrids.load(0.98 * limit * direction), into: &close).converged)
    }

    @Test("Voltages and loadings beyond their limits are listed")
    func violations() throws {
        let powerFlow = try PowerFlow(chain)
        var state = PowerFlowState()
        _ = try powerFlow.solve(Injections(constantPower: [.zero, Complex(-1, -0.4), Complex(-0.5, 0)]), into: &state)
        let limits = GridLimits(
            voltageBands: [0.9...1.1, 0.96...1.04, 0.9...1.1], branchRatings: [BranchRating(from: 1, to: 1), BranchRating(from: .infinity, to: .infinity)])
        let found = limits.violations(state, powerFlow.flows(state))
        #expect(found.count == 2)
        guard case .voltage(node: 1, magnitude: let magnitude, band: 0.96...1.04) = found[0], case .loading(branch: 0, loading: let loading) = found[1]
        else {
            Issue.record("unexpected violations: \(found)")
            return
        }
        #expect(magnitude < 0.96 && loading > 1.5 && loading < 1.8)
    }

    @Test("What does not fit is refused with a sentence that names it")
    func refusals() throws {
        var unsourced = SmallGrids.grid(nodes: 3, [SmallGrids.line(0, 1, SmallGrids.impedance)])
        #expect(throws: PowerFlowError.self) { _ = try PowerFlow(unsourced) }
        let island = #expect(throws: PowerFlowError.self) { _ = try PowerFlow(unsourced) }
        #expect(island?.node == 2 && island?.description.contains("island without a source") == true)
        unsourced.sources = []
        #expect(throws: PowerFlowError.self) { _ = try PowerFlow(unsourced) }
        let outside = SmallGrids.grid(nodes: 2, [SmallGrids.line(0, 5, SmallGrids.impedance)])
        #expect(#expect(throws: PowerFlowError.self) { _ = try PowerFlow(outside) }?.description.contains("branch 0 joins nodes 0 and 5 of 2") == true)
        let short = SmallGrids.grid(nodes: 2, [SmallGrids.line(0, 1, .zero)])
        #expect(#expect(throws: PowerFlowError.self) { _ = try PowerFlow(short) }?.description.contains("not finite") == true)
        let powerFlow = try PowerFlow(SmallGrids.twoNodes)
        var state = PowerFlowState()
        #expect(throws: PowerFlowError.self) { _ = try powerFlow.solve(Injections(constantPower: [.zero]), into: &state) }
        let nan = #expect(throws: PowerFlowError.self) { _ = try powerFlow.solve(SmallGrids.load(Complex(.nan, 0)), into: &state) }
        #expect(nan?.node == 1)
    }
}
