internal import Grid

/// One limit of a grid: that of a node's voltage or of the current at an end of a branch.
enum GridLimit: Hashable, Sendable {
    case lowest(Int32)
    case highest(Int32)
    case current(branch: Int32, isFirstEnd: Bool)

    var isVoltage: Bool {
        if case .current = self { return false }
        return true
    }
}

/// The limits of a grid's nodes and branches, and how far a solution is beyond each.
///
/// The *excess* of a limit is what it is exceeded by: for a voltage in per unit of nominal, for a current in shares of what is allowed. It is
/// negative as long as the limit is kept.
struct LimitTable: Sendable {
    /// Of each node, per unit; 0 and infinite where nothing is connected (star points, the inside of an external grid).
    private(set) var lowest: [Double]
    private(set) var highest: [Double]
    /// The ends of branches that have a rating, with what they may carry, per unit.
    private(set) var ends: [(branch: Int32, isFirstEnd: Bool, most: Double)] = []
    private let placeOfEnd: [Int32]

    init(_ network: Network, _ grid: BalancedGrid, _ index: GridIndex, _ limits: CongestionLimits, isOutage: Bool) {
        lowest = Array(repeating: limits.voltageBand.lowerBound, count: grid.nodeCount)
        highest = Array(repeating: limits.voltageBand.upperBound, count: grid.nodeCount)
        for (position, node) in network.nodes.enumerated() {
            let place = Int(index.nodeOfNetworkNode[position])
            guard place >= 0, let own = node.voltageLimits, grid.nominalVolts[place] > 0 else { continue }
            lowest[place] = max(lowest[place], own.lowerBound / grid.nominalVolts[place])
            highest[place] = min(highest[place], own.upperBound / grid.nominalVolts[place])
        }
        for (node, origin) in index.nodeOrigins.enumerated() {
            if case .bus = origin { continue }
            (lowest[node], highest[node]) = (0, .infinity)
        }
        let loading = isOutage ? limits.highestLoadingAfterOutage : limits.highestLoading
        var places = [Int32](repeating: -1, count: 2 * grid.branches.count)
        for (position, branch) in grid.branches.enumerated() {
            let amperes = Self.amperes(of: position, network, index, limits)
            for (isFirst, rated, node) in [(true, amperes.first, branch.from), (false, amperes.second, branch.to)] where rated.isFinite {
                places[2 * position + (isFirst ? 0 : 1)] = Int32(ends.count)
                let most = rated * loading * 3.0.squareRoot() * grid.nominalVolts[Int(node)] / grid.basePowerVA
                ends.append((Int32(position), isFirst, most))
            }
        }
        placeOfEnd = places
    }

    private static func amperes(
        of branch: Int, _ network: Network, _ index: GridIndex, _ limits: CongestionLimits
    ) -> (first: Double, second: Double) {
        let (origin, own) = (index.branchOrigins[branch], index.ratings[branch])
        guard !limits.ratedAmperes.isEmpty, let given = limits.ratedAmperes[network.identity(of: origin.equipment).mRID] else { return own }
        guard origin.equipment.kind == .transformer else { return (given, given) }
        // Given for the high-voltage side; the others carry it in the ratio of the rated voltages.
        let windings = network.transformers[origin.equipment.index].windings
        let volts = windings.map(\.ratedVolts).max() ?? 0
        func amperes(_ end: Int) -> Double { windings.indices.contains(end) ? given * volts / windings[end].ratedVolts : .infinity }
        return (amperes(origin.fromEnd), amperes(origin.toEnd))
    }

    /// What an end of a branch may carry, per unit; infinite without a rating.
    func most(branch: Int32, isFirstEnd: Bool) -> Double {
        let place = placeOfEnd[2 * Int(branch) + (isFirstEnd ? 0 : 1)]
        return place < 0 ? .infinity : ends[Int(place)].most
    }

    /// Calls for every limit whose excess is greater than a threshold: nodes first, then branches.
    @inline(__always)
    func forEach(above threshold: Double, _ voltages: [Complex], _ branches: [BalancedGrid.Branch], _ body: (GridLimit, Double) -> Void) {
        for node in voltages.indices {
            let magnitude = voltages[node].magnitude
            if lowest[node] - magnitude > threshold { body(.lowest(Int32(node)), lowest[node] - magnitude) }
            if magnitude - highest[node] > threshold { body(.highest(Int32(node)), magnitude - highest[node]) }
        }
        for end in ends {
            let branch = branches[Int(end.branch)]
            let excess = branch.current(isFirstEnd: end.isFirstEnd, voltages).magnitude / end.most - 1
            if excess > threshold { body(.current(branch: end.branch, isFirstEnd: end.isFirstEnd), excess) }
        }
    }

    /// What one limit is exceeded by.
    func excess(_ limit: GridLimit, _ voltages: [Complex], _ branches: [BalancedGrid.Branch]) -> Double {
        switch limit {
        case .lowest(let node): lowest[Int(node)] - voltages[Int(node)].magnitude
        case .highest(let node): voltages[Int(node)].magnitude - highest[Int(node)]
        case .current(let branch, let isFirstEnd):
            branches[Int(branch)].current(isFirstEnd: isFirstEnd, voltages).magnitude / most(branch: branch, isFirstEnd: isFirstEnd) - 1
        }
    }
}

extension BalancedGrid.Branch {
    /// The current into the branch at one of its ends, per unit.
    @inline(__always)
    func current(isFirstEnd: Bool, _ voltages: [Complex]) -> Complex {
        isFirstEnd ? yff * voltages[Int(from)] + yft * voltages[Int(to)] : ytf * voltages[Int(from)] + ytt * voltages[Int(to)]
    }
}
