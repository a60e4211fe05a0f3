import Grid
import Testing

@Suite("Power flow against the reference cases", .enabled(if: ReferenceData.isThere, "SKIPPED: no reference data; set DSOTP_REFERENCE_DATA to its folder"))
struct ReferencePowerFlowTests {
    @Test("Voltages, flows and losses are those of pandapower and power-grid-model", arguments: ReferenceCase.names, PowerFlowTests.methods)
    func agrees(name: String, method: PowerFlowOptions.Method) throws {
        let reference = try ReferenceCase.named(name)
        // What does not contract, or shifts the phase round a loop, is for Newton–Raphson.
        let options = PowerFlowOptions(method: method == .currentIteration ? .automatic : method, tolerance: 1e-10)
        let powerFlow = try PowerFlow(reference.grid, options: options)
        var state = PowerFlowState()
        let report = try powerFlow.solve(reference.powers, into: &state)
        #expect(report.converged, "\(report.failure?.description ?? "")")
        let deviation = zip(state.voltages, reference.voltages).map { ($0 - $1).magnitude }.max() ?? .infinity
        #expect(deviation < 1e-8, "\(name) by \(report.method): \(deviation)")
        let flows = powerFlow.flows(state)
        #expect(abs(flows.losses.real * reference.base_mva - reference.expected_power_flow.losses_mw) < shuntLosses(reference, state) + 1e-4)
        let expected = zip(reference.expected_power_flow.p_from_mw, reference.expected_power_flow.q_from_mvar)
        let worst = zip(flows.branches, expected).map { ($0.fromPower * reference.base_mva - Complex($1.0, $1.1)).magnitude }.max() ?? .infinity
        #expect(worst < 1e-4)
    }

    /// The reference's losses leave out what shunts take, in MW.
    private func shuntLosses(_ reference: ReferenceCase, _ state: PowerFlowState) -> Double {
        zip(reference.grid.shunts, state.voltages).reduce(0) { $0 + abs($1.0.real) * $1.1.squaredMagnitude } * reference.base_mva
    }
}
