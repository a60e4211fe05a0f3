import FlexibilityMarket
import PluginAPI

/// From a request to its order.
extension Flexibility {
    /// Takes a request, checks it and offers what is possible.
    /// - Returns: the record, and whether it is new.
    func receive(_ request: FlexibilityRequest, by actor: String, _ now: Timestamp) throws(ServiceError) -> (RequestRecord, isNew: Bool) {
        guard let settings else { throw .invalidState("the service is not running") }
        try admit(request, actor, settings)
        let (record, receipt) = try book.receive(request, minutes: settings.periods.minutes, actor: actor, now: now)
        if case .duplicate = receipt {
            // One that could not be checked when it came.
            if record.state == .received, now < request.lastAcceptance { try examine(record, by: name, now) }
            return (record, false)
        }
        changed(record)
        guard now < request.lastAcceptance else {
            try move(record, .expired, "clock", "it came at \(now), after \(request.lastAcceptance), until when it might have been accepted", now)
            return (record, true)
        }
        try examine(record, by: name, now)
        return (record, true)
    }

    /// Names of requests that the service makes itself begin so.
    static let needPrefix = "need-"
    static let orderPrefix = "order-"
    private static let mostSteps = 3_100

    /// - Throws: ``Status/invalidArgument`` for what can't be dealt with.
    private func admit(_ request: FlexibilityRequest, _ actor: String, _ settings: FlexibilitySettings) throws(ServiceError) {
        if case .connection(let id) = request.location {
            throw .invalidArgument("the connection \(id) is metered for the offers of others: name a community, an asset, nodes or a congestion point")
        }
        for prefix in [Self.needPrefix, Self.orderPrefix] where request.id.hasPrefix(prefix) && actor != name {
            throw .invalidArgument("id is '\(request.id)', and '\(prefix)…' are the service's own: choose another one")
        }
        let seconds = request.intervals.reduce(0) { $1.isRequested ? $0 + $1.hours * 3600 : $0 }
        guard seconds <= Double(Self.mostSteps * settings.periods.minutes * 60) else {
            throw .invalidArgument("the intervals have more than \(Self.mostSteps) settlement periods of \(settings.periods.minutes) minutes: make several requests of them")
        }
        _ = try site(request.location)
    }

    /// Requests that were not checked when they came, since the grid could not be calculated or the service was killed: as soon as their resources report.
    func examineThoseLeft(_ now: Timestamp) {
        guard isGridKnown(now) else { return }
        let left = book.chosen { $0.state == .received || $0.state == .checked }
        if left.isEmpty { checkFailure = nil }
        for record in left {
            let resources = (try? site(record.request.location).resources) ?? []
            guard resources.allSatisfy({ $0.reported != nil }) || now - started >= .nanoseconds(Int64((settings?.activation.silentSeconds ?? 0) * 1e9)) else { continue }
            do throws(ServiceError) { try examine(record, by: name, now) } catch { checkFailure = error.description }
        }
    }

    /// Checks a request and makes an offer of what is possible; accepts it where the configuration says so.
    func examine(_ record: RequestRecord, by actor: String, _ now: Timestamp) throws(ServiceError) {
        guard let settings else { return }
        let check = try check(record, now)
        checkFailure = nil
        record.check = check
        try move(record, .checked, actor, "\(check.outcome.rawValue): \(check.reason)", now)
        guard check.outcome != .infeasible else { return try move(record, .rejected, name, check.reason, now) }
        let price = try site(record.request.location).price(check)
        if let most = record.request.pricePerKWh, most < price {
            return try move(record, .rejected, name, "\(shown(most)) \(settings.market.currency) a kWh are bid, \(shown(price)) are asked for", now)
        }
        record.offer = Offer(
            kilowatts: check.steps.map(\.offeredKW), pricePerKWh: price, minimumActivationFactor: record.request.minimumActivationFactor,
            expires: min(record.request.lastAcceptance, now + .nanoseconds(Int64(settings.market.offerSeconds * 1e9))))
        try move(record, .offered, name, check.reason, now)
        guard settings.market.accepts.contains(record.request.source) else { return }
        attempt(record) { (record) throws(ServiceError) in try self.accept(record, by: record.request.source.rawValue, now) }
    }

