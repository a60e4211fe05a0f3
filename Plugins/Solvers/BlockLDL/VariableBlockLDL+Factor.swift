extension VariableBlockLDL {
    /// Factorises in place; see ``BlockLDL/factor(tolerance:)``.
    ///
    /// - Returns: whether every pivot block was regular.
    @discardableResult
    public func factor(tolerance: Double = 1e-12) -> Bool {
        zeroPivots.removeAll(keepingCapacity: true)
        noise.update(repeating: 0, count: diagonalStarts[pattern.nodeCount])
        for position in 0..<pattern.nodeCount {
            invertPivot(position, tolerance: tolerance)
            eliminate(position)
        }
        return zeroPivots.isEmpty
    }

    private func invertPivot(_ position: Int, tolerance: Double) {
        let start = diagonalStarts[position]
        for index in start..<diagonalStarts[position + 1] { noise[index] = max(noise[index], abs(diagonal[index])) }
        let voidRows = invertSymmetric(diagonal + start, noise: noise + start, size: Int(sizes[position]), tolerance: tolerance)
        if voidRows > 0 { zeroPivots.append(ZeroPivot(node: pattern.order[position], voidRows: Int32(voidRows))) }
    }

    private func eliminate(_ position: Int) {
        let (begin, end) = (Int(pattern.columnStarts[position]), Int(pattern.columnStarts[position + 1]))
        let size = Int(sizes[position])
        let first = lowerStarts[begin]
        (column).update(from: lower + first, count: lowerStarts[end] - first)
        for index in begin..<end {
            let rows = Int(sizes[Int(pattern.rows[index])])
            SmallBlocks.multiply(
                column + (lowerStarts[index] - first), rows: rows, diagonal + diagonalStarts[position], inner: size, columns: size,
                into: lower + lowerStarts[index])
        }
        var target = Int(pattern.updateStarts[position])
        for a in begin..<end {
            let row = Int(pattern.rows[a])
            let rows = Int(sizes[row])
            let original = column + (lowerStarts[a] - first)
            SmallBlocks.subtractTransposedProduct(
                lower + lowerStarts[a], rows: rows, original, columns: rows, inner: size, from: diagonal + diagonalStarts[row],
                noise: noise + diagonalStarts[row])
            for b in a + 1..<end {
                SmallBlocks.subtractTransposedProduct(
                    lower + lowerStarts[b], rows: Int(sizes[Int(pattern.rows[b])]), original, columns: rows, inner: size,
                    from: lower + lowerStarts[Int(pattern.updateTargets[target])], noise: nil)
                target += 1
            }
        }
    }
}

/// Products of dense blocks, columns one after another.
enum SmallBlocks {
    /// target = a · b
    static func multiply(
        _ a: UnsafePointer<Double>, rows: Int, _ b: UnsafePointer<Double>, inner: Int, columns: Int, into target: UnsafeMutablePointer<Double>
    ) {
        for column in 0..<columns {
            let result = target + rows * column
            for row in 0..<rows { result[row] = 0 }
            for k in 0..<inner {
                let factor = b[k + inner * column]
                for row in 0..<rows { result[row] += a[row + rows * k] * factor }
            }
        }
    }

    /// target -= a · bᵀ with a of `rows` × `inner`, b of `columns` × `inner`; `noise` keeps the largest magnitude subtracted.
    static func subtractTransposedProduct(
        _ a: UnsafePointer<Double>, rows: Int, _ b: UnsafePointer<Double>, columns: Int, inner: Int,
        from target: UnsafeMutablePointer<Double>, noise: UnsafeMutablePointer<Double>?
    ) {
        for column in 0..<columns {
            for k in 0..<inner {
                let factor = b[column + columns * k]
                for row in 0..<rows { target[row + rows * column] -= a[row + rows * k] * factor }
            }
            guard let noise else { continue }
            for row in 0..<rows {
                var magnitude = 0.0
                for k in 0..<inner { magnitude += abs(a[row + rows * k] * b[column + columns * k]) }
                noise[row + rows * column] = max(noise[row + rows * column], magnitude)
            }
        }
    }

    /// target -= a · x
    static func subtract(
        _ a: UnsafePointer<Double>, rows: Int, columns: Int, times x: UnsafePointer<Double>, from target: UnsafeMutablePointer<Double>
    ) {
        for column in 0..<columns {
            for row in 0..<rows { target[row] -= a[row + rows * column] * x[column] }
        }
    }

    /// target -= aᵀ · x
    static func subtractTransposed(
        _ a: UnsafePointer<Double>, rows: Int, columns: Int, times x: UnsafePointer<Double>, from target: UnsafeMutablePointer<Double>
    ) {
        for column in 0..<columns {
            var sum = 0.0
            for row in 0..<rows { sum += a[row + rows * column] * x[row] }
            target[column] -= sum
        }
    }
}
