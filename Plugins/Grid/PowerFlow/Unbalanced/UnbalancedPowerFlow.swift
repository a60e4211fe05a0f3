internal import Solvers

/// The power flow of an unbalanced grid, conductor by conductor, prepared once and solved for any number of injections.
///
/// Fixed point of the injected currents with the kept factor of the conductors' admittance matrix; Newton–Raphson on the current balance
/// where it does not contract. Sources are eliminated. Powers are those of single phases.
public final class UnbalancedPowerFlow {
    public let grid: UnbalancedGrid
    public let connections: [LoadConnection]
    public var options: PowerFlowOptions
    /// Regulators; the positions of the automatic ones move with the solutions.
    public internal(set) var regulators: [PhaseRegulator]

    /// The grid's elements at the regulators' positions.
    var elements: [UnbalancedGrid.Element]
    var admittance: ConductorAdmittance
    private let factor: ComplexKLUFactor
    private var newton: UnbalancedNewton?
    /// Currents by row, then voltages.
    private var work: [Complex]
    private var sourceCurrents: [Complex]

    /// Checks the grid and factorises its admittance matrix.
    ///
    /// - Parameter connections: where the injections of ``solve(_:into:)`` are connected, one for each of their powers.
    /// - Throws: ``PowerFlowError`` where something does not fit the grid, or a conductor has no way to a source.
    public init(
        _ grid: UnbalancedGrid, connections: [LoadConnection], regulators: [PhaseRegulator] = [],
        options: PowerFlowOptions = PowerFlowOptions()
    ) throws(PowerFlowError) {
        try UnbalancedGridCheck.check(grid, connections, regulators)
        self.grid = grid
        self.connections = connections
        self.regulators = regulators
        self.options = options
        elements = grid.elements
        for regulator in regulators { elements[regulator.element] = regulator.applied(to: elements[regulator.element]) }
        let pairs = connections.compactMap { connection in connection.other.map { (connection.conductor, $0) } }
        admittance = ConductorAdmittance(grid, elements: elements, pairs: pairs)
        work = [Complex](repeating: .zero, count: admittance.conductors.count)
        sourceCurrents = work
        do throws(SolverError) {
            factor = try ComplexKLUFactor(order: max(1, work.count), columnStarts: admittance.columnStarts, rows: admittance.rows)
        } catch { throw .invalidGrid("\(error)") }
        try factorise()
    }

    /// Factorises the present admittances, with a little grounding where they are singular without.
    func factorise() throws(PowerFlowError) {
        if admittance.grounding == .zero, !isRegular() { admittance.ground() }
        do throws(SolverError) { try factor.factor(admittance.values) } catch {
            throw .floatingNode(error.singularColumn.map { Int(admittance.conductors[$0]) } ?? 0)
        }
        for row in sourceCurrents.indices { sourceCurrents[row] = .zero }
        var voltages = [Complex](repeating: .zero, count: grid.conductorCount)
        for source in grid.sources { voltages[Int(source.conductor)] = source.voltage }
        for entry in admittance.sourceEntries { sourceCurrents[Int(entry.row)] -= entry.admittance * voltages[Int(entry.source)] }
    }

    private func isRegular() -> Bool {
        guard (try? factor.factor(admittance.values)) != nil, let condition = try? factor.conditionEstimate(admittance.values) else {
            return false
        }
        return condition < 1e14
    }

    /// Solves for the injections, one for each of `connections`, starting from the voltages of the state by conductor.
    ///
    /// - Returns: the report, in whose failure a node is a conductor.
    /// - Throws: ``PowerFlowError`` where the injections do not fit.
    public func solve(_ injections: Injections, into state: inout PowerFlowState) throws(PowerFlowError) -> PowerFlowReport {
        try UnbalancedGridCheck.check(injections, count: connections.count)
        if state.voltages.count != grid.conductorCount || !state.voltages.allSatisfy({ $0.isFinite }) { try setFlat(&state) }
        for source in grid.sources { state.voltages[Int(source.conductor)] = source.voltage }
        return try solveRegulated(injections, into: &state)
    }

