import Grid
import PluginAPI
import Restoration

extension Incident {
    /// The card: what an operator has to know at a glance.
    func card(_ model: SwitchingModel) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        writeCard(&json, model)
        json.endObject()
        return json
    }

    func writeCard(_ json: inout JSONWriter, _ model: SwitchingModel) {
        json.member("id", id)
        json.member("severity", severity.rawValue)
        json.member("state", state.rawValue)
        json.member("title", title(model))
        json.member("detail", detail)
        json.member("began", began.description)
        json.texts("tripped", tripped.map(model.name(ofSwitch:)))
        if let location { Self.write(location, &json, model) }
        if let plan {
            json.kilowatts("interrupted_kw", plan.energisedBeforeWatts - plan.energisedAfterTripWatts)
            json.kilowatts("unserved_kw", plan.unservedWatts)
        }
        if let reliability { json.reliability(reliability) }
        if let sequence {
            json.member("purpose", sequence.purpose.rawValue)
            json.member("proposal", sequence.revision)
            json.member("steps_total", sequence.steps.count)
            json.member("steps_done", sequence.done)
        }
        if let safeState { json.member("safe_state", safeState) }
        json.texts("approvals", approvals)
    }

    private static func write(_ location: FaultLocation, _ json: inout JSONWriter, _ model: SwitchingModel) {
        json.member("verdict", location.verdict.rawValue)
        json.list("candidates", location.candidates.prefix(3)) { json, candidate in
            json.member("section", candidate.description)
            json.member("probability", JSONWriter.rounded(candidate.probability, 1e4))
            json.member("suspected", location.suspects.contains(candidate.section))
        }
        json.texts("contradictions", location.contradictions.map(\.sentence))
        json.list("places", location.places) { json, place in
            json.member("line", model.network.lines[place.line].identity.mRID)
            json.member("share_percent", JSONWriter.rounded(place.share * 100, 10))
        }
    }

    private func title(_ model: SwitchingModel) -> String {
        let device = tripped.first.map { "\(model.name(ofSwitch: $0)) tripped" } ?? "Fault of before the restart"
        guard let best = location?.best else { return device }
        return "\(device): fault in \(best.description)"
    }

    /// Everything: card, plan, every step with its check, history.
    func details(_ model: SwitchingModel) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        writeCard(&json, model)
        json.member("loads_from", demandSource)
        if let plan {
            json.key("plan")
            json.beginObject()
            json.summary(plan, model)
            json.endObject()
        }
        if let sequence {
            json.list("steps", sequence.steps.enumerated()) { json, numbered in
                json.member("number", numbered.offset + 1)
                json.member("state", stepState(numbered.offset, sequence))
                json.step(numbered.element, model)
            }
        }
        json.list("undo", plan?.undo ?? []) { $0.step($1, model) }
        json.list("excluded", excluded.sorted()) { $0.device($1, model) }
        json.list("history", history) { json, entry in
            json.member("time", entry.time.description)
            json.member("sentence", entry.sentence)
        }
        json.endObject()
        return json
    }

    private func stepState(_ index: Int, _ sequence: Sequence) -> String {
        if index < sequence.done { return "confirmed" }
        guard index == sequence.done else { return "waiting" }
        return state == .executing ? "under way" : state == .stopped ? "not confirmed" : "waiting"
    }
}
