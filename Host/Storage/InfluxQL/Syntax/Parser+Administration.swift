extension Parser {
    /// `CREATE …`, the keyword having been read.
    mutating func parseCreate() throws(InfluxQLError) -> Statement {
        let token = scan()
        switch token.kind {
        case .keyword(.continuous):
            try expect(.query)
            return try parseCreateContinuousQuery()
        case .keyword(.database): return .createDatabase(try parseIdentifier(), try parseDatabasePolicy())
        case .keyword(.user): return try parseCreateUser()
        case .keyword(.retention):
            try expect(.policy)
            return try parseCreateRetentionPolicy()
        case .keyword(.subscription): return try parseCreateSubscription()
        default: throw .found(token, expected: ["CONTINUOUS", "DATABASE", "USER", "RETENTION", "SUBSCRIPTION"])
        }
    }

    /// `DROP …`, the keyword having been read.
    mutating func parseDrop() throws(InfluxQLError) -> Statement {
        let token = scan()
        switch token.kind {
        case .keyword(.continuous):
            try expect(.query)
            let name = try parseIdentifier()
            try expect(.on)
            return .dropContinuousQuery(name: name, database: try parseIdentifier())
        case .keyword(.database): return .dropDatabase(try parseIdentifier())
        case .keyword(.measurement): return .dropMeasurement(try parseIdentifier())
        case .keyword(.retention):
            try expect(.policy)
            let name = try parseIdentifier()
            try expect(.on)
            return .dropRetentionPolicy(name: name, database: try parseIdentifier())
        case .keyword(.series): return try parseDropSeries()
        case .keyword(.shard): return .dropShard(try parseUnsigned())
        case .keyword(.subscription):
            let name = try parseIdentifier()
            let (database, policy) = try parseSubscriptionPlace()
            return .dropSubscription(name: name, database: database, policy: policy)
        case .keyword(.user): return .dropUser(try parseIdentifier())
        default:
            throw .found(
                token,
                expected: [
                    "CONTINUOUS", "DATABASE", "MEASUREMENT", "RETENTION", "SERIES", "SHARD", "SUBSCRIPTION", "USER",
                ])
        }
    }

    mutating func parseDelete() throws(InfluxQLError) -> Statement {
        let (sources, condition) = try parseDeletion(allowsPolicy: true)
        return .delete(sources, condition: condition)
    }

    private mutating func parseDropSeries() throws(InfluxQLError) -> Statement {
        let (sources, condition) = try parseDeletion(allowsPolicy: false)
        return .dropSeries(sources, condition: condition)
    }

    private mutating func parseDeletion(allowsPolicy: Bool) throws(InfluxQLError) -> ([Source], Expression?) {
        let first = peek()
        let sources = skip(.from) ? try parseSources(subqueries: false) : []
        for case .measurement(let reference) in sources {
            if reference.policy != nil, !allowsPolicy {
                throw .syntax("retention policy not supported", at: TextPosition())
            }
            if reference.database != nil { throw .syntax("database not supported", at: TextPosition()) }
        }
        let condition = try parseCondition()
        if sources.isEmpty, condition == nil { throw .found(first, expected: ["FROM", "WHERE"]) }
        return (sources, condition)
    }

    private mutating func parseDatabasePolicy() throws(InfluxQLError) -> RetentionPolicyOptions? {
        guard skip(.with) else { return nil }
        let first = peek()
        switch first.kind {
        case .keyword(.duration), .keyword(.name), .keyword(.replication), .keyword(.shard), .keyword(.future),
            .keyword(.past):
            break
        default: throw .found(first, expected: ["DURATION", "NAME", "REPLICATION", "SHARD", "FUTURE", "PAST"])
        }
        var options = RetentionPolicyOptions()
        if skip(.duration) { options.duration = try parseDuration() }
        if skip(.replication) { options.replication = try parseInteger(in: 1...2_147_483_647) }
        if skip(.shard) {
            try expect(.duration)
            options.shardDuration = try parseDuration()
        }
        if skip(.future) { options.futureLimit = try parseWriteLimit() }
        if skip(.past) { options.pastLimit = try parseWriteLimit() }
        if skip(.name) { options.name = try parseIdentifier() }
        return options
    }

    private mutating func parseWriteLimit() throws(InfluxQLError) -> Int64 {
        try expect(.limit)
        return try parseDuration()
    }

    private mutating func parseShardDuration() throws(InfluxQLError) -> Int64 {
        try expect(.duration)
        let token = peek()
        if token.kind == .keyword(.inf) { throw .syntax("invalid duration INF for shard duration", at: token.position) }
        return try parseDuration()
    }

    private mutating func parseCreateRetentionPolicy() throws(InfluxQLError) -> Statement {
        let name = try parseIdentifier()
        try expect(.on)
        let database = try parseIdentifier()
        var options = RetentionPolicyOptions()
        try expect(.duration)
        options.duration = try parseDuration()
        try expect(.replication)
        options.replication = try parseInteger(in: 1...2_147_483_647)
        if skip(.shard) { options.shardDuration = try parseShardDuration() }
        options.isDefault = skip(.default)
        if skip(.future) { options.futureLimit = try parseWriteLimit() }
        if skip(.past) { options.pastLimit = try parseWriteLimit() }
        return .createRetentionPolicy(name: name, database: database, options)
    }

    /// `ALTER RETENTION POLICY …`, the first keyword having been read.
    mutating func parseAlter() throws(InfluxQLError) -> Statement {
        try expect(.retention, .policy)
        let token = scan()
        guard token.kind == .identifier || token.kind == .keyword(.default) else {
            throw .found(token, expected: ["identifier"])
        }
        let name = token.kind == .identifier ? token.text : "default"
        try expect(.on)
        let database = try parseIdentifier()
        var options = RetentionPolicyOptions()
        var found: Set<Keyword> = []
        while true {
            let token = peek()
            guard case .keyword(let keyword) = token.kind, Self.policyKeywords.contains(keyword) else {
                if found.isEmpty {
                    throw .found(token, expected: ["DURATION", "REPLICATION", "SHARD", "DEFAULT", "FUTURE", "PAST"])
                }
                return .alterRetentionPolicy(name: name, database: database, options)
            }
            guard found.insert(keyword).inserted else {
                throw .syntax("found duplicate \(keyword.rawValue) option", at: token.position)
            }
            _ = scan()
            switch keyword {
            case .duration: options.duration = try parseDuration()
            case .replication: options.replication = try parseInteger(in: 1...2_147_483_647)
            case .shard: options.shardDuration = try parseShardDuration()
            case .future: options.futureLimit = try parseWriteLimit()
            case .past: options.pastLimit = try parseWriteLimit()
            default: options.isDefault = true
            }
        }
    }

    private static let policyKeywords: Set<Keyword> = [.duration, .replication, .shard, .default, .future, .past]

    private mutating func parseCreateUser() throws(InfluxQLError) -> Statement {
        let name = try parseIdentifier()
        try expect(.with, .password)
        let password = try parseString()
        var isAdministrator = false
        if skip(.with) {
            try expect(.all, .privileges)
            isAdministrator = true
        }
        return .createUser(name: name, password: password, isAdministrator: isAdministrator)
    }

    mutating func parseSetPassword() throws(InfluxQLError) -> Statement {
        try expect(.password, .for)
        let user = try parseIdentifier()
        try expect(.operator(.equal), ["="])
        return .setPassword(user: user, password: try parseString())
    }

    mutating func parseKill() throws(InfluxQLError) -> Statement {
        try expect(.query)
        let identifier = try parseUnsigned()
        return .killQuery(identifier, host: skip(.on) ? try parseIdentifier() : nil)
    }

    mutating func parseGrant() throws(InfluxQLError) -> Statement {
        let (privilege, database, user) = try parsePrivilege(before: .to)
        return .grant(privilege, database: database, user: user)
    }

    mutating func parseRevoke() throws(InfluxQLError) -> Statement {
        let (privilege, database, user) = try parsePrivilege(before: .from)
        return .revoke(privilege, database: database, user: user)
    }

    private mutating func parsePrivilege(before keyword: Keyword) throws(InfluxQLError) -> (Privilege, String?, String) {
        let token = scan()
        let privilege: Privilege
        switch token.kind {
        case .keyword(.read): privilege = .read
        case .keyword(.write): privilege = .write
        case .keyword(.all):
            privilege = .all
            _ = skip(.privileges)
        default: throw .found(token, expected: ["READ", "WRITE", "ALL [PRIVILEGES]"])
        }
        if skip(.on) {
            let database = try parseIdentifier()
            try expect(keyword)
            return (privilege, database, try parseIdentifier())
        }
        let next = scan()
        guard privilege == .all else { throw .found(next, expected: ["ON"]) }
        guard next.kind == .keyword(keyword) else { throw .found(next, expected: ["ON", keyword.rawValue]) }
        return (privilege, nil, try parseIdentifier())
    }

    private mutating func parseSubscriptionPlace() throws(InfluxQLError) -> (database: String, policy: String) {
        try expect(.on)
        let database = try parseIdentifier()
        let token = scanAny()
        guard token.kind == .dot else { throw .found(token, expected: ["."]) }
        return (database, try parseIdentifier())
    }

    private mutating func parseCreateSubscription() throws(InfluxQLError) -> Statement {
        let name = try parseIdentifier()
        let (database, policy) = try parseSubscriptionPlace()
        try expect(.destinations)
        let token = scan()
        guard token.kind == .keyword(.all) || token.kind == .keyword(.any) else {
            throw .found(token, expected: ["ALL", "ANY"])
        }
        var destinations = [try parseString()]
        while skip(kind: .comma) { destinations.append(try parseString()) }
        return .createSubscription(name: name, database: database, policy: policy, destinations: destinations)
    }

    private mutating func parseCreateContinuousQuery() throws(InfluxQLError) -> Statement {
        let name = try parseIdentifier()
        try expect(.on)
        let database = try parseIdentifier()
        var every: Int64 = 0
        var period: Int64 = 0
        if skip(.resample) {
            if skip(.every) { every = try parseDuration() }
            if skip(.for) { period = try parseDuration() }
            if every == 0, period == 0 { throw .found(scan(), expected: ["EVERY", "FOR"]) }
        }
        try expect(.begin, .select)
        let select = try parseSelect(target: .required)
        let interval = select.dimensions.lazy.compactMap(\.timeInterval).first ?? 0
        if !select.isRaw, interval == 0 { throw .found(scan(), expected: ["GROUP BY time(...)"]) }
        try expect(.end)
        if period != 0, period < max(interval, every) {
            let least = DurationText.format(max(interval, every))
            throw .syntax(
                "FOR duration must be >= GROUP BY time duration: must be a minimum of \(least), "
                    + "got \(DurationText.format(period))")
        }
        return .createContinuousQuery(name: name, database: database, every: every, for: period, select)
    }
}

extension Expression {
    /// The interval of `time(…)` in GROUP BY, nanoseconds.
    fileprivate var timeInterval: Int64? {
        guard case .call(let call) = self, call.name == "time", case .duration(let value)? = call.arguments.first else {
            return nil
        }
        return value
    }
}