    func solveOnce(_ injections: Injections, into state: inout PowerFlowState) throws(PowerFlowError) -> PowerFlowReport {
        var report = PowerFlowReport(converged: false, method: .currentIteration, iterations: 0, lastChange: .infinity)
        if options.method != .newtonRaphson {
            var growing = 0
            while report.iterations < options.maximumCurrentIterations, growing < 3 {
                let change = try round(injections, into: &state)
                report.iterations += 1
                growing = change > 0.8 * report.lastChange || !change.isFinite ? growing + 1 : 0
                report.lastChange = change
                if change <= options.tolerance {
                    report.converged = true
                    return report
                }
            }
            if options.method == .currentIteration { return failed(report, injections, state) }
            try setFlat(&state)
        }
        return try solveNewton(injections, report, into: &state)
    }

    /// One round of the fixed point.
    ///
    /// - Returns: the largest change of a voltage.
    private func round(_ injections: Injections, into state: inout PowerFlowState) throws(PowerFlowError) -> Double {
        for row in work.indices { work[row] = sourceCurrents[row] }
        for (index, connection) in connections.enumerated() {
            let current = InjectedCurrent(injections, index, connection: connection, voltage: voltage(of: connection, state)).current
            add(current, to: connection.conductor)
            if let other = connection.other { add(-current, to: other) }
        }
        try solveWork()
        var largest = 0.0
        for (row, conductor) in admittance.conductors.enumerated() {
            let change = (work[row] - state.voltages[Int(conductor)]).squaredMagnitude
            largest = change > largest || change.isNaN ? change : largest
            state.voltages[Int(conductor)] = work[row]
        }
        return largest.squareRoot()
    }

    private func add(_ current: Complex, to conductor: Int32) {
        let row = admittance.numbers[Int(conductor)]
        if row >= 0 { work[Int(row)] += current }
    }

    /// The voltage between the ends of a connection.
    func voltage(of connection: LoadConnection, _ state: PowerFlowState) -> Complex {
        state.voltages[Int(connection.conductor)] - (connection.other.map { state.voltages[Int($0)] } ?? .zero)
    }

    private func solveWork() throws(PowerFlowError) {
        let count = work.count
        guard count > 0 else { return }
        let solved = work.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress!.withMemoryRebound(to: Double.self, capacity: 2 * count) { (try? factor.solve($0)) != nil }
        }
        if !solved { throw .invalidGrid("its admittance matrix is not factorised") }
    }

    /// The voltages when nothing is connected.
    private func setFlat(_ state: inout PowerFlowState) throws(PowerFlowError) {
        state.voltages = [Complex](repeating: .zero, count: grid.conductorCount)
        for source in grid.sources { state.voltages[Int(source.conductor)] = source.voltage }
        for row in work.indices { work[row] = sourceCurrents[row] }
        try solveWork()
        for (row, conductor) in admittance.conductors.enumerated() { state.voltages[Int(conductor)] = work[row] }
    }

    private func solveNewton(
        _ injections: Injections, _ before: PowerFlowReport, into state: inout PowerFlowState
    ) throws(PowerFlowError) -> PowerFlowReport {
        if newton == nil { newton = try UnbalancedNewton(admittance) }
        guard let newton else { return before }
        let outcome = newton.solve(self, injections, sourceCurrents: sourceCurrents, state: &state)
        var report = before
        report.method = .newtonRaphson
        report.iterations += outcome.iterations
        (report.converged, report.lastChange) = (outcome.converged, outcome.change)
        return outcome.converged ? report : failed(report, injections, state)
    }

    private func failed(_ report: PowerFlowReport, _ injections: Injections, _ state: PowerFlowState) -> PowerFlowReport {
        var report = report
        let balance = UnbalancedNewton.imbalance(self, injections, sourceCurrents: sourceCurrents, state: state)
        let worst = balance.indices.max { balance[$0].squaredMagnitude < balance[$1].squaredMagnitude } ?? 0
        let conductor = Int(admittance.conductors[worst])
        report.failure = PowerFlowFailure(
            node: conductor, mismatch: balance[worst].magnitude * state.voltages[conductor].magnitude,
            magnitude: state.voltages[conductor].magnitude, solvableShare: nil)
        return report
    }
}
