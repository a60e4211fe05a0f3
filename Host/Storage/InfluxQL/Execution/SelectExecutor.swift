/// Runs a SELECT: finds the series, groups them, and computes each group's rows.
struct SelectExecutor {
    let context: QueryContext
    let plan: SelectPlan
    let fields: [SelectField]
    let columns: [String]
    let schema: SourceSchema
    private(set) var groups: [SeriesGroup] = []

    init(_ plan: SelectPlan, _ context: QueryContext) throws(InfluxQLError) {
        self.context = context
        self.plan = plan
        if plan.statement.target != nil {
            throw .unavailable("SELECT INTO is not available yet; write the result through /write instead")
        }
        let series = try Self.load(plan, context)
        schema = SourceSchema(series)
        let keys = schema.dimensions(plan.tagDimensions)
        fields = schema.expand(plan.fields, dimensions: Set(keys))
        columns = SelectPlan.columnNames(fields, timeColumn: plan.timeColumn)
        try checkTypes()
        groups = try group(series, keys)
    }

    /// The series of the result, each with at least one row.
    func run() throws(InfluxQLError) -> [ResultSeries] {
        var results: [ResultSeries] = []
        guard !fields.isEmpty, !plan.windows.range.isEmpty else { return [] }
        var skip = plan.statement.seriesOffset
        let wanted = plan.statement.seriesLimit
        var rowCount = 0
        for group in plan.descending ? groups.reversed() : groups {
            var rows = plan.fields.contains { $0.expression.hasFunction } ? try aggregate(group) : try raw(group)
            guard !rows.times.isEmpty else { continue }
            if skip > 0 {
                skip -= 1
                continue
            }
            rows.limit(offset: plan.statement.offset, count: plan.statement.limit)
            rowCount += rows.times.count
            try context.check(rows: rowCount)
            if !rows.times.isEmpty {
                results.append(
                    ResultSeries(
                        name: group.measurement, tags: group.tags, columns: columns, rows: rows, zone: plan.windows.zone))
            }
            if wanted > 0, results.count >= wanted { break }
        }
        return results
    }

    private static func load(_ plan: SelectPlan, _ context: QueryContext) throws(InfluxQLError) -> [SourceSeries] {
        var series: [SourceSeries] = []
        for source in plan.statement.sources {
            switch source {
            case .measurement(let reference):
                let (database, names) = try context.measurements(reference)
                for name in names { series += try context.series(of: name, in: database) }
            case .subquery(let statement):
                let inner = try SelectPlan(statement, now: context.now, parent: plan)
                for result in try SelectExecutor(inner, context).run() { series.append(result.asSource) }
            }
        }
        return series
    }

    private func group(_ series: [SourceSeries], _ keys: [String]) throws(InfluxQLError) -> [SeriesGroup] {
        struct Key: Hashable {
            let measurement: String
            let values: [String]
        }
        var found: [Key: SeriesGroup] = [:]
        var count = 0
        for series in series {
            guard let member = try SeriesGroup.Member(series, condition: plan.condition, schema: schema) else { continue }
            count += 1
            let key = Key(measurement: series.measurement, values: keys.map { series.tag($0) ?? "" })
            let tags = zip(keys, key.values).map { Tag($0, $1) }
            found[key, default: SeriesGroup(measurement: series.measurement, tags: tags, members: [])].members.append(member)
        }
        try context.check(series: count)
        return found.sorted { left, right in
            if left.key.measurement != right.key.measurement { return left.key.measurement < right.key.measurement }
            return left.key.values.lexicographicallyPrecedes(right.key.values)
        }.map(\.value)
    }

    /// Refuses functions of numbers on texts and truth values.
    private func checkTypes() throws(InfluxQLError) {
        for field in fields { for call in field.expression.outermostCalls { try checkType(call) } }
    }

    private func checkType(_ call: FunctionCall) throws(InfluxQLError) {
        switch call.arguments.first {
        case .call(let inner)?: try checkType(inner)
        case .variable(let name, _)?:
            guard let type = schema.fields[name], type != .float, type != .integer else { return }
            switch call.name {
            case "count", "first", "last", "distinct", "mode", "sample", "elapsed": return
            case "min" where type == .boolean, "max" where type == .boolean: return
            default:
                let kind = type == .text ? "string" : "boolean"
                throw .statement("unsupported \(call.name) iterator type: *query.\(kind)InterruptIterator")
            }
        default: return
        }
    }
}

/// Rows of a result: times, and values row by row.
struct ResultRows: Sendable {
    /// The number of columns besides time.
    let width: Int
    var times: [Int64] = []
    var values: [QueryValue] = []

    mutating func limit(offset: Int, count: Int) {
        guard offset > 0 || count > 0 else { return }
        let start = min(offset, times.count)
        let end = count > 0 ? start + min(count, times.count - start) : times.count
        guard start > 0 || end < times.count else { return }
        times = Array(times[start..<max(start, end)])
        values = Array(values[start * width..<max(start, end) * width])
    }
}

extension Expression {
    /// Whether a function other than a mathematical one is called.
    var hasFunction: Bool { !outermostCalls.isEmpty }
}
