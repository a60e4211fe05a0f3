internal import CKLU

/// Sparse LU of a real matrix by KLU (Davis and Natarajan, ACM Trans. Math. Softw. 37, 2010): the fall-back where the grid's own
/// factorisations do not serve, and the check beside them.
public typealias KLUFactor = SparseLU<RealRoutines>

/// The same of a complex matrix; values and right-hand sides have real and imaginary part of each number side by side.
public typealias ComplexKLUFactor = SparseLU<ComplexRoutines>

/// A factorisation by KLU: its pattern is analysed once; then values are factorised and refactorised as often as they change.
public final class SparseLU<Routines: KLURoutines> {
    private let analysis: KLUAnalysis
    private var numeric: OpaquePointer?

    public var order: Int { analysis.order }

    /// Analyses a pattern in compressed columns: where each column begins in `rows` (`order` + 1 numbers), rows ascending.
    public init(order: Int, columnStarts: [Int32], rows: [Int32]) throws(SolverError) {
        analysis = try KLUAnalysis(order: order, columnStarts: columnStarts, rows: rows)
    }

    deinit { release() }

    private func release() {
        if let numeric { Routines.free(numeric, analysis) }
        numeric = nil
    }

    /// Factorises with a fresh choice of pivots.
    ///
    /// - Parameter values: the numbers of each of `rows`.
    /// - Throws: ``SolverError`` with ``SolverError/singularColumn`` when there is no pivot.
    public func factor(_ values: [Double]) throws(SolverError) {
        try check(values)
        release()
        numeric = Routines.factor(values, analysis)
        guard numeric != nil, analysis.isSound else {
            release()
            throw analysis.failure()
        }
    }

    /// Factorises new values with the pivots of the last ``factor(_:)``, which is several times faster; after a failure, and the first
    /// time, with fresh ones.
    public func refactor(_ values: [Double]) throws(SolverError) {
        guard let numeric else { return try factor(values) }
        try check(values)
        if !Routines.refactor(values, numeric, analysis) || !analysis.isSound { try factor(values) }
    }

    /// Solves in place with the last factorisation.
    ///
    /// - Parameter x: `count` right-hand sides of `order` numbers, one after another; the solutions after.
    public func solve(_ x: UnsafeMutablePointer<Double>, count: Int = 1) throws(SolverError) {
        guard let numeric, Routines.solve(x, count: count, numeric, analysis) else { throw analysis.failure() }
    }

    /// An estimate of the condition number in the 1-norm (Hager's method) of the values last factorised.
    ///
    /// - Parameter values: the same values again.
    public func conditionEstimate(_ values: [Double]) throws(SolverError) -> Double {
        try check(values)
        guard let numeric, let condition = Routines.conditionEstimate(values, numeric, analysis) else { throw analysis.failure() }
        return condition
    }

    private func check(_ values: [Double]) throws(SolverError) {
        let expected = Routines.doublesPerNumber * analysis.rows.count
        guard values.count == expected else {
            throw .invalidMatrix("\(values.count) numbers, expected \(expected): \(Routines.doublesPerNumber) for each of \(analysis.rows.count) entries")
        }
    }
}
