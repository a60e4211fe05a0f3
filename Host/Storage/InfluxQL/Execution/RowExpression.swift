/// An expression over the columns of a row, with names resolved to column numbers.
indirect enum RowExpression: Sendable {
    case constant(QueryValue)
    case column(Int)
    case binary(Operator, RowExpression, RowExpression)
    case matches(RowExpression, RegularExpression, negated: Bool)
    case math(MathFunction, [RowExpression])

    /// What a name or a call stands for.
    typealias Resolver = (Expression) throws(InfluxQLError) -> RowExpression

    /// Resolves the names of an expression and computes what is constant.
    init(_ expression: Expression, resolve: Resolver) throws(InfluxQLError) {
        switch expression {
        case .variable, .distinct: self = try resolve(expression)
        case .call(let call):
            guard let function = MathFunction(rawValue: call.name) else {
                self = try resolve(expression)
                return
            }
            var arguments: [RowExpression] = []
            for argument in call.arguments { arguments.append(try RowExpression(argument, resolve: resolve)) }
            self = .math(function, arguments)
        case .number(let value): self = .constant(.float(value))
        case .integer(let value): self = .constant(.integer(value))
        case .unsigned(let value): self = .constant(.float(Double(value)))
        case .string(let value): self = .constant(.text(value))
        case .boolean(let value): self = .constant(.boolean(value))
        case .duration(let value): self = .constant(.integer(value))
        case .regex, .wildcard: throw .statement("a regular expression or * cannot be used inside an expression")
        case .parenthesised(let inner): try self.init(inner, resolve: resolve)
        case .binary(let symbol, let left, .regex(let regex)) where symbol.isRegexMatch:
            let operand = try RowExpression(left, resolve: resolve)
            self = RowExpression.matches(operand, regex, negated: symbol == .matchesNot).folded
        case .binary(let symbol, let left, let right):
            let left = try RowExpression(left, resolve: resolve)
            self = RowExpression.binary(symbol, left, try RowExpression(right, resolve: resolve)).folded
        }
    }

    /// The value for a row.
    func evaluate(_ row: (Int) -> QueryValue) -> QueryValue {
        switch self {
        case .constant(let value): return value
        case .column(let index): return row(index)
        case .binary(.and, let left, let right):
            return .boolean(left.evaluate(row).isTrue && right.evaluate(row).isTrue)
        case .binary(.or, let left, let right):
            return .boolean(left.evaluate(row).isTrue || right.evaluate(row).isTrue)
        case .binary(let symbol, let left, let right):
            return ValueOperation.apply(symbol, left.evaluate(row), right.evaluate(row))
        case .matches(let operand, let regex, let negated):
            guard case .text(let text) = operand.evaluate(row) else { return .boolean(false) }
            return .boolean(regex.matches(text) != negated)
        case .math(let function, let arguments): return function(arguments.map { $0.evaluate(row) })
        }
    }

    /// The value, if it does not depend on the row.
    var constantValue: QueryValue? {
        if case .constant(let value) = self { value } else { nil }
    }

    private var folded: RowExpression {
        switch self {
        case .binary(.and, let left, let right):
            if left.constantValue?.isTrue == false || right.constantValue?.isTrue == false {
                return .constant(.boolean(false))
            }
            if left.constantValue != nil { return right }
            return right.constantValue != nil ? left : self
        case .binary(.or, let left, let right):
            if left.constantValue?.isTrue == true || right.constantValue?.isTrue == true {
                return .constant(.boolean(true))
            }
            if left.constantValue != nil { return right }
            return right.constantValue != nil ? left : self
        case .binary(let symbol, let left, let right):
            guard let left = left.constantValue, let right = right.constantValue else { return self }
            return .constant(ValueOperation.apply(symbol, left, right))
        case .matches(.constant, _, _): return .constant(evaluate { _ in .null })
        default: return self
        }
    }
}
