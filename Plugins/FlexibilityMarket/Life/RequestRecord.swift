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
    /// When its metering was looked at last.
    public var lookedAt: Timestamp?
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
        remember(Transition(time: time, state: next, actor: actor, reason: reason))
    }

    /// How many changes of state are kept: the first, and the latest.
    private static let mostTransitions = 200

    private func remember(_ transition: Transition) {
        history.append(transition)
        // One that is checked again and again must not grow without end.
        if history.count > Self.mostTransitions { history.remove(at: 1) }
    }

    /// Takes a higher revision: all that was checked and offered is void.
    func replace(with newer: FlexibilityRequest, minutes: Int, actor: String, now: Timestamp) {
        request = newer
        steps = newer.steps(minutes: minutes)
        state = .received
        (check, offer, order, baseline, externalBaseline, verification, settlement) = (nil, nil, nil, nil, nil, nil, nil)
        remember(Transition(time: now, state: .received, actor: actor, reason: "revision \(newer.revision) takes the place of the one before"))
    }

    /// Tells something of the activation. The last two hundred are kept.
    public func note(_ resource: String, _ sentence: String, at time: Timestamp) {
        notes.append(ActivationNote(time: time, resource: resource, sentence: sentence))
        if notes.count > 200 { notes.removeFirst(notes.count - 200) }
    }

    /// The settlement period that a time lies in.
    public func step(at time: Timestamp) -> Int? {
        let step = firstStep(endingAfter: time)
        return step < steps.count && steps[step].start <= time ? step : nil
    }

    /// The first settlement period that ends after a time; their count if none does.
    public func firstStep(endingAfter time: Timestamp) -> Int {
        var low = 0, high = steps.count
        while low < high {
            let middle = (low + high) / 2
            if steps[middle].end > time { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// What was ordered of a resource, kW as the mean over a span of time.
    public func orderedKW(_ resource: String, from start: Timestamp, to end: Timestamp) -> Double {
        guard start < end, let last = steps.last, start < last.end, steps[0].start < end, let share = order?.shares[resource] else { return 0 }
        var sum = 0.0, index = firstStep(endingAfter: start)
        while index < steps.count, index < share.count, steps[index].start < end {
            sum += share[index] * Double((min(steps[index].end, end) - max(steps[index].start, start)).nanoseconds)
            index += 1
        }
        return sum / Double((end - start).nanoseconds)
    }

    /// Whether resources did, or do, something for it.
    public var wasCarriedOut: Bool {
        switch state {
        case .activating, .active, .completed, .verified, .settled: true
        // What was left of a request that was stopped is no part of its shares any more.
        case .cancelled: order != nil
        case .received, .checked, .offered, .accepted, .rejected, .expired, .failed: false
        }
    }

    /// Takes back what is ordered from a time on. Of the period that it lies in the resources keep the part that is over, of which nothing is paid.
    public func stopOrder(at now: Timestamp) {
        guard var order else { return }
        for index in firstStep(endingAfter: now)..<steps.count where order.kilowatts.indices.contains(index) {
            let step = steps[index]
            let done = step.start < now ? Double((now - step.start).nanoseconds) / Double((step.end - step.start).nanoseconds) : 0
            order.kilowatts[index] = 0
            for resource in order.shares.keys where order.shares[resource]?.indices.contains(index) == true { order.shares[resource]?[index] *= done }
        }
        self.order = order
    }

    /// Whether others deliver it, who are metered and not commanded.
    public var isMeteredOnly: Bool {
        if case .connection = request.location { true } else { false }
    }

    /// Why it is in its state.
    public var reason: String { history.last?.reason ?? "" }
    /// Since when.
    public var since: Timestamp { history.last?.time ?? Timestamp(nanoseconds: 0) }
}
