/// A symmetric matrix of equal small blocks on the pattern of a graph, and its factorisation L·D·Lᵀ.
///
/// For quasi-definite and augmented (Hachtel) systems of grids: the order of elimination is fixed by the pattern, pivots are exchanged
/// only inside a block. Life of a matrix: ``clear()``, write or add the blocks of the lower triangle, ``factor(tolerance:)`` in place, then
/// any number of ``solve(_:)``. Nothing is allocated after the initialiser.
///
/// Rows and columns are numbered by *position* (see ``BlockPattern``): the vectors of ``solve(_:)`` are too, so that callers on a hot path
/// keep their own arrays in that order.
public final class BlockLDL<Block: FactorBlock> {
    public typealias Vector = Block.Vector

    public let pattern: BlockPattern
    /// Diagonal blocks by position, whole, not only their lower triangle. The matrix before ``factor(tolerance:)``, the inverse pivots
    /// D⁻¹ after it.
    public let diagonal: UnsafeMutablePointer<Block>
    /// Blocks below the diagonal, one for each of `pattern.rows`: rows of the later node, columns of the earlier one. The matrix
    /// before ``factor(tolerance:)``, L after it.
    public let lower: UnsafeMutablePointer<Block>
    /// Nodes, not positions, whose pivot block was singular at the last ``factor(tolerance:)``, in the order of elimination.
    public internal(set) var zeroPivots: [ZeroPivot] = []
    /// Of each diagonal block the largest magnitudes that updates had; for the test of zero pivots.
    @usableFromInline let noise: UnsafeMutablePointer<Block>
    /// The original blocks of the column being eliminated.
    @usableFromInline let column: UnsafeMutablePointer<Block>

    public init(pattern: BlockPattern) {
        self.pattern = pattern
        diagonal = .allocate(capacity: pattern.nodeCount)
        noise = .allocate(capacity: pattern.nodeCount)
        lower = .allocate(capacity: pattern.rows.count)
        column = .allocate(capacity: pattern.longestColumn)
        clear()
    }

    deinit {
        diagonal.deallocate()
        noise.deallocate()
        lower.deallocate()
        column.deallocate()
    }

    /// Makes every block zero.
    public func clear() {
        diagonal.update(repeating: .zero, count: pattern.nodeCount)
        lower.update(repeating: .zero, count: pattern.rows.count)
    }

    /// Adds a block to the matrix; for assembly off the hot path.
    ///
    /// - Parameters: two nodes, not positions. The mirrored block is implied: an off-diagonal block is added once.
    public func add(_ block: Block, row: Int, column: Int) {
        if row == column {
            let position = Int(pattern.positions[row])
            diagonal[position] = diagonal[position] + block
            return
        }
        guard let slot = pattern.slot(row: row, column: column) else {
            preconditionFailure("the pattern has no block for nodes \(row) and \(column)")
        }
        lower[Int(slot.index)] = lower[Int(slot.index)] + (slot.isTransposed ? block.transposed : block)
    }
}

/// A node whose pivot block turned out singular.
public struct ZeroPivot: Hashable, Sendable {
    public var node: Int32
    /// Rows of its block for which there was no pivot, at most the size of the block.
    public var voidRows: Int32

    public init(node: Int32, voidRows: Int32) {
        self.node = node
        self.voidRows = voidRows
    }
}
