internal import Grid
internal import Solvers

/// How well the flow into the end of a branch is known, per unit; infinite where the branch touches what is not observable.
public struct FlowSigmas: Hashable, Sendable {
    public var active: Double
    public var reactive: Double
    /// Of the current's magnitude; where there is hardly any current, of the current as a phasor.
    public var current: Double

    static let unknown = FlowSigmas(active: .infinity, reactive: .infinity, current: .infinity)
}

extension Estimator {
    /// Standard deviations of flows at branch ends and of injections, from the blocks of the inverse on the factor's pattern: what joins two
    /// conductors is on it, so that a flow costs no solve.
    ///
    /// Call it after a frame; the factorisation is renewed at its state.
    ///
    /// - Parameters:
    ///   - ends: places at branches.
    ///   - nodes: nodes (conductors) whose injections are asked for: those without a meter or a supposition of it cost a solve each.
    /// - Returns: in the order asked for; of injections the sigmas of P and Q.
    /// - Throws: ``EstimationError`` when a place is not in the grid, or is a node among the ends.
    public func flowSigmas(
        at ends: [Place], injectionsAt nodes: [Int32]
    ) throws(EstimationError) -> (ends: [FlowSigmas], injections: [(active: Double, reactive: Double)]) {
        let covariance = covarianceAtState()
        equations.evaluateCurrents()
        var flows: [FlowSigmas] = []
        flows.reserveCapacity(ends.count)
        for place in ends { flows.append(try flowSigmas(at: place, covariance)) }
        var injections: [(active: Double, reactive: Double)] = []
        for node in nodes {
            injections.append(
                (try injectionSigma(.activePower, at: node, covariance), try injectionSigma(.reactivePower, at: node, covariance)))
        }
        return (flows, injections)
    }

    private func flowSigmas(at place: Place, _ covariance: Covariance) throws(EstimationError) -> FlowSigmas {
        guard case .branch(let branch, let end, let conductor) = place else {
            throw EstimationError("a flow is at the end of a branch, not at \(place)")
        }
        let network = model.network
        let terminal = try network.terminal(element: branch, end: end, conductor: conductor)
        let range = network.terminalStarts[Int(branch)]..<network.terminalStarts[Int(branch) + 1]
        let start = network.matrixStarts[Int(branch)] + (terminal - range.lowerBound) * range.count
        let positions = range.map { Int(equations.layout.pattern.positions[Int(network.terminals[$0])]) }
        if deficiency != nil, positions.contains(where: { isLoose[$0] }) { return .unknown }
        let admittances = network.admittances[start..<start + range.count]
        let current = zip(positions, admittances).reduce(Complex.zero) { $0 + $1.1 * equations.voltages[$1.0] }
        let own = terminal - range.lowerBound
        let voltage = equations.voltages[positions[own]]
        let joint = JointCovariance(covariance, positions)
        func variance(_ quantity: Quantity) -> Double {
            let row = BranchRow(quantity, voltage: voltage, current: current)
            var gradients = admittances.map { $0.conjugate * row.through }
            gradients[own] += row.own
            return joint.variance(gradients)
        }
        let magnitude = variance(.currentMagnitude).squareRoot()
        let isKnown = current.magnitude > max(2 * magnitude, BranchRow.noCurrent)
        return FlowSigmas(
            active: variance(.activePower).squareRoot(), reactive: variance(.reactivePower).squareRoot(),
            current: isKnown ? magnitude : (variance(.currentReal) + variance(.currentImaginary)).squareRoot())
    }

    /// With R the variance of what is measured or supposed of an injection and e its entry of the inverse, R − R²·e is that of its estimate.
    private func injectionSigma(_ quantity: Quantity, at node: Int32, _ covariance: Covariance) throws(EstimationError) -> Double {
        guard node >= 0, Int(node) < model.conductorCount else {
            throw EstimationError("node \(node): the grid has \(model.conductorCount) nodes, counted from 0")
        }
        let position = Int(equations.layout.pattern.positions[Int(node)])
        if deficiency != nil, isLoose[position] { return .infinity }
        if equations.layout.injections[position] == .zero { return 0 }
        let lane = quantity == .activePower ? 0 : 1
        let target = equations.targets[position]
        if target.present[lane] > 0, target.variance[lane] > 0 {
            let own = target.variance[lane]
            let left = own - own * own * covariance.multiplierEntry(at: position, lane: lane)
            // Below this the difference is rounding.
            if left > 1e-7 * own { return left.squareRoot() }
        }
        let gradient = try SparseGradient(quantity, at: .node(node), model: model, equations: equations)
        return max(0, gradient.product(gradient.covariance(equations))).squareRoot()
    }
}

/// The covariance of the voltages of a few conductors that share a branch.
private struct JointCovariance {
    private let covariance: Covariance
    private let positions: [Int]
    /// Of each pair of different terminals a < b, a running slowest.
    private let slots: [Int32]

    init(_ covariance: Covariance, _ positions: [Int]) {
        self.covariance = covariance
        self.positions = positions
        var slots: [Int32] = []
        for a in positions.indices {
            for b in positions.indices.dropFirst(a + 1) { slots.append(covariance.slot(of: positions[a], and: positions[b])) }
        }
        self.slots = slots
    }

    /// Of a function with these gradients.
    func variance(_ gradients: [Complex]) -> Double {
        var sum = 0.0
        var pair = 0
        for a in positions.indices {
            sum += covariance.term(gradients[a], at: positions[a], gradients[a], at: positions[a], slot: -1)
            for b in positions.indices.dropFirst(a + 1) {
                sum += 2 * covariance.term(gradients[a], at: positions[a], gradients[b], at: positions[b], slot: slots[pair])
                pair += 1
            }
        }
        return max(0, sum)
    }
}
