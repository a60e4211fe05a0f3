import Balancing
import PluginAPI

/// What the service says, as JSON.
enum BalancingJSON {
    static func failure(_ sentence: String, status: Int) -> Response {
        var json = JSONWriter()
        json.beginObject()
        json.member("error", sentence)
        json.endObject()
        return .json(json, status: status)
    }

    static func event(_ event: BalancingEvent) -> JSONWriter {
        var json = JSONWriter()
        write(event, &json)
        return json
    }

    static func write(_ event: BalancingEvent, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("time", event.time.description)
        json.member("kind", event.kind)
        json.member("asset", event.asset)
        json.member("sentence", event.sentence)
        json.endObject()
    }

    /// The community in short: mode, target, exchange, flexibility.
    static func state(_ community: Community, _ now: Timestamp) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        writeState(community, now, &json)
        json.endObject()
        return json
    }

    static func writeState(_ community: Community, _ now: Timestamp, _ json: inout JSONWriter) {
        json.member("community", community.settings.name)
        json.member("time", now.description)
        json.member("mode", community.trigger?.mode.rawValue ?? 0)
        json.member("use_case", community.trigger?.mode.name ?? "stop")
        if let begin = community.trigger?.begin { json.member("begin", begin.description) }
        if let end = community.trigger?.end { json.member("end", end.description) }
        if let then = community.interrupted { json.member("then", then.mode.name) }
        number("target_kw", community.targetKW, &json)
        number("exchange_kw", community.exchange?.powerKW, &json)
        json.member("state", community.trigger == nil ? "stopped" : community.plan == nil ? "planning" : community.step?.state.rawValue ?? "schedule")
        number("residual_kw", community.step?.residualKW, &json)
        let flexibility = community.flexibility
        number("up_kw", community.step?.upKW ?? flexibility.upKW, &json)
        number("down_kw", community.step?.downKW ?? flexibility.downKW, &json)
        number("up_kwh", flexibility.upKWh, &json)
        number("down_kwh", flexibility.downKWh, &json)
        number("stored_kwh", flexibility.storedKWh, &json)
        number("capacity_kwh", flexibility.capacityKWh, &json)
        number("import_limit_kw", community.limitsKW?.import, &json)
        number("export_limit_kw", community.limitsKW?.export, &json)
        json.member("exchange_measured", community.isExchangeMeasured(now))
        number("exhausted_in_seconds", community.step?.exhaustedInSeconds, &json)
        json.member("sentence", community.step?.sentence ?? "")
        json.member("assets", community.assets.count)
        json.member("available", community.assets.values.reduce(0) { $0 + ($1.isAvailable ? 1 : 0) })
    }

    static func number(_ key: String, _ value: Double?, _ json: inout JSONWriter) {
        json.key(key)
        if let value { json.value(value) } else { json.null() }
    }

    /// Everything about a community.
    static func detail(_ community: Community, _ now: Timestamp) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        writeState(community, now, &json)
        json.key("members")
        json.beginArray()
        for id in community.assets.keys.sorted() { if let asset = community.assets[id] { write(asset, &json) } }
        json.endArray()
        json.key("events")
        json.beginArray()
        for event in community.events.reversed() { write(event, &json) }
        json.endArray()
        json.member("plan_failure", community.planFailure ?? "")
        number("plan_seconds", community.plan?.seconds, &json)
        if let made = community.plan?.made { json.member("plan_made", made.description) }
        json.key("indicators")
        json.beginObject()
        if community.trigger != nil { for line in community.indicators.lines { number(line.key, line.value, &json) } }
        json.endObject()
        json.endObject()
        return json
    }

    private static func write(_ asset: AssetRecord, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("id", asset.id)
        json.member("kind", asset.description.kind.rawValue)
        json.member("announced", asset.isAnnounced)
        json.member("state", asset.absence?.rawValue ?? "available")
        json.member("power_kw", asset.powerKW)
        number("set_point_kw", asset.setPointKW, &json)
        json.member("acknowledged", asset.isAcknowledged)
        json.key("band_kw")
        json.beginArray()
        json.value(asset.bandKW.lowerBound)
        json.value(asset.bandKW.upperBound)
        json.endArray()
        if asset.description.capacityKWh > 0 {
            json.member("energy_kwh", asset.energyKWh)
            json.member("capacity_kwh", asset.description.capacityKWh)
        }
        if let reported = asset.reported { json.member("reported", reported.description) }
        json.endObject()
    }

    static func runs(_ community: Community) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.key("runs")
        json.beginArray()
        for run in community.runs.runs.reversed() { write(run, &json) }
        json.endArray()
        json.endObject()
        return json
    }

    static func run(_ run: RunList.Run) -> JSONWriter {
        var json = JSONWriter()
        write(run, &json)
        return json
    }

    private static func write(_ run: RunList.Run, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("run", run.number)
        json.member("mode", run.mode.rawValue)
        json.member("use_case", run.mode.name)
        json.member("begin", run.begin.description)
        json.member("end", run.end.description)
        json.member("reason", run.reason)
        json.key("indicators")
        json.beginObject()
        for line in run.indicators.lines { number(line.key, line.value, &json) }
        json.endObject()
        json.key("slots")
        json.beginArray()
        for slot in run.indicators.slots {
            json.beginObject()
            json.member("id", slot.name)
            json.member("announced_kwh", slot.announcedKWh)
            json.member("delivered_kwh", slot.deliveredKWh)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }
}
