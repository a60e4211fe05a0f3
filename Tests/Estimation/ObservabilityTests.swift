import Estimation
import Grid
import Testing

@Suite("Observability")
struct ObservabilityTests {
    private let random = RandomGrid(nodes: 15, seed: 31)

    private func estimator(_ measurements: [Measurement]) throws -> Estimator {
        Estimator(try EstimationModel(grid: random.grid, measurements: measurements, zeroInjections: random.zeroInjections))
    }

    /// One voltage meter, at the source, and every load's P and Q: just enough.
    private var sufficient: [Measurement] {
        random.measurements.filter { $0.quantity != .voltageMagnitude || $0.place == .node(0) }
    }

    @Test("With just enough meters every one is critical")
    func critical() throws {
        let estimate = try estimator(sufficient).estimateWithStatistics()
        #expect(estimate.criticalMeasurements == Array(sufficient.indices))
        #expect(estimate.degreesOfFreedom == 0 && estimate.chiSquare95 == 0)
        #expect(estimate.largestResidual == nil)
    }

    @Test("Two voltage meters where one suffices are a critical pair")
    func pair() throws {
        let second = Measurement(.voltageMagnitude, at: .node(0), value: random.state[0].magnitude + 0.004, sigma: 0.003)
        let measurements = sufficient + [second]
        let estimator = try estimator(measurements)
        let pairs = try estimator.criticalPairs()
        let first = try #require(measurements.firstIndex { $0.quantity == .voltageMagnitude })
        #expect(pairs.contains { $0 == (first, measurements.count - 1) })
    }

    @Test("Without the meters of a load exactly its part is unknown; meters are proposed that mend it")
    func proposals() throws {
        let node = try #require(sufficient.compactMap { measurement -> Int32? in
            if case .node(let node) = measurement.place, measurement.quantity == .activePower { node } else { nil }
        }.last)
        let estimator = try estimator(sufficient.filter { $0.place != .node(node) })
        let found = estimator.observability()
        #expect(found.nullity == 2 && found.unobservable.contains(node))
        #expect(found.reasons.contains { $0.contains("\(node)") })
        let proposals = try estimator.meterProposals(count: 3)
        #expect(proposals.first?.place == .node(node))
        #expect(proposals.first?.quantities == [.activePower, .reactivePower])
        #expect(proposals.first.map { abs($0.benefit - 2) < 1e-3 } == true)
        #expect(proposals.count == 1)
    }

    @Test("Without any voltage the whole grid is unknown, and says that a reference is missing")
    func noVoltage() throws {
        let estimator = try estimator(sufficient.filter { $0.quantity != .voltageMagnitude })
        let found = estimator.observability()
        #expect(!found.isObservable && found.unobservable.count == 15)
        #expect(try estimator.meterProposals(count: 1).first?.quantities == [.voltageMagnitude])
    }

    @Test("In an observable grid the best new meter lowers the variances as much as it promised")
    func variances() throws {
        let before = try estimator(sufficient).estimateWithStatistics()
        let proposals = try estimator(sufficient).meterProposals(count: 2)
        let best = try #require(proposals.first)
        #expect(best.quantities == [.voltageMagnitude] && proposals.count == 2)
        guard case .node(let node) = best.place else { return }
        let extra = Measurement(.voltageMagnitude, at: best.place, value: random.state[Int(node)].magnitude, sigma: 0.005)
        let after = try estimator(sufficient + [extra]).estimateWithStatistics()
        func sum(_ estimate: Estimate) -> Double { estimate.magnitudeSigmas.reduce(0) { $0 + $1 * $1 } }
        #expect(abs(1 - sum(after) / sum(before) - best.benefit) < 1e-4)
    }

    @Test("A node that only pseudo-measurements reach is graded so")
    func grades() throws {
        var measurements = sufficient
        let last = try #require(measurements.last)
        for index in measurements.indices where measurements[index].place == last.place { measurements[index].origin = .pseudo }
        let grades = try estimator(measurements).estimateWithStatistics().grades
        guard case .node(let node) = last.place else { return }
        #expect(grades[0] == .measured && grades[Int(node)] == .pseudoOnly)
    }

    @Test("Loads without meters and flows are told with a standard deviation")
    func unmetered() throws {
        let node = try #require(random.zeroInjections.first)
        let estimator = try estimator(random.measurements)
        _ = estimator.estimate()
        let values = try estimator.values(of: [
            (.activePower, .node(node)), (.activePower, .node(0)), (.activePower, .branch(0, .first)), (.currentMagnitude, .branch(0, .first)),
        ])
        #expect(abs(values[0].value) < 1e-9 && values[0].sigma < 1e-6)
        #expect(abs(values[1].value - random.injections[0].real) < 1e-6 && values[1].sigma > 1e-4)
        #expect(values.allSatisfy { $0.sigma.isFinite })
    }
}
