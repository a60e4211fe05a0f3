import ForecastModels
import PluginAPI

/// A run of a weather forecast, or measured weather, as a topic or a request brings it:
/// `{"issued": "2027-01-14T06:00:00Z", "start": "2027-01-14T06:00:00Z", "step_minutes": 60, "values": {"temperature": [2.5, 2.1, …]}}`.
/// Measured weather has `"measured": true` and needs no `issued`.
struct WeatherMessage: Sendable {
    let isMeasured: Bool
    let run: WeatherRun

    /// No run reaches further than a month in hours, or a fortnight in quarter hours.
    static let longestValues = 3000

    /// - Throws: ``Status/invalidArgument`` with a sentence.
    init(_ json: UnsafeRawBufferPointer, now: Int64) throws(ServiceError) {
        let root: JSONValue
        do throws(JSONError) { root = try JSONValue(json) } catch { throw .invalidArgument("weather is not JSON, \(error)") }
        try self.init(root, now: now)
    }

    /// - Parameter other: when a forecast that does not say when it was issued became known; nil refuses it.
    init(_ root: JSONValue, now: Int64, issuedUnlessGiven other: Int64? = nil) throws(ServiceError) {
        isMeasured = root["measured"]?.boolean ?? false
        guard let start = try Self.time(root, "start") else {
            throw .invalidArgument("weather has no start: the begin of its first interval, for example 2027-01-14T06:00:00Z")
        }
        let issued = try Self.time(root, "issued") ?? (isMeasured ? now : other)
        guard let issued else {
            throw .invalidArgument("weather has no issued: when the forecast became known, so that none is used before its time")
        }
        let step = Int(root["step_minutes"]?.integer ?? 60)
        guard let members = root["values"]?.members, !members.isEmpty else {
            throw .invalidArgument("weather has no values: an object of lists such as {\"temperature\": [2.5, 2.1]}")
        }
        var columns: [WeatherQuantity: [Double]] = [:]
        for (name, list) in members { columns[WeatherQuantity(rawValue: name)] = try Self.values(name, list) }
        let count = columns.values.map(\.count).max() ?? 0
        for (quantity, values) in columns where values.count < count {
            columns[quantity] = values + [Double](repeating: .nan, count: count - values.count)
        }
        do {
            let grid = try TimeGrid(start: start, stepMinutes: step, count: count)
            run = try WeatherRun(issued: issued, grid: grid, columns: columns)
        } catch { throw .invalidArgument("weather: \(error)") }
    }

    private static func values(_ name: String, _ list: JSONValue) throws(ServiceError) -> [Double] {
        guard let elements = list.elements, !elements.isEmpty, elements.count <= longestValues else {
            throw .invalidArgument("weather \(name) is \(list.kind), expected a list of 1 to \(longestValues) numbers or nulls")
        }
        var values: [Double] = []
        for element in elements {
            switch element {
            case .number(let number, _): values.append(number)
            case .null: values.append(.nan)
            default: throw .invalidArgument("weather \(name) holds \(element.kind), expected numbers or nulls")
            }
        }
        return values
    }

    /// A time of a request or message in seconds since 1970; nil if it is not there.
    static func time(_ root: JSONValue, _ key: String) throws(ServiceError) -> Int64? {
        guard let value = root[key] else { return nil }
        if let seconds = value.integer { return seconds }
        guard let text = value.text, let time = time(text) else {
            throw .invalidArgument("\(key) is \(value.kind), expected a time such as 2027-01-14T06:00:00Z or seconds since 1970")
        }
        return time
    }

    /// Seconds since 1970 of an ISO 8601 text in UTC or with an offset.
    static func time(_ text: String) -> Int64? {
        var text = text
        return text.withUTF8 { Timestamp(iso8601: UnsafeRawBufferPointer($0), offsetIfMissing: 0) }.map { $0.nanoseconds.floored(by: 1_000_000_000) }
    }

    /// The run as a message, to be kept.
    var json: String {
        var json = JSONWriter()
        json.beginObject()
        json.member("issued", Timestamp(seconds: run.issued).description)
        json.member("start", Timestamp(seconds: run.grid.start).description)
        json.member("step_minutes", run.grid.stepMinutes)
        if isMeasured { json.member("measured", true) }
        json.key("values")
        json.beginObject()
        for (quantity, values) in run.columns.sorted(by: { $0.key < $1.key }) {
            json.key(quantity.rawValue)
            json.beginArray()
            for value in values { json.value(value) }
            json.endArray()
        }
        json.endObject()
        json.endObject()
        return json.string
    }
}
