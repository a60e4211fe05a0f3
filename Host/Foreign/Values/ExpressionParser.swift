/// Reads an expression: `v < 3 ? 0 : 0.5 * rho * v^3`. Names of variables may hold `$`, dots and selectors, as references do.
struct ExpressionParser {
    struct Malformed: Error {
        let sentence: String
    }

    /// What names mean. Each returns nil for a name that it does not know.
    struct Names {
        let variable: (String) -> Int?
        /// Index and number of parameters of a function of the library.
        let function: (String) -> (index: Int, parameterCount: Int)?
    }

    private let text: [Character]
    private var position = 0
    private var depth = 0
    private let names: Names

    static func parse(_ text: String, names: Names) throws(Malformed) -> Expression {
        var parser = ExpressionParser(text, names: names)
        let expression = try parser.choice()
        parser.skipSpace()
        guard parser.position == parser.text.count else { throw parser.malformed("an operator or the end") }
        return expression
    }

    private init(_ text: String, names: Names) {
        self.text = Array(text)
        self.names = names
    }

    private func malformed(_ expected: String) -> Malformed {
        let got = position < text.count ? "'\(text[position])'" : "the end"
        return Malformed(sentence: "the expression '\(String(text))' is malformed at character \(position + 1) (expected \(expected); got \(got))")
    }

    private mutating func skipSpace() {
        while position < text.count, text[position] == " " { position += 1 }
    }

    private mutating func take(_ word: String) -> Bool {
        skipSpace()
        guard text[position...].starts(with: word) else { return false }
        position += word.count
        return true
    }

    private mutating func choice() throws(Malformed) -> Expression {
        let condition = try operation(above: 0)
        guard take("?") else { return condition }
        let yes = try choice()
        guard take(":") else { throw malformed("':'") }
        return .choice(condition, yes, try choice())
    }

    private mutating func operation(above least: Int) throws(Malformed) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth < 128 else { throw malformed("at most 128 levels") }
        var left = try operand()
        while let sign = nextOperator(), sign.precedence > least {
            position += sign.rawValue.count
            left = .binary(sign, left, try operation(above: sign == .power ? sign.precedence - 1 : sign.precedence))
        }
        return left
    }

    /// The operator that comes next, not yet taken. Longer ones are looked for first.
    private mutating func nextOperator() -> Expression.Operator? {
        skipSpace()
        return Self.operators.first { text[position...].starts(with: $0.rawValue) }
    }

    private static let operators = Expression.Operator.allCases.sorted { $0.rawValue.count > $1.rawValue.count }

    private mutating func operand() throws(Malformed) -> Expression {
        skipSpace()
        guard position < text.count else { throw malformed("a number, a name or '('") }
        // A sign binds less than the power: -x^2 is -(x^2).
        if take("-") { return .negated(try operation(above: 7)) }
        if take("!") { return .not(try operation(above: 7)) }
        if take("(") {
            let inner = try choice()
            guard take(")") else { throw malformed("')'") }
            return inner
        }
        if text[position].isNumber || text[position] == "." { return .constant(try number()) }
        return try name()
    }

    private mutating func number() throws(Malformed) -> Double {
        let start = position
        while position < text.count {
            let isExponentSign = (text[position] == "-" || text[position] == "+") && position > start && (text[position - 1] == "e" || text[position - 1] == "E")
            guard text[position].isNumber || text[position] == "." || text[position] == "e" || text[position] == "E" || isExponentSign else { break }
            position += 1
        }
        guard let value = Double(String(text[start..<position])), value.isFinite else {
            position = start
            throw malformed("a number")
        }
        return value
    }

    private mutating func name() throws(Malformed) -> Expression {
        let start = position
        let isReference = text[position] == "$"
        var bracket = false
        while position < text.count {
            let letter = text[position]
            if isReference, letter == "[" { bracket = true }
            let isPart = letter.isLetter || letter.isNumber || letter == "_" || (isReference && (letter == "." || letter == "$" || letter == "[" || letter == "]"))
            guard isPart || bracket else { break }
            if letter == "]" { bracket = false }
            position += 1
        }
        let name = String(text[start..<position])
        guard !name.isEmpty else { throw malformed("a number, a name or '('") }
        if take("(") { return try call(name, at: start) }
        if let variable = names.variable(name) { return .variable(variable) }
        if name == "pi" { return .constant(.pi) }
        position = start
        throw Malformed(sentence: "the expression '\(String(text))' names '\(name)', which is not known here")
    }

    private mutating func call(_ name: String, at start: Int) throws(Malformed) -> Expression {
        var operands: [Expression] = []
        if !take(")") {
            repeat { operands.append(try choice()) } while take(",")
            guard take(")") else { throw malformed("',' or ')'") }
        }
        let function = Expression.BuiltIn(rawValue: name)
        let foreign = function == nil ? names.function(name) : nil
        guard let expected = function?.parameterCount ?? foreign?.parameterCount else {
            throw Malformed(
                sentence: "the expression '\(String(text))' calls '\(name)' (expected \(SectionMapping.list(Expression.BuiltIn.allCases.map(\.rawValue))), "
                    + "or a function of the library whose parameters are numbers and callbacks and that returns a number)")
        }
        guard operands.count == expected else {
            throw Malformed(sentence: "the expression '\(String(text))' calls \(name) wrongly (expected \(expected) arguments; got \(operands.count))")
        }
        if let function { return .builtIn(function, operands) }
        return .foreign(foreign?.index ?? 0, operands)
    }
}
