import CCbc
import Glibc
import Synchronization

/// One branch-and-cut search by CBC.
final class CbcSearch {
    private let program: LinearProgram
    private let limits: SolveLimits
    private let deadline: Deadline
    private let cancellation: Cancellation?

    /// Beyond this the feasibility pump is left out.
    private static let mostColumnsToPump = 20_000

    /// CBC's command-line driver, which its C interface calls, keeps global state.
    private static let turn = Mutex(())

    init(_ program: LinearProgram, limits: SolveLimits, deadline: Deadline, cancellation: Cancellation?) {
        self.program = program
        self.limits = limits
        self.deadline = deadline
        self.cancellation = cancellation
    }

    func run(point: [Double]?) throws(LinearProgramError) -> LinearSolution {
        let found = Self.turn.withLock { _ in Interrupts.kept { search(point: point) } }
        switch found {
        case .none(let status): return Self.none(status)
        case .point(let columns, let bound, let isComplete):
            // CBC's point is right to its tolerances; with the integers fixed, CLP makes it exact and tells the shadow prices.
            let last = try ClpModel(program.fixingIntegers(at: columns), basis: nil).solve(until: Deadline(SolveLimits(seconds: max(limits.seconds, 5), clock: limits.clock)), nil)
            guard last.hasPoint else { throw .abandoned("CBC", status: -1) }
            return LinearSolution(
                status: isComplete ? .optimal : .feasible, objective: last.objective, bound: min(bound, last.objective), columns: last.columns,
                rowDuals: last.rowDuals, reducedCosts: last.reducedCosts, basis: last.basis, iterations: last.iterations)
        }
    }

    private static func none(_ status: LinearSolution.Status) -> LinearSolution {
        LinearSolution(
            status: status, objective: .infinity, bound: -.infinity, columns: [], rowDuals: [], reducedCosts: [], basis: nil, iterations: 0)
    }

    private enum Found {
        case point([Double], bound: Double, isComplete: Bool)
        case none(LinearSolution.Status)
    }

    private func search(point: [Double]?) -> Found {
        guard cancellation?.isCancelled != true, let model = Cbc_newModel() else { return .none(.nothingFound) }
        defer { Cbc_deleteModel(model) }
        load(model)
        if let point, point.count == program.columnCount {
            let values = program.integerColumns.map { point[Int($0)].rounded() }
            Cbc_setMIPStartI(model, Int32(values.count), program.integerColumns, values)
        }
        Cbc_setLogLevel(model, 0)
        Cbc_setParameter(model, "log", "0")
        Cbc_setParameter(model, "timeMode", limits.clock == .wall ? "elapsed" : "cpu")
        Cbc_setParameter(model, "sec", "\(max(0.1, deadline.secondsLeft))")
        // The pump solves some forty relaxations before the first branch: of a large program that takes longer than to dive to an answer.
        if program.columnCount > Self.mostColumnsToPump { Cbc_setParameter(model, "feasibilityPump", "off") }
        Cbc_setParameter(model, "ratio", "\(limits.gap)")
        Cbc_solve(model)
        if Cbc_isProvenInfeasible(model) != 0 { return .none(.infeasible) }
        if Cbc_isContinuousUnbounded(model) != 0 { return .none(.unbounded) }
        guard Cbc_numberSavedSolutions(model) > 0 || Cbc_bestSolution(model) != nil, let best = Cbc_bestSolution(model) else { return .none(.nothingFound) }
        return .point(
            Array(UnsafeBufferPointer(start: best, count: program.columnCount)), bound: Cbc_getBestPossibleObjValue(model),
            isComplete: Cbc_isProvenOptimal(model) != 0)
    }

    private func load(_ model: UnsafeMutableRawPointer) {
        let columns = CompressedColumns(program)
        Cbc_loadProblem(
            model, Int32(program.columnCount), Int32(program.rowCount), columns.starts, columns.rows, columns.values, columns.lower,
            columns.upper, program.costs, columns.rowLower, columns.rowUpper)
        for column in program.integerColumns { Cbc_setInteger(model, column) }
    }
}

/// CBC takes the handler of SIGINT for itself while it searches, and does not always give it back.
private enum Interrupts {
    static func kept<Result>(_ body: () -> Result) -> Result {
        var handler = sigaction()
        sigaction(SIGINT, nil, &handler)
        defer { sigaction(SIGINT, &handler, nil) }
        return body()
    }
}
