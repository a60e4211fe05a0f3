extension BlockLDL {
    /// Solves with the last factorisation, in place. Allocates nothing.
    ///
    /// - Parameter x: a vector for each position, not for each node; the right-hand side before, the solution after.
    @inlinable
    public func solve(_ x: UnsafeMutablePointer<Vector>) {
        pattern.columnStarts.withUnsafeBufferPointer { starts in
            pattern.rows.withUnsafeBufferPointer { rows in
                forward(x, starts: starts, rows: rows)
                backward(x, starts: starts, rows: rows)
            }
        }
    }

    /// Solves for several right-hand sides, one after another in `x`, each of `pattern.nodeCount` vectors by position.
    @inlinable
    public func solve(_ x: UnsafeMutablePointer<Vector>, count: Int) {
        for side in 0..<count { solve(x + side * pattern.nodeCount) }
    }

    /// Solves for a right-hand side in the order of the nodes, `Block.size` numbers each; for callers off the hot path.
    public func solve(nodes rightHandSide: [Double]) -> [Double] {
        let size = Block.size
        precondition(rightHandSide.count == size * pattern.nodeCount, "a right-hand side of \(rightHandSide.count) numbers")
        var vectors = [Vector](repeating: .zero, count: pattern.nodeCount)
        for (position, node) in pattern.order.enumerated() {
            for row in 0..<size { vectors[position][row] = rightHandSide[Int(node) * size + row] }
        }
        vectors.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { solve(base) } }
        var result = rightHandSide
        for (position, node) in pattern.order.enumerated() {
            for row in 0..<size { result[Int(node) * size + row] = vectors[position][row] }
        }
        return result
    }

    @inlinable
    func forward(_ x: UnsafeMutablePointer<Vector>, starts: UnsafeBufferPointer<Int32>, rows: UnsafeBufferPointer<Int32>) {
        var index = 0
        for position in 0..<starts.count - 1 {
            let end = Int(starts[position + 1])
            let own = x[position]
            while index < end {
                let row = Int(rows[index])
                x[row] = x[row] - lower[index].times(own)
                index += 1
            }
        }
    }

    @inlinable
    func backward(_ x: UnsafeMutablePointer<Vector>, starts: UnsafeBufferPointer<Int32>, rows: UnsafeBufferPointer<Int32>) {
        var index = rows.count
        var position = starts.count - 2
        while position >= 0 {
            let begin = Int(starts[position])
            var own = diagonal[position].times(x[position])
            while index > begin {
                index -= 1
                own = own - lower[index].transposedTimes(x[Int(rows[index])])
            }
            x[position] = own
            position -= 1
        }
    }
}
