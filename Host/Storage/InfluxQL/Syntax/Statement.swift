/// A statement of InfluxQL, as parsed.
indirect enum Statement: Sendable {
    case select(SelectStatement)
    case explain(SelectStatement, analyze: Bool)
    case show(ShowKind, ShowClauses)
    case createDatabase(String, RetentionPolicyOptions?)
    case dropDatabase(String)
    case createRetentionPolicy(name: String, database: String, RetentionPolicyOptions)
    case alterRetentionPolicy(name: String, database: String, RetentionPolicyOptions)
    case dropRetentionPolicy(name: String, database: String)
    case createUser(name: String, password: String, isAdministrator: Bool)
    case dropUser(String)
    case setPassword(user: String, password: String)
    case grant(Privilege, database: String?, user: String)
    case revoke(Privilege, database: String?, user: String)
    case delete([Source], condition: Expression?)
    case dropSeries([Source], condition: Expression?)
    case dropMeasurement(String)
    case dropShard(UInt64)
    case createContinuousQuery(name: String, database: String, every: Int64, for: Int64, SelectStatement)
    case dropContinuousQuery(name: String, database: String)
    case createSubscription(name: String, database: String, policy: String, destinations: [String])
    case dropSubscription(name: String, database: String, policy: String)
    case killQuery(UInt64, host: String?)
}

/// What SHOW shows.
enum ShowKind: Sendable, Hashable {
    case databases, measurements, series, tagKeys, tagValues, fieldKeys, retentionPolicies, users, diagnostics, stats
    case queries, continuousQueries, shards, shardGroups, subscriptions
    case grants(user: String)
    case cardinality(Cardinality, exact: Bool)

    enum Cardinality: String, Sendable { case series, measurement, tagKey, tagValues, fieldKey }
}

/// The clauses that SHOW statements have in common.
struct ShowClauses: Sendable {
    var database: String?
    var policy: String?
    var sources: [Source] = []
    var keyFilter: TagKeyFilter?
    var condition: Expression?
    var dimensions: [Expression] = []
    var order: TimeOrder?
    var limit = 0
    var offset = 0
    var seriesLimit = 0
    var seriesOffset = 0
    /// `FOR 'module'` of SHOW STATS and SHOW DIAGNOSTICS.
    var module: String?
}

/// `WITH KEY = k`, `!= k`, `IN (k, l)`, `=~ /…/`, `!~ /…/`.
enum TagKeyFilter: Sendable, Hashable {
    case oneOf([String])
    case not(String)
    case matches(RegularExpression, negated: Bool)

    func accepts(_ key: String) -> Bool {
        switch self {
        case .oneOf(let keys): keys.contains(key)
        case .not(let other): key != other
        case .matches(let regex, let negated): regex.matches(key) != negated
        }
    }
}

/// What a retention policy is made with; `nil` where the statement does not say. Durations in nanoseconds.
struct RetentionPolicyOptions: Sendable, Hashable {
    var name: String?
    var duration: Int64?
    var replication: Int64?
    var shardDuration: Int64?
    var futureLimit: Int64?
    var pastLimit: Int64?
    var isDefault = false
}

enum Privilege: String, Sendable { case read = "READ", write = "WRITE", all = "ALL PRIVILEGES" }

enum TimeOrder: Sendable { case ascending, descending }

/// Where SELECT reads from.
indirect enum Source: Sendable {
    case measurement(MeasurementReference)
    case subquery(SelectStatement)
}

/// `database.policy.name` or `database.policy./regex/`.
struct MeasurementReference: Sendable {
    var database: String?
    var policy: String?
    var name: MeasurementName
}

enum MeasurementName: Sendable {
    case exactly(String)
    case matching(RegularExpression)

    func accepts(_ name: String) -> Bool {
        switch self {
        case .exactly(let own): own == name
        case .matching(let regex): regex.matches(name)
        }
    }
}

/// What stands in for windows without points.
enum FillOption: Sendable, Hashable {
    case null, none, previous, linear
    case number(Double)
}

/// One column of SELECT.
struct SelectField: Sendable, Hashable {
    var expression: Expression
    var alias: String?
}

/// `SELECT … FROM …`, as parsed.
struct SelectStatement: Sendable {
    var fields: [SelectField]
    var target: MeasurementReference?
    var sources: [Source]
    var condition: Expression?
    var dimensions: [Expression]
    var fill: FillOption
    var order: TimeOrder?
    var limit: Int
    var offset: Int
    var seriesLimit: Int
    var seriesOffset: Int
    var zone: TimeZoneRules?

    /// Whether no field calls a function.
    var isRaw: Bool { fields.allSatisfy { !$0.expression.hasCall } }
}

extension Expression {
    /// Whether a function is called anywhere in this expression.
    var hasCall: Bool {
        switch self {
        case .call, .distinct: true
        case .binary(_, let left, let right): left.hasCall || right.hasCall
        case .parenthesised(let inner): inner.hasCall
        default: false
        }
    }
}
