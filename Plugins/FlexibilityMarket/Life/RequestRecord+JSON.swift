public import PluginAPI

extension RequestRecord {
    /// Everything about a request: the form in which it is answered, and kept over a restart.
    public func detail() -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.key("request")
        json.beginObject()
        request.write(&json)
        json.endObject()
        writeState(&json)
        if let check {
            json.key("check")
            check.write(&json)
        }
        if let offer {
            json.key("offer")
            offer.write(&json)
        }
        if let order {
            json.key("order")
            order.write(&json)
        }
        if let baseline {
            json.key("baseline")
            baseline.write(&json)
        }
        if let externalBaseline { json.numbers("external_baseline_kw", externalBaseline) }
        writeVerification(&json)
        json.list("periods", steps) { $0.member("start", $1.start.description); $0.member("end", $1.end.description); $0.range($1.kilowatts) }
        json.list("history", history) { $0.write($1) }
        json.list("notes", notes) { json, note in
            json.member("time", note.time.description)
            json.member("resource", note.resource)
            json.member("sentence", note.sentence)
        }
        json.key("former_powers_kw")
        json.beginObject()
        for (resource, power) in formerPowers.sorted(by: { $0.key < $1.key }) { json.optional(resource, power) }
        json.endObject()
        json.key("former_modes")
        json.beginObject()
        for (community, mode) in formerModes.sorted(by: { $0.key < $1.key }) { json.member(community, mode) }
        json.endObject()
        json.endObject()
        return json
    }

    /// Writes verification and settlement, as far as they are there.
    public func writeVerification(_ json: inout JSONWriter) {
        if let verification {
            json.key("verification")
            json.beginArray()
            for step in verification { step.write(&json) }
            json.endArray()
        }
        if let settlement {
            json.key("settlement")
            settlement.write(&json)
        }
    }

    /// State, since when, by whom and why.
    private func writeState(_ json: inout JSONWriter) {
        json.member("state", state.rawValue)
        json.member("revision", request.revision)
        json.member("at", since.description)
        json.member("actor", history.last?.actor ?? "")
        json.member("reason", reason)
    }

    /// The retained message of the request's state.
    public func stateMessage() -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("id", request.id)
        writeState(&json)
        if let check { json.member("outcome", check.outcome.rawValue) }
        json.endObject()
        return json
    }

    /// A line of a list: what is asked for, what became of it.
    public func writeSummary(_ json: inout JSONWriter) {
        json.member("id", request.id)
        writeState(&json)
        json.member("source", request.source.rawValue)
        json.member("location", request.location.description)
        json.member("begin", request.begin.description)
        json.member("end", request.end.description)
        json.member("priority", request.priority)
        json.member("outcome", check?.outcome.rawValue ?? "")
        json.member("limited_by", check?.steps.lazy.compactMap(\.limit).first?.element ?? "")
        json.member("limit_reason", check?.outcome == .feasible ? "" : check?.reason ?? "")
        json.optional("wanted_kw", check.flatMap { $0.steps.max { abs($0.wantedKW) < abs($1.wantedKW) }?.wantedKW })
        json.optional("offered_kw", offer.flatMap { $0.kilowatts.max { abs($0) < abs($1) } })
        json.optional("ordered_kwh", order.map { energyKWh($0.kilowatts) })
        json.optional("delivered_kwh", settlement?.deliveredKWh)
        json.optional("net", settlement?.net)
    }

    /// The energy of powers in the settlement periods, kWh, a magnitude.
    func energyKWh(_ kilowatts: [Double]) -> Double { zip(steps, kilowatts).reduce(0) { $0 + abs($1.1) * $1.0.hours } }

    /// Takes up what ``detail()`` wrote; nil for something else, or written by a later version.
    public static func kept(_ json: JSONValue) -> RequestRecord? {
        guard let given = json["request"], let request = try? FlexibilityRequest(given), let state = json["state"]?.text.flatMap(RequestState.init) else { return nil }
        let history = (json["history"]?.elements ?? []).compactMap(Transition.init)
        let notes = (json["notes"]?.elements ?? []).compactMap(ActivationNote.init)
        let steps = (json["periods"]?.elements ?? []).compactMap(FlexibilityRequest.Interval.init(kept:))
        let record = RequestRecord(kept: request, steps: steps, state: state, history: history, notes: notes)
        record.check = FeasibilityCheck(json["check"])
        record.offer = Offer(json["offer"])
        record.order = Order(json["order"])
        record.baseline = Baseline(json["baseline"])
        record.externalBaseline = json["external_baseline_kw"] == nil ? nil : json.numbers("external_baseline_kw")
        if let order = record.order {
            guard order.kilowatts.count == steps.count, order.shares.values.allSatisfy({ $0.count == steps.count }) else { return nil }
        }
        if let offer = record.offer, offer.kilowatts.count != steps.count { return nil }
        record.verification = json["verification"]?.elements.map { $0.compactMap(VerifiedStep.init) }
        record.settlement = Settlement(json["settlement"])
        for (resource, power) in json["former_powers_kw"]?.members ?? [] { record.formerPowers[resource] = power.number }
        for (community, mode) in json["former_modes"]?.members ?? [] { record.formerModes[community] = mode.integer.map { Int($0) } }
        return record
    }
}

extension Transition {
    init?(_ json: JSONValue) {
        guard let time = json["time"]?.text.flatMap({ Timestamp(text: $0) }), let state = json["state"]?.text.flatMap(RequestState.init) else { return nil }
        self.init(time: time, state: state, actor: json["actor"]?.text ?? "", reason: json["reason"]?.text ?? "")
    }
}

extension ActivationNote {
    init?(_ json: JSONValue) {
        guard let time = json["time"]?.text.flatMap({ Timestamp(text: $0) }) else { return nil }
        self.init(time: time, resource: json["resource"]?.text ?? "", sentence: json["sentence"]?.text ?? "")
    }
}

extension FlexibilityRequest.Interval {
    init?(kept json: JSONValue) {
        guard let start = json["start"]?.text.flatMap({ Timestamp(text: $0) }), let end = json["end"]?.text.flatMap({ Timestamp(text: $0) }), start < end,
            let low = json["min_kw"]?.number, let high = json["max_kw"]?.number, low <= high
        else { return nil }
        self.init(start: start, end: end, kilowatts: low...high)
    }
}

extension JSONWriter {
    /// A list of objects under a key.
    public mutating func list<Items: Sequence>(_ key: String, _ items: Items, _ members: (inout JSONWriter, Items.Element) -> Void) {
        self.key(key)
        beginArray()
        for item in items {
            beginObject()
            members(&self, item)
            endObject()
        }
        endArray()
    }

    fileprivate mutating func range(_ kilowatts: ClosedRange<Double>) {
        member("min_kw", kilowatts.lowerBound)
        member("max_kw", kilowatts.upperBound)
    }

    fileprivate mutating func write(_ transition: Transition) {
        member("time", transition.time.description)
        member("state", transition.state.rawValue)
        member("actor", transition.actor)
        member("reason", transition.reason)
    }
}
