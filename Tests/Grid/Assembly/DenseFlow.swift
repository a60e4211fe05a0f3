import Grid

/// A power flow by the plainest means, to judge assemblies by: the dense admittance matrix, inverted once, and injected currents until
/// voltages rest.
struct DenseFlow {
    var voltages: [Complex]

    init?(_ grid: BalancedGrid, _ injections: Injections) {
        var admittance = SquareMatrix(order: grid.nodeCount)
        for branch in grid.branches {
            let (from, to) = (Int(branch.from), Int(branch.to))
            admittance[from, from] += branch.yff
            admittance[from, to] += branch.yft
            admittance[to, from] += branch.ytf
            admittance[to, to] += branch.ytt
        }
        for (node, shunt) in grid.shunts.enumerated() { admittance[node, node] += shunt }
        self.init(
            admittance, start: grid.nominalAngles.map { Complex(magnitude: 1, angle: $0) },
            sources: grid.sources.map { (Int($0.node), $0.voltage) }
        ) { voltages in
            voltages.enumerated().map { (injections.power(node: $0, magnitude: $1.magnitude) / $1).conjugate }
        }
    }

    init?(_ grid: UnbalancedGrid, _ injections: UnbalancedInjections) {
        self.init(
            DenseFlow.admittance(grid), start: grid.nominalAngles.map { Complex(magnitude: 1, angle: $0) },
            sources: grid.sources.map { (Int($0.conductor), $0.voltage) }
        ) { injections.currents(at: $0) }
    }

    struct NotSolved: Error {}

    static func solved(_ assembly: BalancedAssembly) throws -> DenseFlow {
        guard let flow = DenseFlow(assembly.grid, assembly.injections) else { throw NotSolved() }
        return flow
    }

    static func solved(_ assembly: UnbalancedAssembly) throws -> DenseFlow {
        guard let flow = DenseFlow(assembly.grid, assembly.injections) else { throw NotSolved() }
        return flow
    }

    static func admittance(_ grid: UnbalancedGrid) -> SquareMatrix {
        var admittance = SquareMatrix(order: grid.conductorCount)
        for element in grid.elements {
            let count = element.terminals.count
            for (i, row) in element.terminals.enumerated() {
                for (j, column) in element.terminals.enumerated() {
                    admittance[Int(row), Int(column)] += element.admittance[i * count + j]
                }
            }
        }
        return admittance
    }

    private init?(
        _ admittance: SquareMatrix, start: [Complex], sources: [(Int, Complex)], currents: ([Complex]) -> [Complex]
    ) {
        voltages = start
        for (node, voltage) in sources { voltages[node] = voltage }
        let held = Set(sources.map(\.0))
        let free = (0..<admittance.order).filter { !held.contains($0) }
        guard let inverse = admittance.submatrix(free).inverse else { return nil }
        for _ in 0..<200 {
            let injected = currents(voltages)
            let right = free.map { row in held.reduce(injected[row]) { $0 - admittance[row, $1] * voltages[$1] } }
            var change = 0.0
            for (i, node) in free.enumerated() {
                var voltage = Complex.zero
                for j in free.indices { voltage += inverse[i, j] * right[j] }
                change = max(change, (voltage - voltages[node]).magnitude)
                voltages[node] = voltage
            }
            if change < 1e-9 { return }
        }
        return nil
    }
}
