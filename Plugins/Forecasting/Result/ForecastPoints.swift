import ForecastModels
import PluginAPI

/// Writes forecasts into the store: one series of points for each forecast series and lead, at the time of the interval that is forecast.
///
/// Tags: `series`, and `lead`: `latest` (each forecast overwrites what the one before said of an interval, so that the last one before it
/// stays), `day-ahead` (made at the gate), `1h`, `6h`, `3d` and `6d` (made that long before, where forecasts reach so far). Fields: the quantiles (`q05` …), and `issued`, seconds
/// since 1970 of the forecast that the point is of; of a net load that is told in its parts `load`, `pv` and `wind` too, at `latest`. The time of issue as a tag would make a series of each forecast; so there are six at most.
struct ForecastPoints {
    let host: Host
    let output: OutputSettings
    private var columns: [String: [Column<Double>]] = [:]
    private var points = Points<Double>()

    init(_ host: Host, _ output: OutputSettings) {
        self.host = host
        self.output = output
    }

    /// Adds intervals of a forecast to what the next ``write()`` writes.
    mutating func append(_ forecast: ForecastResult, series: String, lead: String, intervals: Range<Int>) throws(ServiceError) {
        let columns = try resolved(series, lead, output.levels.map(OutputSettings.field) + ["issued"], key: "\(series)/\(lead)")
        let quantiles = output.levels.map { forecast.quantile($0, of: intervals) }
        for (place, interval) in intervals.enumerated() {
            let time = Timestamp(seconds: forecast.grid.time(interval))
            for (column, values) in zip(columns, quantiles) where values[place].isFinite {
                points.append(column, time, values[place], quality: .estimated)
            }
            if let issued = columns.last { points.append(issued, time, Double(forecast.issued), quality: .estimated) }
        }
    }

    /// Adds the parts of a series' latest forecast, as fields beside its quantiles.
    mutating func append(_ parts: ForecastParts, series: String) throws(ServiceError) {
        let columns = try resolved(series, "latest", ForecastParts.fields, key: "\(series)/parts")
        for (column, values) in zip(columns, parts.values) {
            for interval in values.indices where values[interval].isFinite {
                points.append(column, Timestamp(seconds: parts.grid.time(interval)), values[interval], quality: .estimated)
            }
        }
    }

    mutating func write() throws(ServiceError) {
        defer { points.removeAll() }
        do throws(ServiceError) {
            try host.timeseries.write(points)
        } catch {
            // A database that was dropped and made anew has other handles.
            if error.status == .notFound { columns = [:] }
            throw error
        }
    }

    private mutating func resolved(
        _ series: String, _ lead: String, _ fields: [String], key: String
    ) throws(ServiceError) -> [Column<Double>] {
        if let known = columns[key] { return known }
        var found: [Column<Double>] = []
        for field in fields {
            found.append(
                try host.timeseries.column(
                    database: output.database, measurement: output.measurement, tags: [("series", series), ("lead", lead)], field: field,
                    of: Double.self))
        }
        columns[key] = found
        return found
    }
}
