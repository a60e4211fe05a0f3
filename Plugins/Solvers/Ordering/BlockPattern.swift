/// The symbolic factorisation of a symmetric block matrix: which blocks of its factor L differ from zero, and where they are kept.
///
/// Computed once for a topology and shared by every factor of any block size. Rows and columns are numbered by *position*, the place
/// of their node in the elimination order.
public final class BlockPattern: Sendable {
    public let nodeCount: Int
    /// The node at each position.
    public let order: [Int32]
    /// The position of each node.
    public let positions: [Int32]
    /// Where the blocks below the diagonal of each column begin in `rows`; `nodeCount` + 1 numbers.
    public let columnStarts: [Int32]
    /// The row of each block below the diagonal, as a position, ascending within a column.
    public let rows: [Int32]
    /// Where the updates of each column begin in `updateTargets`; `nodeCount` + 1 numbers.
    public let updateStarts: [Int32]
    /// For a column with the rows r₀ < r₁ < …, the index in `rows` of block (r_b, r_a), for each a and each b > a, b running fastest.
    public let updateTargets: [Int32]
    /// Blocks of L that have no edge in the graph.
    public let fillCount: Int
    /// The most blocks below the diagonal in one column.
    public let longestColumn: Int

    /// - Parameter order: every node of the graph once, as ``EliminationOrder`` gives it.
    public init(graph: NodeGraph, order: [Int32]) {
        precondition(order.count == graph.nodeCount, "an elimination order of \(order.count) nodes for a graph of \(graph.nodeCount)")
        nodeCount = graph.nodeCount
        self.order = order
        var positions = [Int32](repeating: -1, count: order.count)
        for (position, node) in order.enumerated() { positions[Int(node)] = Int32(position) }
        precondition(!positions.contains(-1), "an elimination order that names a node twice")
        self.positions = positions
        (columnStarts, rows) = Self.columns(graph: graph, order: order, positions: positions)
        (updateStarts, updateTargets) = Self.updates(columnStarts: columnStarts, rows: rows)
        fillCount = rows.count - graph.neighbours.count / 2
        longestColumn = zip(columnStarts.dropFirst(), columnStarts).lazy.map { Int($0 - $1) }.max() ?? 0
    }

    /// The pattern in the order that suits the graph, ``EliminationOrder/automatic(_:roots:)``.
    public convenience init(graph: NodeGraph, roots: [Int32] = []) {
        self.init(graph: graph, order: EliminationOrder.automatic(graph, roots: roots))
    }

    /// Where the block of two different nodes is kept; nil where it is zero in the factor too.
    public func slot(row: Int, column: Int) -> BlockSlot? {
        let (a, b) = (positions[row], positions[column])
        let (earlier, later) = a < b ? (a, b) : (b, a)
        var (low, high) = (Int(columnStarts[Int(earlier)]), Int(columnStarts[Int(earlier) + 1]))
        while low < high {
            let middle = (low + high) / 2
            if rows[middle] < later { low = middle + 1 } else { high = middle }
        }
        guard low < Int(columnStarts[Int(earlier) + 1]), rows[low] == later else { return nil }
        return BlockSlot(index: Int32(low), isTransposed: a < b)
    }

    private static func columns(graph: NodeGraph, order: [Int32], positions: [Int32]) -> (starts: [Int32], rows: [Int32]) {
        let count = order.count
        var starts: [Int32] = [0]
        starts.reserveCapacity(count + 1)
        var rows: [Int32] = []
        rows.reserveCapacity(graph.neighbours.count / 2)
        var mark = [Int32](repeating: -1, count: count)
        var firstChild = [Int32](repeating: -1, count: count)
        var nextSibling = [Int32](repeating: -1, count: count)
        for column in 0..<count {
            let begin = rows.count
            mark[column] = Int32(column)
            func append(_ row: Int32) {
                guard row > column, mark[Int(row)] != column else { return }
                mark[Int(row)] = Int32(column)
                rows.append(row)
            }
            for neighbour in graph.neighbours(of: Int(order[column])) { append(positions[Int(neighbour)]) }
            var child = firstChild[column]
            while child >= 0 {
                for index in Int(starts[Int(child)])..<Int(starts[Int(child) + 1]) { append(rows[index]) }
                child = nextSibling[Int(child)]
            }
            if rows.count > begin + 1 { rows[begin...].sort() }
            starts.append(Int32(rows.count))
            if begin < rows.count {
                let parent = Int(rows[begin])
                nextSibling[column] = firstChild[parent]
                firstChild[parent] = Int32(column)
            }
        }
        return (starts, rows)
    }

    private static func updates(columnStarts: [Int32], rows: [Int32]) -> (starts: [Int32], targets: [Int32]) {
        let count = columnStarts.count - 1
        var starts: [Int32] = [0]
        starts.reserveCapacity(count + 1)
        var targets: [Int32] = []
        for column in 0..<count {
            let (begin, end) = (Int(columnStarts[column]), Int(columnStarts[column + 1]))
            for a in begin..<end {
                var index = Int(columnStarts[Int(rows[a])])
                for b in a + 1..<end {
                    while rows[index] != rows[b] { index += 1 }
                    targets.append(Int32(index))
                }
            }
            starts.append(Int32(targets.count))
        }
        return (starts, targets)
    }
}

/// The place of an off-diagonal block in a factor's `lower`.
public struct BlockSlot: Hashable, Sendable {
    /// Index in `lower`.
    public var index: Int32
    /// Whether the place holds the transpose of the block asked for: the lower triangle alone is kept, rows of the node that is
    /// eliminated later.
    public var isTransposed: Bool

    public init(index: Int32, isTransposed: Bool) {
        self.index = index
        self.isTransposed = isTransposed
    }
}
