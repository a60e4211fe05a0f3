/// Answers SHOW from the catalogue of the store.
struct ShowExecutor {
    let context: QueryContext
    let kind: ShowKind
    let clauses: ShowClauses

    func run() throws(InfluxQLError) -> [ResultSeries] {
        switch kind {
        case .databases:
            let names = context.driver.databases()
            return [ResultSeries(name: "databases", columns: ["name"], rows: names.map { [.text($0)] })]
        case .measurements: return try measurements()
        case .series: return try series()
        case .tagKeys: return try tagKeys()
        case .tagValues: return try tagValues()
        case .fieldKeys: return try fieldKeys()
        case .retentionPolicies: return try retentionPolicies()
        case .users:
            let rows = context.options.users().map { [QueryValue.text($0.name), .boolean($0.isAdministrator)] }
            return [ResultSeries(name: nil, columns: ["user", "admin"], rows: rows)]
        case .diagnostics: return diagnostics()
        case .stats: return statistics()
        case .continuousQueries:
            return context.driver.databases().map { ResultSeries(name: $0, columns: ["name", "query"], rows: []) }
        case .queries:
            return [ResultSeries(name: nil, columns: ["qid", "query", "database", "duration", "status"], rows: [])]
        case .subscriptions: return []
        case .cardinality(let cardinality, let exact): return try count(cardinality, exact: exact)
        case .grants, .shards, .shardGroups:
            throw .unavailable("\(kind.name) is not available in this engine; use the platform's own REST interface")
        }
    }

    /// The measurements that ON, FROM and WHERE leave, each with its series, sorted by name.
    func found() throws(InfluxQLError) -> [(name: String, series: [SourceSeries])] {
        var references: [MeasurementReference] = []
        for case .measurement(let reference) in clauses.sources { references.append(reference) }
        let own = try context.database(clauses.database == "*" ? nil : clauses.database)
        if let policy = clauses.policy, policy != "*" { try context.check(policy: policy, of: own) }
        let ownCondition = kind.listsTagValues ? clauses.condition?.withoutListedValue : clauses.condition
        let (range, condition) = try TimeCondition(now: context.now, zone: nil).split(ownCondition)
        var result: [(name: String, series: [SourceSeries])] = []
        for name in try context.store({ () throws(StorageError) in try context.driver.measurements(in: own) }) {
            guard references.isEmpty || references.contains(where: { $0.name.accepts(name) }) else { continue }
            let all = try context.series(of: name, in: own)
            let schema = SourceSchema(all)
            var series: [SourceSeries] = []
            for candidate in all {
                // Fields in WHERE would need every point to be read; they are taken as absent, as InfluxDB's index does.
                guard let member = try SeriesGroup.Member(
                    candidate, condition: condition, schema: schema, absentTag: kind.absentTag),
                    member.condition == nil, try has(candidate, range)
                else { continue }
                series.append(candidate)
            }
            if !series.isEmpty || condition == nil && range == TimeRange() { result.append((name, series)) }
        }
        return result
    }

    /// Whether a series has a point in a range of time.
    private func has(_ series: SourceSeries, _ range: TimeRange) throws(InfluxQLError) -> Bool {
        guard range.hasLower || range.hasUpper else { return true }
        for column in series.fields.values {
            var hit = false
            try context.scan(column, range) { run in
                hit = !run.times.isEmpty
                return !hit
            }
            if hit { return true }
        }
        return false
    }

    /// LIMIT and OFFSET.
    func limited<Element>(_ rows: [Element]) -> [Element] {
        let rest = rows.dropFirst(clauses.offset)
        return Array(clauses.limit > 0 ? rest.prefix(clauses.limit) : rest)
    }

    private func measurements() throws(InfluxQLError) -> [ResultSeries] {
        if let condition = clauses.condition, condition.mentionsTime {
            throw .statement("SHOW MEASUREMENTS doesn't support time in WHERE clause")
        }
        let rows = limited(try found()).map { [QueryValue.text($0.name)] }
        return rows.isEmpty ? [] : [ResultSeries(name: "measurements", columns: ["name"], rows: rows)]
    }

    private func series() throws(InfluxQLError) -> [ResultSeries] {
        var keys: [String] = []
        for (_, series) in try found() { keys += series.map(\.key) }
        let rows = limited(keys.sorted()).map { [QueryValue.text($0)] }
        return rows.isEmpty ? [] : [ResultSeries(name: nil, columns: ["key"], rows: rows)]
    }

