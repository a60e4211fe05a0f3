/// A table of a result: the rows of one series, or what a SHOW statement lists.
struct ResultSeries: Sendable {
    var name: String?
    /// The GROUP BY tags.
    var tags: [Tag] = []
    /// All columns; if ``times`` is set, the first is the time.
    var columns: [String]
    var times: [Int64]?
    /// Row by row, without the time.
    var values: [QueryValue]
    var rowCount: Int
    /// In which times are written.
    var zone: TimeZoneRules?

    init(name: String?, tags: [Tag], columns: [String], rows: ResultRows, zone: TimeZoneRules?) {
        self.name = name
        self.tags = tags
        self.columns = columns
        times = rows.times
        values = rows.values
        rowCount = rows.times.count
        self.zone = zone
    }

    /// A list without times.
    init(name: String?, columns: [String], rows: [[QueryValue]]) {
        self.name = name
        self.columns = columns
        values = rows.flatMap { $0 }
        rowCount = rows.count
    }

    /// The number of columns in ``values``.
    var width: Int { columns.count - (times == nil ? 0 : 1) }

    /// The rows in a range of indices.
    func slice(_ range: Range<Int>) -> ResultSeries {
        var copy = self
        copy.times = times.map { Array($0[range]) }
        copy.values = Array(values[range.lowerBound * width..<range.upperBound * width])
        copy.rowCount = range.count
        return copy
    }

    /// This series as a source of an enclosing SELECT.
    var asSource: SourceSeries {
        var source = SourceSeries(measurement: name ?? "", tags: tags.filter { !$0.value.isEmpty })
        for column in 0..<width {
            let values = (0..<rowCount).map { self.values[$0 * width + column] }
            let points = ComputedColumn(times: times ?? [], values: values)
            source.fields[columns[column + 1]] = points.map(SourceColumn.computed)
        }
        return source
    }
}

/// The answer to one statement.
struct StatementResult: Sendable {
    var series: [ResultSeries] = []
    var error: InfluxQLError?
    /// Warnings for the client.
    var messages: [String] = []
}
