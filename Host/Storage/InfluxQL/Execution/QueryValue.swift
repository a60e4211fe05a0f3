/// A value in a row of a result or while computing one.
enum QueryValue: Sendable, Hashable {
    case null
    case float(Double)
    case integer(Int64)
    case boolean(Bool)
    case text(String)
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    case time(Int64)

    var isNull: Bool { self == .null }

    /// The value as a number, if it is one.
    var number: Double? {
        switch self {
        case .float(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    var isTrue: Bool { self == .boolean(true) }
}

extension ValueColumn {
    /// The value at an index.
    func value(at index: Int) -> QueryValue {
        switch self {
        case .float(let values): .float(values[index])
        case .integer(let values): .integer(values[index])
        case .boolean(let values): .boolean(values[index])
        case .text(let values): .text(values[index])
        }
    }
}

/// Arithmetic and comparison as InfluxQL defines them: integers stay integers except in division, division by zero gives 0,
/// an operation on nothing gives nothing.
enum ValueOperation {
    static func apply(_ symbol: Operator, _ left: QueryValue, _ right: QueryValue) -> QueryValue {
        switch symbol {
        case .and: return .boolean(left.isTrue && right.isTrue)
        case .or: return .boolean(left.isTrue || right.isTrue)
        default: break
        }
        switch (left, right) {
        case (.null, _), (_, .null): return symbol.isCondition ? .boolean(false) : .null
        case (.integer(let left), .integer(let right)): return integers(symbol, left, right)
        case (.boolean(let left), .boolean(let right)): return booleans(symbol, left, right)
        case (.text(let left), .text(let right)): return texts(symbol, left, right)
        default:
            guard let left = left.number, let right = right.number else {
                // Values of different kinds are different, and have no order.
                return symbol.isCondition ? .boolean(symbol == .notEqual) : .null
            }
            return floats(symbol, left, right)
        }
    }

    private static func floats(_ symbol: Operator, _ left: Double, _ right: Double) -> QueryValue {
        switch symbol {
        case .add: .float(left + right)
        case .subtract: .float(left - right)
        case .multiply: .float(left * right)
        case .divide: .float(right == 0 ? 0 : left / right)
        case .modulo: .float(left.truncatingRemainder(dividingBy: right))
        case .equal: .boolean(left == right)
        case .notEqual: .boolean(left != right)
        case .less: .boolean(left < right)
        case .lessOrEqual: .boolean(left <= right)
        case .greater: .boolean(left > right)
        case .greaterOrEqual: .boolean(left >= right)
        default: .null
        }
    }

    private static func integers(_ symbol: Operator, _ left: Int64, _ right: Int64) -> QueryValue {
        switch symbol {
        case .add: .integer(left &+ right)
        case .subtract: .integer(left &- right)
        case .multiply: .integer(left &* right)
        case .divide: .float(right == 0 ? 0 : Double(left) / Double(right))
        case .modulo: .integer(right == 0 ? 0 : left.remainderReportingOverflow(dividingBy: right).partialValue)
        case .bitwiseAnd: .integer(left & right)
        case .bitwiseOr: .integer(left | right)
        case .bitwiseXor: .integer(left ^ right)
        case .equal: .boolean(left == right)
        case .notEqual: .boolean(left != right)
        case .less: .boolean(left < right)
        case .lessOrEqual: .boolean(left <= right)
        case .greater: .boolean(left > right)
        case .greaterOrEqual: .boolean(left >= right)
        default: .null
        }
    }

    private static func booleans(_ symbol: Operator, _ left: Bool, _ right: Bool) -> QueryValue {
        switch symbol {
        case .equal: .boolean(left == right)
        case .notEqual, .bitwiseXor: .boolean(left != right)
        case .bitwiseAnd: .boolean(left && right)
        case .bitwiseOr: .boolean(left || right)
        default: symbol.isCondition ? .boolean(false) : .null
        }
    }

    private static func texts(_ symbol: Operator, _ left: String, _ right: String) -> QueryValue {
        switch symbol {
        case .equal: .boolean(left == right)
        case .notEqual: .boolean(left != right)
        default: symbol.isCondition ? .boolean(false) : .null
        }
    }
}
