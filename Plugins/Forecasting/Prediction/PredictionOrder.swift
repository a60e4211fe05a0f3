import ForecastModels
import PluginAPI

/// A series that the platform does not hold, to be forecast by a job: its values and their weather come with the request, as pandas writes a
/// table (`orient="split"`). The shape of SOGNO's forecasting API (sogno-platform/openstef-api, v2: prediction), answered with quantiles.
///
///     {"name": "substation-7", "kind": "load", "step_minutes": 60, "horizon_hours": 48,
///      "series": {"columns": ["load", "temperature"], "index": ["2026-05-01T00:00:00Z", …], "data": [[231.0, 12.1], …]}}
///
/// The first column is the series, its interval means by their begin; the others are weather, also of times after its last value.
struct PredictionOrder: Sendable {
    /// What it is called in the answer.
    let name: String
    let unit: String
    let settings: ForecastSettings
    let series: SeriesWindow
    let weather: WeatherHistory
    /// End of the last interval with a value: where the forecast begins.
    let issue: Int64
    let horizonHours: Int
    /// Time that the training may take.
    let seconds: Double

    private static let mostRows = 200_000
    private static let mostColumns = 16

    init(_ body: UnsafeRawBufferPointer, _ usual: ForecastingSettings) throws(ServiceError) {
        let root: JSONValue
        do throws(JSONError) { root = try JSONValue(body) } catch { throw .invalidArgument("the body is not JSON, \(error)") }
        let object: ConfigurationObject
        do throws(ServiceError) {
            object = try ConfigurationObject(root, at: "the order")
            try object.allow(["name", "unit", "kind", "capacity", "step_minutes", "horizon_hours", "seconds", "series"])
            name = try object.text("name") ?? "prediction"
            unit = try object.text("unit") ?? "W"
            horizonHours = try object.integer("horizon_hours", in: 1...168) ?? usual.issue.horizonHours
            seconds = try object.number("seconds", in: 0.1...3600) ?? usual.training.seconds
            var settings = ForecastSettings()
            settings.kind = try SeriesSettings.kind(object)
            settings.gateMinute = usual.issue.gateMinute
            settings.windowDays = usual.training.windowDays
            settings.isQuick = usual.training.isQuick
            if case .photovoltaic = settings.kind, usual.site.place == nil {
                throw ServiceError.invalidArgument("the order is of a PV plant, and config.site has no latitude and longitude: the sun's path depends on them")
            }
            self.settings = settings
            let given = try object.integer("step_minutes", in: 15...60)
            let table = try Table(root["series"])
            let step = if let given { given } else { try table.step() }
            guard [15, 30, 60].contains(step) else {
                throw ServiceError.invalidArgument("the order has steps of \(step) minutes, expected 15, 30 or 60: give step_minutes, finer values become means")
            }
            (series, weather) = try table.windows(stepMinutes: step)
            guard let last = series.values.lastIndex(where: { !$0.isNaN }) else {
                throw ServiceError.invalidArgument("series.data has no value in its first column, '\(table.columns[0])'")
            }
            issue = series.grid.time(last + 1)
        } catch { throw .invalidArgument("\(error)") }
    }

    /// The series as it comes: times in seconds since 1970, and a list of values for each.
    private struct Table {
        let columns: [String]
        let times: [Int64]
        let rows: [[Double]]

        init(_ value: JSONValue?) throws(ServiceError) {
            guard let value, let index = value["index"]?.elements, let data = value["data"]?.elements, let columns = value["columns"]?.elements else {
                throw .invalidArgument("the order has no series: {\"columns\": [\"load\"], \"index\": [times], \"data\": [[values], …]}")
            }
            self.columns = columns.compactMap(\.text)
            guard !columns.isEmpty, self.columns.count == columns.count, columns.count <= PredictionOrder.mostColumns else {
                throw .invalidArgument("series.columns expects 1 to \(PredictionOrder.mostColumns) names")
            }
            guard index.count == data.count, (1...PredictionOrder.mostRows).contains(index.count) else {
                throw .invalidArgument("series has \(index.count) times and \(data.count) rows, expected as many of both, 1 to \(PredictionOrder.mostRows)")
            }
            var times: [Int64] = [], rows: [[Double]] = []
            for (place, time) in index.enumerated() {
                guard let seconds = Self.seconds(time) else {
                    throw .invalidArgument("series.index.\(place) is \(time.text.map { "'\($0)'" } ?? time.kind), expected a time such as 2026-05-01T00:00:00Z")
                }
                let cells = data[place].elements ?? []
                var row: [Double] = []
                for cell in cells {
                    switch cell {
                    case .number(let number, _): row.append(number)
                    case .null: row.append(.nan)
                    default: throw .invalidArgument("series.data.\(place) holds \(cell.kind), expected numbers or nulls")
                    }
                }
                guard row.count == columns.count else {
                    throw .invalidArgument("series.data.\(place) has \(row.count) values, expected one for each of \(columns.count) columns")
                }
                times.append(seconds)
                rows.append(row)
            }
            (self.times, self.rows) = (times, rows)
            if let first = times.min(), let last = times.max(), last - first > 4000 * 86_400 {
                throw .invalidArgument("series.index spans \((last - first) / 86_400) days, expected 4000 at most")
            }
        }

        /// A time as pandas writes it: a text, or milliseconds; or seconds.
        private static func seconds(_ value: JSONValue) -> Int64? {
            if let text = value.text { return WeatherMessage.time(text) }
            guard let number = value.integer, number >= 0, number < 8_000_000_000_000 else { return nil }
            return number >= 100_000_000_000 ? number / 1000 : number
        }

        /// Minutes between times that follow one another.
        func step() throws(ServiceError) -> Int {
            let ordered = times.sorted()
            guard let least = zip(ordered, ordered.dropFirst()).map({ $1 - $0 }).filter({ $0 > 0 }).min(), least % 60 == 0 else {
                throw .invalidArgument("series.index has no two times that are whole minutes apart: give step_minutes")
            }
            return Int(least / 60)
        }

        func windows(stepMinutes: Int) throws(ServiceError) -> (SeriesWindow, WeatherHistory) {
            do {
                let all = try SeriesWindow(readings: times.map { ($0, 0) }, stepMinutes: stepMinutes).grid
                func column(_ place: Int) throws -> SeriesWindow {
                    try SeriesWindow(readings: zip(times, rows).map { ($0, $1[place]) }, stepMinutes: stepMinutes).on(all)
                }
                var weather: [WeatherQuantity: [Double]] = [:]
                for (place, name) in columns.enumerated().dropFirst() { weather[WeatherQuantity(rawValue: name)] = try column(place).values }
                let run = weather.isEmpty ? [] : [try WeatherRun(issued: .min, grid: all, columns: weather)]
                return (try column(0), WeatherHistory(measured: nil, runs: run))
            } catch { throw .invalidArgument("series: \(error)") }
        }
    }
}