    private func tagKeys() throws(InfluxQLError) -> [ResultSeries] {
        var tables: [ResultSeries] = []
        for (name, series) in try found() {
            let keys = SourceSchema(series).tags.filter { clauses.keyFilter?.accepts($0) ?? true }.sorted()
            let rows = limited(keys).map { [QueryValue.text($0)] }
            if !rows.isEmpty { tables.append(ResultSeries(name: name, columns: ["tagKey"], rows: rows)) }
        }
        let rest = tables.dropFirst(clauses.seriesOffset)
        return Array(clauses.seriesLimit > 0 ? rest.prefix(clauses.seriesLimit) : rest)
    }

    /// The keys and values of a measurement, sorted, each pair once.
    func pairs(_ series: [SourceSeries]) -> [Tag] {
        var pairs: Set<Tag> = []
        for series in series {
            for tag in series.tags where clauses.keyFilter?.accepts(tag.key) ?? true { pairs.insert(tag) }
        }
        return pairs.filter { clauses.condition?.acceptsListed($0.value) ?? true }.sorted()
    }

    private func tagValues() throws(InfluxQLError) -> [ResultSeries] {
        var tables: [ResultSeries] = []
        for (name, series) in try found() {
            let rows = limited(pairs(series)).map { [QueryValue.text($0.key), .text($0.value)] }
            if !rows.isEmpty { tables.append(ResultSeries(name: name, columns: ["key", "value"], rows: rows)) }
        }
        return tables
    }

    private func fieldKeys() throws(InfluxQLError) -> [ResultSeries] {
        var tables: [ResultSeries] = []
        for (name, series) in try found() {
            let fields = SourceSchema(series).fields.sorted { $0.key < $1.key }
            let rows = limited(fields).map { [QueryValue.text($0.key), .text($0.value.influxName)] }
            if !rows.isEmpty { tables.append(ResultSeries(name: name, columns: ["fieldKey", "fieldType"], rows: rows)) }
        }
        return tables
    }

    private func retentionPolicies() throws(InfluxQLError) -> [ResultSeries] {
        let policies = context.policies(of: try context.database(clauses.database))
        let rows = policies.map { policy -> [QueryValue] in
            [
                .text(policy.name), .text(DurationText.formatHoursMinutesSeconds(policy.duration)),
                .text(DurationText.formatHoursMinutesSeconds(policy.shardDuration)), .integer(1),
                .boolean(policy.isDefault),
            ]
        }
        let columns = ["name", "duration", "shardGroupDuration", "replicaN", "default"]
        return [ResultSeries(name: nil, columns: columns, rows: rows)]
    }

    private func diagnostics() -> [ResultSeries] {
        guard clauses.module == nil || clauses.module == "build" else { return [] }
        return [
            ResultSeries(
                name: "build", columns: ["Branch", "Build Time", "Commit", "Version"],
                rows: [[.text("unknown"), .text(""), .text("unknown"), .text(context.options.version)]])
        ]
    }

    private func statistics() -> [ResultSeries] {
        guard clauses.module == nil || clauses.module == "write" else { return [] }
        let counters = context.driver.statistics()
        return [
            ResultSeries(
                name: "write", columns: ["pointReq", "writeDrop", "commits", "columns", "diskBytes"],
                rows: [
                    [
                        .integer(Int64(clamping: counters.pointsWritten)), .integer(Int64(clamping: counters.pointsRefused)),
                        .integer(Int64(clamping: counters.commits)), .integer(Int64(counters.columns)),
                        .integer(counters.bytesOnDisk),
                    ]
                ])
        ]
    }
}

extension ShowKind {
    /// Counts of tag values leave out series that lack a tag of WHERE; elsewhere such a tag is empty.
    fileprivate var absentTag: QueryValue {
        if case .cardinality(.tagValues, _) = self { .null } else { .text("") }
    }

    /// Whether `value` in WHERE means the value that is listed.
    fileprivate var listsTagValues: Bool {
        switch self {
        case .tagValues, .cardinality(.tagValues, _): true
        default: false
        }
    }
}

extension SourceSeries {
    /// The series in line protocol: `measurement,key=value`.
    var key: String {
        Self.escaped(measurement, ", ") + tags.map { "," + Self.escaped($0.key, ",= ") + "=" + Self.escaped($0.value, ",= ") }
            .joined()
    }

    private static func escaped(_ text: String, _ special: String) -> String {
        var result = ""
        for character in text {
            if special.contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }
}
