import Estimation
import Grid
import Testing

@Suite("Uncertainty of flows and injections")
struct FlowSigmaTests {
    /// Standard deviations of loads are 2e-3; a flow that zero injections alone determine has none, but for the root of the rounding.
    private static let rounding = 1e-6

    @Test("what the selected inverse says is what a solve for each quantity says", arguments: [1, 2, 3, 4]) func selected(seed: UInt64) throws {
        let random = RandomGrid(nodes: 24, loops: seed % 2 == 0 ? 3 : 0, seed: seed)
        let estimator = Estimator(
            try EstimationModel(grid: random.grid, measurements: random.noisy(random.measurements, seed: seed), zeroInjections: random.zeroInjections))
        _ = try estimator.estimateWithStatistics()
        let ends = random.grid.branches.indices.flatMap { [Place.branch(Int32($0), .first), .branch(Int32($0), .second)] }
        let nodes = Array(0..<Int32(random.grid.nodeCount))
        let fast = try estimator.flowSigmas(at: ends, injectionsAt: nodes)
        for (place, flow) in zip(ends, fast.ends) {
            let slow = try estimator.values(of: [(.activePower, place), (.reactivePower, place), (.currentMagnitude, place)])
            #expect(abs(flow.active - slow[0].sigma) <= 1e-5 * slow[0].sigma + Self.rounding)
            #expect(abs(flow.reactive - slow[1].sigma) <= 1e-5 * slow[1].sigma + Self.rounding)
            // Hardly any current has no direction: then the phasor's is told, which is no smaller.
            #expect(flow.current >= slow[2].sigma * (1 - 1e-5) - Self.rounding)
        }
        for (node, injection) in zip(nodes, fast.injections) {
            let slow = try estimator.values(of: [(.activePower, .node(node)), (.reactivePower, .node(node))])
            #expect(abs(injection.active - slow[0].sigma) <= 1e-4 * slow[0].sigma + Self.rounding, "node \(node)")
            #expect(abs(injection.reactive - slow[1].sigma) <= 1e-4 * slow[1].sigma + Self.rounding, "node \(node)")
        }
        #expect(throws: EstimationError.self) { try estimator.flowSigmas(at: [.node(0)], injectionsAt: []) }
        #expect(throws: EstimationError.self) { try estimator.flowSigmas(at: [], injectionsAt: [Int32(random.grid.nodeCount)]) }
    }
}
