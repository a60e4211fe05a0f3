internal import Glibc

/// Arithmetic over doubles: what a manifest computes on the way to an argument, and what a callback answers.
indirect enum Expression: Sendable {
    case constant(Double)
    case variable(Int)
    case negated(Expression)
    case not(Expression)
    case binary(Operator, Expression, Expression)
    case choice(Expression, Expression, Expression)
    case builtIn(BuiltIn, [Expression])
    /// A function of the library with numbers alone for parameters, by its index.
    case foreign(Int, [Expression])

    enum Operator: String, CaseIterable, Sendable {
        case add = "+", subtract = "-", multiply = "*", divide = "/", power = "^"
        case less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">=", equal = "==", unequal = "!=", and = "&&", or = "||"

        /// How strongly it binds; the power binds to the right, all others to the left.
        var precedence: Int {
            switch self {
            case .or: 1
            case .and: 2
            case .equal, .unequal: 3
            case .less, .lessOrEqual, .greater, .greaterOrEqual: 4
            case .add, .subtract: 5
            case .multiply, .divide: 6
            case .power: 8
            }
        }
    }

    enum BuiltIn: String, CaseIterable, Sendable {
        case sin, cos, tan, asin, acos, atan, atan2, exp, log, log10, sqrt, abs, floor, ceil, round, min, max, sign

        var parameterCount: Int {
            switch self {
            case .atan2, .min, .max: 2
            default: 1
            }
        }
    }

    /// The value. `foreign` calls a function of the library.
    func evaluate(
        _ variables: UnsafePointer<Double>, foreign: (Int, [Double]) throws(ForeignFault) -> Double
    ) throws(ForeignFault) -> Double {
        switch self {
        case .constant(let value): return value
        case .variable(let index): return variables[index]
        case .negated(let operand): return -(try operand.evaluate(variables, foreign: foreign))
        case .not(let operand): return try operand.evaluate(variables, foreign: foreign) == 0 ? 1 : 0
        case .choice(let condition, let yes, let no):
            let isTrue = try condition.evaluate(variables, foreign: foreign) != 0
            return try (isTrue ? yes : no).evaluate(variables, foreign: foreign)
        case .binary(let sign, let left, let right):
            let left = try left.evaluate(variables, foreign: foreign)
            if sign == .and, left == 0 { return 0 }
            if sign == .or, left != 0 { return 1 }
            return Self.apply(sign, left, try right.evaluate(variables, foreign: foreign))
        case .builtIn(let function, let operands):
            let first = try operands[0].evaluate(variables, foreign: foreign)
            let second = operands.count > 1 ? try operands[1].evaluate(variables, foreign: foreign) : 0
            return Self.apply(function, first, second)
        case .foreign(let function, let operands):
            var values: [Double] = []
            for operand in operands { values.append(try operand.evaluate(variables, foreign: foreign)) }
            return try foreign(function, values)
        }
    }

    private static func apply(_ sign: Operator, _ left: Double, _ right: Double) -> Double {
        switch sign {
        case .add: left + right
        case .subtract: left - right
        case .multiply: left * right
        case .divide: left / right
        case .power: pow(left, right)
        case .less: left < right ? 1 : 0
        case .lessOrEqual: left <= right ? 1 : 0
        case .greater: left > right ? 1 : 0
        case .greaterOrEqual: left >= right ? 1 : 0
        case .equal: left == right ? 1 : 0
        case .unequal: left != right ? 1 : 0
        case .and, .or: right != 0 ? 1 : 0
        }
    }

    private static func apply(_ function: BuiltIn, _ x: Double, _ y: Double) -> Double {
        switch function {
        case .sin: Glibc.sin(x)
        case .cos: Glibc.cos(x)
        case .tan: Glibc.tan(x)
        case .asin: Glibc.asin(x)
        case .acos: Glibc.acos(x)
        case .atan: Glibc.atan(x)
        case .atan2: Glibc.atan2(x, y)
        case .exp: Glibc.exp(x)
        case .log: Glibc.log(x)
        case .log10: Glibc.log10(x)
        case .sqrt: x.squareRoot()
        case .abs: Swift.abs(x)
        case .floor: x.rounded(.down)
        case .ceil: x.rounded(.up)
        case .round: x.rounded()
        case .min: Swift.min(x, y)
        case .max: Swift.max(x, y)
        case .sign: x > 0 ? 1 : x < 0 ? -1 : 0
        }
    }
}
