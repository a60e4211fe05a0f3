import PluginAPI

extension LiveSeries {
    /// The message of `forecasts/<series>/scores`: how good the forecasts of the last four weeks were, by lead.
    func scoreMessage(now: Int64) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("series", name)
        json.member("unit", settings.unit)
        json.member("at", Timestamp(seconds: now).description)
        json.member("days", 28)
        if let record = model?.record {
            json.member("model_version", record.version)
            json.member("reference_pinball", record.backtest.pinball)
        }
        if let drift { json.member("drift", drift.sentence) }
        json.key("leads")
        scores.write(&json, days: 28, until: now)
        json.endObject()
        return json
    }
}
