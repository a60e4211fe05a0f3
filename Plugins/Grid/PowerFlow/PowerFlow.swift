internal import Solvers

/// The power flow of a balanced grid, prepared once and solved for any number of injections.
///
/// ```swift
/// let powerFlow = try PowerFlow(grid)
/// var state = PowerFlowState()
/// for injections in timeSeries {
///     let report = try powerFlow.solve(injections, into: &state)     // starts from the last voltages, builds nothing anew
///     guard report.converged else { log(report.failure!); continue }
///     let flows = powerFlow.flows(state)
/// }
/// ```
/// Radial and weakly meshed grids take the current iteration, a few microseconds for a thousand nodes and round; what does not contract, shifts
/// the phase round a loop, or holds voltages takes Newton–Raphson. Not for use from several threads at once.
public final class PowerFlow {
    public let grid: BalancedGrid
    public var options: PowerFlowOptions
    /// Generators that hold a voltage. Nodes and limits are read at every ``solve(_:into:)``.
    public let controls: [VoltageControl]
    /// Tap changers; their `position` moves with the solutions, and the next one starts there.
    public internal(set) var regulators: [TapRegulator]

    var admittance: NodalAdmittance
    private let currentIteration: CurrentIteration?
    private lazy var newton = Result { () throws(PowerFlowError) in try NewtonIteration(admittance.graph, sources: grid.sources) }
    private let isSource: [Bool]
    /// Nodes whose magnitude a generator holds at present.
    var isHeld: [Bool]

    /// Checks the grid, orders its nodes, and factorises what does not depend on the injections.
    ///
    /// - Throws: ``PowerFlowError`` where a branch, source, control or regulator does not fit the grid, an admittance is not finite, or an
    ///   island has no source.
    public init(
        _ grid: BalancedGrid, controls: [VoltageControl] = [], regulators: [TapRegulator] = [], options: PowerFlowOptions = PowerFlowOptions()
    ) throws(PowerFlowError) {
        try GridCheck.check(grid)
        try GridCheck.check(controls, regulators, of: grid)
        self.grid = grid
        self.controls = controls
        self.regulators = regulators
        self.options = options
        var admittance = NodalAdmittance(grid)
        for regulator in regulators { admittance.move(regulator, of: grid) }
        self.admittance = admittance
        try GridCheck.checkIslands(admittance.graph, sources: grid.sources.map(\.node))
        currentIteration = CurrentIteration(admittance, sources: grid.sources)
        isHeld = [Bool](repeating: false, count: grid.nodeCount)
        var isSource = isHeld
        for source in grid.sources { isSource[Int(source.node)] = true }
        self.isSource = isSource
        if let node = GridCheck.isolatedNode(admittance, isSource: isSource) { throw .floatingNode(node) }
    }

    /// Whether the grid, as it is ordered, has a sweep from the leaves to the sources: no loops but those through sources.
    public var isRadial: Bool { currentIteration?.isTree ?? false }

    /// Solves for the injections, starting from the voltages of the state, and leaves the result there.
    ///
    /// Without regulators and controls nothing is allocated once the state has its size. Voltages of a state that did not converge are
    /// those of the last iteration; give a fresh state to the next solution.
    ///
    /// - Throws: ``PowerFlowError`` where the injections do not fit the grid.
    public func solve(_ injections: Injections, into state: inout PowerFlowState) throws(PowerFlowError) -> PowerFlowReport {
        try check(injections)
        let isFlat = prepare(&state)
        guard !controls.isEmpty || !regulators.isEmpty else { return try solveOnce(injections, isFlat: isFlat, into: &state) }
        return try solveControlled(injections, isFlat: isFlat, into: &state)
    }

