/// Inverts a symmetric block in place by sweeps with 1×1 and 2×2 pivots, chosen over the whole block (Bunch and Parlett, SIAM J. Numer.
/// Anal. 8, 1971), and leaves out the rows for which no pivot is left.
///
/// - Parameters:
///   - entries: `size` × `size` numbers, columns one after another; the inverse afterwards, zero in the void rows and columns.
///   - noise: of each entry the largest magnitude that it was summed from; used up.
///   - tolerance: a pivot below this fraction of its noise counts as zero.
/// - Returns: how many rows are void; 0 for a regular block.
func invertSymmetric(
    _ entries: UnsafeMutablePointer<Double>, noise: UnsafeMutablePointer<Double>, size: Int, tolerance: Double
) -> Int {
    var block = SymmetricSweep(entries: entries, noise: noise, size: size, tolerance: tolerance)
    while let pivot = block.choosePivot() {
        if pivot.row == pivot.column { block.sweep(pivot.row) } else { block.sweep(pivot.row, pivot.column) }
    }
    return block.finish()
}

/// The state of one inversion. Swept rows hold the negative inverse of the part swept so far.
private struct SymmetricSweep {
    let entries: UnsafeMutablePointer<Double>
    let noise: UnsafeMutablePointer<Double>
    let size: Int
    let tolerance: Double
    /// One over the square root of the largest entry of each row: pivots are compared after equilibration.
    let scales: [Double]
    /// One bit for each row that was swept; blocks are far smaller than 64.
    var swept: UInt64 = 0

    init(entries: UnsafeMutablePointer<Double>, noise: UnsafeMutablePointer<Double>, size: Int, tolerance: Double) {
        (self.entries, self.noise, self.size, self.tolerance) = (entries, noise, size, tolerance)
        scales = (0..<size).map { row in
            let largest = (0..<size).reduce(0.0) { max($0, noise[row + size * $1]) }
            return largest > 0 ? 1 / largest.squareRoot() : 0
        }
    }

    func isSwept(_ row: Int) -> Bool { swept & (1 << UInt64(row)) != 0 }

    /// The next pivot: on the diagonal, unless a pair of rows promises less growth.
    func choosePivot() -> (row: Int, column: Int)? {
        var diagonal = (value: 0.0, row: -1)
        var pair = (value: 0.0, row: -1, column: -1)
        for column in 0..<size where !isSwept(column) {
            let own = scaled(column, column)
            if own > diagonal.value, isAboveNoise(column, column) { diagonal = (own, column) }
            for row in column + 1..<size where !isSwept(row) {
                let value = scaled(row, column)
                if value > pair.value, isAboveNoise(row, column), isRegular(row, column) { pair = (value, row, column) }
            }
        }
        if diagonal.row >= 0, diagonal.value >= 0.64 * pair.value { return (diagonal.row, diagonal.row) }
        return pair.row >= 0 ? (pair.row, pair.column) : nil
    }

    private func scaled(_ row: Int, _ column: Int) -> Double { abs(entries[row + size * column]) * scales[row] * scales[column] }

    private func isAboveNoise(_ row: Int, _ column: Int) -> Bool {
        abs(entries[row + size * column]) > tolerance * noise[row + size * column]
    }

    private func isRegular(_ row: Int, _ column: Int) -> Bool {
        let (a, b, c) = (entries[row + size * row], entries[column + size * column], entries[row + size * column])
        return abs(a * b - c * c) > tolerance * (noise[row + size * row] * noise[column + size * column] + c * c)
    }

    mutating func sweep(_ pivot: Int) {
        let value = entries[pivot + size * pivot]
        for column in 0..<size where column != pivot {
            let factor = entries[pivot + size * column] / value
            for row in 0..<size where row != pivot { subtract(entries[row + size * pivot] * factor, row, column) }
        }
        for row in 0..<size where row != pivot {
            entries[row + size * pivot] /= value
            entries[pivot + size * row] = entries[row + size * pivot]
        }
        entries[pivot + size * pivot] = -1 / value
        swept |= 1 << UInt64(pivot)
    }

    mutating func sweep(_ p: Int, _ q: Int) {
        let (a, b, c) = (entries[p + size * p], entries[q + size * q], entries[p + size * q])
        let determinant = a * b - c * c
        let (ia, ib, ic) = (b / determinant, a / determinant, -c / determinant)
        for column in 0..<size where column != p && column != q {
            let (x, y) = (entries[p + size * column], entries[q + size * column])
            let (u, v) = (ia * x + ic * y, ic * x + ib * y)
            for row in 0..<size where row != p && row != q {
                subtract(entries[row + size * p] * u + entries[row + size * q] * v, row, column)
            }
        }
        for row in 0..<size where row != p && row != q {
            let (x, y) = (entries[row + size * p], entries[row + size * q])
            entries[row + size * p] = ia * x + ic * y
            entries[row + size * q] = ic * x + ib * y
            entries[p + size * row] = entries[row + size * p]
            entries[q + size * row] = entries[row + size * q]
        }
        entries[p + size * p] = -ia
        entries[q + size * q] = -ib
        entries[p + size * q] = -ic
        entries[q + size * p] = -ic
        swept |= 1 << UInt64(p) | 1 << UInt64(q)
    }

    private func subtract(_ value: Double, _ row: Int, _ column: Int) {
        let index = row + size * column
        entries[index] -= value
        noise[index] = max(noise[index], abs(value))
    }

    /// Turns the negative inverse round, makes it exactly symmetric and clears the void rows.
    func finish() -> Int {
        var voidRows = 0
        for column in 0..<size {
            if !isSwept(column) { voidRows += 1 }
            for row in column..<size {
                let value = isSwept(row) && isSwept(column) ? -0.5 * (entries[row + size * column] + entries[column + size * row]) : 0
                entries[row + size * column] = value
                entries[column + size * row] = value
            }
        }
        return voidRows
    }
}
