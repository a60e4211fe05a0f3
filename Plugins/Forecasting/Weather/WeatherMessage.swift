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
    private static let mostQuantities = 32
    /// How far the time of issue may lie after the site's clock: publishers have clocks of their own, and no run is used before its time.
    static let toleratedSeconds: Int64 = 86_400

    /// What a value can be, in the unit of its quantity: anything else is another unit, or a number that stands for a missing one.
    private static let possible: [WeatherQuantity: (range: ClosedRange<Double>, unit: String)] = [
        .temperature: (-90...60, "degrees Celsius"), .irradiance: (-50...1600, "W/m2"), .clearIrradiance: (-50...1600, "W/m2"),
        .windSpeed: (0...150, "m/s"), .hubWindSpeed: (0...150, "m/s"),
    ]

    /// - Throws: ``Status/invalidArgument`` with a sentence.
    init(_ json: UnsafeRawBufferPointer, now: Int64) throws(ServiceError) {
        let root: JSONValue
        do throws(JSONError) { root = try JSONValue(json) } catch { throw .invalidArgument("weather is not JSON, \(error)") }
        try self.init(root, now: now)
    }

    /// - Parameter other: when a forecast that does not say when it was issued became known; nil refuses it.
    init(_ root: JSONValue, now: Int64, issuedUnlessGiven other: Int64? = nil) throws(ServiceError) {
        guard root.members != nil else { throw .invalidArgument("weather is \(root.kind), expected an object with issued, start and values") }
        isMeasured = try Self.truth(root, "measured")
        guard let start = try Self.time(root, "start") else {
            throw .invalidArgument("weather has no start: the begin of its first interval, for example 2027-01-14T06:00:00Z")
        }
        let issued = try Self.time(root, "issued") ?? (isMeasured ? now : other)
        guard let issued else {
            throw .invalidArgument("weather has no issued: when the forecast became known, so that none is used before its time")
        }
        // One run of the far future would be the newest for ever, and all others too old to be kept.
        guard issued <= now + Self.toleratedSeconds else {
            throw .invalidArgument(
                "weather was issued at \(Timestamp(seconds: issued)), after the site's clock, \(Timestamp(seconds: now)): expected when it became known")
        }
        let step = try Self.step(root)
        guard let members = root["values"]?.members, !members.isEmpty else {
            throw .invalidArgument("weather has no values: an object of lists such as {\"temperature\": [2.5, 2.1]}")
        }
        guard members.count <= Self.mostQuantities, members.allSatisfy({ (1...64).contains($0.key.utf8.count) }) else {
            throw .invalidArgument("weather has \(members.count) quantities, expected \(Self.mostQuantities) at most with names of 1 to 64 bytes")
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
        // What was measured in years to come would leave no room for what was measured before.
        guard !isMeasured || run.grid.start <= now + Self.toleratedSeconds else {
            throw .invalidArgument(
                "weather was measured at \(Timestamp(seconds: run.grid.start)), after the site's clock, \(Timestamp(seconds: now)): leave measured out of a forecast")
        }
    }

    private static func truth(_ root: JSONValue, _ key: String) throws(ServiceError) -> Bool {
        guard let value = root[key] else { return false }
        guard let truth = value.boolean else { throw .invalidArgument("weather \(key) is \(value.kind), expected true or false") }
        return truth
    }

    private static func step(_ root: JSONValue) throws(ServiceError) -> Int {
        guard let value = root["step_minutes"] else { return 60 }
        guard let minutes = value.integer, (1...1440).contains(minutes) else {
            throw .invalidArgument("weather step_minutes is \(value.number.map { String($0) } ?? value.kind), expected a whole number from 1 to 1440")
        }
        return Int(minutes)
    }

    private static func values(_ name: String, _ list: JSONValue) throws(ServiceError) -> [Double] {
        guard let elements = list.elements, !elements.isEmpty, elements.count <= longestValues else {
            throw .invalidArgument("weather \(name) is \(list.kind), expected a list of 1 to \(longestValues) numbers or nulls")
        }
        let possible = possible[WeatherQuantity(rawValue: name)]
        var values: [Double] = []
        for element in elements {
            switch element {
            case .number(let number, _):
                if let possible, !possible.range.contains(number) {
                    throw .invalidArgument(
                        "weather \(name) holds \(number), expected \(possible.range.lowerBound) to \(possible.range.upperBound) \(possible.unit), or null "
                            + "where nothing is known")
                }
                values.append(number)
            case .null: values.append(.nan)
            default: throw .invalidArgument("weather \(name) holds \(element.kind), expected numbers or nulls")
            }
        }
        return values
    }

    /// What a time of a request or message can be: 1970 to 2200.
    private static let times: ClosedRange<Int64> = 0...7_258_118_400

    /// A time of a request or message in seconds since 1970; nil if it is not there.
    static func time(_ root: JSONValue, _ key: String) throws(ServiceError) -> Int64? {
        guard let value = root[key] else { return nil }
        guard let seconds = value.integer ?? value.text.flatMap({ Self.time($0) }), times.contains(seconds) else {
            throw .invalidArgument(
                "\(key) is \(value.integer.map { String($0) } ?? value.text.map { "'\($0)'" } ?? value.kind), expected a time such as "
                    + "2027-01-14T06:00:00Z or whole seconds since 1970")
        }
        return seconds
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
