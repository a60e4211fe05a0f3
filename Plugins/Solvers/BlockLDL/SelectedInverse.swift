/// The blocks of a matrix's inverse that lie on the pattern of its factor, among them the diagonal: variances, in an estimation.
///
/// By the recursion of Takahashi, Fagan and Chin (PICA 1973): from the root to the leaves, at the cost of about one factorisation.
public final class SelectedInverse<Block: FactorBlock> {
    public let pattern: BlockPattern
    /// Diagonal blocks by position.
    public let diagonal: UnsafeMutablePointer<Block>
    /// Blocks below the diagonal, one for each of `pattern.rows`.
    public let lower: UnsafeMutablePointer<Block>

    public init(pattern: BlockPattern) {
        self.pattern = pattern
        diagonal = .allocate(capacity: pattern.nodeCount)
        lower = .allocate(capacity: pattern.rows.count)
        diagonal.update(repeating: .zero, count: pattern.nodeCount)
        lower.update(repeating: .zero, count: pattern.rows.count)
    }

    deinit {
        diagonal.deallocate()
        lower.deallocate()
    }

    /// The block of two nodes, or of one; nil where it is not on the pattern.
    public func block(row: Int, column: Int) -> Block? {
        if row == column { return diagonal[Int(pattern.positions[row])] }
        guard let slot = pattern.slot(row: row, column: column) else { return nil }
        let block = lower[Int(slot.index)]
        return slot.isTransposed ? block.transposed : block
    }

    /// Computes the blocks from a factorised matrix of the same pattern, over what was there. Allocates nothing.
    ///
    /// Void rows (see ``BlockLDL/zeroPivots``) come out as zero: nothing is known of them.
    @inlinable
    public func compute(from factor: BlockLDL<Block>) {
        precondition(factor.pattern === pattern, "the factor has a pattern of its own")
        pattern.columnStarts.withUnsafeBufferPointer { starts in
            pattern.rows.withUnsafeBufferPointer { rows in
                var position = starts.count - 2
                while position >= 0 {
                    let (begin, end) = (Int(starts[position]), Int(starts[position + 1]))
                    if end == begin + 1 {
                        let below = factor.lower[begin]
                        let product = diagonal[Int(rows[begin])].times(below)
                        lower[begin] = .zero - product
                        diagonal[position] = factor.diagonal[position] + below.transposedTimes(product)
                    } else {
                        computeColumn(position, begin..<end, rows: rows, factor: factor)
                    }
                    position -= 1
                }
            }
        }
    }

    @inlinable
    func computeColumn(_ position: Int, _ indices: Range<Int>, rows: UnsafeBufferPointer<Int32>, factor: BlockLDL<Block>) {
        for index in indices { lower[index] = .zero }
        pattern.updateTargets.withUnsafeBufferPointer { targets in
            var target = Int(pattern.updateStarts[position])
            for a in indices {
                lower[a] = lower[a] - diagonal[Int(rows[a])].times(factor.lower[a])
                for b in a + 1..<indices.upperBound {
                    let mixed = lower[Int(targets[target])]
                    lower[b] = lower[b] - mixed.times(factor.lower[a])
                    lower[a] = lower[a] - mixed.transposedTimes(factor.lower[b])
                    target += 1
                }
            }
        }
        var own = factor.diagonal[position]
        for index in indices { own = own - factor.lower[index].transposedTimes(lower[index]) }
        diagonal[position] = own
    }
}
