/// What a solver found.
public struct LinearSolution: Sendable {
    /// How the search ended.
    public enum Status: String, Sendable {
        /// The optimum, of a mixed-integer program within the wished gap.
        case optimal
        /// A feasible point that may not be the optimum: time or cancellation ended the search. ``LinearSolution/gap`` tells how far it may be.
        case feasible
        /// There is no feasible point.
        case infeasible
        /// The cost falls without end.
        case unbounded
        /// Time or cancellation ended the search before anything feasible was found.
        case nothingFound
    }

    /// How the search ended.
    public let status: Status
    /// Cost of ``columns``; infinite where there are none.
    public let objective: Double
    /// No feasible point costs less.
    public let bound: Double
    /// Values of the columns; empty if nothing feasible was found.
    public let columns: [Double]
    /// What the objective changes by per unit of a row's active bound, with the integer columns held fast: the shadow prices.
    public let rowDuals: [Double]
    /// What the objective changes by per unit of a column's active bound.
    public let reducedCosts: [Double]
    /// The basis of the (last) linear program, to start from with ``LinearProgram/solve(from:limits:cancellation:)``.
    public let basis: LinearBasis?
    /// Iterations of the simplex algorithm.
    public let iterations: Int

    /// (objective − bound) / |objective|; zero at the optimum of a linear program.
    public var gap: Double {
        guard objective.isFinite else { return .infinity }
        return max(0, objective - bound) / max(abs(objective), 1e-9)
    }

    /// Whether there is a point to use.
    public var hasPoint: Bool { !columns.isEmpty }

    /// The part of it that is about a program with whose columns and rows its own program begins; all other columns are fixed.
    public func restricted(to program: LinearProgram) -> LinearSolution {
        guard hasPoint, columns.count > program.columnCount || rowDuals.count > program.rowCount else { return self }
        let fixed = objective - zip(columns, program.costs).reduce(0) { $0 + $1.0 * $1.1 }
        return LinearSolution(
            status: status, objective: objective - fixed, bound: bound - fixed, columns: Array(columns.prefix(program.columnCount)),
            rowDuals: Array(rowDuals.prefix(program.rowCount)), reducedCosts: Array(reducedCosts.prefix(program.columnCount)),
            basis: basis.map {
                LinearBasis(
                    columns: Array($0.columns.prefix(program.columnCount)), rows: Array($0.rows.prefix(program.rowCount)), isNearOptimum: $0.isNearOptimum)
            }, iterations: iterations)
    }
}

/// Which columns and rows are basic: where the simplex algorithm may start. Of a program of other size it is not used.
public struct LinearBasis: Hashable, Sendable {
    /// Where a column or the slack of a row stands.
    public enum Position: UInt8, Sendable {
        case free = 0, basic, atUpper, atLower
    }

    /// Of each column.
    public var columns: [Position]
    /// Of each row.
    public var rows: [Position]
    /// Whether it is that of a solution, of this program or one much like it: few steps are left, for which costs need no perturbation.
    public var isNearOptimum: Bool

    /// A basis that was made by hand, for example shifted from that of an earlier program.
    public init(columns: [Position], rows: [Position], isNearOptimum: Bool = true) {
        self.columns = columns
        self.rows = rows
        self.isNearOptimum = isNearOptimum
    }

    func fits(_ program: LinearProgram) -> Bool { columns.count == program.columnCount && rows.count == program.rowCount }
}

/// Why a program could not be given to a solver, or why the solver gave up.
public struct LinearProgramError: Error, Hashable, Sendable, CustomStringConvertible {
    enum Code: Hashable, Sendable { case invalid, abandoned }

    let code: Code
    /// One sentence.
    public let description: String

    static func invalid(_ reason: String) -> LinearProgramError { LinearProgramError(code: .invalid, description: "not a linear program: \(reason)") }

    static func abandoned(_ solver: String, status: Int32) -> LinearProgramError {
        LinearProgramError(code: .abandoned, description: "\(solver) gave up with numerical difficulties (status \(status)): check for numbers of very different size")
    }
}
