/// A retention policy as SHOW RETENTION POLICIES lists it.
public struct RetentionPolicyDescription: Sendable, Hashable {
    public var name: String
    /// How long points are kept, nanoseconds; 0 is for ever.
    public var duration: Int64
    /// The time that one shard covers, nanoseconds.
    public var shardDuration: Int64
    public var isDefault: Bool

    public init(name: String, duration: Int64, shardDuration: Int64, isDefault: Bool) {
        self.name = name
        self.duration = duration
        self.shardDuration = shardDuration
        self.isDefault = isDefault
    }

    /// The one policy that a database has unless the host says otherwise: keep for ever.
    public static let autogen = RetentionPolicyDescription(
        name: "autogen", duration: 0, shardDuration: 7 * 24 * 3_600_000_000_000, isDefault: true)
}

/// A user as SHOW USERS lists it.
public struct InfluxQLUser: Sendable, Hashable {
    public var name: String
    public var isAdministrator: Bool

    public init(name: String, isAdministrator: Bool) {
        self.name = name
        self.isAdministrator = isAdministrator
    }
}

/// What a site may set of the query engine, and what the engine asks the host.
public struct InfluxQLOptions: Sendable {
    /// The most points that one query reads; `nil` is no limit.
    public var maximumPoints: Int? = 200_000_000
    /// The most series that one SELECT reads.
    public var maximumSeries: Int? = 100_000
    /// The most windows of `GROUP BY time(…)` in one series of a result.
    public var maximumWindows: Int? = 1_000_000
    /// The most rows that one SELECT returns.
    public var maximumRows: Int? = 5_000_000
    /// The version that SHOW DIAGNOSTICS tells; clients use it to choose a dialect.
    public var version = "1.8.10"
    /// The retention policies of a database. All name the same points, kept in one store.
    public var retentionPolicies: @Sendable (_ database: String) -> [RetentionPolicyDescription] = { _ in [.autogen] }
    /// The users that SHOW USERS lists.
    public var users: @Sendable () -> [InfluxQLUser] = { [] }

    public init() {}
}
