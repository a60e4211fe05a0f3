/// SELECT after the checks that need no data: what InfluxDB calls compiling.
struct SelectPlan {
    var statement: SelectStatement
    var fields: [SelectField] = []
    var timeColumn = "time"
    var condition: Expression?
    var windows = TimeWindows()
    /// GROUP BY without `time(…)`.
    var tagDimensions: [Expression] = []
    var fill: FillOption
    var descending: Bool
    /// Whether the interval comes from an enclosing SELECT.
    var inheritsInterval = false

    private(set) var calls: [FunctionCall] = []
    var topOrBottom: String?
    var onlySelectors = true
    var hasPlainFields = false
    var hasDistinct = false

    init(_ statement: SelectStatement, now: Int64, parent: SelectPlan? = nil) throws(InfluxQLError) {
        self.statement = statement
        fill = statement.fill
        descending = statement.order == .descending
        let (range, rest) = try TimeCondition(now: now, zone: statement.zone).split(statement.condition)
        condition = rest
        windows.zone = statement.zone
        windows.range = range
        try readDimensions(now: now)
        if !windows.range.hasUpper, !windows.isSingle { windows.range.upper = now }
        if let parent { try inherit(parent) }
        try readFields()
        try validate()
    }

    private mutating func inherit(_ parent: SelectPlan) throws(InfluxQLError) {
        if statement.order != nil, descending != parent.descending {
            throw .statement("subqueries must be ordered in the same direction as the query itself")
        }
        windows.range = windows.range.intersection(parent.windows.range)
        if !windows.isSingle, fill == .null { fill = .none }
        if windows.isSingle, !parent.windows.isSingle {
            windows.interval = parent.windows.interval
            windows.offset = parent.windows.offset
            windows.zone = windows.zone ?? parent.windows.zone
            inheritsInterval = true
        }
        // The result of a subquery is computed in ascending order; the outer query orders it.
        descending = false
        tagDimensions += parent.tagDimensions
    }

    private mutating func readDimensions(now: Int64) throws(InfluxQLError) {
        for dimension in statement.dimensions {
            switch dimension {
            case .variable(let name, _):
                guard name.lowercased() != "time" else {
                    throw .statement("time() is a function and expects at least one argument")
                }
                tagDimensions.append(dimension)
            case .wildcard, .regex: tagDimensions.append(dimension)
            case .call(let call): try readInterval(call, now: now)
            default: throw .statement("only time and tag dimensions allowed")
            }
        }
    }

    private mutating func readInterval(_ call: FunctionCall, now: Int64) throws(InfluxQLError) {
        guard call.name == "time" else { throw .statement("only time() calls allowed in dimensions") }
        guard (1...2).contains(call.arguments.count) else {
            throw .statement("time dimension expected 1 or 2 arguments")
        }
        guard case .duration(let interval) = call.arguments[0] else {
            throw .statement("time dimension must have duration argument")
        }
        guard windows.isSingle else { throw .statement("multiple time dimensions not allowed") }
        guard interval > 0 else { throw .statement("time dimension must be greater than 0, got \(interval)ns") }
        windows.interval = interval
        guard call.arguments.count == 2 else { return }
        switch call.arguments[1] {
        case .duration(let offset): windows.offset = offset % interval
        case .call(FunctionCall(name: "now", arguments: [])): windows.offset = now % interval
        case .string(let text):
            guard let time = CalendarTime.parse(text, zone: windows.zone) else { fallthrough }
            windows.offset = time % interval
        default: throw .statement("time dimension offset must be duration or now()")
        }
    }

    private mutating func readFields() throws(InfluxQLError) {
        for field in statement.fields {
            if case .variable("time", _) = field.expression {
                timeColumn = field.alias ?? timeColumn
                continue
            }
            fields.append(field)
            var checker = FieldChecker(plan: self)
            try checker.check(field.expression)
            self = checker.plan
            // top(value, tag, 2) also shows the tag.
            if case .call(let call) = field.expression, call.name == "top" || call.name == "bottom" {
                for argument in call.arguments.dropFirst().dropLast() {
                    fields.append(SelectField(expression: argument, alias: nil))
                }
            }
        }
    }

    mutating func note(_ call: FunctionCall) { calls.append(call) }

    private func validate() throws(InfluxQLError) {
        guard !fields.isEmpty else { throw .statement("at least 1 non-time field must be queried") }
        if let topOrBottom, calls.count > 1 {
            throw .statement("selector function \(topOrBottom)() cannot be combined with other functions")
        }
        if calls.isEmpty {
            if fill == .none, statement.fill == .none { throw .statement("fill(none) must be used with a function") }
            if fill == .linear { throw .statement("fill(linear) must be used with a function") }
            if !windows.isSingle, !inheritsInterval {
                throw .statement("GROUP BY requires at least one aggregate function")
            }
        }
        if hasDistinct, calls.count != 1 || hasPlainFields {
            throw .statement("aggregate function distinct() cannot be combined with other functions or fields")
        }
        guard hasPlainFields else { return }
        if !onlySelectors { throw .statement("mixing aggregate and non-aggregate queries is not supported") }
        if calls.count > 1 {
            throw .statement("mixing multiple selector functions with tags or fields is not supported")
        }
    }

    /// The column names, made different from each other with `_1`, `_2`.
    static func columnNames(_ fields: [SelectField], timeColumn: String) -> [String] {
        var seen = [timeColumn: 1]
        for field in fields { if let alias = field.alias { seen[alias] = 1 } }
        var names = [timeColumn]
        for field in fields {
            if let alias = field.alias {
                names.append(alias)
                continue
            }
            var name = field.expression.columnName
            if var count = seen[name] {
                while seen["\(name)_\(count)"] != nil { count += 1 }
                seen[name] = count + 1
                name = "\(name)_\(count)"
            }
            seen[name, default: 0] += 1
            names.append(name)
        }
        return names
    }
}
