/// What one run of a query works with, and how much it has used.
final class QueryContext {
    let driver: any StorageDriver
    let options: InfluxQLOptions
    let now: Int64
    let defaultDatabase: String?
    private let isCancelled: () -> Bool
    private var points = 0

    init(
        driver: any StorageDriver, options: InfluxQLOptions, now: Int64, database: String?, isCancelled: @escaping () -> Bool
    ) {
        self.driver = driver
        self.options = options
        self.now = now
        self.isCancelled = isCancelled
        defaultDatabase = database.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Accounts for points read; called once a run.
    func count(points count: Int) throws(InfluxQLError) {
        points += count
        if let limit = options.maximumPoints, points > limit {
            throw .limit(
                "max-select-point limit exceeded: (\(points)/\(limit)); ask for a shorter time range or fewer series")
        }
        if isCancelled() { throw .cancelled }
    }

    func check(series count: Int) throws(InfluxQLError) {
        if let limit = options.maximumSeries, count > limit {
            throw .limit("max-select-series limit exceeded: (\(count)/\(limit)); narrow the WHERE clause")
        }
    }

    func check(windows count: Int64) throws(InfluxQLError) {
        if let limit = options.maximumWindows, count > Int64(limit) {
            throw .limit("max-select-buckets limit exceeded: (\(count)/\(limit))")
        }
    }

    func check(rows count: Int) throws(InfluxQLError) {
        if let limit = options.maximumRows, count > limit {
            throw .limit("max-row-limit exceeded: (\(count)/\(limit)); add a LIMIT or a GROUP BY time(…)")
        }
    }

    /// The database that a statement means, checked to exist.
    func database(_ name: String?) throws(InfluxQLError) -> String {
        guard let name = name ?? defaultDatabase else { throw .statement("database name required") }
        guard driver.databases().contains(name) else { throw .statement("database not found: \(name)") }
        return name
    }

    func policies(of database: String) -> [RetentionPolicyDescription] { options.retentionPolicies(database) }

    func check(policy: String?, of database: String) throws(InfluxQLError) {
        guard let policy, !policies(of: database).contains(where: { $0.name == policy }) else { return }
        throw .statement("retention policy not found: \(policy)")
    }

    /// Calls the store and gives its errors the form of ours.
    func store<Result>(_ body: () throws(StorageError) -> Result) throws(InfluxQLError) -> Result {
        do { return try body() } catch { throw .storage(error) }
    }

    /// The series of one measurement, ordered by tags.
    func series(of measurement: String, in database: String) throws(InfluxQLError) -> [SourceSeries] {
        let columns = try store { () throws(StorageError) in
            try driver.columns(in: database, measurement: measurement)
        }
        var result: [SourceSeries] = []
        for column in columns {
            if result.last?.tags != column.identity.tags {
                result.append(SourceSeries(measurement: measurement, tags: column.identity.tags))
            }
            result[result.count - 1].fields[column.identity.field] = .stored(column.handle, column.type)
        }
        return result
    }

    /// The measurements that a reference names.
    func measurements(_ reference: MeasurementReference) throws(InfluxQLError) -> (database: String, names: [String]) {
        let database = try database(reference.database)
        try check(policy: reference.policy, of: database)
        let all = try store { () throws(StorageError) in try driver.measurements(in: database) }
        return (database, all.filter(reference.name.accepts))
    }

    /// Reads a column in ascending or descending order of time; `body` returns `false` to stop.
    func scan(
        _ column: SourceColumn, _ range: TimeRange, descending: Bool = false, _ body: (borrowing PointRun) -> Bool
    ) throws(InfluxQLError) {
        guard !range.isEmpty else { return }
        var failure: InfluxQLError?
        let accounted = { (run: borrowing PointRun) -> Bool in
            do throws(InfluxQLError) { try self.count(points: run.times.count) } catch {
                failure = error
                return false
            }
            return body(run)
        }
        switch column {
        case .stored(let handle, _):
            do {
                try driver.scan(handle, from: range.lower, through: range.upper, descending: descending, accounted)
            } catch { throw .storage(error) }
        case .computed(let points): points.scan(range, descending: descending, accounted)
        }
        if let failure { throw failure }
    }
}
