public import Grid
internal import Solvers

/// Estimates the state of a grid, frame after frame: weighted least squares with exact zero injections.
///
/// Everything is allocated once. A frame sets new values with ``setMeasurement(_:value:sigma:)`` and calls ``estimate()``; the state then
/// stands in ``voltages``. Not for two threads at once.
public final class Estimator {
    public internal(set) var model: EstimationModel
    public let options: Options
    let equations: Equations
    private let slots: MeterSlots
    /// Whether weights have changed since the matrix was made.
    var weightsChanged = true
    var valuesChanged = true
    /// Whether the state at hand is the solution of an earlier frame.
    var isWarm = false
    var factorIsCurrent = false
    /// What the last analysis found where the matrix had no pivot; nil while every node is observable.
    var deficiency: Observability?
    /// By position whether the conductor is not observable; of use where there is a `deficiency`.
    var isLoose: [Bool] = []
    /// In use instead of the block factorisation while a frame needs it.
    var pivoting: PivotingFactor?
    var knownGrades: [Estimate.Grade]?
    var inverse: SelectedInverse<Block4>?
    /// The factorisation at hand in single precision, once a later frame has kept it; nil while there is none.
    var kept: KeptFactor?
    var keptIsCurrent = false

    public struct Options: Hashable, Sendable {
        /// The largest change of a voltage that may be left, per unit: that of the last step, or what steps that shrink tenfold leave after it.
        public var tolerance = 1e-8
        public var maximumIterations = 60
        /// The longest step, per unit of voltage.
        public var longestStep = 0.3
        /// Solves with one factorisation before the next frame makes a new one.
        public var solvesPerFactor = 6
        public var factorization = Factorization.automatic

        public enum Factorization: UInt8, Hashable, Sendable {
            /// The block factorisation; where a frame does not converge with it, KLU.
            case automatic
            /// KLU from the start: to compare.
            case pivoting
        }

        public init() {}
    }

    /// What came of a frame.
    public struct Outcome: Hashable, Sendable {
        public var isConverged: Bool
        /// Solves, with a new or a kept factorisation.
        public var iterations: Int
        public var factorizations: Int
        /// The last change of a voltage, per unit.
        public var lastStep: Double
        /// Why there is no estimate; nil when converged.
        public var reason: String?
    }

    public init(_ model: EstimationModel, options: Options = Options()) {
        self.model = model
        self.options = options
        equations = Equations(model)
        slots = MeterSlots(equations)
        restart()
    }

    /// Forgets the state: the next frame starts flat.
    public func restart() {
        equations.startFlat(model)
        isWarm = false
        factorIsCurrent = false
    }

    /// Starts the next frame from voltages that are known: those of before a switch operated, at the nodes that are left.
    ///
    /// It costs a factorisation and a few solves instead of a whole estimate. Voltages that turn out too far away cost a flat start.
    ///
    /// - Parameter voltages: of each node (conductor), per unit.
    public func restart(at voltages: [Complex]) {
        precondition(voltages.count == equations.layout.count, "\(voltages.count) voltages for \(equations.layout.count) conductors")
        for (position, conductor) in equations.layout.pattern.order.enumerated() { equations.voltages[position] = voltages[Int(conductor)] }
        equations.multipliers.fill(.zero)
        isWarm = true
        factorIsCurrent = false
    }

    /// Sets what a meter says now.
    ///
    /// - Parameter sigma: nil keeps it. A new sigma costs the next frame a factorisation; infinite leaves the measurement out.
    public func setMeasurement(_ index: Int, value: Double, sigma: Double? = nil) {
        if !slots.set(value, of: index) { valuesChanged = true }
        guard let sigma else { return }
        let weight = 1 / (sigma * sigma)
        if weight != equations.weights[index] {
            equations.weights[index] = weight
            weightsChanged = true
        }
    }

    /// The value of a measurement as it was set last, and its sigma.
    public func measurement(_ index: Int) -> (value: Double, sigma: Double) {
        (equations.values[index], (1 / equations.weights[index]).squareRoot())
    }

    /// The voltage of each node (conductor), per unit. Where ``observability`` says "not observable" it means nothing.
    public var voltages: [Complex] {
        let positions = model.network.conductorCount
        return (0..<positions).map { equations.voltages[Int(equations.layout.pattern.positions[$0])] }
    }

    /// The voltage of one node (conductor), per unit.
    public func voltage(_ conductor: Int) -> Complex { equations.voltages[Int(equations.layout.pattern.positions[conductor])] }

    /// Whether all that takes part is linear in the state: then one solve is the optimum.
    public private(set) lazy var isLinear = model.measurements.allSatisfy(\.quantity.isLinear)

    var hasCurrentMagnitudes: Bool { model.measurements.contains { $0.quantity == .currentMagnitude } }
}
