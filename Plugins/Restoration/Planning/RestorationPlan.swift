/// One operation of a plan, and what the grid looks like after it.
public struct SwitchingStep: Hashable, Sendable {
    /// What is done to the switch.
    public enum Action: String, Hashable, Sendable { case open, close }
    /// What for.
    public enum Purpose: String, Hashable, Sendable {
        case isolate
        case reclose
        /// Parts an area whose whole would be too much for one supply, or that is supplied from two sides.
        case split
        case transfer
        case restoreNormal = "restore normal"
        case undo
    }

    /// Position in `Network.switches`.
    public var device: Int
    /// What is done to it.
    public var action: Action
    /// What for.
    public var purpose: Purpose
    /// The grid after it.
    public var check: StepCheck

    /// Whether it closes.
    public var isClosing: Bool { action == .close }
}

/// How a fault is isolated and the rest gets its voltage back.
public struct RestorationPlan: Hashable, Sendable {
    /// What was asked to stay without voltage.
    public var faultedSections: [Int]
    /// What is without voltage until the repair, and by which switches.
    public var isolation: Isolation
    /// All operations in order: isolation, reclosing, splits, transfers.
    public var steps: [SwitchingStep]
    /// Back from the last step to the isolated fault, in order.
    public var undo: [SwitchingStep]
    /// Power that was energised before the fault, in watt.
    public var energisedBeforeWatts: Double
    /// Power that has voltage when nothing is done but what protection did.
    public var energisedAfterTripWatts: Double
    /// Power that has voltage after the isolation and the reclosing of the breaker.
    public var energisedAfterIsolationWatts: Double
    /// Power that has voltage after the last step.
    public var energisedAfterPlanWatts: Double
    /// Power of priority customers that the transfers bring back.
    public var priorityRestoredWatts: Double
    /// Losses after the last step, in watt.
    public var lossesWatts: Double
    /// Operations after isolation and reclosing.
    public var transferOperations: Int
    /// Whether no other choice of switches, within the bounds of the request, restores more, or as much with less.
    public var isProvenBest: Bool
    /// Configurations that were tried.
    public var configurationsTried: Int
    /// What an operator should know, a sentence each.
    public var notes: [String]

    /// Power that stays without voltage until the repair, in watt.
    public var unservedWatts: Double { energisedBeforeWatts - energisedAfterPlanWatts }
    /// Ties that are closed, as positions in `Network.switches`.
    public var closes: [Int] { steps.filter { $0.purpose == .transfer && $0.isClosing }.map(\.device) }
    /// Switches that are opened to split or shed load.
    public var opens: [Int] { steps.filter { $0.purpose == .split }.map(\.device) }
    /// Whether every step keeps every rule.
    public var isAllowed: Bool { steps.allSatisfy(\.check.isAllowed) }

    /// The positions after the plan.
    public func positions(from now: [Bool]) -> [Bool] {
        var positions = now
        for step in steps { positions[step.device] = step.isClosing }
        return positions
    }
}
