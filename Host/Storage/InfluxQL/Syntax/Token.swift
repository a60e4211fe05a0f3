/// A place in the text of a query, counted from 0 as the lexer goes; error messages count from 1.
struct TextPosition: Hashable, Sendable {
    var line = 0
    var character = 0
}

/// The reserved words of InfluxQL.
enum Keyword: String, CaseIterable, Sendable {
    case all = "ALL", alter = "ALTER", analyze = "ANALYZE", any = "ANY", `as` = "AS", asc = "ASC", begin = "BEGIN", by = "BY"
    case cardinality = "CARDINALITY", create = "CREATE", continuous = "CONTINUOUS", database = "DATABASE"
    case databases = "DATABASES", `default` = "DEFAULT", delete = "DELETE", desc = "DESC", destinations = "DESTINATIONS"
    case diagnostics = "DIAGNOSTICS", distinct = "DISTINCT", drop = "DROP", duration = "DURATION", end = "END"
    case every = "EVERY", exact = "EXACT", explain = "EXPLAIN", field = "FIELD", `for` = "FOR", from = "FROM"
    case future = "FUTURE", grant = "GRANT", grants = "GRANTS", group = "GROUP", groups = "GROUPS", `in` = "IN"
    case inf = "INF", insert = "INSERT", into = "INTO", key = "KEY", keys = "KEYS", kill = "KILL", limit = "LIMIT"
    case measurement = "MEASUREMENT", measurements = "MEASUREMENTS", name = "NAME", offset = "OFFSET", on = "ON"
    case order = "ORDER", password = "PASSWORD", past = "PAST", policy = "POLICY", policies = "POLICIES"
    case privileges = "PRIVILEGES", queries = "QUERIES", query = "QUERY", read = "READ", replication = "REPLICATION"
    case resample = "RESAMPLE", retention = "RETENTION", revoke = "REVOKE", select = "SELECT", series = "SERIES"
    case set = "SET", show = "SHOW", shard = "SHARD", shards = "SHARDS", slimit = "SLIMIT", soffset = "SOFFSET"
    case stats = "STATS", subscription = "SUBSCRIPTION", subscriptions = "SUBSCRIPTIONS", tag = "TAG", to = "TO"
    case user = "USER", users = "USERS", values = "VALUES", verbose = "VERBOSE", `where` = "WHERE", with = "WITH"
    case write = "WRITE"

    /// The reserved words by their upper-case spelling.
    static let bySpelling = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })
}

/// The operators of expressions, with the spelling that error messages and column names use.
enum Operator: String, Sendable {
    case add = "+", subtract = "-", multiply = "*", divide = "/", modulo = "%"
    case bitwiseAnd = "&", bitwiseOr = "|", bitwiseXor = "^"
    case and = "AND", or = "OR"
    case equal = "=", notEqual = "!=", matches = "=~", matchesNot = "!~"
    case less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="

    /// Higher binds tighter.
    var precedence: Int {
        switch self {
        case .or: 1
        case .and: 2
        case .equal, .notEqual, .matches, .matchesNot, .less, .lessOrEqual, .greater, .greaterOrEqual: 3
        case .add, .subtract, .bitwiseOr, .bitwiseXor: 4
        case .multiply, .divide, .modulo, .bitwiseAnd: 5
        }
    }

    /// Whether the result is a truth value; such operators belong into WHERE only.
    var isCondition: Bool { precedence <= 3 }

    var isRegexMatch: Bool { self == .matches || self == .matchesNot }
}

/// A lexical element with its text (unescaped for strings, quoted identifiers and regular expressions).
struct Token: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case endOfText, illegal, whitespace, comment
        case identifier, boundParameter, number, integer, duration, string, badString, badEscape, boolean(Bool)
        case regex, badRegex
        case keyword(Keyword)
        case `operator`(Operator)
        case leftParenthesis, rightParenthesis, comma, colon, doubleColon, semicolon, dot
    }

    var kind: Kind
    var text = ""
    var position: TextPosition

    /// What an error message calls this token.
    var display: String {
        if !text.isEmpty { return text }
        switch kind {
        case .endOfText: return "EOF"
        case .illegal: return "ILLEGAL"
        case .whitespace: return "WS"
        case .comment: return "COMMENT"
        case .identifier: return "IDENT"
        case .boundParameter: return "BOUNDPARAM"
        case .number: return "NUMBER"
        case .integer: return "INTEGER"
        case .duration: return "DURATIONVAL"
        case .string: return "STRING"
        case .badString: return "BADSTRING"
        case .badEscape: return "BADESCAPE"
        case .boolean(let value): return value ? "TRUE" : "FALSE"
        case .regex: return "REGEX"
        case .badRegex: return "BADREGEX"
        case .keyword(let keyword): return keyword.rawValue
        case .operator(let symbol): return symbol.rawValue
        case .leftParenthesis: return "("
        case .rightParenthesis: return ")"
        case .comma: return ","
        case .colon: return ":"
        case .doubleColon: return "::"
        case .semicolon: return ";"
        case .dot: return "."
        }
    }
}
