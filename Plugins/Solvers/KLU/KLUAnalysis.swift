internal import CKLU

/// The symbolic part that the real and the complex factorisation share: order of columns, blocks, and KLU's settings and figures.
final class KLUAnalysis {
    let order: Int
    let columnStarts: [Int32]
    let rows: [Int32]
    var common = klu_common()
    private(set) var symbolic: UnsafeMutablePointer<klu_symbolic>?

    init(order: Int, columnStarts: [Int32], rows: [Int32]) throws(SolverError) {
        guard order > 0, columnStarts.count == order + 1, columnStarts[order] == rows.count else {
            throw .invalidMatrix("order \(order), \(columnStarts.count) column starts (expected order + 1), \(rows.count) entries")
        }
        self.order = order
        self.columnStarts = columnStarts
        self.rows = rows
        klu_defaults(&common)
        var (starts, entries) = (columnStarts, rows)
        symbolic = klu_analyze(Int32(order), &starts, &entries, &common)
        if symbolic == nil { throw failure() }
    }

    deinit { klu_free_symbolic(&symbolic, &common) }

    /// What KLU's status says.
    func failure() -> SolverError {
        switch common.status {
        case KLU_SINGULAR: .singular(column: Int(common.singular_col), order: order)
        case KLU_OUT_OF_MEMORY, KLU_TOO_LARGE: .outOfMemory(order: order)
        default: .invalidMatrix("rows or columns out of order or out of range, or nothing was factorised yet (KLU status \(common.status))")
        }
    }
}
