import PluginAPI
import Restoration

/// One fault, from the first trip to the return to normal.
final class Incident {
    enum State: String {
        /// The reclosing cycle has not ended, or late indications are waited for.
        case waiting
        /// It went away by itself.
        case cleared
        /// No section can be named: people have to look for it.
        case unlocated
        /// A sequence waits for approval, or, in mode advise, for people who switch.
        case proposed
        case executing
        /// The last step is confirmed; the fault is not repaired yet.
        case completed
        /// A step did not confirm, was refused, or the grid is not as it was planned for.
        case stopped
        case rejected
        /// A further fault came: its plan takes this one in.
        case superseded
        /// Repaired and back to normal.
        case closed
    }

    /// What the sequence is for.
    enum Purpose: String {
        case restoration, undo
        case returnToNormal = "return to normal"
    }

    /// Steps that are carried out one by one.
    struct Sequence {
        var purpose: Purpose
        var steps: [SwitchingStep]
        /// Counts the proposals of an incident: an approval is of one of them.
        var revision: Int
        /// Positions that the sequence begins with.
        var positions: [Bool]
        /// Steps that are confirmed.
        var done = 0
        /// The command of the step under way.
        var command: UInt64?
    }

    let id: String
    let began: Timestamp
    private(set) var positionsBefore: [Bool]
    /// Positions before the first of the faults that are open together: where the last repair leads back to.
    let positionsToReturnTo: [Bool]
    let demand: Demand
    /// Where loads come from: the estimate, or the grid model.
    let demandSource: String
    var tripped: [Int]
    var lastTrip: Double
    var state = State.waiting
    /// What it waits for, or why it stopped.
    var detail = ""
    var location: FaultLocation?
    var plan: RestorationPlan?
    var sequence: Sequence?
    var revisions = 0
    var approvals: [String] = []
    /// Switches that did not do what they were told: not used again.
    var excluded: Set<Int> = []
    var reliability: ReliabilityEffect?
    /// The named safe state that a stopped sequence left the grid in.
    var safeState: String?
    private(set) var history: [(time: Timestamp, sentence: String)] = []

    init(
        id: String, began: Timestamp, at time: Double, tripped: Int, positionsBefore: [Bool], positionsToReturnTo: [Bool]? = nil,
        demand: Demand, demandSource: String
    ) {
        self.id = id
        self.began = began
        self.tripped = [tripped]
        self.positionsBefore = positionsBefore
        self.positionsToReturnTo = positionsToReturnTo ?? positionsBefore
        self.demand = demand
        self.demandSource = demandSource
        lastTrip = time
    }

    /// A further device tripped in the same cycle: it was closed before, even if its position came sooner than its trip.
    func addTrip(_ device: Int, at time: Double) {
        if !tripped.contains(device) { tripped.append(device) }
        positionsBefore[device] = true
        lastTrip = time
    }

    func note(_ sentence: String, _ time: Timestamp) {
        history.append((time, sentence))
        if history.count > Self.longestHistory { history.removeFirst() }
    }

    private static let longestHistory = 200

    /// Whether its section must stay without voltage: until it is repaired, or was none.
    var holdsSectionDead: Bool { state != .cleared && state != .closed }
    /// Whether devices may still have something to say about it.
    var isOpen: Bool { [.waiting, .unlocated, .proposed, .executing, .stopped].contains(state) }

    /// The sections that it says are faulted.
    var faultedSections: [Int] { location?.suspects ?? [] }

    enum Severity: String { case information, warning, alarm }

    /// How much a person should care now.
    var severity: Severity {
        switch state {
        case .unlocated, .proposed, .stopped: .alarm
        case .waiting, .executing, .rejected, .superseded: .warning
        case .completed: (plan?.unservedWatts ?? 0) > 0 ? .warning : .information
        case .cleared, .closed: .information
        }
    }
}
