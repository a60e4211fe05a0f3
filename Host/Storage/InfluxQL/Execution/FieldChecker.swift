/// Checks a field of SELECT: known functions, numbers and kinds of arguments, with InfluxDB's wording.
struct FieldChecker {
    var plan: SelectPlan
    private var allowsWildcard = true

    init(plan: SelectPlan) { self.plan = plan }

    mutating func check(_ expression: Expression) throws(InfluxQLError) {
        switch expression {
        case .variable: plan.hasPlainFields = true
        case .wildcard, .regex:
            plan.hasPlainFields = true
            guard allowsWildcard else {
                let kind = if case .regex = expression { "regex" } else { "wildcard" }
                throw .statement("unable to use \(kind) in a binary expression")
            }
        case .call(let call): try check(call)
        case .distinct(let name):
            plan.note(FunctionCall(name: "distinct", arguments: [.variable(name, nil)]))
            try checkDistinct([.variable(name, nil)], nested: false)
        case .binary(_, let left, let right):
            allowsWildcard = false
            if left.isLiteral, right.isLiteral {
                throw .statement("cannot perform a binary expression on two literals")
            }
            if !left.isLiteral { try check(left) }
            if !right.isLiteral { try check(right) }
        case .parenthesised(let inner): try check(inner)
        default: throw .statement("field must contain at least one variable")
        }
    }

    private mutating func check(_ call: FunctionCall) throws(InfluxQLError) {
        let count = call.arguments.count
        if let function = MathFunction(rawValue: call.name) {
            guard count == function.argumentCount else { throw Self.wrongCount(call.name, function.argumentCount, count) }
            for argument in call.arguments where !argument.isLiteral { try check(argument) }
            return
        }
        plan.note(call)
        switch call.name {
        case "max", "min", "first", "last", "count", "sum", "mean", "median", "mode", "stddev", "spread":
            if !["max", "min", "first", "last"].contains(call.name) { plan.onlySelectors = false }
            guard count == 1 else { throw Self.wrongCount(call.name, 1, count) }
            if call.name == "count", let inner = call.arguments[0].distinctArguments {
                try checkDistinct(inner, nested: true)
            } else {
                try checkSymbol(call)
            }
        case "percentile":
            guard count == 2 else { throw Self.wrongCount(call.name, 2, count) }
            switch call.arguments[1] {
            case .integer, .number: try checkSymbol(call)
            default: throw .statement("expected float argument in percentile()")
            }
        case "sample":
            guard count == 2 else { throw Self.wrongCount(call.name, 2, count) }
            guard case .integer(let size) = call.arguments[1] else {
                throw .statement("expected integer argument in sample()")
            }
            guard size > 0 else { throw .statement("sample window must be greater than 1, got \(size)") }
            try checkSymbol(call)
        case "distinct": try checkDistinct(call.arguments, nested: false)
        case "top", "bottom": try checkTopBottom(call)
        case "integral":
            guard (1...2).contains(count) else { throw Self.wrongRange(call.name, 1, 2, count) }
            try checkUnit(call, notDuration: "second argument must be a duration")
            plan.onlySelectors = false
            try checkSymbol(call)
        case "derivative", "non_negative_derivative", "elapsed":
            guard (1...2).contains(count) else { throw Self.wrongRange(call.name, 1, 2, count) }
            try checkUnit(call, notDuration: "second argument to \(call.name) must be a duration, got \(Self.kind(call))")
            try checkTransformation(call)
        case "difference", "non_negative_difference", "cumulative_sum":
            guard count == 1 else { throw Self.wrongCount(call.name, 1, count) }
            try checkTransformation(call)
        case "moving_average":
            guard count == 2 else { throw Self.wrongCount(call.name, 2, count) }
            guard case .integer(let width) = call.arguments[1] else {
                throw .statement("second argument for moving_average must be an integer, got \(Self.kind(call))")
            }
            guard width > 1 else { throw .statement("moving_average window must be greater than 1, got \(width)") }
            try checkTransformation(call)
        case "holt_winters", "holt_winters_with_fit":
            throw .unavailable("\(call.name)() is not available yet; the platform's forecasting services forecast series")
        default: throw .statement("undefined function \(call.name)()")
        }
    }

    private static func wrongCount(_ name: String, _ expected: Int, _ got: Int) -> InfluxQLError {
        .statement("invalid number of arguments for \(name), expected \(expected), got \(got)")
    }

