/// The series that together make one series of the result: same measurement, same values of the GROUP BY tags.
struct SeriesGroup {
    let measurement: String
    /// The GROUP BY tags, sorted by key; a tag that the series lack is empty.
    let tags: [Tag]
    var members: [Member]

    /// A series with what is left of WHERE when its tags are known.
    struct Member {
        let series: SourceSeries
        /// The fields that ``condition`` reads, in the order of its columns.
        let conditionFields: [String]
        let condition: RowExpression?
    }
}

extension SeriesGroup.Member {
    /// `nil` if WHERE excludes the series by its tags alone; `absentTag` is the value of a tag that the series lacks.
    init?(
        _ series: SourceSeries, condition: Expression?, schema: SourceSchema, absentTag: QueryValue = .text("")
    ) throws(InfluxQLError) {
        self.series = series
        guard let condition else {
            (conditionFields, self.condition) = ([], nil)
            return
        }
        var names: [String] = []
        let rows = try RowExpression(condition) { (expression: Expression) throws(InfluxQLError) -> RowExpression in
            guard case .variable(let name, let type) = expression else {
                throw .statement("invalid function call in condition: \(expression)")
            }
            let isField = type != .tag && schema.fields[name] != nil
            guard isField else { return .constant(type == .field ? .null : series.tag(name).map(QueryValue.text) ?? absentTag) }
            guard series.fields[name] != nil else { return .constant(.null) }
            if let index = names.firstIndex(of: name) { return .column(index) }
            names.append(name)
            return .column(names.count - 1)
        }
        if let value = rows.constantValue {
            guard value.isTrue else { return nil }
            (conditionFields, self.condition) = ([], nil)
        } else {
            (conditionFields, self.condition) = (names, rows)
        }
    }

    /// Reads a field where WHERE holds, in ascending order of time.
    func scan(
        _ field: String, _ range: TimeRange, _ context: QueryContext, _ body: (borrowing PointRun) -> Void
    ) throws(InfluxQLError) {
        guard let column = series.fields[field] else { return }
        guard let condition else {
            try context.scan(column, range) { run in
                body(run)
                return true
            }
            return
        }
        if conditionFields == [field] {
            // The condition reads nothing else: no rows have to be joined.
            try context.scan(column, range) { run in
                let values = run.values
                let kept = run.times.indices.filter { index in
                    let value = values.value(at: index)
                    return condition.evaluate { _ in value }.isTrue
                }
                if kept.count == run.times.count {
                    body(run)
                } else if !kept.isEmpty {
                    let times = kept.map { run.times[$0] }
                    body(PointRun(times: times, values: values.picking(kept), qualities: []))
                }
                return true
            }
            return
        }
        let reader = RowReader(
            context: context, columns: [column] + conditionFields.map { series.fields[$0] }, descending: false)
        try reader.read(range, expected: nil) { (batch) throws(InfluxQLError) in
            let rows = batch.times.indices.filter { row in
                batch.hasValue(row, 0) && condition.evaluate { batch.value(row, $0 + 1) }.isTrue
            }
            if !rows.isEmpty { body(batch.run(rows, column: 0)) }
            return true
        }
    }

    /// The first or the last point of a field, read without those between; `nil` if there is none. Only without ``condition``.
    func end(
        _ field: String, _ range: TimeRange, isLast: Bool, _ context: QueryContext
    ) throws(InfluxQLError) -> PointRun? {
        guard let column = series.fields[field] else { return nil }
        var result: PointRun?
        try context.scan(column, range, descending: isLast) { run in
            guard let time = run.times.first else { return true }
            result = PointRun(times: [time], values: run.values.picking([0]), qualities: [])
            return false
        }
        return result
    }

    /// The value of a field or tag at one time.
    func value(of name: String, at time: Int64, _ context: QueryContext) throws(InfluxQLError) -> QueryValue {
        guard let column = series.fields[name] else { return series.tag(name).map(QueryValue.text) ?? .null }
        var result = QueryValue.null
        try context.scan(column, TimeRange(lower: time, upper: time)) { run in
            if !run.times.isEmpty { result = run.values.value(at: 0) }
            return false
        }
        return result
    }
}

extension RowReader.Batch {
    func hasValue(_ row: Int, _ column: Int) -> Bool { indices[column][row] >= 0 }

    /// These rows of one column, each of which has a value.
    func run(_ rows: [Int], column: Int) -> PointRun {
        PointRun(
            times: rows.map { times[$0] }, values: columns[column].values.picking(rows.map { Int(indices[column][$0]) }),
            qualities: [])
    }
}