    /// Without a look at regulators and limits.
    func solveOnce(_ injections: Injections, isFlat: Bool, into state: inout PowerFlowState) throws(PowerFlowError) -> PowerFlowReport {
        var iterations = 0
        if options.method != .newtonRaphson, let iteration = currentIteration, !isHeld.contains(true) {
            let outcome = iterateCurrents(iteration, injections, isFlat: isFlat, into: &state)
            iterations = outcome.iterations
            if outcome.ending == .converged, options.method == .currentIteration || isOperable(state) {
                return PowerFlowReport(converged: true, method: .currentIteration, iterations: iterations, lastChange: outcome.change)
            }
            if options.method == .currentIteration {
                return try failed(.currentIteration, injections, iterations: iterations, change: outcome.change, state: state)
            }
            return try solveNewton(injections, isFlat: true, iterationsBefore: iterations, into: &state)
        }
        return try solveNewton(injections, isFlat: isFlat, iterationsBefore: 0, into: &state)
    }

    private func iterateCurrents(
        _ iteration: CurrentIteration, _ injections: Injections, isFlat: Bool, into state: inout PowerFlowState
    ) -> (ending: CurrentIteration.Ending, iterations: Int, change: Double) {
        iteration.load(injections)
        if isFlat { iteration.startFlat() } else { state.voltages.withUnsafeBufferPointer { iteration.start(from: $0.baseAddress!) } }
        let outcome = iteration.iterate(injections, options: options)
        state.voltages.withUnsafeMutableBufferPointer { iteration.finish(into: $0.baseAddress!) }
        return outcome
    }

    /// Newton–Raphson from the last voltages; from a flat start first from that which suits the grid, then from the other.
    private func solveNewton(
        _ injections: Injections, isFlat: Bool, iterationsBefore: Int, into state: inout PowerFlowState
    ) throws(PowerFlowError) -> PowerFlowReport {
        let newton = try newton.get()
        let starts: [NewtonStart] = isRadial ? [.noLoad, .angles] : [.angles, .noLoad]
        var iterations = iterationsBefore
        var (best, outcome): (PowerFlowState?, NewtonIteration.Outcome?)
        for start in isFlat ? starts : [.lastVoltages] + starts {
            switch start {
            case .lastVoltages: holdMagnitudes(&state)
            case .noLoad: setFlat(&state)
                holdMagnitudes(&state)
            case .angles: iterations += startFromAngles(newton, injections, into: &state)
            }
            let reached = newton.solve(admittance, injections, isHeld: isHeld, options: options, voltages: &state.voltages)
            iterations += reached.iterations
            if reached.converged || outcome?.converged != true { (best, outcome) = (state, reached) }
            if reached.converged, isOperable(state) { break }
        }
        if let best { state = best }
        guard let outcome, outcome.converged else {
            return try failed(.newtonRaphson, injections, iterations: iterations, change: outcome?.change ?? .infinity, state: state)
        }
        return PowerFlowReport(converged: true, method: .newtonRaphson, iterations: iterations, lastChange: outcome.change)
    }

    private enum NewtonStart { case lastVoltages, noLoad, angles }

    /// Whether every voltage is between half and one and a half of nominal: beyond, it is most likely another solution of the same equations,
    /// the lower branch or a resonance of capacitors.
    private func isOperable(_ state: PowerFlowState) -> Bool { state.voltages.allSatisfy { (0.25...2.25).contains($0.squaredMagnitude) } }

    private func holdMagnitudes(_ state: inout PowerFlowState) {
        for control in controls where isHeld[Int(control.node)] {
            let voltage = state.voltages[Int(control.node)]
            state.voltages[Int(control.node)] = voltage * (control.magnitude / voltage.magnitude)
        }
    }

    /// The angles that carry the active powers at one per unit everywhere: the start for large meshed grids, which a flat start is too far
    /// from.
    ///
    /// - Returns: the iterations it took.
    private func startFromAngles(_ newton: NewtonIteration, _ injections: Injections, into state: inout PowerFlowState) -> Int {
        setNominal(&state)
        holdMagnitudes(&state)
        var rough = options
        (rough.tolerance, rough.maximumNewtonIterations) = (1e-3, 10)
        let allHeld = [Bool](repeating: true, count: grid.nodeCount)
        return newton.solve(admittance, injections, isHeld: allHeld, options: rough, voltages: &state.voltages).iterations
    }

