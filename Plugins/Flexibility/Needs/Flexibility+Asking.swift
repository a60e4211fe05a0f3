import Congestion
import FlexibilityMarket
import PluginAPI

/// Makes requests of what the own need asks for.
extension Flexibility {
    private static let prefix = "need-"

    /// Sends out a request for each resource that the cheapest cure uses, in place of those that nobody has accepted yet; withdraws those that are
    /// needed no more.
    /// - Returns: names of the requests that stand for the need.
    func ask(_ found: Outlook, _ need: FlexibilitySettings.Need, _ now: Timestamp) throws(ServiceError) -> [String] {
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
        if need.isAutomatic { for id in proposals.keys.sorted() { try order(id, by: name, now) } }
        var requests: [String] = []
        for record in book.sorted where record.request.id.hasPrefix(Self.prefix) && !record.state.isFinal && !record.state.isCommitted {
            guard case .community(let id) = record.request.location.asCommunity else { continue }
            if let intervals = wanted[id], record.state == .offered || record.state == .checked || record.state == .received {
                wanted[id] = nil
                requests.append(record.request.id)
                guard intervals != record.request.intervals else { continue }
                try send(record.request.id, record.request.revision + 1, id, intervals, need, now)
            } else if record.state != .completed, record.state != .verified {
                try cancel(record, by: name, reason: "the need is gone", now)
            }
        }
        for (id, intervals) in wanted.sorted(by: { $0.key < $1.key }) {
            let request = "\(Self.prefix)\(id)-\(now.nanoseconds / 1_000_000_000)"
            try send(request, 1, id, intervals, need, now)
            requests.append(request)
        }
        return requests.sorted()
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
        var offer = try ExternalOffer(json)
        offer.ordered = []
        guard offer.validUntil > now else { throw .invalidArgument("the offer '\(offer.id)' was valid until \(offer.validUntil)") }
        if needs.offers[offer.id]?.ordered.isEmpty == false { throw .invalidState("the offer '\(offer.id)' was ordered: it can't be replaced") }
        guard grid != nil else { throw .invalidState("the service has no grid model, and no need to offer for") }
        _ = try grid?.node(offer.place)
        needs.offers = needs.offers.filter { $0.value.end > now }
        guard needs.offers.count < NeedBoard.mostOffers || needs.offers[offer.id] != nil else { throw .limitReached("there are \(NeedBoard.mostOffers) offers already") }
        needs.offers[offer.id] = offer
        try keep(offer)
        // What is offered may be cheaper than what was found: look again at the next turn.
        needs.looked = nil
    }

    /// Orders what the cure asks of somebody else's offer, and tells it on `flexibility/orders/<offer>`.
    func order(_ id: String, by actor: String, _ now: Timestamp) throws(ServiceError) {
        guard var offer = needs.offers[id] else { throw .notFound("there is no offer '\(id)'") }
        guard let activations = needs.proposals.removeValue(forKey: id), !activations.isEmpty else {
            throw .invalidState("nothing of the offer '\(id)' is needed: the cheapest cure does without it")
        }
        offer.ordered = activations
        needs.offers[id] = offer
        try keep(offer)
        var json = JSONWriter()
        json.beginObject()
        json.member("offer", id)
        json.member("provider", offer.provider)
        json.member("by", actor)
        json.member("time", now.description)
        json.activations("intervals", activations)
        json.member("price", offer.pricePerKWh)
        json.endObject()
        outgoing.append("\(settings?.topics.base ?? "flexibility")/orders/\(id)", json.bytes, qos: 1, retain: true)
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
            guard let json = value.withUnsafeBytes({ try? JSONValue($0) }), let offer = try? ExternalOffer(json), offer.end > now else {
                try host.keyValues.remove(key)
                continue
            }
            needs.offers[offer.id] = offer
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
