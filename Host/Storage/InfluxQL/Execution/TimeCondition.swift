/// Splits WHERE into the range of time that it allows and the rest.
struct TimeCondition {
    let now: Int64
    let zone: TimeZoneRules?

    /// As in InfluxDB, ranges of time always intersect, also on the two sides of OR.
    func split(_ condition: Expression?) throws(InfluxQLError) -> (range: TimeRange, rest: Expression?) {
        guard let condition else { return (TimeRange(), nil) }
        switch condition {
        case .parenthesised(let inner):
            let (range, rest) = try split(inner)
            return (range, rest.map { .parenthesised($0) })
        case .binary(let symbol, let left, let right) where symbol == .and || symbol == .or:
            let (leftRange, leftRest) = try split(left)
            let (rightRange, rightRest) = try split(right)
            let range = leftRange.intersection(rightRange)
            guard let leftRest, let rightRest else { return (range, leftRest ?? rightRest) }
            return (range, .binary(symbol, leftRest, rightRest))
        case .binary(let symbol, let left, let right) where symbol.isCondition:
            if left.isTime { return (try bounds(symbol, right), nil) }
            if right.isTime { return (try bounds(symbol.mirrored, left), nil) }
            return (TimeRange(), condition)
        case .boolean: return (TimeRange(), condition)
        default: throw .statement("invalid condition expression: \(condition)")
        }
    }

    private func bounds(_ symbol: Operator, _ expression: Expression) throws(InfluxQLError) -> TimeRange {
        let time = try value(of: expression)
        switch symbol {
        case .equal: return TimeRange(lower: time, upper: time)
        case .greater: return TimeRange(lower: time.saturatingAdd(1))
        case .greaterOrEqual: return TimeRange(lower: max(time, TimeRange.earliest))
        case .less: return TimeRange(upper: time.saturatingAdd(-1))
        case .lessOrEqual: return TimeRange(upper: min(time, TimeRange.latest))
        default: throw .statement("invalid time comparison operator: \(symbol.rawValue)")
        }
    }

    /// Nanoseconds of an expression such as `now() - 1h`, `'2006-01-02' + 1d`, `1700000000s`.
    func value(of expression: Expression) throws(InfluxQLError) -> Int64 {
        switch expression {
        case .parenthesised(let inner): return try value(of: inner)
        case .integer(let value), .duration(let value): return value
        case .number(let value):
            guard value.magnitude < 9.2e18 else { throw .statement("time \(value) is out of range") }
            return Int64(value)
        case .call(FunctionCall(name: "now", arguments: [])): return now
        case .string(let text):
            guard let value = CalendarTime.parse(text, zone: zone) else { throw .statement("invalid timestamp string") }
            return value
        case .binary(.add, let left, let right): return try value(of: left).saturatingAdd(try value(of: right))
        case .binary(.subtract, let left, let right): return try value(of: left).saturatingAdd(0 &- (try value(of: right)))
        case .binary(.multiply, let left, let right):
            return try value(of: left).multipliedReportingOverflow(by: try value(of: right)).partialValue
        case .binary(.divide, let left, let right):
            let divisor = try value(of: right)
            return divisor == 0 ? 0 : try value(of: left).dividedReportingOverflow(by: divisor).partialValue
        default: throw .statement("invalid operation: time and \(expression) are not compatible")
        }
    }
}

extension Expression {
    fileprivate var isTime: Bool {
        guard case .variable(let name, _) = self else { return false }
        return name.lowercased() == "time"
    }

    /// Whether `time` stands anywhere in this condition.
    var mentionsTime: Bool {
        switch self {
        case .binary(_, let left, let right): left.mentionsTime || right.mentionsTime
        case .parenthesised(let inner): inner.mentionsTime
        default: isTime
        }
    }
}

extension Operator {
    /// The operator with its sides exchanged.
    fileprivate var mirrored: Operator {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        default: self
        }
    }
}
