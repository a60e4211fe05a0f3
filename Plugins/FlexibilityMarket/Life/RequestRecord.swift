public import PluginAPI

/// One change of a request's state.
public struct Transition: Hashable, Sendable {
    public let time: Timestamp
    public let state: RequestState
    /// Who did it: a user, a service, `market`, `clock`.
    public let actor: String
    public let reason: String
}

/// Something that happened while a request was activated.
public struct ActivationNote: Hashable, Sendable {
    public let time: Timestamp
    public let resource: String
    public let sentence: String
}

/// A request with all that became of it.
public final class RequestRecord {
    public private(set) var request: FlexibilityRequest
    /// Settlement periods in which something is asked for.
    public private(set) var steps: [FlexibilityRequest.Interval]
    public private(set) var state = RequestState.received
    /// Every change of state, the oldest first.
    public private(set) var history: [Transition] = []
    public var check: FeasibilityCheck?
    public var offer: Offer?
    public var order: Order?
    /// The baseline that was given from outside, kW by settlement period.
    public var externalBaseline: [Double]?
    /// Frozen at acceptance.
    public var baseline: Baseline?
    public internal(set) var notes: [ActivationNote] = []
    public var verification: [VerifiedStep]?
    public var settlement: Settlement?
    /// Modes of communities before the activation, to go back to.
    public var formerModes: [String: Int] = [:]
    /// What each resource did before the activation, kW.
    public var formerPowers: [String: Double] = [:]

    /// - Parameter minutes: length of a settlement period.
    public init(_ request: FlexibilityRequest, minutes: Int, actor: String, now: Timestamp) {
        self.request = request
        steps = request.steps(minutes: minutes)
        history = [Transition(time: now, state: .received, actor: actor, reason: "revision \(request.revision)")]
    }

    init(
        kept request: FlexibilityRequest, steps: [FlexibilityRequest.Interval], state: RequestState, history: [Transition], notes: [ActivationNote]
    ) {
        (self.request, self.steps, self.state, self.history, self.notes) = (request, steps, state, history, notes)
    }

    /// Goes to another state.
    /// - Throws: ``Status/invalidState`` if that can't follow.
    public func move(to next: RequestState, actor: String, reason: String, at time: Timestamp) throws(ServiceError) {
        guard state.successors.contains(next) else {
            throw .invalidState("the request '\(request.id)' is \(state.rawValue), which can't become \(next.rawValue): \(history.last?.reason ?? "")")
        }
        state = next
        history.append(Transition(time: time, state: next, actor: actor, reason: reason))
    }

    /// Takes a higher revision: all that was checked and offered is void.
    func replace(with newer: FlexibilityRequest, minutes: Int, actor: String, now: Timestamp) {
        request = newer
        steps = newer.steps(minutes: minutes)
        state = .received
        (check, offer, order, baseline, externalBaseline, verification, settlement) = (nil, nil, nil, nil, nil, nil, nil)
        history.append(Transition(time: now, state: .received, actor: actor, reason: "revision \(newer.revision) takes the place of the one before"))
    }

    /// Tells something of the activation. The last two hundred are kept.
    public func note(_ resource: String, _ sentence: String, at time: Timestamp) {
        notes.append(ActivationNote(time: time, resource: resource, sentence: sentence))
        if notes.count > 200 { notes.removeFirst(notes.count - 200) }
    }

    /// The settlement period that a time lies in.
    public func step(at time: Timestamp) -> Int? { steps.firstIndex { $0.start <= time && time < $0.end } }

    /// Why it is in its state.
    public var reason: String { history.last?.reason ?? "" }
    /// Since when.
    public var since: Timestamp { history.last?.time ?? Timestamp(nanoseconds: 0) }
}
