internal import Solvers

/// The estimator's matrix factorised by KLU, which exchanges pivots across conductors: slower by an order of magnitude, for what the block
/// factorisation in its fixed order cannot solve, and to check it.
final class PivotingFactor {
    private let factor: KLUFactor
    private let matrix: BlockLDL<Block4>
    /// For each entry of the compressed columns the number among those of the diagonal and lower blocks that it is a copy of.
    private var sources: [Int] = []
    private var values: [Double]

    init(_ matrix: BlockLDL<Block4>) throws(SolverError) {
        self.matrix = matrix
        let pattern = matrix.pattern
        var columns = [[(row: Int, block: Int, isTransposed: Bool)]](repeating: [], count: pattern.nodeCount)
        for column in 0..<pattern.nodeCount {
            columns[column].append((column, column, false))
            for index in Int(pattern.columnStarts[column])..<Int(pattern.columnStarts[column + 1]) {
                let row = Int(pattern.rows[index])
                columns[column].append((row, pattern.nodeCount + index, false))
                columns[row].append((column, pattern.nodeCount + index, true))
            }
        }
        var starts: [Int32] = [0]
        var rows: [Int32] = []
        for blocks in columns.map({ $0.sorted { $0.row < $1.row } }) {
            for column in 0..<4 {
                for (row, block, isTransposed) in blocks {
                    for lane in 0..<4 {
                        rows.append(Int32(4 * row + lane))
                        sources.append(16 * block + (isTransposed ? 4 * lane + column : 4 * column + lane))
                    }
                }
                starts.append(Int32(rows.count))
            }
        }
        values = Array(repeating: 0, count: rows.count)
        factor = try KLUFactor(order: 4 * pattern.nodeCount, columnStarts: starts, rows: rows)
    }

    /// Factorises what the matrix holds now: after it was assembled, before it was factorised itself.
    func refactor() throws(SolverError) {
        let count = 16 * matrix.pattern.nodeCount
        for (index, source) in sources.enumerated() {
            let block = source < count ? matrix.diagonal[source / 16] : matrix.lower[(source - count) / 16]
            values[index] = block[source % 4, source % 16 / 4]
        }
        try factor.refactor(values)
    }

    func solve(_ sides: UnsafeMutablePointer<SIMD4<Double>>) throws(SolverError) {
        let count = matrix.pattern.nodeCount
        var flat = [Double](repeating: 0, count: 4 * count)
        for position in 0..<count { for lane in 0..<4 { flat[4 * position + lane] = sides[position][lane] } }
        var failure: SolverError?
        flat.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            do throws(SolverError) { try factor.solve(base) } catch { failure = error }
        }
        if let failure { throw failure }
        for position in 0..<count { for lane in 0..<4 { sides[position][lane] = flat[4 * position + lane] } }
    }
}
