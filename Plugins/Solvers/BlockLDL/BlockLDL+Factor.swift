extension BlockLDL {
    /// Factorises in place: afterwards `diagonal` holds D⁻¹ and `lower` L.
    ///
    /// A singular pivot block does not stop it: the void rows of such a block are left out of D⁻¹, which keeps their unknowns at zero in
    /// every ``solve(_:)``, and the node is told in ``zeroPivots``.
    ///
    /// - Parameter tolerance: a pivot below this fraction of the numbers that it was summed from counts as zero.
    /// - Returns: whether every pivot block was regular.
    @inlinable
    @discardableResult
    public func factor(tolerance: Double = 1e-12) -> Bool {
        zeroPivotsReset()
        noise.update(repeating: .zero, count: pattern.nodeCount)
        pattern.columnStarts.withUnsafeBufferPointer { starts in
            pattern.rows.withUnsafeBufferPointer { rows in
                pattern.updateStarts.withUnsafeBufferPointer { updateStarts in
                    pattern.updateTargets.withUnsafeBufferPointer { targets in
                        for position in 0..<starts.count - 1 {
                            invertPivot(position, tolerance: tolerance)
                            let (begin, end) = (Int(starts[position]), Int(starts[position + 1]))
                            if end == begin + 1 {
                                eliminateIntoOne(position, index: begin, row: Int(rows[begin]))
                            } else {
                                eliminate(position, begin..<end, rows: rows, targets: targets, firstTarget: Int(updateStarts[position]))
                            }
                        }
                    }
                }
            }
        }
        return zeroPivots.isEmpty
    }

    @inlinable
    func invertPivot(_ position: Int, tolerance: Double) {
        let pivot = diagonal[position]
        let (inverse, voidRows) = pivot.guardedInverse(noise: pivot.magnitudes.maximum(noise[position]), tolerance: tolerance)
        diagonal[position] = inverse
        if voidRows > 0 { note(position, voidRows: voidRows) }
    }

    @usableFromInline
    func note(_ position: Int, voidRows: Int) {
        zeroPivots.append(ZeroPivot(node: pattern.order[position], voidRows: Int32(voidRows)))
    }

    @usableFromInline
    func zeroPivotsReset() { zeroPivots.removeAll(keepingCapacity: true) }

    /// The column of a tree: one block, one update.
    @inlinable
    func eliminateIntoOne(_ position: Int, index: Int, row: Int) {
        let original = lower[index]
        let factor = original.times(diagonal[position])
        lower[index] = factor
        update(row, by: factor.timesTransposed(original))
    }

    @inlinable
    func eliminate(
        _ position: Int, _ indices: Range<Int>, rows: UnsafeBufferPointer<Int32>, targets: UnsafeBufferPointer<Int32>, firstTarget: Int
    ) {
        let inverse = diagonal[position]
        for index in indices {
            column[index - indices.lowerBound] = lower[index]
            lower[index] = lower[index].times(inverse)
        }
        var target = firstTarget
        for a in indices {
            let original = column[a - indices.lowerBound]
            update(Int(rows[a]), by: lower[a].timesTransposed(original))
            for b in a + 1..<indices.upperBound {
                let place = Int(targets[target])
                lower[place] = lower[place] - lower[b].timesTransposed(original)
                target += 1
            }
        }
    }

    @inlinable
    func update(_ row: Int, by block: Block) {
        diagonal[row] = diagonal[row] - block
        noise[row] = noise[row].maximum(block.magnitudes)
    }
}
