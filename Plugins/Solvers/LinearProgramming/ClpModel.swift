import CCbc

/// A program in CLP's hands, for one solve.
final class ClpModel {
    private let model: UnsafeMutableRawPointer
    private let program: LinearProgram
    private let startsWarm: Bool

    /// How many iterations pass between two looks at clock and cancellation: one or two seconds. What the method learnt of the rows' weights goes
    /// with each look, so that a large community's plan should be one slice.
    private static let slice: Int32 = 20_000

    init(_ program: LinearProgram, basis: LinearBasis?) throws(LinearProgramError) {
        guard let model = Clp_newModel() else { throw .abandoned("CLP", status: -1) }
        self.model = model
        self.program = program
        startsWarm = basis?.isNearOptimum == true
        Clp_setLogLevel(model, 0)
        let columns = CompressedColumns(program)
        Clp_loadProblem(
            model, Int32(program.columnCount), Int32(program.rowCount), columns.starts, columns.rows, columns.values, columns.lower,
            columns.upper, program.costs, columns.rowLower, columns.rowUpper)
        if let basis { Clp_copyinStatus(model, basis.columns.map(\.rawValue) + basis.rows.map(\.rawValue)) }
    }

    deinit { Clp_deleteModel(model) }

    /// Solves in slices of iterations: between them the clock and the cancellation are looked at, and the basis goes on.
    func solve(until deadline: Deadline, _ cancellation: Cancellation?) throws(LinearProgramError) -> LinearSolution {
        func isOver() -> Bool { deadline.secondsLeft < 0 || cancellation?.isCancelled == true }
        guard !isOver() else { return none(.nothingFound) }
        var ended = false
        Clp_setPerturbation(model, startsWarm ? 100 : 50)
        repeat {
            Clp_setMaximumIterations(model, Clp_numberIterations(model) + Self.slice)
            Clp_dual(model, 0)
            ended = isOver()
        } while Clp_status(model) == 3 && !ended
        switch Clp_status(model) {
        case 0: return answer(.optimal)
        case 1: return none(.infeasible)
        case 2: return none(.unbounded)
        case 3:
            let isFeasible = Clp_primalFeasible(model) != 0
            return isFeasible ? answer(.feasible) : none(.nothingFound)
        case let status: throw .abandoned("CLP", status: status)
        }
    }

    private func none(_ status: LinearSolution.Status) -> LinearSolution {
        LinearSolution(
            status: status, objective: .infinity, bound: -.infinity, columns: [], rowDuals: [], reducedCosts: [], basis: nil,
            iterations: Int(Clp_numberIterations(model)))
    }

    private func answer(_ status: LinearSolution.Status) -> LinearSolution {
        let (columns, rows) = (program.columnCount, program.rowCount)
        func copy(_ values: UnsafeMutablePointer<Double>?, _ count: Int) -> [Double] { Array(UnsafeBufferPointer(start: values, count: values == nil ? 0 : count)) }
        let objective = Clp_objectiveValue(model)
        return LinearSolution(
            status: status, objective: objective, bound: status == .optimal ? objective : -.infinity,
            columns: copy(Clp_primalColumnSolution(model), columns), rowDuals: copy(Clp_dualRowSolution(model), rows),
            reducedCosts: copy(Clp_dualColumnSolution(model), columns), basis: basis(), iterations: Int(Clp_numberIterations(model)))
    }

    private func basis() -> LinearBasis? {
        guard let status = Clp_statusArray(model) else { return nil }
        // The lower three bits are the position; 5 is a fixed variable, which stands at either bound.
        func position(_ index: Int) -> LinearBasis.Position { LinearBasis.Position(rawValue: status[index] & 7) ?? .atLower }
        return LinearBasis(
            columns: (0..<program.columnCount).map(position), rows: (0..<program.rowCount).map { position(program.columnCount + $0) })
    }
}
