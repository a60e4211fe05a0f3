extension Parser {
    /// `SHOW …`, the keyword having been read.
    mutating func parseShow() throws(InfluxQLError) -> Statement {
        let token = scan()
        guard case .keyword(let keyword) = token.kind else { throw .found(token, expected: Self.showKeywords) }
        switch keyword {
        case .databases: return .show(.databases, ShowClauses())
        case .users: return .show(.users, ShowClauses())
        case .queries: return .show(.queries, ShowClauses())
        case .shards: return .show(.shards, ShowClauses())
        case .subscriptions: return .show(.subscriptions, ShowClauses())
        case .continuous:
            try expect(.queries)
            return .show(.continuousQueries, ShowClauses())
        case .shard:
            try expect(.groups)
            return .show(.shardGroups, ShowClauses())
        case .grants:
            try expect(.for)
            return .show(.grants(user: try parseIdentifier()), ShowClauses())
        case .retention:
            try expect(.policies)
            return .show(.retentionPolicies, ShowClauses(database: try parseOn()))
        case .stats, .diagnostics:
            let module = skip(.for) ? try parseString() : nil
            return .show(keyword == .stats ? .stats : .diagnostics, ShowClauses(module: module))
        case .measurements: return try parseShowMeasurements()
        case .measurement: return try parseCardinality(.measurement)
        case .series: return try parseShowSeries()
        case .tag: return try parseShowTag()
        case .field: return try parseShowField()
        default: throw .found(token, expected: Self.showKeywords)
        }
    }

    private static let showKeywords = [
        "CONTINUOUS", "DATABASES", "DIAGNOSTICS", "FIELD", "GRANTS", "MEASUREMENT", "MEASUREMENTS", "QUERIES", "RETENTION",
        "SERIES", "SHARD", "SHARDS", "STATS", "SUBSCRIPTIONS", "TAG", "USERS",
    ]

    private mutating func parseOn() throws(InfluxQLError) -> String? { skip(.on) ? try parseIdentifier() : nil }

    private mutating func parseFrom() throws(InfluxQLError) -> [Source] {
        skip(.from) ? try parseSources(subqueries: false) : []
    }

    /// `ORDER BY`, `LIMIT`, `OFFSET`.
    private mutating func parseOrderAndLimits(_ clauses: inout ShowClauses) throws(InfluxQLError) {
        clauses.order = try parseOrder()
        clauses.limit = try parseOptionalCount(.limit)
        clauses.offset = try parseOptionalCount(.offset)
    }

    private mutating func parseShowMeasurements() throws(InfluxQLError) -> Statement {
        var clauses = ShowClauses()
        if skip(.on) {
            clauses.database = try parseIdentifierOrStar()
            if skip(kind: .dot) { clauses.policy = try parseIdentifierOrStar() }
        }
        if skip(.with) {
            try expect(.measurement)
            let token = scan()
            guard token.kind == .operator(.equal) || token.kind == .operator(.matches) else {
                throw .found(token, expected: ["=", "=~"])
            }
            clauses.sources = [try parseSource(subqueries: false)]
        }
        clauses.condition = try parseCondition()
        try parseOrderAndLimits(&clauses)
        return .show(.measurements, clauses)
    }

    /// `*` stands for all, as an answer of `*`, which no name can be.
    private mutating func parseIdentifierOrStar() throws(InfluxQLError) -> String {
        let token = scan()
        switch token.kind {
        case .identifier: return token.text
        case .operator(.multiply): return "*"
        default: throw .found(token, expected: ["identifier or *"])
        }
    }

    private mutating func parseShowSeries() throws(InfluxQLError) -> Statement {
        let bookmark = lexer
        let exact = skip(.exact)
        if skip(.cardinality) { return try parseCardinalityClauses(.series, exact: exact) }
        if exact {
            lexer = bookmark
            _ = skip(.exact)
            throw .found(scan(), expected: ["CARDINALITY"])
        }
        var clauses = ShowClauses(database: try parseOn())
        clauses.sources = try parseFrom()
        clauses.condition = try parseCondition()
        try parseOrderAndLimits(&clauses)
        return .show(.series, clauses)
    }

    private mutating func parseShowTag() throws(InfluxQLError) -> Statement {
        let token = scan()
        switch token.kind {
        case .keyword(.key): return try parseCardinality(.tagKey)
        case .keyword(.keys):
            var clauses = ShowClauses(database: try parseOn())
            clauses.sources = try parseFrom()
            if peek().kind == .keyword(.with) { clauses.keyFilter = try parseKeyFilter() }
            clauses.condition = try parseCondition()
            try parseOrderAndLimits(&clauses)
            clauses.seriesLimit = try parseOptionalCount(.slimit)
            clauses.seriesOffset = try parseOptionalCount(.soffset)
            return .show(.tagKeys, clauses)
        case .keyword(.values):
            if peek().kind == .keyword(.exact) || peek().kind == .keyword(.cardinality) {
                return try parseCardinality(.tagValues)
            }
            var clauses = ShowClauses(database: try parseOn())
            clauses.sources = try parseFrom()
            clauses.keyFilter = try parseKeyFilter()
            clauses.condition = try parseCondition()
            try parseOrderAndLimits(&clauses)
            return .show(.tagValues, clauses)
        default: throw .found(token, expected: ["KEY", "KEYS", "VALUES"])
        }
    }

    private mutating func parseShowField() throws(InfluxQLError) -> Statement {
        let token = scan()
        switch token.kind {
        case .keyword(.key): return try parseCardinality(.fieldKey)
        case .keyword(.keys):
            var clauses = ShowClauses(database: try parseOn())
            clauses.sources = try parseFrom()
            try parseOrderAndLimits(&clauses)
            return .show(.fieldKeys, clauses)
        default: throw .found(token, expected: ["KEY", "KEYS"])
        }
    }

    private mutating func parseCardinality(_ kind: ShowKind.Cardinality) throws(InfluxQLError) -> Statement {
        let exact = skip(.exact)
        try expect(.keyword(.cardinality), exact || kind == .measurement ? ["CARDINALITY"] : ["EXACT", "CARDINALITY"])
        return try parseCardinalityClauses(kind, exact: exact)
    }

    private mutating func parseCardinalityClauses(
        _ kind: ShowKind.Cardinality, exact: Bool
    ) throws(InfluxQLError) -> Statement {
        var clauses = ShowClauses(database: try parseOn())
        clauses.sources = try parseFrom()
        if kind == .tagValues { clauses.keyFilter = try parseKeyFilter() }
        clauses.condition = try parseCondition()
        clauses.dimensions = try parseDimensions()
        clauses.limit = try parseOptionalCount(.limit)
        clauses.offset = try parseOptionalCount(.offset)
        return .show(.cardinality(kind, exact: exact), clauses)
    }

    private mutating func parseKeyFilter() throws(InfluxQLError) -> TagKeyFilter {
        try expect(.with, .key)
        let token = scan()
        switch token.kind {
        case .keyword(.in):
            try expect(.leftParenthesis, ["("])
            let keys = try parseIdentifiers()
            try expect(.rightParenthesis, [")"])
            return .oneOf(keys)
        case .operator(.equal): return .oneOf([try parseIdentifier()])
        case .operator(.notEqual): return .not(try parseIdentifier())
        case .operator(.matches), .operator(.matchesNot):
            guard let regex = try parseRegex() else { throw .found(scan(), expected: ["regex"]) }
            return .matches(regex, negated: token.kind == .operator(.matchesNot))
        default: throw .found(token, expected: ["IN", "=", "=~"])
        }
    }
}
