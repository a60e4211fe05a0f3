/// Runs InfluxQL on a store: what `/query` of InfluxDB's v1 HTTP API does.
///
/// A value of this type has no state of its own; it may be used from any thread. Executing reads from the disk and blocks, so
/// it is never done on an event loop.
public struct InfluxQLEngine: Sendable {
    private let driver: any StorageDriver
    private let options: InfluxQLOptions

    public init(driver: any StorageDriver, options: InfluxQLOptions = InfluxQLOptions()) {
        self.driver = driver
        self.options = options
    }

    /// Parses and runs the statements of a query, up to the first that fails.
    ///
    /// - Parameters:
    ///   - text: statements separated by `;`.
    ///   - database: the database for statements that name none (`db=`).
    ///   - epoch: the unit of times in the answer; `nil` for RFC 3339.
    ///   - parameters: a JSON object with the values of `$name` in `text` (`params=`), empty or `nil` for none.
    ///   - now: the time that `now()` means, nanoseconds since 1970-01-01T00:00:00Z.
    ///   - isReadOnly: whether the request was a GET; statements that change something are then answered with a warning.
    ///   - isCancelled: asked between runs of points; `true` ends the query with "query interrupted".
    ///   - authorise: called for each statement before it runs; returns why it is refused, or `nil`.
    public func execute(
        _ text: String, database: String? = nil, epoch: EpochPrecision? = nil, parameters: String? = nil, now: Int64,
        isReadOnly: Bool = false, isCancelled: @escaping () -> Bool = { false },
        authorise: (InfluxQLStatement) -> String? = { _ in nil }
    ) -> InfluxQLOutcome {
        let statements: [InfluxQLStatement]
        do {
            statements = try Self.parse(text, database: database, parameters: parameters)
        } catch {
            return InfluxQLOutcome(refused: error)
        }
        let context = QueryContext(
            driver: driver, options: options, now: now, database: database, isCancelled: isCancelled)
        var results: [StatementResult] = []
        for statement in statements {
            var result = StatementResult()
            // InfluxDB stops at the first error and says of each further statement that it did not run.
            if results.last?.error != nil {
                result.error = .statement("not executed")
            } else if let refusal = authorise(statement) {
                result.error = .statement(refusal)
            } else {
                do { result.series = try run(statement.statement, context) } catch { result.error = error }
            }
            if isReadOnly, statement.changesSomething, result.error == nil {
                result.messages.append(
                    "deprecated use of '\(statement.name)' in a read only context, please use a POST request instead")
            }
            results.append(result)
        }
        return InfluxQLOutcome(results: results, epoch: epoch)
    }

    /// The statements of a query without running them.
    ///
    /// - Throws: ``InfluxQLError`` with InfluxDB's sentence, `error parsing query: …`.
    public static func parse(
        _ text: String, database: String? = nil, parameters: String? = nil
    ) throws(InfluxQLError) -> [InfluxQLStatement] {
        let bound = try parameters.flatMap { $0.isEmpty ? nil : $0 }.map(BoundParameter.parse) ?? [:]
        var parser = Parser(text, parameters: bound)
        do {
            return try parser.parseQuery().map { InfluxQLStatement($0, defaultDatabase: database) }
        } catch {
            throw .syntax("error parsing query: \(error.description)")
        }
    }

    private func run(_ statement: Statement, _ context: QueryContext) throws(InfluxQLError) -> [ResultSeries] {
        switch statement {
        case .select(let select):
            return try SelectExecutor(SelectPlan(select, now: context.now), context).run()
        case .show(let kind, let clauses):
            return try ShowExecutor(context: context, kind: kind, clauses: clauses).run()
        case .createDatabase(let name, let policy):
            try createDatabase(name, policy, context)
        case .dropDatabase(let name):
            guard driver.databases().contains(name) else { return [] }
            try context.store { () throws(StorageError) in try driver.dropDatabase(name) }
        case .createRetentionPolicy(let name, let database, let policy):
            try createPolicy(name, policy, of: database, context)
        case .explain: throw Self.notYet("EXPLAIN")
        case .delete: throw Self.notYet("DELETE")
        case .dropSeries: throw Self.notYet("DROP SERIES")
        case .dropMeasurement: throw Self.notYet("DROP MEASUREMENT")
        case .dropShard: throw Self.notYet("DROP SHARD")
        case .alterRetentionPolicy: throw Self.policies
        case .dropRetentionPolicy: throw Self.policies
        case .createContinuousQuery, .dropContinuousQuery: throw Self.notYet("a continuous query")
        case .createSubscription, .dropSubscription: throw Self.notYet("a subscription")
        case .killQuery: throw Self.notYet("KILL QUERY")
        case .createUser, .dropUser, .setPassword, .grant, .revoke:
            throw .unavailable(
                "users and rights are kept by the platform, not by the database: name users under 'access' in the site's site.yaml")
        }
        return []
    }

    private static func notYet(_ what: String) -> InfluxQLError {
        .unavailable("\(what) is not available yet in this engine; nothing has been changed")
    }

    private static let policies = InfluxQLError.unavailable(
        "retention policies are not available yet: points are kept until their database is dropped; nothing has been changed")

    private func createDatabase(
        _ name: String, _ policy: RetentionPolicyOptions?, _ context: QueryContext
    ) throws(InfluxQLError) {
        guard Self.isValid(name), policy?.name.map(Self.isValid) ?? true else { throw .statement("invalid name") }
        if let policy, let duration = policy.duration, duration != 0 || policy.name != nil {
            // Only a policy that exists anyway can be asked for.
            let known = context.policies(of: name).contains {
                $0.isDefault && $0.duration == duration && (policy.name == nil || policy.name == $0.name)
            }
            if !known { throw Self.policies }
        }
        try context.store { () throws(StorageError) in try driver.createDatabase(name) }
    }

    /// Making a policy that exists already is not an error, as in InfluxDB.
    private func createPolicy(
        _ name: String, _ policy: RetentionPolicyOptions, of database: String, _ context: QueryContext
    ) throws(InfluxQLError) {
        let database = try context.database(database)
        guard let known = context.policies(of: database).first(where: { $0.name == name }) else { throw Self.policies }
        if known.duration != policy.duration { throw .statement("retention policy already exists") }
    }

    private static func isValid(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && !name.contains("/") && !name.contains("\\")
            && name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
}

extension InfluxQLStatement {
    fileprivate var changesSomething: Bool {
        switch statement {
        case .show, .explain: false
        case .select(let select): select.target != nil
        default: true
        }
    }
}
