import ForecastModels
import PluginAPI

/// What is known of a model: kept beside it, told over REST.
struct ModelRecord: Sendable {
    let version: Int
    let trainedAt: Int64
    /// Begin of the first and end of the last interval that it learnt from.
    let from: Int64
    let through: Int64
    /// Why it was made.
    let reason: String
    let seconds: Double
    let backtest: Backtest
    let importance: [(name: String, share: Double)]
    /// Quantities of the weather that it has learnt from.
    let weather: [String]
    /// Quantities that had come for long enough to be learnt from when it was trained, whether it could use them or not.
    let lasting: [String]
    /// What was found in the readings.
    let flags: [String]
    /// The same in sentences.
    let notes: [String]
    /// How a net load follows sun and wind, where it is told in its parts.
    let split: ComponentSplit?
    /// When it began to answer.
    var servesSince: Int64
    /// Why it answers: what it won by.
    var verdict = ""

    /// How good each model was on days that were held back from it, or that came later: mean pinball, the best first.
    struct Backtest: Sendable {
        var models: [(name: String, pinball: Double)] = []

        /// Of the best: what the mean of all is expected to reach.
        var pinball: Double { models.first?.pinball ?? .nan }
        /// Of the seasonal naive one.
        var naive: Double { models.first { $0.name == "seasonal-naive" }?.pinball ?? .nan }
    }

    var historyDays: Double { Double(through - from) / 86_400 }

    var json: JSONWriter {
        var json = JSONWriter()
        write(&json)
        return json
    }

    func write(_ json: inout JSONWriter) {
        json.beginObject()
        json.member("version", version)
        json.member("trained_at", Timestamp(seconds: trainedAt).description)
        json.member("data_from", Timestamp(seconds: from).description)
        json.member("data_through", Timestamp(seconds: through).description)
        json.member("reason", reason)
        json.member("training_seconds", seconds)
        json.member("serves_since", Timestamp(seconds: servesSince).description)
        json.key("backtest")
        json.beginObject()
        json.member("pinball", backtest.pinball)
        json.member("skill", 1 - backtest.pinball / backtest.naive)
        Self.write(&json, "models", backtest.models.map { (name: $0.name, share: $0.pinball) })
        json.endObject()
        Self.write(&json, "importance", importance)
        json.list("weather", weather)
        json.list("weather_lasting", lasting)
        json.list("flags", flags)
        json.list("notes", notes)
        if !verdict.isEmpty { json.member("verdict", verdict) }
        if let split {
            json.key("split")
            json.beginObject()
            json.member("pv_per_irradiance", split.solarPerIrradiance)
            json.member("wind_capacity", split.windCapacity)
            json.member("half_power_speed", split.halfPowerSpeed)
            json.endObject()
        }
        json.endObject()
    }

    private static func write(_ json: inout JSONWriter, _ key: String, _ shares: [(name: String, share: Double)]) {
        json.key(key)
        json.beginObject()
        for (name, share) in shares { json.member(name, share) }
        json.endObject()
    }
}

extension ModelRecord {
    /// Reads ``json``.
    init?(_ bytes: [UInt8]) {
        guard let root = try? bytes.withUnsafeBytes({ try JSONValue($0) }), let version = root["version"]?.integer,
            let trainedAt = Self.time(root, "trained_at"), let from = Self.time(root, "data_from"), let through = Self.time(root, "data_through"),
            let since = Self.time(root, "serves_since")
        else { return nil }
        self.version = Int(version)
        (self.trainedAt, self.from, self.through, servesSince) = (trainedAt, from, through, since)
        reason = root["reason"]?.text ?? ""
        seconds = root["training_seconds"]?.number ?? 0
        backtest = Backtest(models: Self.shares(root["backtest"] ?? .null, "models").map { ($0.name, $0.share) })
        importance = Self.shares(root, "importance")
        weather = (root["weather"]?.elements ?? []).compactMap(\.text)
        lasting = root["weather_lasting"]?.elements?.compactMap(\.text) ?? weather
        flags = (root["flags"]?.elements ?? []).compactMap(\.text)
        notes = (root["notes"]?.elements ?? []).compactMap(\.text)
        verdict = root["verdict"]?.text ?? ""
        split = root["split"].flatMap { told in
            guard let pv = told["pv_per_irradiance"]?.number, let wind = told["wind_capacity"]?.number, let half = told["half_power_speed"]?.number
            else { return nil }
            return ComponentSplit(solarPerIrradiance: pv, windCapacity: wind, halfPowerSpeed: half)
        }
    }

    private static func time(_ root: JSONValue, _ key: String) -> Int64? { root[key]?.text.flatMap { WeatherMessage.time($0) } }

    private static func shares(_ root: JSONValue, _ key: String) -> [(name: String, share: Double)] {
        (root[key]?.members ?? []).map { ($0.key, $0.value.number ?? 0) }
    }
}
