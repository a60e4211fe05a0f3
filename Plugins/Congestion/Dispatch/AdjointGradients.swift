internal import Grid
internal import Solvers

/// What one more unit of consumption at each node does to a quantity of a solved power flow: a voltage, a current, what the sources give.
///
/// With the power equations `S(x) = s` in the unknowns x = (angle, logarithm of the magnitude) of every node but the sources, and a quantity q(x), the
/// gradient by the injections is `J⁻ᵀ ∂q/∂x`: one factorisation of the transposed Jacobian for each solution and one solve for each quantity,
/// however many nodes may offer flexibility (the adjoint method; Christakou et al., "Efficient Computation of Sensitivity Coefficients of Node
/// Voltages and Line Currents in Unbalanced Radial Electrical Distribution Networks", IEEE Trans. Smart Grid 4(2), 2013, solves for one node at a time instead).
final class AdjointGradients {
    private let grid: BalancedGrid
    /// Number of each node among the unknown ones, -1 for sources.
    private let numbers: [Int32]
    private let nodes: [Int32]
    /// The nodal admittance matrix in compressed rows, columns ascending, the diagonal among them.
    private let starts: [Int32]
    private let columns: [Int32]
    private let entries: [Complex]
    private let factor: KLUFactor?
    private var values: [Double]
    private var voltages: [Complex] = []
    private var right: [Double]

    init(_ grid: BalancedGrid) throws(CongestionError) {
        self.grid = grid
        var numbers = [Int32](repeating: 0, count: grid.nodeCount)
        for source in grid.sources { numbers[Int(source.node)] = -1 }
        let nodes = (0..<Int32(grid.nodeCount)).filter { numbers[Int($0)] >= 0 }
        for (number, node) in nodes.enumerated() { numbers[Int(node)] = Int32(number) }
        let matrix = AdmittanceRows(grid)
        (starts, columns, entries) = (matrix.starts, matrix.columns, matrix.entries)
        // Column 2k of the transposed Jacobian is the row of node k's active power: the same blocks in the same order.
        var columnStarts: [Int32] = [0]
        var rows: [Int32] = []
        for node in nodes {
            let blocks = matrix.columns[Int(matrix.starts[Int(node)])..<Int(matrix.starts[Int(node) + 1])].map { numbers[Int($0)] }.filter { $0 >= 0 }
            for _ in 0..<2 {
                for block in blocks { rows += [2 * block, 2 * block + 1] }
                columnStarts.append(Int32(rows.count))
            }
        }
        do throws(SolverError) {
            factor = nodes.isEmpty ? nil : try KLUFactor(order: 2 * nodes.count, columnStarts: columnStarts, rows: rows)
        } catch {
            throw .solver("the sensitivities of the grid can't be prepared: \(error)")
        }
        (self.numbers, self.nodes) = (numbers, nodes)
        values = [Double](repeating: 0, count: rows.count)
        right = [Double](repeating: 0, count: 2 * nodes.count)
    }

    /// Takes over a solution and factorises.
    ///
    /// - Throws: ``CongestionError`` where the Jacobian is singular: at the point of voltage collapse.
    func linearise(at voltages: [Complex]) throws(CongestionError) {
        self.voltages = voltages
        var place = 0
        for node in nodes {
            let range = Int(starts[Int(node)])..<Int(starts[Int(node) + 1])
            let own = voltages[Int(node)]
            var flow = Complex.zero
            for index in range { flow += own * (entries[index] * voltages[Int(columns[index])]).conjugate }
            var count = 0
            for index in range where numbers[Int(columns[index])] >= 0 { count += 1 }
            var position = place
            for index in range where numbers[Int(columns[index])] >= 0 {
                let term = own * (entries[index] * voltages[Int(columns[index])]).conjugate
                let isOwn = columns[index] == node
                let byAngle = isOwn ? Complex.i * (flow - term) : -(Complex.i * term)
                let byMagnitude = isOwn ? flow + term : term
                (values[position], values[position + 1]) = (byAngle.real, byMagnitude.real)
                (values[position + 2 * count], values[position + 2 * count + 1]) = (byAngle.imaginary, byMagnitude.imaginary)
                position += 2
            }
            place += 4 * count
        }
        do throws(SolverError) { try factor?.refactor(values) } catch {
            throw .solver("the sensitivities of the grid can't be computed, the power flow is at the point of voltage collapse: \(error)")
        }
    }

