public import LinearProgramming

/// Makes plans, one after the other, and begins each with the basis of the last: a re-plan a step later takes a fraction of the time.
///
/// Not for several threads at a time; ``Cancellation`` may come from any.
public struct Scheduler: Sendable {
    private var register = AssetRegister()
    private var last: KeptProgram?

    /// A scheduler that made no plan yet.
    public init() {}

    /// The plan for a problem. Where not every wish can be fulfilled it is the cheapest by the problem's prices, with each violated wish named.
    /// - Parameter firstStep: the number of the horizon's first step, counted from any origin that stays the same: an hour later it is four more.
    /// - Throws: ``BalancingError`` for a problem that makes no sense, and when time or cancellation ended the search before there was a plan.
    public mutating func plan(
        _ problem: BalancingProblem, firstStep: Int = 0, limits: SolveLimits = SolveLimits(), cancellation: Cancellation? = nil
    ) throws(BalancingError) -> Plan {
        try problem.check()
        let formulation = Formulation(problem, register: &register, firstStep: firstStep)
        let first = try solve(formulation, limits, cancellation)
        let both = formulation.bothAtATime(first)
        guard !both.isEmpty, formulation.program.integerColumns.isEmpty else { return formulation.plan(first) }
        // Burning energy pays here: it is not what anybody wants. The first plan is exact but for these steps, which get their binaries.
        let strict = Formulation(problem, register: &register, firstStep: firstStep, modes: both)
        let second = try solve(strict, limits, cancellation)
        return strict.plan(second)
    }

    /// The program of a problem, for other solvers.
    public static func program(for problem: BalancingProblem) -> LinearProgram {
        var register = AssetRegister()
        return Formulation(problem, register: &register, firstStep: 0).program
    }

    private mutating func solve(_ formulation: Formulation, _ limits: SolveLimits, _ cancellation: Cancellation?) throws(BalancingError) -> LinearSolution {
        let start = last.map { Continuation(formulation, after: $0) } ?? Continuation(formulation)
        let solution: LinearSolution
        do throws(LinearProgramError) {
            solution = try start.program.solve(from: start.basis, limits: limits, cancellation: cancellation).restricted(to: formulation.program)
        } catch {
            throw .solver(error.description)
        }
        guard solution.hasPoint else { throw .noPlan(solution.status.rawValue, seconds: limits.seconds) }
        if let basis = solution.basis { last = KeptProgram(formulation, values: solution.columns, basis: basis) }
        return solution
    }
}
