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

    mutating func column(
        _ timeseries: TimeSeries, _ measurement: String, _ tags: [(key: String, value: String)], _ field: String
    ) throws(ServiceError) -> Column<Double> {
        let name = "\(measurement) \(tags.map(\.value).joined(separator: " ")) \(field)"
        if let column = columns[name] { return column }
        let column = try timeseries.column(database: database, measurement: measurement, tags: tags, field: field, of: Double.self)
        columns[name] = column
        return column
    }

    /// A metered period from the store; the quality of a stored one tells its coverage in coarse words.
    mutating func metered(_ timeseries: TimeSeries, _ resource: String, _ step: FlexibilityRequest.Interval, minutes: Int) -> MeteredPeriod? {
        let length = Int64(minutes) * 60_000_000_000
        let start = Timestamp(nanoseconds: step.start.nanoseconds / length * length)
        guard let column = try? column(timeseries, Self.meter, [(key: "resource", value: resource)], "power_kw") else { return nil }
        var found: MeteredPeriod?
        try? timeseries.read(column, from: start, through: start) { run in
            guard let value = run.values.first else { return false }
            let isPartial = run.qualities?.first?.contains(.questionable) ?? false
            found = MeteredPeriod(meanKW: value, coverage: isPartial ? 0.5 : 1)
            return false
        }
        return found
    }
}
