/// What flows through one branch, per unit; currents and powers positive into the branch at each end.
public struct BranchFlow: Hashable, Sendable {
    public var fromPower: Complex
    public var toPower: Complex
    public var fromCurrent: Complex
    public var toCurrent: Complex

    /// What the branch takes, charging included.
    public var loss: Complex { fromPower + toPower }
}

/// The flows of a solved power flow, per unit.
public struct PowerFlows: Hashable, Sendable {
    /// In the order of the grid's branches.
    public internal(set) var branches: [BranchFlow] = []
    /// What each source gives into the grid beyond the injections of its node, in the order of the grid's sources.
    public internal(set) var sources: [Complex] = []
    /// What branches and shunts take in all.
    public internal(set) var losses: Complex = .zero

    public init() {}
}

extension PowerFlow {
    /// The flows that belong to the voltages of a state, with the taps as they stand.
    ///
    /// - Parameter injections: of the solution; only those at sources matter, which reduce what the source gives.
    public func flows(_ state: PowerFlowState, injections: Injections? = nil) -> PowerFlows {
        var flows = PowerFlows()
        computeFlows(state, injections: injections, into: &flows)
        return flows
    }

    /// The same into what was allocated before.
    public func computeFlows(_ state: PowerFlowState, injections: Injections? = nil, into flows: inout PowerFlows) {
        precondition(state.voltages.count == grid.nodeCount, "a state of \(state.voltages.count) nodes for a grid of \(grid.nodeCount)")
        flows.branches.removeAll(keepingCapacity: true)
        flows.branches.reserveCapacity(grid.branches.count)
        flows.losses = .zero
        for branch in admittance.branches {
            let (from, to) = (state.voltages[Int(branch.from)], state.voltages[Int(branch.to)])
            let fromCurrent = branch.yff * from + branch.yft * to
            let toCurrent = branch.ytf * from + branch.ytt * to
            let flow = BranchFlow(
                fromPower: from * fromCurrent.conjugate, toPower: to * toCurrent.conjugate, fromCurrent: fromCurrent, toCurrent: toCurrent)
            flows.branches.append(flow)
            flows.losses += flow.loss
        }
        for (node, shunt) in grid.shunts.enumerated() { flows.losses += state.voltages[node].squaredMagnitude * shunt.conjugate }
        flows.sources.removeAll(keepingCapacity: true)
        state.voltages.withUnsafeBufferPointer { voltages in
            for source in grid.sources {
                let node = Int(source.node)
                let power = voltages[node] * admittance.current(node, voltages: voltages.baseAddress!).conjugate
                flows.sources.append(power - (injections?.power(node: node, magnitude: voltages[node].magnitude) ?? .zero))
            }
        }
    }
}

/// What a grid may bear.
public struct GridLimits: Hashable, Sendable {
    /// Lowest and highest magnitude of each node, per unit.
    public var voltageBands: [ClosedRange<Double>]
    public var branchRatings: [BranchRating]

    public init(voltageBands: [ClosedRange<Double>], branchRatings: [BranchRating]) {
        self.voltageBands = voltageBands
        self.branchRatings = branchRatings
    }
}

/// The rated current of a branch at each end, per unit of that end; infinite where there is none.
public struct BranchRating: Hashable, Sendable {
    public var from: Double
    public var to: Double

    public init(from: Double, to: Double) {
        self.from = from
        self.to = to
    }
}

/// What a solution violates.
public enum LimitViolation: Hashable, Sendable {
    /// A node's magnitude, per unit, outside its band.
    case voltage(node: Int, magnitude: Double, band: ClosedRange<Double>)
    /// A branch's loading, the larger of both ends: 1.2 for 120 % of the rated current.
    case loading(branch: Int, loading: Double)
}

extension GridLimits {
    /// Every violated limit, nodes first.
    public func violations(_ state: PowerFlowState, _ flows: PowerFlows) -> [LimitViolation] {
        let voltages = zip(state.voltages, voltageBands).enumerated().compactMap { node, pair -> LimitViolation? in
            let magnitude = pair.0.magnitude
            return pair.1.contains(magnitude) ? nil : .voltage(node: node, magnitude: magnitude, band: pair.1)
        }
        let loadings = zip(flows.branches, branchRatings).enumerated().compactMap { index, pair -> LimitViolation? in
            let loading = max(pair.0.fromCurrent.magnitude / pair.1.from, pair.0.toCurrent.magnitude / pair.1.to)
            return loading > 1 ? .loading(branch: index, loading: loading) : nil
        }
        return voltages + loadings
    }
}