    /// What the excess of a limit changes by, per unit of consumption at each node: by active power as real, by reactive as imaginary part.
    func excess(_ limit: GridLimit, _ table: LimitTable) throws(CongestionError) -> [Complex] {
        clear()
        switch limit {
        case .lowest(let node): add(Complex(0, -voltages[Int(node)].magnitude), at: node)
        case .highest(let node): add(Complex(0, voltages[Int(node)].magnitude), at: node)
        case .current(let position, let isFirstEnd):
            let branch = grid.branches[Int(position)]
            let current = branch.current(isFirstEnd: isFirstEnd, voltages)
            let size = current.magnitude
            guard size > 0 else { break }
            let direction = current.conjugate / (size * table.most(branch: position, isFirstEnd: isFirstEnd))
            let parts = isFirstEnd ? [(branch.from, branch.yff), (branch.to, branch.yft)] : [(branch.from, branch.ytf), (branch.to, branch.ytt)]
            for (node, admittance) in parts {
                let part = direction * (admittance * voltages[Int(node)])
                add(Complex(-part.imaginary, part.real), at: node)
            }
        }
        return try solve()
    }

    /// What the sources give more per unit of consumption at each node: 1 and the marginal losses. At a source itself it is 1.
    func sourcePower() throws(CongestionError) -> [Complex] {
        clear()
        for source in grid.sources {
            let own = voltages[Int(source.node)]
            for index in Int(starts[Int(source.node)])..<Int(starts[Int(source.node) + 1]) where columns[index] != source.node {
                let term = own * (entries[index] * voltages[Int(columns[index])]).conjugate
                add(Complex(term.imaginary, term.real), at: columns[index])
            }
        }
        var gradient = try solve()
        for source in grid.sources { gradient[Int(source.node)] = .one }
        return gradient
    }

    private func clear() { for index in right.indices { right[index] = 0 } }

    /// Adds to the derivatives by angle (real part) and logarithm of the magnitude (imaginary part) of a node.
    private func add(_ derivative: Complex, at node: Int32) {
        let number = Int(numbers[Int(node)])
        guard number >= 0 else { return }
        right[2 * number] += derivative.real
        right[2 * number + 1] += derivative.imaginary
    }

    private func solve() throws(CongestionError) -> [Complex] {
        var gradient = [Complex](repeating: .zero, count: grid.nodeCount)
        guard let factor else { return gradient }
        do throws(SolverError) {
            try right.withUnsafeMutableBufferPointer { (right) throws(SolverError) in
                if let base = right.baseAddress { try factor.solve(base) }
            }
        } catch {
            throw .solver("the sensitivities of the grid can't be computed: \(error)")
        }
        for (number, node) in nodes.enumerated() { gradient[Int(node)] = Complex(-right[2 * number], -right[2 * number + 1]) }
        return gradient
    }
}

/// The nodal admittance matrix in compressed rows.
private struct AdmittanceRows {
    private(set) var starts: [Int32] = [0]
    private(set) var columns: [Int32] = []
    private(set) var entries: [Complex] = []

    init(_ grid: BalancedGrid) {
        var rows = (0..<grid.nodeCount).map { [(column: Int32($0), value: grid.shunts[$0])] }
        for branch in grid.branches {
            rows[Int(branch.from)] += [(branch.from, branch.yff), (branch.to, branch.yft)]
            rows[Int(branch.to)] += [(branch.from, branch.ytf), (branch.to, branch.ytt)]
        }
        for row in rows {
            for (column, value) in row.sorted(by: { $0.column < $1.column }) {
                if columns.count > Int(starts.last ?? 0), columns.last == column {
                    entries[entries.count - 1] += value
                } else {
                    columns.append(column)
                    entries.append(value)
                }
            }
            starts.append(Int32(columns.count))
        }
    }
}
