import FlexibilityMarket
import PluginAPI

/// What comes over the databus, below the service's own topic.
extension Flexibility {
    /// `requests` (a request), `requests/<id>/accept`, `/reject`, `/cancel`, `/baseline`, `offers` (an offer for the own need).
    func takeOrder(_ rest: String, _ json: JSONValue, _ now: Timestamp) throws(ServiceError) {
        let levels = rest.split(separator: "/").map { String($0) }
        if levels == ["requests"] {
            let request = try FlexibilityRequest(json)
            do throws(ServiceError) { _ = try receive(request, by: request.source.rawValue, now) } catch {
                tellRefusal(request.id, error, now)
                throw error
            }
            return
        }
        if levels == ["offers"] { return try takeOffer(json, by: "mqtt", now) }
        guard levels.count == 3, levels[0] == "requests" else { return }
        guard let record = book.records[levels[1]] else {
            // Our own states and events come this way too.
            if ["state", "events", "refusals", "settlement"].contains(levels[2]) { return }
            throw .notFound("there is no request '\(levels[1])'")
        }
        let actor = json["by"]?.text ?? record.request.source.rawValue
        do throws(ServiceError) {
            switch levels[2] {
            case "accept": try accept(record, by: actor, factor: json["activation_factor"]?.number ?? 1, reference: json["reference"]?.text ?? "", now)
            case "reject": try move(record, .rejected, actor, json["reason"]?.text ?? "rejected", now)
            case "cancel": try cancel(record, by: actor, reason: json["reason"]?.text ?? "", now)
            case "baseline": try takeBaseline(record, json, now)
            default: break
            }
        } catch {
            tellRefusal(record.request.id, error, now)
            throw error
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
    func takeBaseline(_ record: RequestRecord, _ json: JSONValue, _ now: Timestamp) throws(ServiceError) {
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
