import FlexibilityMarket
import PluginAPI

/// Columns of the store, each resolved once.
struct StoredColumns {
    /// What resources were metered to do, and what became of requests.
    static let meter = "flexibility_meter"
    static let settlement = "flexibility"
    static let availability = "flexibility_availability"
    static let tariff = "network_tariff"

    let database: String
    private var columns: [String: Column<Double>] = [:]

    init(database: String) { self.database = database }

    /// A column of a request, which is written once: not worth to be kept.
    func once(
        _ timeseries: TimeSeries, _ measurement: String, _ tags: [(key: String, value: String)], _ field: String
    ) throws(ServiceError) -> Column<Double> {
        try timeseries.column(database: database, measurement: measurement, tags: tags, field: field, of: Double.self)
    }

    mutating func column(
        _ timeseries: TimeSeries, _ measurement: String, _ tags: [(key: String, value: String)], _ field: String
    ) throws(ServiceError) -> Column<Double> {
        let name = "\(measurement) \(tags.map(\.value).joined(separator: " ")) \(field)"
        if let column = columns[name] { return column }
        let column = try once(timeseries, measurement, tags, field)
        columns[name] = column
        return column
    }

    /// A metered period from the store.
    mutating func metered(_ timeseries: TimeSeries, _ resource: String, _ step: FlexibilityRequest.Interval, minutes: Int) -> MeteredPeriod? {
        let length = Int64(minutes) * 60_000_000_000
        let start = Timestamp(nanoseconds: step.start.nanoseconds / length * length)
        func value(_ field: String) -> (Double, isPartial: Bool)? {
            guard let column = try? column(timeseries, Self.meter, [(key: "resource", value: resource)], field) else { return nil }
            var found: (Double, isPartial: Bool)?
            try? timeseries.read(column, from: start, through: start) { run in
                found = run.values.first.map { ($0, run.qualities?.first?.contains(.questionable) ?? false) }
                return false
            }
            return found
        }
        guard let (power, isPartial) = value("power_kw") else { return nil }
        // Of one that was stored before coverage was, the quality tells it in coarse words.
        return MeteredPeriod(meanKW: power, coverage: value("coverage")?.0 ?? (isPartial ? 0.5 : 1))
    }
}