    private static func wrongRange(_ name: String, _ least: Int, _ most: Int, _ got: Int) -> InfluxQLError {
        .statement(
            "invalid number of arguments for \(name), expected at least \(least) but no more than \(most), got \(got)")
    }

    /// The kind of the second argument, as InfluxDB names it.
    private static func kind(_ call: FunctionCall) -> String {
        switch call.arguments.dropFirst().first {
        case .integer: "*influxql.IntegerLiteral"
        case .number: "*influxql.NumberLiteral"
        case .string: "*influxql.StringLiteral"
        case .duration: "*influxql.DurationLiteral"
        case .boolean: "*influxql.BooleanLiteral"
        case .variable: "*influxql.VarRef"
        case .call: "*influxql.Call"
        default: "*influxql.BinaryExpr"
        }
    }

    private func checkUnit(_ call: FunctionCall, notDuration: String) throws(InfluxQLError) {
        guard call.arguments.count == 2 else { return }
        guard case .duration(let unit) = call.arguments[1] else { throw .statement(notDuration) }
        guard unit > 0 else {
            throw .statement("duration argument must be positive, got \(DurationText.format(unit))")
        }
    }

    private mutating func checkSymbol(_ call: FunctionCall) throws(InfluxQLError) {
        switch call.arguments[0] {
        case .variable: break
        case .wildcard:
            guard allowsWildcard else { throw .statement("unsupported expression with wildcard: \(call.name)()") }
            plan.onlySelectors = false
        case .regex:
            guard allowsWildcard else { throw .statement("unsupported expression with regex field: \(call.name)()") }
            plan.onlySelectors = false
        default: throw .statement("expected field argument in \(call.name)()")
        }
    }

    private mutating func checkTransformation(_ call: FunctionCall) throws(InfluxQLError) {
        plan.onlySelectors = false
        switch call.arguments[0] {
        case .call(let inner) where inner.name == "distinct": try checkDistinct(inner.arguments, nested: true)
        case .call(let inner):
            guard !plan.windows.isSingle else {
                throw .statement("\(call.name) aggregate requires a GROUP BY interval")
            }
            try check(inner)
        default:
            guard plan.windows.isSingle || plan.inheritsInterval else {
                throw .statement("aggregate function required inside the call to \(call.name)")
            }
            try checkSymbol(call)
        }
    }

    private mutating func checkDistinct(_ arguments: [Expression], nested: Bool) throws(InfluxQLError) {
        guard let first = arguments.first else {
            throw .statement("distinct function requires at least one argument")
        }
        guard arguments.count == 1 else { throw .statement("distinct function can only have one argument") }
        guard case .variable = first else { throw .statement("expected field argument in distinct()") }
        if !nested { plan.hasDistinct = true }
        plan.onlySelectors = false
    }

    private mutating func checkTopBottom(_ call: FunctionCall) throws(InfluxQLError) {
        if let other = plan.topOrBottom {
            throw .statement("selector function \(other)() cannot be combined with other functions")
        }
        guard call.arguments.count >= 2, let first = call.arguments.first, let last = call.arguments.last else {
            throw .statement(
                "invalid number of arguments for \(call.name), expected at least 2, got \(call.arguments.count)")
        }
        guard case .integer(let size) = last else {
            throw .statement("expected integer as last argument in \(call.name)(), found \(last)")
        }
        guard size > 0 else { throw .statement("limit (\(size)) in \(call.name) function must be at least 1") }
        if plan.statement.limit > 0, size > plan.statement.limit {
            throw .statement(
                "limit (\(size)) in \(call.name) function can not be larger than the LIMIT "
                    + "(\(plan.statement.limit)) in the select statement")
        }
        guard case .variable = first else {
            throw .statement("expected first argument to be a field in \(call.name)(), found \(first)")
        }
        for argument in call.arguments.dropFirst().dropLast() {
            guard case .variable = argument else {
                throw .statement("only fields or tags are allowed in \(call.name)(), found \(argument)")
            }
            plan.hasPlainFields = true
        }
        plan.topOrBottom = call.name
    }
}

extension Expression {
    /// The arguments, if this is `distinct(…)` or `DISTINCT name`.
    var distinctArguments: [Expression]? {
        switch self {
        case .call(let call) where call.name == "distinct": call.arguments
        case .distinct(let name): [.variable(name, nil)]
        default: nil
        }
    }
}
