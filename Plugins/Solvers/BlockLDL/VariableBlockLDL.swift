/// A symmetric matrix of small blocks whose sizes differ from node to node, and its factorisation L·D·Lᵀ: three-phase grids with one- and
/// two-phase laterals, where a node has up to twelve unknowns.
///
/// Life and rules as of ``BlockLDL``. A block is `rows` × `columns` numbers, columns one after another. Vectors hold the unknowns by
/// position, those of one node side by side, beginning at `offsets`.
public final class VariableBlockLDL {
    public let pattern: BlockPattern
    /// Unknowns at each position, at most 63.
    public let sizes: [Int32]
    /// Where the unknowns of each position begin in a vector; `nodeCount` + 1 numbers.
    public let offsets: [Int32]
    /// Where the diagonal block of each position begins in `diagonal`; `nodeCount` + 1 numbers.
    public let diagonalStarts: [Int]
    /// Where each block below the diagonal begins in `lower`: one for each of `pattern.rows`, and the end.
    public let lowerStarts: [Int]
    /// Diagonal blocks, whole: the matrix before ``factor(tolerance:)``, D⁻¹ after it.
    public let diagonal: UnsafeMutablePointer<Double>
    /// Blocks below the diagonal: the matrix before ``factor(tolerance:)``, L after it.
    public let lower: UnsafeMutablePointer<Double>
    /// Nodes, not positions, whose pivot block was singular at the last ``factor(tolerance:)``.
    public internal(set) var zeroPivots: [ZeroPivot] = []
    let noise: UnsafeMutablePointer<Double>
    /// The original blocks of the column being eliminated, and where each begins.
    let column: UnsafeMutablePointer<Double>
    let longestColumn: Int
    /// A product of one block with one vector.
    let product: UnsafeMutablePointer<Double>

    /// - Parameter sizes: unknowns of each node, in the order of the nodes; 0 is allowed.
    public init(pattern: BlockPattern, sizes nodeSizes: [Int32]) {
        precondition(nodeSizes.count == pattern.nodeCount && nodeSizes.allSatisfy { 0...63 ~= $0 }, "a block size for each node, 0 to 63")
        self.pattern = pattern
        let sizes = pattern.order.map { nodeSizes[Int($0)] }
        self.sizes = sizes
        offsets = sizes.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
        diagonalStarts = sizes.reduce(into: [0]) { $0.append($0[$0.count - 1] + Int($1) * Int($1)) }
        var starts = [0]
        var longest = 0
        for position in 0..<pattern.nodeCount {
            let begin = starts[starts.count - 1]
            for index in Int(pattern.columnStarts[position])..<Int(pattern.columnStarts[position + 1]) {
                starts.append(starts[starts.count - 1] + Int(sizes[position]) * Int(sizes[Int(pattern.rows[index])]))
            }
            longest = max(longest, starts[starts.count - 1] - begin)
        }
        lowerStarts = starts
        longestColumn = longest
        diagonal = .allocate(capacity: diagonalStarts[pattern.nodeCount])
        noise = .allocate(capacity: diagonalStarts[pattern.nodeCount])
        lower = .allocate(capacity: starts[starts.count - 1])
        column = .allocate(capacity: longest)
        product = .allocate(capacity: 64)
        clear()
    }

    deinit {
        diagonal.deallocate()
        noise.deallocate()
        lower.deallocate()
        column.deallocate()
        product.deallocate()
    }

    /// Unknowns of all nodes: the length of a vector.
    public var order: Int { Int(offsets[pattern.nodeCount]) }

    /// Makes every block zero.
    public func clear() {
        diagonal.update(repeating: 0, count: diagonalStarts[pattern.nodeCount])
        lower.update(repeating: 0, count: lowerStarts[pattern.rows.count])
    }

    /// Adds to one entry of the matrix, given by two nodes and the unknowns within them; the mirrored entry between different nodes is
    /// implied, that within a node is not.
    public func add(_ value: Double, row: Int, _ rowUnknown: Int, column: Int, _ columnUnknown: Int) {
        if row == column {
            let position = Int(pattern.positions[row])
            diagonal[diagonalStarts[position] + rowUnknown + Int(sizes[position]) * columnUnknown] += value
            return
        }
        guard let slot = pattern.slot(row: row, column: column) else {
            preconditionFailure("the pattern has no block for nodes \(row) and \(column)")
        }
        let stride = Int(sizes[Int(pattern.rows[Int(slot.index)])])
        let (r, c) = slot.isTransposed ? (columnUnknown, rowUnknown) : (rowUnknown, columnUnknown)
        lower[lowerStarts[Int(slot.index)] + r + stride * c] += value
    }
}
