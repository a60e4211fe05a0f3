extension Parser {
    /// An expression with operators, by precedence and left to right.
    mutating func parseExpression() throws(InfluxQLError) -> Expression {
        try parseExpression(minimum: 1)
    }

    private mutating func parseExpression(minimum: Int) throws(InfluxQLError) -> Expression {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= Self.deepestNesting else { throw .syntax("the expression is nested too deeply") }
        var left = try parseUnary()
        var length = 0
        while case .operator(let symbol) = peek().kind, symbol.precedence >= minimum {
            _ = scan()
            length += 1
            guard length <= Self.longestChain else {
                throw .syntax("the expression has more than \(Self.longestChain) operators in a row")
            }
            let right: Expression
            if symbol.isRegexMatch {
                guard let regex = try parseRegex() else { throw .found(scan(), expected: ["regex"]) }
                right = .regex(regex)
            } else {
                right = try parseExpression(minimum: symbol.precedence + 1)
            }
            left = .binary(symbol, left, right)
        }
        return left
    }

    private mutating func parseUnary() throws(InfluxQLError) -> Expression {
        let bookmark = lexer
        let token = scan()
        switch token.kind {
        case .leftParenthesis:
            let inner = try parseExpression()
            try expect(.rightParenthesis, [")"])
            return .parenthesised(inner)
        case .identifier:
            if lexer.nextCharacter == "(" {
                _ = scanAny()
                return .call(try parseCall(token.text.lowercased()))
            }
            lexer = bookmark
            return try parseVariable()
        case .keyword(.distinct): return try parseDistinct()
        case .operator(.multiply): return .wildcard(try parseWildcardType())
        case .operator(.add): return try parseSigned(negative: false)
        case .operator(.subtract): return try parseSigned(negative: true)
        default: return try literal(token)
        }
    }

    private func literal(_ token: Token) throws(InfluxQLError) -> Expression {
        switch token.kind {
        case .string: return .string(token.text)
        case .boolean(let value): return .boolean(value)
        case .regex: return .regex(try RegularExpression(token.text))
        case .number:
            guard let value = Double(token.text.hasSuffix(".") ? token.text + "0" : token.text) else {
                throw .syntax("unable to parse number", at: token.position)
            }
            return .number(value)
        case .integer:
            if let value = Int64(token.text) { return .integer(value) }
            if let value = UInt64(token.text) { return .unsigned(value) }
            throw .syntax("unable to parse integer", at: token.position)
        case .duration:
            guard let value = DurationText.parse(token.text) else { throw .syntax("invalid duration") }
            return .duration(value)
        case .boundParameter:
            let name = token.text.dropFirst()
            throw .syntax(name.isEmpty ? "empty bound parameter" : "missing parameter: \(name)")
        default: throw .found(token, expected: ["identifier", "string", "number", "bool"])
        }
    }

    private mutating func parseSigned(negative: Bool) throws(InfluxQLError) -> Expression {
        let token = peek()
        switch token.kind {
        case .number, .integer, .duration, .leftParenthesis, .identifier: break
        default: throw .found(scan(), expected: ["identifier", "number", "duration", "("])
        }
        let operand = try parseUnary()
        switch operand {
        case .number(let value): return .number(negative ? -value : value)
        case .integer(let value): return .integer(negative ? -value : value)
        case .duration(let value): return .duration(negative ? -value : value)
        case .unsigned(let value):
            guard negative else { return operand }
            guard value == UInt64(Int64.max) + 1 else { throw .syntax("constant -\(value) underflows int64") }
            return .integer(.min)
        default: return .binary(.multiply, .integer(negative ? -1 : 1), operand)
        }
    }

    private mutating func parseDistinct() throws(InfluxQLError) -> Expression {
        let token = scanAny()
        if token.kind == .leftParenthesis { return .call(try parseCall("distinct")) }
        guard token.kind == .whitespace else { throw .found(token, expected: ["(", "identifier"]) }
        return .distinct(try parseIdentifier())
    }

    private mutating func parseWildcardType() throws(InfluxQLError) -> DeclaredType? {
        guard skipAdjacent(.doubleColon) else { return nil }
        let token = scanAny()
        switch token.kind {
        case .keyword(.field): return .field
        case .keyword(.tag): return .tag
        default: throw .found(token, expected: ["field", "tag"])
        }
    }

    /// The arguments of a function, whose `(` has been read.
    private mutating func parseCall(_ name: String) throws(InfluxQLError) -> FunctionCall {
        var call = FunctionCall(name: name, arguments: [])
        if let regex = try parseRegex() {
            call.arguments.append(.regex(regex))
        } else {
            if skipAdjacent(.rightParenthesis) { return call }
            call.arguments.append(try parseExpression())
        }
        while skip(kind: .comma) {
            if let regex = try parseRegex() {
                call.arguments.append(.regex(regex))
            } else {
                call.arguments.append(try parseExpression())
            }
        }
        consumeWhitespace()
        let token = scanAny()
        guard token.kind == .rightParenthesis else { throw .found(token, expected: [")"]) }
        return call
    }

    /// `name`, `"name"`, `a.b`, each with an optional `::type`.
    private mutating func parseVariable() throws(InfluxQLError) -> Expression {
        let name = try parseSegments().joined(separator: ".")
        guard skipAdjacent(.doubleColon) else { return .variable(name, nil) }
        let token = scanAny()
        switch token.kind {
        case .keyword(.field): return .variable(name, .field)
        case .keyword(.tag): return .variable(name, .tag)
        case .identifier:
            if let type = DeclaredType(rawValue: token.text.lowercased()) { return .variable(name, type) }
            throw .found(token, expected: ["float", "integer", "unsigned", "string", "boolean", "field", "tag"])
        default: throw .found(token, expected: ["float", "integer", "string", "boolean", "field", "tag"])
        }
    }

    /// `a`, `a.b`, `a..b`, `a.b.c`; stops before `/` and `:`, which the caller knows to read.
    mutating func parseSegments() throws(InfluxQLError) -> [String] {
        var segments = [try parseIdentifier()]
        while skipAdjacent(.dot) {
            if lexer.nextCharacter == "/" || lexer.nextCharacter == ":" { break }
            if lexer.nextCharacter == "." {
                segments.append("")
                continue
            }
            segments.append(try parseIdentifier())
        }
        guard segments.count <= 3 else {
            let text = segments.map(InfluxQLText.quotedIdentifier).joined(separator: ".")
            throw .syntax("too many segments in \(text)", at: TextPosition())
        }
        return segments
    }

    /// Consumes the very next token if it is `kind`, whitespace being a token.
    mutating func skipAdjacent(_ kind: Token.Kind) -> Bool {
        let bookmark = lexer
        if scanAny().kind == kind { return true }
        lexer = bookmark
        return false
    }
}
