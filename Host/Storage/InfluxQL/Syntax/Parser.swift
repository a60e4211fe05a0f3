/// Recursive-descent parser of InfluxQL. Error messages have InfluxDB's wording and positions, since its clients show and
/// even match them.
struct Parser {
    /// The deepest nesting of expressions; a limit on the stack that a client can make the engine use.
    static let deepestNesting = 200
    /// The most operators in a row of one expression, for the same reason.
    static let longestChain = 1000

    var lexer: Lexer
    var nesting = 0
    private let parameters: [String: BoundParameter]

    init(_ text: String, parameters: [String: BoundParameter] = [:]) {
        lexer = Lexer(text)
        self.parameters = parameters
    }

    /// All statements of a query, separated by `;`.
    mutating func parseQuery() throws(InfluxQLError) -> [Statement] {
        var statements: [Statement] = []
        var separated = true
        while true {
            let bookmark = lexer
            let token = scan()
            switch token.kind {
            case .endOfText: return statements
            case .semicolon: separated = true
            default:
                guard separated else { throw .found(token, expected: [";"]) }
                lexer = bookmark
                statements.append(try parseStatement())
                separated = false
            }
        }
    }

    /// One statement.
    mutating func parseStatement() throws(InfluxQLError) -> Statement {
        let token = scan()
        switch token.kind {
        case .keyword(.select): return .select(try parseSelect(target: .optional))
        case .keyword(.delete): return try parseDelete()
        case .keyword(.show): return try parseShow()
        case .keyword(.create): return try parseCreate()
        case .keyword(.drop): return try parseDrop()
        case .keyword(.explain): return try parseExplain()
        case .keyword(.grant): return try parseGrant()
        case .keyword(.revoke): return try parseRevoke()
        case .keyword(.alter): return try parseAlter()
        case .keyword(.set): return try parseSetPassword()
        case .keyword(.kill): return try parseKill()
        default:
            throw .found(
                token,
                expected: [
                    "SELECT", "DELETE", "SHOW", "CREATE", "DROP", "EXPLAIN", "GRANT", "REVOKE", "ALTER", "SET", "KILL",
                ])
        }
    }

    // The functions below are what the grammar's extensions are built from.

    /// The next token with whitespace and comments, bound parameters replaced by their values.
    mutating func scanAny() -> Token { bind(lexer.scan()) }

    /// The next token that is neither whitespace nor comment.
    mutating func scan() -> Token {
        while true {
            let token = scanAny()
            if token.kind != .whitespace, token.kind != .comment { return token }
        }
    }

    /// The next token without consuming it.
    func peek() -> Token {
        var copy = self
        return copy.scan()
    }

    private func bind(_ token: Token) -> Token {
        guard token.kind == .boundParameter, let value = parameters[String(token.text.dropFirst())] else { return token }
        return Token(kind: value.kind, text: value.text, position: token.position)
    }

    mutating func consumeWhitespace() {
        let bookmark = lexer
        if scanAny().kind != .whitespace { lexer = bookmark }
    }

    /// Consumes the next token if it is `kind`.
    mutating func skip(kind: Token.Kind) -> Bool {
        let bookmark = lexer
        if scan().kind == kind { return true }
        lexer = bookmark
        return false
    }

    mutating func skip(_ keyword: Keyword) -> Bool { skip(kind: .keyword(keyword)) }

    /// Consumes these keywords or complains about the first that is missing.
    mutating func expect(_ keywords: Keyword...) throws(InfluxQLError) {
        for keyword in keywords { try expect(.keyword(keyword), [keyword.rawValue]) }
    }

    mutating func expect(_ kind: Token.Kind, _ expected: [String]) throws(InfluxQLError) {
        let token = scan()
        guard token.kind == kind else { throw .found(token, expected: expected) }
    }

    mutating func parseIdentifier() throws(InfluxQLError) -> String {
        let token = scan()
        guard token.kind == .identifier else { throw .found(token, expected: ["identifier"]) }
        return token.text
    }

    mutating func parseIdentifiers() throws(InfluxQLError) -> [String] {
        var names = [try parseIdentifier()]
        while skip(kind: .comma) { names.append(try parseIdentifier()) }
        return names
    }

    mutating func parseString() throws(InfluxQLError) -> String {
        let token = scan()
        guard token.kind == .string else { throw .found(token, expected: ["string"]) }
        return token.text
    }

    /// Nanoseconds; `INF` is 0.
    mutating func parseDuration() throws(InfluxQLError) -> Int64 {
        let token = scan()
        if token.kind == .keyword(.inf) { return 0 }
        guard token.kind == .duration else { throw .found(token, expected: ["duration"]) }
        guard let value = DurationText.parse(token.text) else { throw .syntax("invalid duration", at: token.position) }
        return value
    }

    mutating func parseInteger(in range: ClosedRange<Int64>) throws(InfluxQLError) -> Int64 {
        let token = scan()
        guard token.kind == .integer else { throw .found(token, expected: ["integer"]) }
        guard let value = Int64(token.text), range.contains(value) else {
            throw .syntax(
                "invalid value \(token.text): must be \(range.lowerBound) <= n <= \(range.upperBound)", at: token.position)
        }
        return value
    }

    mutating func parseUnsigned() throws(InfluxQLError) -> UInt64 {
        let token = scan()
        guard token.kind == .integer else { throw .found(token, expected: ["integer"]) }
        guard let value = UInt64(token.text) else {
            throw .syntax("invalid value \(token.text): out of range", at: token.position)
        }
        return value
    }

    /// `LIMIT n` and its like; 0 if it is absent.
    mutating func parseOptionalCount(_ keyword: Keyword) throws(InfluxQLError) -> Int {
        guard skip(keyword) else { return 0 }
        let token = scan()
        guard token.kind == .integer else { throw .found(token, expected: ["integer"]) }
        guard let value = Int(token.text) else { throw .syntax("unable to parse integer", at: token.position) }
        return value
    }

    /// `/…/` or a bound parameter that is a regular expression; `nil` if something else follows.
    mutating func parseRegex() throws(InfluxQLError) -> RegularExpression? {
        if lexer.nextCharacter?.isQueryWhitespace == true { consumeWhitespace() }
        let bookmark = lexer
        var token: Token
        if lexer.nextCharacter == "$" {
            token = scanAny()
            guard token.kind == .regex else {
                lexer = bookmark
                return nil
            }
        } else if lexer.nextCharacter == "/" {
            token = lexer.scanRegex()
        } else {
            return nil
        }
        guard token.kind == .regex else { throw .syntax("bad regex: \(token.text)", at: token.position) }
        do { return try RegularExpression(token.text) } catch { throw .syntax(error.description, at: token.position) }
    }
}
