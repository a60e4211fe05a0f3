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
    /// How many requests may be open, which is not ended, at most.
    private let limit: Int

    public init(limit: Int = 5_000) { self.limit = limit }

    /// Takes a request. One and the same may come as often as it likes; a higher revision takes the place of one that is not accepted yet.
    /// - Throws: ``Status/invalidState`` for a revision that contradicts, is older, or comes after the acceptance; ``Status/limitReached``.
    public mutating func receive(
        _ request: FlexibilityRequest, minutes: Int, actor: String, now: Timestamp
    ) throws(ServiceError) -> (RequestRecord, Receipt) {
        guard let known = records[request.id] else {
            guard records.values.count(where: { !$0.state.isFinal }) < limit else { throw .limitReached("\(limit) requests are open: settle or cancel some") }
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
        guard records.count > count else { return [] }
        var ended = records.values.filter { $0.state.isFinal }
        guard ended.count > count else { return [] }
        ended.sort { ($0.since, $0.request.id) < ($1.since, $1.request.id) }
        let dropped = ended.prefix(ended.count - count).map(\.request.id)
        for id in dropped { records[id] = nil }
        return dropped
    }

    /// In the order of their begin.
    public var sorted: [RequestRecord] { chosen { _ in true } }

    /// Those that are carried out now.
    public var underWay: [RequestRecord] { chosen { $0.state.isUnderWay } }

    /// Requests that are chosen, in the order of their begin.
    public func chosen(where isChosen: (RequestRecord) -> Bool) -> [RequestRecord] {
        records.values.filter(isChosen).sorted { ($0.request.begin, $0.request.id) < ($1.request.begin, $1.request.id) }
    }

    /// What was promised of a resource in a span of time, kW as the mean over it, up and down apart, without one request.
    public func promised(_ resource: String, from start: Timestamp, to end: Timestamp, without id: String = "") -> (upKW: Double, downKW: Double) {
        promised(resource, in: [.init(start: start, end: end, kilowatts: 0...0)], without: id)[0]
    }

    /// The same in each of several spans.
    public func promised(_ resource: String, in spans: [FlexibilityRequest.Interval], without id: String = "") -> [(upKW: Double, downKW: Double)] {
        let committed = records.values.filter { $0.state.isCommitted && $0.request.id != id && $0.order?.shares[resource] != nil }
        return spans.map { span in
            var up = 0.0, down = 0.0
            for record in committed {
                let mean = record.orderedKW(resource, from: span.start, to: span.end)
                if mean > 0 { up += mean } else { down += mean }
            }
            return (up, down)
        }
    }

    /// What was asked of a resource in a span of time and carried out, kW as the mean over it, without one request.
    public func carriedOut(_ resource: String, from start: Timestamp, to end: Timestamp, without id: String) -> Double {
        records.values.reduce(0) { sum, record in
            record.wasCarriedOut && record.request.id != id ? sum + record.orderedKW(resource, from: start, to: end) : sum
        }
    }
}
