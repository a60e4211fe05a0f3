import FlexibilityMarket
import PluginAPI

/// What comes over the databus, below the service's own topic.
extension Flexibility {
    /// `requests` (a request), `requests/<id>/accept`, `/reject`, `/cancel`, `/baseline`, `offers` (an offer for the own need).
    func takeOrder(_ rest: String, _ message: Message, _ now: Timestamp) throws(ServiceError) {
        let levels = rest.split(separator: "/").map { String($0) }
        if levels == ["requests"] {
            let json = try Self.json(message), request = try FlexibilityRequest(json)
            do throws(ServiceError) { _ = try receive(request, by: request.source.rawValue, now) } catch {
                tellRefusal(request.id, error, now)
                throw error
            }
            return
        }
        if levels == ["offers"] { return try takeOffer(try Self.json(message), by: "mqtt", now) }
        // Our own states and events come this way too.
        guard levels.count == 3, levels[0] == "requests", let verb = Verb(rawValue: levels[2]) else { return }
        guard let record = book.records[levels[1]] else {
            throw .notFound("there is no request '\(levels[1])'")
        }
        do throws(ServiceError) {
            let json = message.payload.isEmpty ? JSONValue.object([]) : try Self.json(message)
            let fields = try RequestFields(json, at: "the message", allowing: verb.keys + ["by"])
            try carryOut(verb, record, fields, by: try fields.text("by") ?? record.request.source.rawValue, now)
        } catch {
            tellRefusal(record.request.id, error, now)
            throw error
        }
    }

    /// What a market or an operator does with a request.
    enum Verb: String {
        case accept, reject, cancel, baseline

        /// The keys of its message or body.
        var keys: [String] {
            switch self {
            case .accept: ["activation_factor", "reference"]
            case .reject, .cancel: ["reason"]
            case .baseline: ["kw", "intervals"]
            }
        }
    }

    func carryOut(_ verb: Verb, _ record: RequestRecord, _ fields: RequestFields, by actor: String, _ now: Timestamp) throws(ServiceError) {
        switch verb {
        case .accept:
            let factor = try fields.number("activation_factor", in: 0.01...1) ?? 1
            try accept(record, by: actor, factor: factor, reference: try fields.text("reference") ?? "", now)
        case .reject: try move(record, .rejected, actor, try fields.text("reason") ?? "rejected", now)
        case .cancel: try cancel(record, by: actor, reason: try fields.text("reason") ?? "", now)
        case .baseline: try takeBaseline(record, fields, now)
        }
    }

    /// Who asked over the databus hears why not.
    private func tellRefusal(_ id: String, _ error: ServiceError, _ now: Timestamp) {
        var json = JSONWriter()
        json.beginObject()
        json.member("id", id)
        json.member("time", now.description)
        json.member("error", error.description)
        json.endObject()
        outgoing.append("\(settings?.topics.base ?? "flexibility")/requests/\(id)/refusals", json.bytes, qos: 1)
    }

    /// Takes a baseline from outside: `{"kw": […]}` or `{"intervals": [{"start", "kw"}]}`, before the acceptance.
    private func takeBaseline(_ record: RequestRecord, _ json: RequestFields, _ now: Timestamp) throws(ServiceError) {
        guard [.received, .checked, .offered].contains(record.state) else {
            throw .invalidState("the request '\(record.request.id)' is \(record.state.rawValue): its baseline is frozen")
        }
        let powers: [Double]
        if let listed = json["intervals"]?.elements {
            var byStart: [Timestamp: Double] = [:]
            for one in listed {
                guard let start = one["start"]?.text.flatMap({ Timestamp(text: $0) }), let power = one["kw"]?.number ?? one["baseline_kw"]?.number else {
                    throw .invalidArgument("an interval of the baseline needs start and kw")
                }
                byStart[start] = power
            }
            powers = record.steps.compactMap { byStart[$0.start] }
        } else {
            powers = (json["kw"]?.elements ?? []).compactMap(\.number)
        }
        guard powers.count == record.steps.count, powers.allSatisfy({ abs($0) < 1e6 }) else {
            throw .invalidArgument("the baseline has \(powers.count) usable powers for \(record.steps.count) settlement periods: give kw for each of them")
        }
        record.externalBaseline = powers
        changed(record)
    }
}
