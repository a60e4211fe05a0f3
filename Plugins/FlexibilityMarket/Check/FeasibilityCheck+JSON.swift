public import PluginAPI

extension FeasibilityCheck {
    /// Writes the check as an object.
    public func write(_ json: inout JSONWriter) {
        json.beginObject()
        json.member("time", time.description)
        json.member("outcome", outcome.rawValue)
        json.member("feasible", outcome == .feasible)
        json.member("reason", reason)
        json.member("activation_factor", activationFactor)
        json.key("intervals")
        json.beginArray()
        for step in steps { step.write(&json) }
        json.endArray()
        json.key("available_kw")
        json.beginArray()
        for step in steps { json.value(step.offeredKW) }
        json.endArray()
        json.key("limited_by")
        json.beginArray()
        for (index, step) in steps.enumerated() { step.limit?.write(&json, interval: index) }
        json.endArray()
        json.key("grid_case")
        gridCase.write(&json)
        if let effect {
            json.key("effect")
            effect.write(&json)
        }
        json.endObject()
    }

    /// Reads what ``write(_:)`` wrote; nil for something else.
    init?(_ json: JSONValue?) {
        guard let json, let time = json["time"]?.text.flatMap({ Timestamp(text: $0) }), let outcome = json["outcome"]?.text.flatMap(Outcome.init) else { return nil }
        let limits = json["limited_by"]?.elements ?? []
        var limitOfStep: [Int: Limit] = [:]
        for one in limits { if let step = one["interval"]?.integer, let limit = Limit(one) { limitOfStep[Int(step)] = limit } }
        let steps = (json["intervals"]?.elements ?? []).enumerated().compactMap { Step($1, limit: limitOfStep[$0]) }
        self.init(
            time: time, outcome: outcome, steps: steps, reason: json["reason"]?.text ?? "", gridCase: GridCase(json["grid_case"]), effect: Effect(json["effect"]))
    }
}

extension FeasibilityCheck.Step {
    func write(_ json: inout JSONWriter) {
        json.beginObject()
        json.member("start", start.description)
        json.member("end", end.description)
        json.member("wanted_kw", wantedKW)
        json.member("least_kw", leastKW)
        json.optional("available_kw", availableKW)
        json.optional("allowed_kw", allowedKW)
        json.member("offered_kw", offeredKW)
        json.endObject()
    }

    init?(_ json: JSONValue, limit: FeasibilityCheck.Limit?) {
        guard let start = json["start"]?.text.flatMap({ Timestamp(text: $0) }), let end = json["end"]?.text.flatMap({ Timestamp(text: $0) }) else { return nil }
        let wanted = json["wanted_kw"]?.number ?? 0, endless = wanted < 0 ? -Double.infinity : .infinity
        self.init(
            start: start, end: end, wantedKW: wanted, leastKW: json["least_kw"]?.number ?? 0, availableKW: json["available_kw"]?.number ?? endless,
            allowedKW: json["allowed_kw"]?.number ?? endless, offeredKW: json["offered_kw"]?.number ?? 0, limit: limit)
    }
}

extension FeasibilityCheck.Limit {
    func write(_ json: inout JSONWriter, interval: Int) {
        json.beginObject()
        json.member("interval", interval)
        json.member("element", element)
        json.member("kind", kind.rawValue)
        json.optional("value", value)
        json.optional("limit", limit)
        json.member("sentence", sentence)
        json.endObject()
    }

    init?(_ json: JSONValue) {
        guard let kind = json["kind"]?.text.flatMap(Kind.init) else { return nil }
        self.init(
            kind, element: json["element"]?.text ?? "", value: json["value"]?.number ?? .nan, limit: json["limit"]?.number ?? .nan,
            sentence: json["sentence"]?.text ?? "")
    }
}

extension FeasibilityCheck.GridCase {
    func write(_ json: inout JSONWriter) {
        json.beginObject()
        if let estimate { json.member("estimate", estimate.description) }
        json.key("forecast_runs")
        json.beginObject()
        for (series, run) in forecastRuns.sorted(by: { $0.key < $1.key }) { json.member(series, run) }
        json.endObject()
        json.key("quantiles")
        json.beginArray()
        for quantile in quantiles { json.value(quantile) }
        json.endArray()
        json.member("topology", topology)
        json.endObject()
    }

    init(_ json: JSONValue?) {
        self.init(
            estimate: json?["estimate"]?.text.flatMap { Timestamp(text: $0) },
            forecastRuns: Dictionary((json?["forecast_runs"]?.members ?? []).map { ($0.key, $0.value.text ?? "") }, uniquingKeysWith: { first, _ in first }),
            quantiles: (json?["quantiles"]?.elements ?? []).compactMap(\.text), topology: Int(json?["topology"]?.integer ?? 0))
    }
}

extension FeasibilityCheck.Effect {
    func write(_ json: inout JSONWriter) {
        json.beginObject()
        json.optional("losses_kwh", lossesKWh)
        json.optional("loading_before_percent", loadingBeforePercent)
        json.optional("loading_after_percent", loadingAfterPercent)
        json.member("loaded_element", loadedElement)
        json.endObject()
    }

    init?(_ json: JSONValue?) {
        guard let json else { return nil }
        self.init(
            lossesKWh: json["losses_kwh"]?.number ?? .nan, loadingBeforePercent: json["loading_before_percent"]?.number ?? .nan,
            loadingAfterPercent: json["loading_after_percent"]?.number ?? .nan, loadedElement: json["loaded_element"]?.text ?? "")
    }
}

extension JSONWriter {
    /// A number under a key; null where it is missing or says nothing.
    public mutating func optional(_ key: String, _ value: Double?) {
        self.key(key)
        if let value, value.isFinite { self.value(value) } else { null() }
    }
}
