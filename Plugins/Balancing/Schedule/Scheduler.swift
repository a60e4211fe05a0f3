public import LinearProgramming

/// Makes plans, one after the other, and begins each with the basis of the last: a re-plan a step later takes a fraction of the time.
///
/// Not for several threads at a time; ``Cancellation`` may come from any.
public struct Scheduler: Sendable {
    private var register = AssetRegister()
    private var last: KeptBasis?

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
        let solution: LinearSolution
        do throws(LinearProgramError) {
            solution = try formulation.program.solve(from: (last ?? KeptBasis()).basis(for: formulation), limits: limits, cancellation: cancellation)
        } catch {
            throw .solver(error.description)
        }
        guard solution.hasPoint else { throw .noPlan(solution.status.rawValue, seconds: limits.seconds) }
        if let basis = solution.basis { last = KeptBasis(formulation, basis) }
        return solution
    }
}

/// A basis with what its columns and rows stand for.
struct KeptBasis: Sendable {
    private var positions: KeyTable
    private let isOfAPlan: Bool

    /// What a first plan starts from: every store holds what flows in, heaters serve their heat at the moment, and nothing else moves. No price is
    /// wrong there, because whatever could move costs something: the dual simplex method takes a third of the steps that it takes from the slacks.
    init() {
        positions = KeyTable(capacity: 0)
        isOfAPlan = false
    }

    init(_ formulation: Formulation, _ basis: LinearBasis) {
        isOfAPlan = true
        positions = KeyTable(capacity: formulation.columnKeys.count + formulation.rowKeys.count)
        for (key, position) in zip(formulation.columnKeys, basis.columns) { positions.insert(position.rawValue, for: key.bits) }
        for (key, position) in zip(formulation.rowKeys, basis.rows) { positions.insert(position.rawValue, for: key.bits) }
    }

    /// The basis for another program: what both have stands as it stood, what is new as in a first plan.
    func basis(for formulation: Formulation) -> LinearBasis {
        LinearBasis(
            columns: formulation.columnKeys.map { position($0) ?? ($0.carriesStore ? .basic : .atLower) },
            rows: formulation.rowKeys.map { position($0) ?? ($0.isStorageRow ? .atLower : .basic) }, isNearOptimum: isOfAPlan)
    }

    private func position(_ key: VariableKey) -> LinearBasis.Position? { positions[key.bits].flatMap(LinearBasis.Position.init) }
}
