public import PluginAPI

/// All requests by their names, and who may take whose place.
public struct RequestBook {
    /// What receiving a request led to.
    public enum Receipt: Sendable {
        case new, replaced
        /// It was received before, word for word: nothing changed.
        case duplicate
    }

    public private(set) var records: [String: RequestRecord] = [:]
    /// How many requests are kept at most.
    private let limit: Int

    public init(limit: Int = 5_000) { self.limit = limit }

    /// Takes a request. One and the same may come as often as it likes; a higher revision takes the place of one that is not accepted yet.
    /// - Throws: ``Status/invalidState`` for a revision that contradicts, is older, or comes after the acceptance; ``Status/limitReached``.
    public mutating func receive(
        _ request: FlexibilityRequest, minutes: Int, actor: String, now: Timestamp
    ) throws(ServiceError) -> (RequestRecord, Receipt) {
        guard let known = records[request.id] else {
            guard records.count < limit else { throw .limitReached("\(limit) requests are kept, and none of them has ended: settle or cancel some") }
            let record = RequestRecord(request, minutes: minutes, actor: actor, now: now)
            records[request.id] = record
            return (record, .new)
        }
        let former = known.request
        if request == former { return (known, .duplicate) }
        guard request.revision > former.revision else {
            let word = request.revision == former.revision ? "with another content" : "which is older"
            throw .invalidState("the request '\(request.id)' is known in revision \(former.revision), got revision \(request.revision) \(word): raise the revision")
        }
        guard known.state.isReplaceable else {
            throw .invalidState("the request '\(request.id)' is \(known.state.rawValue): a revision can't replace it any more, cancel it and send another one")
        }
        known.replace(with: request, minutes: minutes, actor: actor, now: now)
        return (known, .replaced)
    }

    /// Takes a request up that was kept over a restart.
    public mutating func restore(_ record: RequestRecord) { records[record.request.id] = record }

    /// Drops the oldest that have ended beyond a number of them; their names.
    public mutating func forget(keeping count: Int) -> [String] {
        let ended = records.values.filter { $0.state.isFinal }.sorted { ($0.since, $0.request.id) < ($1.since, $1.request.id) }
        guard ended.count > count else { return [] }
        let dropped = ended.prefix(ended.count - count).map(\.request.id)
        for id in dropped { records[id] = nil }
        return dropped
    }

    /// In the order of their begin.
    public var sorted: [RequestRecord] { records.values.sorted { ($0.request.begin, $0.request.id) < ($1.request.begin, $1.request.id) } }

    /// What was promised of a resource in a span of time, kW as the mean over it, up and down apart, without one request.
    public func promised(_ resource: String, from start: Timestamp, to end: Timestamp, without id: String = "") -> (upKW: Double, downKW: Double) {
        var up = 0.0, down = 0.0
        let span = Double(end.nanoseconds - start.nanoseconds)
        for record in records.values where record.state.isCommitted && record.request.id != id {
            guard let share = record.order?.shares[resource] else { continue }
            var sum = 0.0
            for (step, kilowatts) in zip(record.steps, share) {
                let overlap = min(step.end.nanoseconds, end.nanoseconds) - max(step.start.nanoseconds, start.nanoseconds)
                if overlap > 0 { sum += kilowatts * Double(overlap) / span }
            }
            if sum > 0 { up += sum } else { down += sum }
        }
        return (up, down)
    }
}
