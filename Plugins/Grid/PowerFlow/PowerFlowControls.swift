/// A generator that holds the voltage magnitude of its node (a PV node) as long as its reactive power suffices.
public struct VoltageControl: Hashable, Sendable {
    public var node: Int32
    /// The magnitude held, per unit.
    public var magnitude: Double
    /// Reactive power of the generator alone, per unit, generation positive; the injections of the node come on top.
    public var minimumReactivePower: Double
    public var maximumReactivePower: Double

    public init(
        node: Int32, magnitude: Double, minimumReactivePower: Double = -.infinity, maximumReactivePower: Double = .infinity
    ) {
        self.node = node
        self.magnitude = magnitude
        self.minimumReactivePower = minimumReactivePower
        self.maximumReactivePower = maximumReactivePower
    }
}

/// An on-load tap changer that keeps the voltage of a node within a band by discrete steps of a branch's ratio.
///
/// The branch's admittances are those at position 0; a position p multiplies the ratio T at the from side by `1 + p · stepRatio`.
public struct TapRegulator: Hashable, Sendable {
    /// Index in the grid's branches.
    public var branch: Int32
    /// The node whose magnitude is kept, on either side.
    public var controlledNode: Int32
    /// The magnitude aimed at, per unit.
    public var target: Double
    /// The whole width of the dead-band round the target, per unit. Below one step's effect the changer would hunt; then it rests at the
    /// position nearest to the target.
    public var deadBand: Double
    /// Change of the ratio with one step: 0.0125 for 1.25 %.
    public var stepRatio: Double
    public var minimumPosition: Int
    public var maximumPosition: Int
    /// The position it starts from.
    public var position: Int

    public init(
        branch: Int32, controlledNode: Int32, target: Double, deadBand: Double, stepRatio: Double, minimumPosition: Int,
        maximumPosition: Int, position: Int = 0
    ) {
        self.branch = branch
        self.controlledNode = controlledNode
        self.target = target
        self.deadBand = deadBand
        self.stepRatio = stepRatio
        self.minimumPosition = minimumPosition
        self.maximumPosition = maximumPosition
        self.position = position
    }
}

/// How a power flow is solved.
public struct PowerFlowOptions: Hashable, Sendable {
    /// Which iteration solves the equations.
    public enum Method: Hashable, Sendable {
        /// The current iteration where the grid allows it, Newton–Raphson where it does not or does not contract.
        case automatic
        /// Fixed point of the injected currents with a kept factor of the admittance matrix; no voltage control.
        case currentIteration
        case newtonRaphson
    }

    public var method: Method
    /// The iteration ends when no voltage changes by more, per unit.
    public var tolerance: Double
    public var maximumCurrentIterations: Int
    public var maximumNewtonIterations: Int
    /// Rounds of tap changers and reactive limits round the power flow.
    public var maximumControlRounds: Int
    /// Whether a failure tells the share of the injections that has a solution, which costs several solutions.
    public var findsSolvableShare = true

    public init(
        method: Method = .automatic, tolerance: Double = 1e-8, maximumCurrentIterations: Int = 100, maximumNewtonIterations: Int = 30,
        maximumControlRounds: Int = 50
    ) {
        self.method = method
        self.tolerance = tolerance
        self.maximumCurrentIterations = maximumCurrentIterations
        self.maximumNewtonIterations = maximumNewtonIterations
        self.maximumControlRounds = maximumControlRounds
    }
}