    /// Orders what was offered. The grid is checked once more.
    /// - Throws: ``Status/invalidState`` where it no longer stands, with the reason.
    func accept(_ record: RequestRecord, by actor: String, factor: Double = 1, reference: String = "", _ now: Timestamp) throws(ServiceError) {
        let reference = reference.isEmpty ? "order-\(record.request.id)-\(record.request.revision)" : reference
        // The same order may come again: QoS 1 delivers at least once.
        if ![.cancelled, .failed].contains(record.state), let order = record.order, order.reference == reference, order.activationFactor == factor { return }
        guard record.state == .offered, let offer = record.offer else {
            throw .invalidState("the request '\(record.request.id)' is \(record.state.rawValue), and only what is offered can be accepted: \(record.reason)")
        }
        guard now <= offer.expires else {
            try move(record, .expired, "clock", "the offer stood until \(offer.expires)", now)
            throw .invalidState("the offer for '\(record.request.id)' stood until \(offer.expires): ask anew with a higher revision")
        }
        guard factor >= max(0.01, offer.minimumActivationFactor), factor <= 1 else {
            throw .invalidArgument("activation_factor is \(factor), expected \(max(0.01, offer.minimumActivationFactor)) to 1 as offered")
        }
        let check = try check(record, now)
        record.check = check
        // Of a set-point the power counts, whatever deviation that is by now.
        let isSetPoint = record.request.isSetPoint
        if zip(check.steps, offer.kilowatts).contains(where: { !(isSetPoint && $0.limit == nil) && abs($0.offeredKW) < factor * abs($1) - 1e-3 }) {
            try examine(record, by: name, now)
            throw .invalidState("what was offered for '\(record.request.id)' is not possible any more (\(check.reason)): it is \(record.state.rawValue) anew")
        }
        let baseline = try baseline(record, now)
        let ordered = zip(offer.kilowatts, check.steps).map { (isSetPoint && $1.limit == nil ? $1.offeredKW : $0) * factor }
        record.baseline = baseline
        record.order = Order(
            by: actor, time: now, reference: reference, activationFactor: factor,
            kilowatts: ordered, shares: try shares(record, ordered, now), pricePerKWh: offer.pricePerKWh)
        try move(record, .accepted, actor, "ordered\(factor < 1 ? " with the factor \(shown(factor))" : ""), baseline by \(baseline.method.rawValue)", now)
    }

    /// Withdraws a request; one that is carried out goes back to its baseline, and what was delivered until then is settled.
    func cancel(_ record: RequestRecord, by actor: String, reason: String, _ now: Timestamp) throws(ServiceError) {
        let wasCarriedOut = record.state.isUnderWay
        try record.move(to: .cancelled, actor: actor, reason: reason.isEmpty ? "cancelled" : reason, at: now)
        metrics?.noteTransition()
        // What is not delivered any more is nobody's deviation.
        record.stopOrder(at: now)
        if wasCarriedOut {
            release(record, now)
            conclude(record, now)
            publishSettlement(record)
        }
        changed(record)
    }

    /// Requests that nobody accepted in time.
    func expire(_ now: Timestamp) {
        for record in book.chosen(where: { [.received, .checked, .offered].contains($0.state) }) {
            let end = record.offer?.expires ?? record.request.lastAcceptance
            guard now > end else { continue }
            attempt(record) { (record) throws(ServiceError) in try self.move(record, .expired, "clock", "nobody accepted it until \(end)", now) }
        }
    }

    /// Goes to a state, keeps it, and tells it.
    func move(_ record: RequestRecord, _ state: RequestState, _ actor: String, _ reason: String, _ now: Timestamp) throws(ServiceError) {
        try record.move(to: state, actor: actor, reason: reason, at: now)
        metrics?.noteTransition()
        changed(record)
    }

    /// Keeps a request and tells of its state. What could not be kept is told as ill health.
    func changed(_ record: RequestRecord) {
        isAvailabilityChanged = true
        do throws(ServiceError) {
            try memory?.keep(record)
            memoryFailure = nil
        } catch {
            memoryFailure = error.description
        }
        outgoing.append(stateTopic(record), record.stateMessage().bytes, qos: 1, retain: true)
    }

    /// Does something by the clock; what is refused is told in the request's notes and the log.
    func attempt(_ record: RequestRecord, _ body: (RequestRecord) throws(ServiceError) -> Void) {
        do throws(ServiceError) { try body(record) } catch {
            host.log.warning("request '\(record.request.id)': \(error)")
            note(record, "", error.description, host.clock.now)
        }
    }

    /// Tells something of a request's activation, in its record and on the databus.
    func note(_ record: RequestRecord, _ resource: String, _ sentence: String, _ now: Timestamp) {
        record.note(resource, sentence, at: now)
        var json = JSONWriter()
        json.beginObject()
        json.member("id", record.request.id)
        json.member("time", now.description)
        json.member("resource", resource)
        json.member("sentence", sentence)
        json.endObject()
        outgoing.append("\(settings?.topics.base ?? "flexibility")/requests/\(record.request.id)/events", json.bytes, qos: 1)
        host.log.notice("request '\(record.request.id)': \(sentence)")
    }

    func stateTopic(_ record: RequestRecord) -> String { "\(settings?.topics.base ?? "flexibility")/requests/\(record.request.id)/state" }

    /// Ended requests beyond those that are kept, and offers whose time is over: what was retained of them goes too.
    func forget(_ now: Timestamp) {
        guard let settings else { return }
        for id in book.forget(keeping: settings.market.keeps) {
            for leaf in ["state", "settlement"] { outgoing.append("\(settings.topics.base)/requests/\(id)/\(leaf)", [], qos: 1, retain: true) }
            try? memory?.forget(id)
        }
        for offer in needs.offers.values where offer.end <= now { forget(offer) }
    }
}
