/// A statement of a query, as the gateway sees it to decide whether its caller may run it.
public struct InfluxQLStatement: Sendable {
    /// What somebody who runs the statement must be allowed to do.
    public enum RequiredRight: Sendable, Hashable {
        /// Read points, or the names of series.
        case read
        /// Add or remove points.
        case write
        /// Make, change or remove databases, policies, users and rights, or see those of others.
        case administer
        /// Nothing: the answer is limited to what the caller may see.
        case none
    }

    public let requiredRight: RequiredRight
    /// The databases that the statement names or takes by default; empty if it concerns none or all.
    public let databases: [String]
    /// The first words of the statement: `SELECT`, `SHOW TAG VALUES`, `CREATE DATABASE`.
    public let name: String
    /// The database that the statement would make; the gateway may make it part of a session.
    public var createdDatabase: String? { if case .createDatabase(let name, _) = statement { name } else { nil } }

    let statement: Statement

    init(_ statement: Statement, defaultDatabase: String?) {
        self.statement = statement
        let (right, name, names) = statement.summary
        requiredRight = right
        self.name = name
        var databases: [String] = []
        for name in names.map({ $0 ?? defaultDatabase }) {
            if let name, !name.isEmpty, !databases.contains(name) { databases.append(name) }
        }
        self.databases = databases
    }
}

extension Statement {
    /// Right, name and databases; `nil` among the databases is the default one.
    fileprivate var summary: (InfluxQLStatement.RequiredRight, String, [String?]) {
        switch self {
        case .select(let select): (select.target == nil ? .read : .write, "SELECT", select.databases)
        case .explain(let select, _): (.read, "EXPLAIN", select.databases)
        case .show(let kind, let clauses): (kind.requiredRight, kind.name, kind.concernsDatabase ? clauses.databases : [])
        case .createDatabase(let name, _): (.administer, "CREATE DATABASE", [name])
        case .dropDatabase(let name): (.administer, "DROP DATABASE", [name])
        case .createRetentionPolicy(_, let database, _): (.administer, "CREATE RETENTION POLICY", [database])
        case .alterRetentionPolicy(_, let database, _): (.administer, "ALTER RETENTION POLICY", [database])
        case .dropRetentionPolicy(_, let database): (.administer, "DROP RETENTION POLICY", [database])
        case .createUser: (.administer, "CREATE USER", [])
        case .dropUser: (.administer, "DROP USER", [])
        case .setPassword: (.administer, "SET PASSWORD", [])
        case .grant(_, let database, _): (.administer, "GRANT", database.map { [$0] } ?? [])
        case .revoke(_, let database, _): (.administer, "REVOKE", database.map { [$0] } ?? [])
        case .delete(let sources, _): (.write, "DELETE", sources.databases)
        case .dropSeries(let sources, _): (.write, "DROP SERIES", sources.databases)
        case .dropMeasurement: (.administer, "DROP MEASUREMENT", [nil])
        case .dropShard: (.administer, "DROP SHARD", [])
        case .createContinuousQuery(_, let database, _, _, _): (.administer, "CREATE CONTINUOUS QUERY", [database])
        case .dropContinuousQuery(_, let database): (.administer, "DROP CONTINUOUS QUERY", [database])
        case .createSubscription(_, let database, _, _): (.administer, "CREATE SUBSCRIPTION", [database])
        case .dropSubscription(_, let database, _): (.administer, "DROP SUBSCRIPTION", [database])
        case .killQuery: (.administer, "KILL QUERY", [])
        }
    }
}

extension SelectStatement {
    fileprivate var databases: [String?] { sources.databases + (target.map { [$0.database] } ?? []) }
}

extension [Source] {
    fileprivate var databases: [String?] {
        isEmpty ? [nil] : flatMap { source -> [String?] in
            switch source {
            case .measurement(let reference): [reference.database]
            case .subquery(let select): select.databases
            }
        }
    }
}

extension ShowClauses {
    fileprivate var databases: [String?] {
        // A source may name another database than ON does.
        [database] + sources.databases.compactMap { $0 }.map(Optional.some)
    }
}

extension ShowKind {
    fileprivate var requiredRight: InfluxQLStatement.RequiredRight {
        switch self {
        case .databases: .none
        case .users, .grants, .diagnostics, .stats, .shards, .shardGroups, .subscriptions: .administer
        default: .read
        }
    }

    fileprivate var concernsDatabase: Bool {
        switch self {
        case .measurements, .series, .tagKeys, .tagValues, .fieldKeys, .retentionPolicies, .cardinality: true
        default: false
        }
    }

    /// The words of the statement.
    var name: String {
        switch self {
        case .databases: "SHOW DATABASES"
        case .measurements: "SHOW MEASUREMENTS"
        case .series: "SHOW SERIES"
        case .tagKeys: "SHOW TAG KEYS"
        case .tagValues: "SHOW TAG VALUES"
        case .fieldKeys: "SHOW FIELD KEYS"
        case .retentionPolicies: "SHOW RETENTION POLICIES"
        case .users: "SHOW USERS"
        case .diagnostics: "SHOW DIAGNOSTICS"
        case .stats: "SHOW STATS"
        case .queries: "SHOW QUERIES"
        case .continuousQueries: "SHOW CONTINUOUS QUERIES"
        case .shards: "SHOW SHARDS"
        case .shardGroups: "SHOW SHARD GROUPS"
        case .subscriptions: "SHOW SUBSCRIPTIONS"
        case .grants: "SHOW GRANTS"
        case .cardinality(let kind, let exact):
            switch kind {
            case .series: exact ? "SHOW SERIES EXACT CARDINALITY" : "SHOW SERIES CARDINALITY"
            case .measurement: "SHOW MEASUREMENT EXACT CARDINALITY"
            case .tagKey: "SHOW TAG KEY EXACT CARDINALITY"
            case .tagValues: "SHOW TAG VALUES EXACT CARDINALITY"
            case .fieldKey: "SHOW FIELD KEY EXACT CARDINALITY"
            }
        }
    }
}
