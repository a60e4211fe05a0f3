import ForecastModels
import PluginAPI

extension LiveSeries {
    /// The series in the list of all.
    func write(_ json: inout JSONWriter, now: Int64) {
        json.beginObject()
        json.member("name", name)
        json.member("unit", settings.unit)
        json.member("kind", kindWord)
        json.member("step_minutes", settings.stepMinutes)
        json.member("quality", latest?.quality ?? (problem == nil ? "waiting" : "none"))
        json.list("flags", latest.map { $0.stepFlags.reduce($0.flags) { $0.union($1) }.names } ?? [])
        if let latest { json.member("issued", Timestamp(seconds: latest.issued).description) }
        json.member("history_days", (historyDays * 100).rounded() / 100)
        if let end = feed.newestEnd { json.member("last_value", Timestamp(seconds: end).description) }
        json.list("silent", feed.silent(at: now))
        if let problem { json.member("problem", problem) }
        if let record = model?.record { json.member("model_version", record.version) }
        if let latest {
            json.key("members")
            json.beginObject()
            for member in latest.members { json.member(member.model.name, member.share.shortened) }
            json.endObject()
        }
        if let job { json.member("job", job.number) }
        if let duel {
            json.key("duel")
            json.beginObject()
            json.member("version", duel.challenger.record.version)
            json.member("since", Timestamp(seconds: duel.began).description)
            json.member("intervals", duel.answering.count)
            json.member("pinball", duel.challenging.meanPinball.shortened)
            json.member("pinball_answering", duel.answering.meanPinball.shortened)
            json.endObject()
        }
        json.key("scores")
        scores.write(&json, days: 28, until: now)
        json.endObject()
    }

    /// Whether the model that answers has learnt from readings later than a time: in its training, or from its own errors since.
    func knowsLater(than time: Int64) -> Bool { max(model?.record.through ?? 0, feed.newestEnd ?? 0) > time }

    private var kindWord: String {
        switch settings.kind {
        case .load: "load"
        case .photovoltaic: "pv"
        case .wind: "wind"
        }
    }
}
