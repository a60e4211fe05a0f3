import ForecastModels
import PluginAPI

/// What a request wants of a back-test: `{"days": 28, "refit_days": 28, "seconds": 60}`, each optional.
struct BacktestOrder: Sendable {
    /// How many of the last complete local days are forecast.
    let days: Int
    /// Days between trainings.
    let refitDays: Int
    /// Time that it may take, that of a training unless given.
    let seconds: Double?

    init(_ body: UnsafeRawBufferPointer) throws(ServiceError) {
        var root = JSONValue.null
        if !body.isEmpty {
            do throws(JSONError) { root = try JSONValue(body) } catch { throw .invalidArgument("the body is not JSON, \(error)") }
        }
        guard root.members != nil || body.isEmpty else { throw .invalidArgument("the body is \(root.kind), expected an object") }
        try root.allow(["days", "refit_days", "seconds"])
        func whole(_ key: String, _ usual: Int) throws(ServiceError) -> Int {
            guard let value = root[key] else { return usual }
            guard let number = value.integer, (1...400).contains(number) else {
                throw .invalidArgument("\(key) is \(value.integer.map(String.init) ?? value.number.map { $0.description } ?? value.kind), expected a whole number from 1 to 400")
            }
            return Int(number)
        }
        days = try whole("days", 28)
        refitDays = try whole("refit_days", 28)
        guard let given = root["seconds"] else {
            seconds = nil
            return
        }
        guard let number = given.number, (0.1...3600).contains(number) else {
            throw .invalidArgument("seconds is \(given.number.map { $0.description } ?? given.kind), expected a number from 0.1 to 3600")
        }
        seconds = number
    }
}

extension JSONValue {
    /// Refuses members of a request's object other than these.
    func allow(_ keys: [String]) throws(ServiceError) {
        guard let unknown = (members ?? []).first(where: { !keys.contains($0.key) }) else { return }
        throw .invalidArgument("the body has the unknown member '\(unknown.key)', expected one of \(keys.joined(separator: ", "))")
    }
}

extension BacktestReport {
    /// What is told over REST and kept; its schema is `backtest` in ``ForecastingSchemas``.
    func json(series: String, unit: String, made: Int64, wanted: BacktestOrder) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("series", series)
        json.member("unit", unit)
        json.member("made", Timestamp(seconds: made).description)
        json.member("from", Timestamp(seconds: span.lowerBound).description)
        json.member("through", Timestamp(seconds: span.upperBound).description)
        json.member("days", days)
        json.member("days_wanted", wanted.days)
        json.member("refit_days", wanted.refitDays)
        json.member("training_seconds", trainingSeconds.shortened)
        json.member("skill", skill.shortened)
        json.key("total")
        total.write(&json)
        json.key("leads")
        json.beginArray()
        for (hours, metrics) in byLeadHours { metrics.write(&json, ("hours", "\(hours.lowerBound)-\(hours.upperBound)")) }
        json.endArray()
        json.key("models")
        json.beginArray()
        for (model, metrics) in byModel { metrics.write(&json, ("model", model.name)) }
        json.endArray()
        json.endObject()
        return json
    }
}

extension ForecastModels.ForecastMetrics {
    fileprivate func write(_ json: inout JSONWriter, _ name: (key: String, value: String)? = nil) {
        json.beginObject()
        if let name { json.member(name.key, name.value) }
        json.member("intervals", count)
        json.member("pinball", pinball.shortened)
        json.member("mae", meanAbsoluteError.shortened)
        json.member("coverage_80", coverage80.shortened)
        json.member("coverage_90", coverage90.shortened)
        json.endObject()
    }
}
