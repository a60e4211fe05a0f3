extension VariableBlockLDL {
    /// Solves with the last factorisation, in place. Allocates nothing.
    ///
    /// - Parameter x: `order` numbers by position, those of each from `offsets` on.
    public func solve(_ x: UnsafeMutablePointer<Double>) {
        for position in 0..<pattern.nodeCount {
            let (size, own) = (Int(sizes[position]), x + Int(offsets[position]))
            for index in Int(pattern.columnStarts[position])..<Int(pattern.columnStarts[position + 1]) {
                let row = Int(pattern.rows[index])
                SmallBlocks.subtract(
                    lower + lowerStarts[index], rows: Int(sizes[row]), columns: size, times: own, from: x + Int(offsets[row]))
            }
        }
        for position in (0..<pattern.nodeCount).reversed() {
            let (size, own) = (Int(sizes[position]), x + Int(offsets[position]))
            for row in 0..<size { product[row] = 0 }
            SmallBlocks.subtract(diagonal + diagonalStarts[position], rows: size, columns: size, times: own, from: product)
            for row in 0..<size { own[row] = -product[row] }
            for index in Int(pattern.columnStarts[position])..<Int(pattern.columnStarts[position + 1]) {
                let row = Int(pattern.rows[index])
                SmallBlocks.subtractTransposed(
                    lower + lowerStarts[index], rows: Int(sizes[row]), columns: size, times: x + Int(offsets[row]), from: own)
            }
        }
    }

    /// Solves for `count` right-hand sides, one after another in `x`.
    public func solve(_ x: UnsafeMutablePointer<Double>, count: Int) {
        for side in 0..<count { solve(x + side * order) }
    }

    /// Solves for a right-hand side in the order of the nodes, the unknowns of each side by side; for callers off the hot path.
    public func solve(nodes rightHandSide: [Double]) -> [Double] {
        precondition(rightHandSide.count == order, "a right-hand side of \(rightHandSide.count) numbers for \(order) unknowns")
        var starts = [Int](repeating: 0, count: pattern.nodeCount + 1)
        for node in 0..<pattern.nodeCount { starts[node + 1] = starts[node] + Int(sizes[Int(pattern.positions[node])]) }
        var x = rightHandSide
        var result = rightHandSide
        for (position, node) in pattern.order.enumerated() {
            for row in 0..<Int(sizes[position]) { x[Int(offsets[position]) + row] = rightHandSide[starts[Int(node)] + row] }
        }
        x.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { solve(base) } }
        for (position, node) in pattern.order.enumerated() {
            for row in 0..<Int(sizes[position]) { result[starts[Int(node)] + row] = x[Int(offsets[position]) + row] }
        }
        return result
    }
}
