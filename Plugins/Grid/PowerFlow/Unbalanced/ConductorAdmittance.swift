internal import Solvers

/// The admittance matrix of the conductors that are no sources, in compressed columns, and what joins them to the sources.
struct ConductorAdmittance {
    let count: Int
    /// The conductor of each row, and the row of each conductor, -1 for sources.
    let conductors: [Int32]
    let numbers: [Int32]
    let columnStarts: [Int32]
    let rows: [Int32]
    /// Real and imaginary part of each entry side by side.
    private(set) var values: [Double]
    /// Entries (row, source's conductor) of sources.
    private(set) var sourceEntries: [(row: Int32, source: Int32, admittance: Complex)] = []
    /// Added to every diagonal entry; see ``ground()``.
    private(set) var grounding = Complex.zero

    /// - Parameter pairs: pairs of conductors that loads join; they have places in the pattern though no admittance.
    init(_ grid: UnbalancedGrid, elements: [UnbalancedGrid.Element], pairs: [(Int32, Int32)]) {
        count = grid.conductorCount
        var isSource = [Bool](repeating: false, count: count)
        for source in grid.sources { isSource[Int(source.conductor)] = true }
        conductors = (0..<Int32(count)).filter { !isSource[Int($0)] }
        var numbers = [Int32](repeating: -1, count: count)
        for (number, conductor) in conductors.enumerated() { numbers[Int(conductor)] = Int32(number) }
        self.numbers = numbers
        var edges = pairs
        for element in elements {
            for (index, a) in element.terminals.enumerated() {
                for b in element.terminals[(index + 1)...] { edges.append((a, b)) }
            }
        }
        let graph = NodeGraph(
            nodeCount: conductors.count,
            edges: edges.map { (numbers[Int($0.0)], numbers[Int($0.1)]) }.filter { $0.0 >= 0 && $0.1 >= 0 })
        var starts: [Int32] = [0]
        var rows: [Int32] = []
        for node in 0..<graph.nodeCount {
            rows += (graph.neighbours(of: node) + [Int32(node)]).sorted()
            starts.append(Int32(rows.count))
        }
        (columnStarts, self.rows) = (starts, rows)
        values = [Double](repeating: 0, count: 2 * rows.count)
        assemble(elements)
    }

    /// Sums up the elements' admittances anew.
    mutating func assemble(_ elements: [UnbalancedGrid.Element]) {
        for index in values.indices { values[index] = 0 }
        sourceEntries.removeAll()
        for element in elements {
            let size = element.terminals.count
            for (i, a) in element.terminals.enumerated() {
                for (j, b) in element.terminals.enumerated() {
                    let (row, column, admittance) = (numbers[Int(a)], numbers[Int(b)], element.admittance[i * size + j])
                    guard row >= 0 else { continue }
                    if column >= 0 { add(admittance, Int(row), Int(column)) } else { sourceEntries.append((row, b, admittance)) }
                }
            }
        }
        for row in conductors.indices { add(grounding, row, row) }
    }

    /// Gives every conductor a small conductance to ground, where a part of the grid has no other: delta windings leave the voltages to
    /// ground of what they feed undetermined, those between conductors keep their values.
    mutating func ground() {
        let least = conductors.indices.map { entry($0, $0).magnitude }.filter { $0 > 0 }.min() ?? 1
        grounding = Complex(1e-8 * least)
        for row in conductors.indices { add(grounding, row, row) }
    }

    private mutating func add(_ admittance: Complex, _ row: Int, _ column: Int) {
        let index = index(row, column)
        values[2 * index] += admittance.real
        values[2 * index + 1] += admittance.imaginary
    }

    private func entry(_ row: Int, _ column: Int) -> Complex {
        let index = index(row, column)
        return Complex(values[2 * index], values[2 * index + 1])
    }

    func index(_ row: Int, _ column: Int) -> Int {
        var (low, high) = (Int(columnStarts[column]), Int(columnStarts[column + 1]))
        while low < high {
            let middle = (low + high) / 2
            if rows[middle] < row { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
