import Congestion
import FlexibilityMarket
import PluginAPI

/// Makes requests of what the own need asks for.
extension Flexibility {
    /// Sends out a request for each resource that the cheapest cure uses, in place of those that nobody has accepted yet; withdraws those that are
    /// needed no more.
    /// - Returns: names of the requests that stand for the need, and why not all of it could be asked for.
    func ask(_ found: Outlook, _ need: FlexibilitySettings.Need, _ now: Timestamp) -> (requests: [String], failure: String?) {
        var failure: String?
        // What one resource refuses does not keep the others from being asked.
        func each(_ name: String, _ body: () throws(ServiceError) -> Void) {
            do throws(ServiceError) { try body() } catch { failure = failure ?? "\(name): \(error)" }
        }
        var wanted: [String: [FlexibilityRequest.Interval]] = [:], proposals: [String: [ExternalOffer.Activation]] = [:]
        for one in found.plan.activations where abs(one.kilowatts) >= 0.01 {
            let step = found.steps[one.interval]
            if one.offerID.hasPrefix("offer/") {
                proposals[String(one.offerID.dropFirst(6)), default: []].append(.init(start: step.start, end: step.end, kilowatts: one.kilowatts))
            } else {
                // Rounded away from zero: the cure must not fail for a watt.
                let power = one.kilowatts < 0 ? (one.kilowatts * 100).rounded(.down) / 100 : (one.kilowatts * 100).rounded(.up) / 100
                wanted[one.offerID, default: []].append(.init(start: step.start, end: step.end, kilowatts: Self.range(power)))
            }
        }
        needs.proposals = proposals
        if need.isAutomatic { for id in proposals.keys.sorted() { each(id) { () throws(ServiceError) in try order(id, by: name, now) } } }
        var requests: [String] = []
        for record in book.chosen(where: { $0.request.id.hasPrefix(Self.needPrefix) && !$0.state.isFinal && !$0.state.isCommitted }) {
            guard case .community(let id) = record.request.location.asCommunity else { continue }
            if let intervals = wanted[id], record.state == .offered || record.state == .checked || record.state == .received {
                wanted[id] = nil
                requests.append(record.request.id)
                guard intervals != record.request.intervals else { continue }
                each(id) { () throws(ServiceError) in try send(record.request.id, record.request.revision + 1, id, intervals, need, now) }
            } else if record.state != .completed, record.state != .verified {
                each(id) { () throws(ServiceError) in try cancel(record, by: name, reason: "the need is gone", now) }
            }
        }
        for (id, intervals) in wanted.sorted(by: { $0.key < $1.key }) {
            let request = "\(Self.needPrefix)\(id)-\(now.nanoseconds / 1_000_000_000)"
            each(id) { () throws(ServiceError) in try send(request, 1, id, intervals, need, now) }
            if book.records[request] != nil { requests.append(request) }
        }
        return (requests.sorted(), failure)
    }

    private func send(
        _ request: String, _ revision: Int, _ resource: String, _ intervals: [FlexibilityRequest.Interval], _ need: FlexibilitySettings.Need, _ now: Timestamp
    ) throws(ServiceError) {
        guard let kind = self.resource(resource)?.settings.kind else { return }
        let asked = FlexibilityRequest(
            id: request, revision: revision, source: .dso, location: kind == .community ? .community(resource) : .asset(resource), intervals: intervals, priority: 8,
            reference: "the operator's own need")
        let (record, _) = try receive(asked, by: name, now)
        var json = JSONWriter()
        json.beginObject()
        asked.write(&json)
        json.endObject()
        outgoing.append("\(settings?.topics.base ?? "flexibility")/needs/\(settings?.name ?? "")/requests/\(request)", json.bytes, qos: 1)
        if need.isAutomatic, record.state == .offered { try accept(record, by: name, now) }
    }

    /// Takes an offer of somebody else; the same name again replaces it as long as nothing was ordered of it.
    func takeOffer(_ json: JSONValue, by actor: String, _ now: Timestamp) throws(ServiceError) {
        let offer = try ExternalOffer(json) { resource($0, .connection)?.settings.place }
        guard offer.validUntil > now else { throw .invalidArgument("the offer '\(offer.id)' was valid until \(offer.validUntil)") }
        if needs.offers[offer.id]?.ordered.isEmpty == false { throw .invalidState("the offer '\(offer.id)' was ordered: it can't be replaced") }
        guard grid != nil else { throw .invalidState("the service has no grid model, and no need to offer for") }
        _ = try grid?.node(offer.place)
        for over in needs.offers.values where over.end <= now { forget(over) }
        guard needs.offers.count < NeedBoard.mostOffers || needs.offers[offer.id] != nil else { throw .limitReached("there are \(NeedBoard.mostOffers) offers already") }
        needs.offers[offer.id] = offer
        try keep(offer)
        // What is offered may be cheaper than what was found: look again at the next turn.
        needs.looked = nil
    }

