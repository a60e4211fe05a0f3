import Congestion
import FlexibilityMarket
import PluginAPI

extension Flexibility {
    /// Tells what was foreseen and what would cure it, retained on `flexibility/needs/<grid>`.
    func tell(_ found: Outlook, _ requests: [String], _ now: Timestamp) {
        guard let settings else { return }
        var json = JSONWriter()
        json.beginObject()
        json.member("grid", settings.name)
        json.member("time", now.description)
        json.member("from", found.steps[0].start.description)
        json.member("to", found.steps[found.steps.count - 1].end.description)
        json.member("is_free", found.outlook.isFree)
        json.list("congestions", found.outlook.worst) { $0.write($1, found.steps) }
        json.list("elements", elements(found.outlook.congestions)) { json, element in
            json.member("element", element.mRID)
            json.member("name", element.name)
            json.member("kind", element.kind.rawValue)
        }
        json.key("cure")
        write(found.plan, found.steps, &json)
        json.key("requests")
        json.beginArray()
        for id in requests { json.value(id) }
        json.endArray()
        json.list("proposed_orders", needs.proposals.sorted { $0.key < $1.key }) { json, proposal in
            json.member("offer", proposal.key)
            json.activations("intervals", proposal.value)
        }
        json.list("unsupplied", found.outlook.unsupplied) { json, node in json.member("node", node.name) }
        json.endObject()
        needs.latest = json
        outgoing.append("\(settings.topics.base)/needs/\(settings.name)", json.bytes, qos: 1, retain: true)
        metrics?.note(congestions: found.outlook.worst.count, cost: found.plan.cost)
    }

    /// Violating nodes and lines, each once.
    private func elements(_ congestions: [Congestion]) -> [GridElement] {
        Set(congestions.map(\.element)).sorted { ($0.kind.rawValue, $0.mRID) < ($1.kind.rawValue, $1.mRID) }
    }

    private func write(_ plan: FlexibilityPlan, _ steps: [FlexibilityRequest.Interval], _ json: inout JSONWriter) {
        json.beginObject()
        json.member("is_complete", plan.isCured)
        json.member("cost", plan.cost)
        json.list("activations", plan.activations) { json, one in
            json.member("resource", one.offerID)
            json.member("start", steps[one.interval].start.description)
            json.member("kw", one.kilowatts)
            json.member("cost", one.cost)
        }
        json.list("remaining", plan.remaining) { $0.write($1, steps) }
        json.list("binding", plan.bindingLimits) { json, limit in
            json.member("element", limit.limit.element.name)
            json.optional("shadow_price", limit.shadowPrice)
            json.member("sentence", limit.description)
        }
        json.key("notes")
        json.beginArray()
        for note in plan.notes { json.value(note) }
        json.endArray()
        json.endObject()
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ congestion: Congestion, _ steps: [FlexibilityRequest.Interval]) {
        member("element", congestion.element.mRID)
        member("name", congestion.element.name)
        member("kind", congestion.kind.rawValue)
        member("start", steps[congestion.interval].start.description)
        optional("value", congestion.value)
        optional("limit", congestion.limit)
        member("unit", congestion.kind.unit)
        member("quantile", congestion.quantile)
        if let contingency = congestion.contingency { member("contingency", contingency) }
        member("sentence", congestion.description)
    }
}
