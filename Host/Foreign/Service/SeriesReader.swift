internal import PluginAPI

/// Points of a series, oldest first; times in seconds since 1970.
struct SeriesPoints {
    var times: [Double] = []
    var values: [Double] = []
}

/// Reads what work wants of series.
struct SeriesReader {
    let host: Host

    /// - Parameter tags: the values of the series' tags.
    /// - Throws: ``ForeignFault`` if there is not one column with enough points; ``ServiceError`` if the host can't read at all.
    func read(_ series: ForeignDescription.SeriesInput, tags: [(key: String, value: String)], until now: Timestamp) throws -> SeriesPoints {
        let found = try host.timeseries.find(database: series.database, measurement: series.measurement, tags: tags, field: series.field)
        guard found.count == 1, let column = found.first else {
            throw ForeignFault.input("the series '\(series.name)': expected one series of \(describe(series, tags)); got \(found.count)")
        }
        var points = SeriesPoints()
        switch column.type {
        case .float: try read(Column<Double>(handle: column.handle), series, now, into: &points) { $0 }
        case .integer: try read(Column<Int64>(handle: column.handle), series, now, into: &points) { Double($0) }
        case .boolean: try read(Column<Bool>(handle: column.handle), series, now, into: &points) { $0 ? 1 : 0 }
        case .text, nil: throw ForeignFault.input("the series '\(series.name)': expected numbers; got texts")
        }
        guard points.values.count >= max(series.window == nil ? 1 : 0, series.least) else {
            throw ForeignFault.input(
                "the series '\(series.name)': expected at least \(series.least) points of \(describe(series, tags)); got \(points.values.count)")
        }
        points.times.reverse()
        points.values.reverse()
        return points
    }

    private func read<Stored: ContiguousPointValue>(
        _ column: Column<Stored>, _ series: ForeignDescription.SeriesInput, _ now: Timestamp, into points: inout SeriesPoints,
        _ number: (Stored) -> Double
    ) throws(ServiceError) {
        let from = series.window.map { Timestamp(nanoseconds: now.nanoseconds &- $0) } ?? Timestamp(nanoseconds: .min)
        let limit = series.window == nil ? 1 : series.most
        try host.timeseries.read(column, from: from, through: now, limit: UInt64(limit), newestFirst: true) { run in
            for index in run.times.indices {
                points.times.append(Double(run.times[index].nanoseconds) / 1e9)
                points.values.append(number(run.values[index]))
            }
            return true
        }
    }

    private func describe(_ series: ForeignDescription.SeriesInput, _ tags: [(key: String, value: String)]) -> String {
        "\(series.measurement).\(series.field)" + (tags.isEmpty ? "" : " with \(tags.map { "\($0.key)=\($0.value)" }.joined(separator: ", "))")
    }
}
