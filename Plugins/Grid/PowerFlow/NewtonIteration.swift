internal import Solvers

/// Newton–Raphson on the power mismatches in polar voltages, the Jacobian factorised by KLU with its symbolic part kept.
///
/// Every node but the sources has two unknowns, angle and logarithm of the magnitude. The row of reactive power of a node whose voltage
/// is held is replaced by "no change of magnitude", so that the pattern stays when a generator meets its limit.
final class NewtonIteration {
    /// The unknown nodes, and the number of each node among them, -1 for sources.
    let nodes: [Int32]
    let numbers: [Int32]
    let factor: KLUFactor
    let rows: [Int32]
    /// Where each node's diagonal 2×2 block and each neighbour's block stand in `values`: the place of the upper left entry and the
    /// distance to the next column.
    let diagonalPlaces: [(place: Int32, stride: Int32)]
    let offDiagonalPlaces: [(place: Int32, stride: Int32)]
    var values: [Double]
    /// Mismatches of power, the correction they ask for, and the step being tried: two numbers for each unknown node.
    var mismatch: [Double]
    var residual: [Double]
    var direction: [Double]
    var trial: [Complex]

    init(_ graph: NodeGraph, sources: [BalancedGrid.Source]) throws(PowerFlowError) {
        var marked = [Bool](repeating: false, count: graph.nodeCount)
        for source in sources { marked[Int(source.node)] = true }
        let nodes = (0..<Int32(graph.nodeCount)).filter { !marked[Int($0)] }
        var numbers = [Int32](repeating: -1, count: graph.nodeCount)
        for (number, node) in nodes.enumerated() { numbers[Int(node)] = Int32(number) }
        var pattern = JacobianPattern(graph: graph, nodes: nodes, numbers: numbers)
        do throws(SolverError) {
            factor = try KLUFactor(order: 2 * nodes.count, columnStarts: pattern.columnStarts, rows: pattern.rows)
        } catch {
            throw .invalidGrid("\(error)")
        }
        (self.nodes, self.numbers, rows) = (nodes, numbers, pattern.rows)
        pattern.locate(graph: graph, nodes: nodes, numbers: numbers)
        (diagonalPlaces, offDiagonalPlaces) = (pattern.diagonalPlaces, pattern.offDiagonalPlaces)
        values = [Double](repeating: 0, count: pattern.rows.count)
        mismatch = [Double](repeating: 0, count: 2 * nodes.count)
        (residual, direction) = (mismatch, mismatch)
        trial = [Complex](repeating: .zero, count: graph.nodeCount)
    }
}

/// The pattern of the Jacobian in compressed columns: a 2×2 block for each unknown node and for each pair of neighbours.
struct JacobianPattern {
    private(set) var columnStarts: [Int32] = [0]
    private(set) var rows: [Int32] = []
    private(set) var diagonalPlaces: [(place: Int32, stride: Int32)] = []
    private(set) var offDiagonalPlaces: [(place: Int32, stride: Int32)] = []

    init(graph: NodeGraph, nodes: [Int32], numbers: [Int32]) {
        for (number, node) in nodes.enumerated() {
            let blocks = (graph.neighbours(of: Int(node)).map { numbers[Int($0)] }.filter { $0 >= 0 } + [Int32(number)]).sorted()
            for _ in 0..<2 {
                for block in blocks { rows += [2 * block, 2 * block + 1] }
                columnStarts.append(Int32(rows.count))
            }
        }
    }

    /// Finds the place of the block (row of a node, column of its neighbour) for each of the graph's neighbours.
    mutating func locate(graph: NodeGraph, nodes: [Int32], numbers: [Int32]) {
        diagonalPlaces = nodes.indices.map { place(row: Int32($0), column: $0) }
        offDiagonalPlaces = [(Int32, Int32)](repeating: (-1, 0), count: graph.neighbours.count)
        for (number, node) in nodes.enumerated() {
            for index in Int(graph.starts[Int(node)])..<Int(graph.starts[Int(node) + 1]) {
                let column = numbers[Int(graph.neighbours[index])]
                if column >= 0 { offDiagonalPlaces[index] = place(row: Int32(number), column: Int(column)) }
            }
        }
    }

    private func place(row: Int32, column: Int) -> (Int32, Int32) {
        let (begin, end) = (columnStarts[2 * column], columnStarts[2 * column + 1])
        var (low, high) = (begin, end)
        while low < high {
            let middle = (low + high) / 2
            if rows[Int(middle)] < 2 * row { low = middle + 1 } else { high = middle }
        }
        return (low, end - begin)
    }
}
