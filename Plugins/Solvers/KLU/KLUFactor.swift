internal import CKLU

/// Sparse LU of a real matrix by KLU (Davis and Natarajan, ACM Trans. Math. Softw. 37, 2010): the fall-back where the grid's own
/// factorisations do not serve, and the check beside them.
///
/// The pattern is analysed once; then values are factorised and refactorised as often as they change.
public final class KLUFactor {
    private let analysis: KLUAnalysis
    private var numeric: UnsafeMutablePointer<klu_numeric>?

    public var order: Int { analysis.order }

    /// Analyses a pattern in compressed columns: where each column begins in `rows` (`order` + 1 numbers), rows ascending.
    public init(order: Int, columnStarts: [Int32], rows: [Int32]) throws(SolverError) {
        analysis = try KLUAnalysis(order: order, columnStarts: columnStarts, rows: rows)
    }

    deinit { klu_free_numeric(&numeric, &analysis.common) }

    /// Factorises with a fresh choice of pivots.
    ///
    /// - Parameter values: one for each of `rows`.
    /// - Throws: ``SolverError`` with ``SolverError/singularColumn`` when there is no pivot.
    public func factor(_ values: [Double]) throws(SolverError) {
        try check(values)
        klu_free_numeric(&numeric, &analysis.common)
        var (starts, rows, values) = (analysis.columnStarts, analysis.rows, values)
        numeric = klu_factor(&starts, &rows, &values, analysis.symbolic, &analysis.common)
        guard numeric != nil, analysis.common.status == KLU_OK else {
            klu_free_numeric(&numeric, &analysis.common)
            throw analysis.failure()
        }
    }

    /// Factorises new values with the pivots of the last ``factor(_:)``, which is several times faster; after a failure, and the first
    /// time, with fresh ones.
    public func refactor(_ values: [Double]) throws(SolverError) {
        guard let numeric else { return try factor(values) }
        try check(values)
        let succeeded = analysis.columnStarts.withUnsafeBufferPointer { starts in
            analysis.rows.withUnsafeBufferPointer { rows in
                values.withUnsafeBufferPointer { values in
                    klu_refactor(
                        UnsafeMutablePointer(mutating: starts.baseAddress), UnsafeMutablePointer(mutating: rows.baseAddress),
                        UnsafeMutablePointer(mutating: values.baseAddress), analysis.symbolic, numeric, &analysis.common) != 0
                }
            }
        }
        if !succeeded || analysis.common.status != KLU_OK { try factor(values) }
    }

    /// Solves in place with the last factorisation.
    ///
    /// - Parameter x: `count` right-hand sides of `order` numbers, one after another; the solutions after.
    public func solve(_ x: UnsafeMutablePointer<Double>, count: Int = 1) throws(SolverError) {
        guard let numeric, klu_solve(analysis.symbolic, numeric, Int32(order), Int32(count), x, &analysis.common) != 0 else {
            throw analysis.failure()
        }
    }

    /// An estimate of the condition number in the 1-norm (Hager's method) of the values last factorised.
    ///
    /// - Parameter values: the same values again.
    public func conditionEstimate(_ values: [Double]) throws(SolverError) -> Double {
        try check(values)
        var (starts, values) = (analysis.columnStarts, values)
        guard let numeric, klu_condest(&starts, &values, analysis.symbolic, numeric, &analysis.common) != 0 else {
            throw analysis.failure()
        }
        return analysis.common.condest
    }

    private func check(_ values: [Double]) throws(SolverError) {
        guard values.count == analysis.rows.count else {
            throw .invalidMatrix("\(values.count) numbers, expected one for each of \(analysis.rows.count) entries")
        }
    }
}