    private func failed(
        _ method: PowerFlowOptions.Method, _ injections: Injections, iterations: Int, change: Double, state: PowerFlowState
    ) throws(PowerFlowError) -> PowerFlowReport {
        let newton = try newton.get()
        let worst = newton.mismatches(admittance, injections, isHeld: isHeld, voltages: state.voltages)
        var report = PowerFlowReport(converged: false, method: method, iterations: iterations, lastChange: change)
        report.failure = PowerFlowFailure(
            node: worst.node, mismatch: worst.value, magnitude: state.voltages[worst.node].magnitude,
            solvableShare: options.findsSolvableShare ? solvableShare(of: injections, by: newton) : nil)
        return report
    }

    /// By halving the interval: the largest share of the injections that Newton–Raphson solves, to about one in sixty.
    private func solvableShare(of injections: Injections, by newton: NewtonIteration) -> Double? {
        var start = PowerFlowState()
        setFlat(&start)
        var (low, high, step): (Double, Double, Int) = (0, 1, 0)
        var from = start.voltages
        while step < 6 {
            let share = (low + high) / 2
            var voltages = from
            let scaled = injections.scaled(by: share)
            if newton.solve(admittance, scaled, isHeld: isHeld, options: options, voltages: &voltages).converged {
                (low, from) = (share, voltages)
            } else {
                high = share
            }
            step += 1
        }
        return low > 0 ? low : nil
    }

    /// Takes over what a regulator changed.
    func admittanceChanged() throws(PowerFlowError) {
        guard let currentIteration else { return }
        guard currentIteration.refactor(admittance, sources: grid.sources) else {
            throw .floatingNode(currentIteration.factor.zeroPivots.first.map { Int($0) } ?? 0)
        }
    }

    /// Gives a state its size and the sources' voltages.
    ///
    /// - Returns: whether it starts flat.
    private func prepare(_ state: inout PowerFlowState) -> Bool {
        let isFlat = state.voltages.count != grid.nodeCount || !state.voltages.allSatisfy { $0.isFinite && $0 != .zero }
        if isFlat { setFlat(&state) }
        for source in grid.sources { state.voltages[Int(source.node)] = source.voltage }
        return isFlat
    }

    /// The voltages without load where the current iteration knows them, otherwise one per unit at the nominal angles.
    private func setFlat(_ state: inout PowerFlowState) {
        if state.voltages.count != grid.nodeCount { state.voltages = [Complex](repeating: .one, count: grid.nodeCount) }
        guard let currentIteration else { return setNominal(&state) }
        currentIteration.startFlat()
        state.voltages.withUnsafeMutableBufferPointer { currentIteration.finish(into: $0.baseAddress!) }
        for source in grid.sources { state.voltages[Int(source.node)] = source.voltage }
    }

    /// One per unit at the nominal angles.
    private func setNominal(_ state: inout PowerFlowState) {
        let angle = grid.sources.first.map { $0.voltage.angle - grid.nominalAngles[Int($0.node)] } ?? 0
        for node in 0..<grid.nodeCount { state.voltages[node] = Complex(magnitude: 1, angle: grid.nominalAngles[node] + angle) }
        for source in grid.sources { state.voltages[Int(source.node)] = source.voltage }
    }

    private func check(_ injections: Injections) throws(PowerFlowError) {
        try check(injections.constantPower, "constant power", mayBeEmpty: false)
        try check(injections.constantCurrent, "constant current", mayBeEmpty: true)
        try check(injections.constantImpedance, "constant impedance", mayBeEmpty: true)
    }

    private func check(_ powers: [Complex], _ name: StaticString, mayBeEmpty: Bool) throws(PowerFlowError) {
        if powers.isEmpty && mayBeEmpty { return }
        guard powers.count == grid.nodeCount else {
            throw .invalidInjections("\(powers.count) values of \(name) for \(grid.nodeCount) nodes")
        }
        if let node = powers.firstIndex(where: { !$0.isFinite }) {
            throw .invalidInjections("the \(name) of node \(node) is not a number: \(powers[node])", node: node)
        }
    }
}