    /// Orders what the cure asks of somebody else's offer, and tells it on `flexibility/orders/<offer>`.
    func order(_ id: String, by actor: String, _ now: Timestamp) throws(ServiceError) {
        guard var offer = needs.offers[id] else { throw .notFound("there is no offer '\(id)'") }
        guard now < offer.validUntil else { throw .invalidState("the offer '\(id)' was valid until \(offer.validUntil)") }
        // What has begun since the last look can't be ordered any more.
        let activations = (needs.proposals[id] ?? []).filter { $0.start > now }
        guard !activations.isEmpty else { throw .invalidState("nothing of the offer '\(id)' is needed: the cheapest cure does without it") }
        if let connection = offer.connection { offer.request = try orderMetered(offer, connection, activations, by: actor, now) }
        needs.proposals[id] = nil
        offer.ordered = activations
        needs.offers[id] = offer
        try keep(offer)
        var json = JSONWriter()
        json.beginObject()
        json.member("offer", id)
        json.member("provider", offer.provider)
        if let request = offer.request { json.member("request", request) }
        json.member("by", actor)
        json.member("time", now.description)
        json.activations("intervals", activations)
        json.member("price", offer.pricePerKWh)
        json.endObject()
        outgoing.append("\(settings?.topics.base ?? "flexibility")/orders/\(id)", json.bytes, qos: 1, retain: true)
    }

    /// Makes a request of what is ordered at a connection: it is metered, verified and settled as those to the own resources are.
    /// - Returns: its name.
    /// - Throws: ``Status/invalidState`` where it has no baseline.
    private func orderMetered(
        _ offer: ExternalOffer, _ connection: String, _ activations: [ExternalOffer.Activation], by actor: String, _ now: Timestamp
    ) throws(ServiceError) -> String {
        guard let settings else { throw .invalidState("the service is not running") }
        let request = FlexibilityRequest(
            id: "\(Self.orderPrefix)\(offer.id)-\(now.nanoseconds / 1_000_000_000)", source: .dso, location: .connection(connection),
            intervals: activations.map { .init(start: $0.start, end: $0.end, kilowatts: Self.range($0.kilowatts)) }, pricePerKWh: offer.pricePerKWh, priority: 8,
            reference: "the offer '\(offer.id)' of '\(offer.provider)'")
        let frozen = try baseline(RequestRecord(request, minutes: settings.periods.minutes, actor: actor, now: now), now)
        let (record, _) = try book.receive(request, minutes: settings.periods.minutes, actor: actor, now: now)
        let powers = record.steps.map(\.wantedKW)
        record.offer = Offer(kilowatts: powers, pricePerKWh: offer.pricePerKWh, minimumActivationFactor: 1, expires: offer.validUntil)
        record.baseline = frozen
        record.order = Order(
            by: actor, time: now, reference: request.id, activationFactor: 1, kilowatts: powers, shares: [connection: powers], pricePerKWh: offer.pricePerKWh)
        try record.move(to: .checked, actor: name, reason: "a part of the cheapest cure", at: now)
        try record.move(to: .offered, actor: offer.provider, reason: request.reference, at: now)
        try move(record, .accepted, actor, "ordered, baseline by \(frozen.method.rawValue)", now)
        return request.id
    }

    /// Drops an offer whose time is over, with what was retained of its order.
    func forget(_ offer: ExternalOffer) {
        needs.offers[offer.id] = nil
        needs.proposals[offer.id] = nil
        try? host.keyValues.remove("offer/\(offer.id)")
        if !offer.ordered.isEmpty { outgoing.append("\(settings?.topics.base ?? "flexibility")/orders/\(offer.id)", [], qos: 1, retain: true) }
    }

    private func keep(_ offer: ExternalOffer) throws(ServiceError) {
        var json = JSONWriter()
        json.beginObject()
        offer.write(&json)
        json.endObject()
        try host.keyValues.put("offer/\(offer.id)", json.bytes)
    }

    /// Takes up what was offered before a restart.
    func restoreOffers(_ now: Timestamp) throws(ServiceError) {
        for (key, value) in try host.keyValues.all(withPrefix: "offer/") {
            guard let json = value.withUnsafeBytes({ try? JSONValue($0) }),
                let offer = try? ExternalOffer(json, isKept: true, placeOf: { resource($0, .connection)?.settings.place })
            else {
                host.log.warning("the kept \(key) can't be read, and is left out: its connection is not there any more, a later version wrote it, or it is damaged")
                continue
            }
            needs.offers[offer.id] = offer
            if offer.end <= now { forget(offer) }
        }
    }
}

extension FlexibilityRequest.Location {
    /// A resource's own location, whichever kind it is.
    fileprivate var asCommunity: FlexibilityRequest.Location {
        if case .asset(let id) = self { return .community(id) }
        return self
    }
}
