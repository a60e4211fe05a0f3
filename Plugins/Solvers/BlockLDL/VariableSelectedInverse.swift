/// The blocks of the inverse on the pattern of a ``VariableBlockLDL``; see ``SelectedInverse``.
public final class VariableSelectedInverse {
    public let factor: VariableBlockLDL
    /// Diagonal blocks, laid out as in the factor.
    public let diagonal: UnsafeMutablePointer<Double>
    /// Blocks below the diagonal, laid out as in the factor.
    public let lower: UnsafeMutablePointer<Double>

    /// - Parameter factor: what ``compute()`` reads, whenever it is called.
    public init(of factor: VariableBlockLDL) {
        self.factor = factor
        let (diagonals, lowers) = (factor.diagonalStarts[factor.pattern.nodeCount], factor.lowerStarts[factor.pattern.rows.count])
        diagonal = .allocate(capacity: diagonals)
        lower = .allocate(capacity: lowers)
        diagonal.update(repeating: 0, count: diagonals)
        lower.update(repeating: 0, count: lowers)
    }

    deinit {
        diagonal.deallocate()
        lower.deallocate()
    }

    /// One entry of the inverse, given by two nodes and the unknowns within them; nil where it is not on the pattern.
    public func entry(row: Int, _ rowUnknown: Int, column: Int, _ columnUnknown: Int) -> Double? {
        if row == column {
            let position = Int(factor.pattern.positions[row])
            return diagonal[factor.diagonalStarts[position] + rowUnknown + Int(factor.sizes[position]) * columnUnknown]
        }
        guard let slot = factor.pattern.slot(row: row, column: column) else { return nil }
        let stride = Int(factor.sizes[Int(factor.pattern.rows[Int(slot.index)])])
        let (r, c) = slot.isTransposed ? (columnUnknown, rowUnknown) : (rowUnknown, columnUnknown)
        return lower[factor.lowerStarts[Int(slot.index)] + r + stride * c]
    }

    /// Computes the blocks from the last factorisation. Allocates nothing.
    public func compute() {
        for position in (0..<factor.pattern.nodeCount).reversed() { computeColumn(position) }
    }

    private func computeColumn(_ position: Int) {
        let pattern = factor.pattern
        let indices = Int(pattern.columnStarts[position])..<Int(pattern.columnStarts[position + 1])
        let size = Int(factor.sizes[position])
        for index in factor.lowerStarts[indices.lowerBound]..<factor.lowerStarts[indices.upperBound] { lower[index] = 0 }
        var target = Int(pattern.updateStarts[position])
        for a in indices {
            let rowsA = rows(a)
            subtract(diagonal + factor.diagonalStarts[Int(pattern.rows[a])], rows: rowsA, inner: rowsA, times: a, columns: size, from: a)
            for b in a + 1..<indices.upperBound {
                let mixed = lower + factor.lowerStarts[Int(pattern.updateTargets[target])]
                subtract(mixed, rows: rows(b), inner: rowsA, times: a, columns: size, from: b)
                for column in 0..<size {
                    SmallBlocks.subtractTransposed(
                        mixed, rows: rows(b), columns: rowsA, times: factor.lower + (factor.lowerStarts[b] + rows(b) * column),
                        from: lower + (factor.lowerStarts[a] + rowsA * column))
                }
                target += 1
            }
        }
        let own = diagonal + factor.diagonalStarts[position]
        own.update(from: factor.diagonal + factor.diagonalStarts[position], count: size * size)
        for index in indices {
            for column in 0..<size {
                SmallBlocks.subtractTransposed(
                    factor.lower + factor.lowerStarts[index], rows: rows(index), columns: size,
                    times: lower + (factor.lowerStarts[index] + rows(index) * column), from: own + size * column)
            }
        }
    }

    /// Block `to` of the inverse -= matrix · block `from` of L.
    private func subtract(_ matrix: UnsafePointer<Double>, rows: Int, inner: Int, times from: Int, columns: Int, from to: Int) {
        for column in 0..<columns {
            SmallBlocks.subtract(
                matrix, rows: rows, columns: inner, times: factor.lower + (factor.lowerStarts[from] + inner * column),
                from: lower + (factor.lowerStarts[to] + rows * column))
        }
    }

    private func rows(_ index: Int) -> Int { Int(factor.sizes[Int(factor.pattern.rows[index])]) }
}
