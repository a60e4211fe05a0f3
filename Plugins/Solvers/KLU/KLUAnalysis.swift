internal import CKLU

/// The symbolic part that the real and the complex factorisation share: order of columns, blocks, and KLU's settings and figures.
public final class KLUAnalysis {
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

    /// Whether the last routine found nothing wrong.
    var isSound: Bool { common.status == KLU_OK }

    /// The arrays as KLU takes them; it writes to none.
    func withPattern<Result>(
        _ values: [Double], _ body: (UnsafeMutablePointer<Int32>?, UnsafeMutablePointer<Int32>?, UnsafeMutablePointer<Double>?) -> Result
    ) -> Result {
        columnStarts.withUnsafeBufferPointer { starts in
            rows.withUnsafeBufferPointer { rows in
                values.withUnsafeBufferPointer { values in
                    body(
                        UnsafeMutablePointer(mutating: starts.baseAddress), UnsafeMutablePointer(mutating: rows.baseAddress),
                        UnsafeMutablePointer(mutating: values.baseAddress))
                }
            }
        }
    }

    /// What KLU's status says.
    func failure() -> SolverError {
        switch common.status {
        case KLU_SINGULAR: .singular(column: Int(common.singular_col), order: order)
        case KLU_OUT_OF_MEMORY, KLU_TOO_LARGE: .outOfMemory(order: order)
        default: .invalidMatrix("rows or columns out of order or out of range, or nothing was factorised yet (KLU status \(common.status))")
        }
    }
}
