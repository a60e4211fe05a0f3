import Grid

/// Flows and injections that follow from the voltages of a grid, per unit.
struct BranchFlows {
    private(set) var branches: [Flow] = []
    /// What is fed into each node.
    private(set) var injections: [Complex]
    private(set) var losses = Complex.zero

    /// Positive into the branch at each end.
    struct Flow {
        var fromPower, toPower: Complex
        var fromCurrent, toCurrent: Complex
    }

    /// - Parameter isKnown: by node; what touches an unknown voltage is not a number. Nil: all are known.
    init(_ grid: BalancedGrid, voltages: [Complex], isKnown: [Bool]? = nil) {
        let unknown = Complex(.nan, .nan)
        let voltages = isKnown.map { known in zip(voltages, known).map { $1 ? $0 : unknown } } ?? voltages
        injections = zip(voltages, grid.shunts).map { voltage, shunt in shunt.conjugate * voltage.squaredMagnitude }
        branches.reserveCapacity(grid.branches.count)
        for branch in grid.branches {
            let (from, to) = (voltages[Int(branch.from)], voltages[Int(branch.to)])
            let fromCurrent = branch.yff * from + branch.yft * to
            let toCurrent = branch.ytf * from + branch.ytt * to
            let flow = Flow(
                fromPower: from * fromCurrent.conjugate, toPower: to * toCurrent.conjugate, fromCurrent: fromCurrent, toCurrent: toCurrent)
            branches.append(flow)
            injections[Int(branch.from)] += flow.fromPower
            injections[Int(branch.to)] += flow.toPower
            losses += flow.fromPower + flow.toPower
        }
    }
}
