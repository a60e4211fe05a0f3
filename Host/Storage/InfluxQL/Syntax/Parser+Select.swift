extension Parser {
    /// Whether SELECT must have INTO.
    enum TargetRequirement { case required, optional }

    /// `SELECT …`, the keyword having been read.
    mutating func parseSelect(target: TargetRequirement) throws(InfluxQLError) -> SelectStatement {
        let fields = try parseFields()
        let into = try parseTarget(target)
        try expect(.from)
        var statement = SelectStatement(
            fields: fields, target: into, sources: try parseSources(subqueries: true), condition: try parseCondition(),
            dimensions: try parseDimensions(), fill: .null, order: nil, limit: 0, offset: 0, seriesLimit: 0,
            seriesOffset: 0, zone: nil)
        statement.fill = try parseFill()
        statement.order = try parseOrder()
        statement.limit = try parseOptionalCount(.limit)
        statement.offset = try parseOptionalCount(.offset)
        statement.seriesLimit = try parseOptionalCount(.slimit)
        statement.seriesOffset = try parseOptionalCount(.soffset)
        statement.zone = try parseZone()
        return statement
    }

    mutating func parseExplain() throws(InfluxQLError) -> Statement {
        let analyze = skip(.analyze)
        _ = skip(.verbose)
        try expect(.select)
        return .explain(try parseSelect(target: .optional), analyze: analyze)
    }

    private mutating func parseFields() throws(InfluxQLError) -> [SelectField] {
        var fields: [SelectField] = []
        repeat { fields.append(try parseField()) } while skipAdjacent(.comma)
        return fields
    }

    private mutating func parseField() throws(InfluxQLError) -> SelectField {
        let expression: Expression
        if let regex = try parseRegex() {
            expression = .regex(regex)
        } else {
            let position = peek().position
            expression = try parseExpression()
            if let symbol = expression.conditionOperator {
                throw .syntax(
                    "invalid operator \(symbol.rawValue) in SELECT clause at line \(position.line + 1), "
                        + "char \(position.character + 1); operator is intended for WHERE clause")
            }
        }
        let alias = skip(.as) ? try parseIdentifier() : nil
        consumeWhitespace()
        return SelectField(expression: expression, alias: alias)
    }

    private mutating func parseTarget(_ requirement: TargetRequirement) throws(InfluxQLError) -> MeasurementReference? {
        guard skip(.into) else {
            if requirement == .required { throw .found(scan(), expected: ["INTO"]) }
            return nil
        }
        var segments = try parseSegments()
        if segments.count < 3, lexer.nextCharacter == ":" {
            try expect(.colon, [":"])
            try expect(.measurement)
            segments.append("")
        }
        return reference(segments)
    }

    private func reference(_ segments: [String]) -> MeasurementReference {
        let parts = Array(repeating: "", count: 3 - segments.count) + segments
        return MeasurementReference(
            database: parts[0].isEmpty ? nil : parts[0], policy: parts[1].isEmpty ? nil : parts[1],
            name: .exactly(parts[2]))
    }

    mutating func parseSources(subqueries: Bool) throws(InfluxQLError) -> [Source] {
        var sources: [Source] = []
        repeat { sources.append(try parseSource(subqueries: subqueries)) } while skip(kind: .comma)
        return sources
    }

    mutating func parseSource(subqueries: Bool) throws(InfluxQLError) -> Source {
        if let regex = try parseRegex() { return .measurement(MeasurementReference(name: .matching(regex))) }
        if subqueries, skip(kind: .leftParenthesis) {
            try expect(.select)
            nesting += 20
            defer { nesting -= 20 }
            guard nesting <= Self.deepestNesting else { throw .syntax("subqueries are nested too deeply") }
            let statement = try parseSelect(target: .optional)
            try expect(.rightParenthesis, [")"])
            return .subquery(statement)
        }
        let segments = try parseSegments()
        guard segments.count < 3, let regex = try parseRegex() else { return .measurement(reference(segments)) }
        var result = reference(segments + [""])
        result.name = .matching(regex)
        return .measurement(result)
    }

    mutating func parseCondition() throws(InfluxQLError) -> Expression? {
        skip(.where) ? try parseExpression() : nil
    }

    mutating func parseDimensions() throws(InfluxQLError) -> [Expression] {
        guard skip(.group) else { return [] }
        try expect(.by)
        var dimensions: [Expression] = []
        repeat {
            if let regex = try parseRegex() {
                dimensions.append(.regex(regex))
            } else {
                dimensions.append(try parseExpression())
                consumeWhitespace()
            }
        } while skipAdjacent(.comma)
        return dimensions
    }

    private mutating func parseFill() throws(InfluxQLError) -> FillOption {
        guard nextIsIdentifier("fill") else { return .null }
        guard case .call(let call) = try parseExpression() else { throw .syntax("fill must be a function call") }
        guard call.arguments.count == 1 else {
            throw .syntax("fill requires an argument, e.g.: 0, null, none, previous, linear")
        }
        switch call.arguments[0] {
        case .variable("null", nil): return .null
        case .variable("none", nil): return .none
        case .variable("previous", nil): return .previous
        case .variable("linear", nil): return .linear
        case .integer(let value): return .number(Double(value))
        case .number(let value): return .number(value)
        default: throw .syntax("expected number argument in fill()")
        }
    }

    private mutating func parseZone() throws(InfluxQLError) -> TimeZoneRules? {
        guard nextIsIdentifier("tz") else { return nil }
        guard case .call(let call) = try parseExpression() else { throw .syntax("tz must be a function call") }
        guard call.arguments.count == 1 else { throw .syntax("tz requires exactly one argument") }
        guard case .string(let name) = call.arguments[0] else { throw .syntax("expected string argument in tz()") }
        guard let zone = TimeZoneRules(named: name) else { throw .syntax("unable to find time zone \(name)") }
        return zone
    }

    private func nextIsIdentifier(_ name: String) -> Bool {
        let token = peek()
        return token.kind == .identifier && token.text.lowercased() == name
    }

    /// `ORDER BY time DESC` and its like.
    mutating func parseOrder() throws(InfluxQLError) -> TimeOrder? {
        guard skip(.order) else { return nil }
        try expect(.by)
        let onlyTime = InfluxQLError.syntax("only ORDER BY time supported at this time")
        var order = TimeOrder.ascending
        let token = scan()
        switch token.kind {
        case .keyword(.asc): break
        case .keyword(.desc): order = .descending
        case .identifier:
            order = parseDirection()
            guard token.text == "time" else { throw onlyTime }
        default: throw .found(token, expected: ["identifier", "ASC", "DESC"])
        }
        var more = false
        while skip(kind: .comma) {
            _ = try parseIdentifier()
            _ = parseDirection()
            more = true
        }
        if more { throw onlyTime }
        return order
    }

    private mutating func parseDirection() -> TimeOrder {
        if skip(.desc) { return .descending }
        _ = skip(.asc)
        return .ascending
    }
}

extension Expression {
    /// The first operator that yields a truth value.
    fileprivate var conditionOperator: Operator? {
        switch self {
        case .binary(let symbol, let left, let right):
            symbol.isCondition ? symbol : left.conditionOperator ?? right.conditionOperator
        case .parenthesised(let inner): inner.conditionOperator
        case .call(let call): call.arguments.lazy.compactMap(\.conditionOperator).first
        default: nil
        }
    }
}
