/// The voltages of a power flow: where the next one starts, and where its result is.
public struct PowerFlowState: Sendable {
    /// Voltage phasor of each node, per unit. Empty in a state that nothing has been solved into yet: the power flow then starts from the
    /// voltages without load.
    public internal(set) var voltages: [Complex]

    public init() { voltages = [] }

    /// A state to start from.
    public init(voltages: [Complex]) { self.voltages = voltages }
}

/// How a power flow ended.
public struct PowerFlowReport: Hashable, Sendable {
    public var converged: Bool
    /// The iteration that gave the result.
    public var method: PowerFlowOptions.Method
    /// Iterations of all rounds together.
    public var iterations: Int
    /// The largest change of a voltage in the last iteration, per unit.
    public var lastChange: Double
    /// Why it did not converge; nil where it did.
    public var failure: PowerFlowFailure?
    /// Whether tap changers and reactive limits came to rest within the rounds allowed.
    public var isSettled = true
    /// Where each tap changer stands, in the order of the regulators.
    public var taps: [TapResult] = []
    /// What each voltage control does, in the order of the controls.
    public var controls: [VoltageControlResult] = []
}

/// Where a tap changer ended.
public struct TapResult: Hashable, Sendable {
    public var position: Int
    /// Magnitude of the controlled node, per unit.
    public var magnitude: Double
    public var outcome: Outcome

    public enum Outcome: Hashable, Sendable {
        case withinBand
        /// The last position does not suffice.
        case atLimit
        /// The dead-band is narrower than the effect of a step; the position nearest to the target was kept.
        case nearestStep
        /// It does not regulate.
        case fixed
    }
}

/// What a voltage-controlling generator does.
public struct VoltageControlResult: Hashable, Sendable {
    /// Reactive power of the generator, per unit.
    public var reactivePower: Double
    /// Whether a limit of the reactive power binds, so that the voltage is not held.
    public var isAtLimit: Bool
}

/// Why a power flow did not converge.
public struct PowerFlowFailure: Hashable, Sendable, CustomStringConvertible {
    /// The node with the largest mismatch of power.
    public var node: Int
    /// That mismatch, per unit.
    public var mismatch: Double
    /// Its voltage magnitude in the last iteration, per unit.
    public var magnitude: Double
    /// The largest share of the injections that still has a solution, where one between 0 and 1 was found: near voltage collapse. Nil
    /// where even a small share has none.
    public var solvableShare: Double?

    /// One sentence.
    public var description: String {
        let share = solvableShare.map { ", and only up to \(Int(($0 * 100).rounded(.down))) % of the injections have a solution: the grid is beyond voltage collapse" }
        return "the power flow did not converge: the largest mismatch is \(mismatch) pu at node \(node), whose voltage came to \(magnitude) pu"
            + (share ?? "")
    }
}
