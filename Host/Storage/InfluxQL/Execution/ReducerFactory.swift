/// Makes the reducers of a call, one for each window.
struct ReducerFactory {
    private let make: () -> WindowReducer

    init(_ call: FunctionCall, _ group: SeriesGroup, _ context: QueryContext) throws(InfluxQLError) {
        switch call.name {
        case "count": make = { CountReducer() }
        case "sum": make = { SumReducer(isMean: false) }
        case "mean": make = { SumReducer(isMean: true) }
        case "min": make = { ExtremeReducer(.minimum) }
        case "max": make = { ExtremeReducer(.maximum) }
        case "spread": make = { ExtremeReducer(.spread) }
        case "first": make = { EndReducer(isLast: false) }
        case "last": make = { EndReducer(isLast: true) }
        case "median": make = { CollectingReducer(WholeWindow.median) }
        case "stddev": make = { CollectingReducer(WholeWindow.standardDeviation) }
        case "mode": make = { CollectingReducer(WholeWindow.mode) }
        case "distinct": make = { CollectingReducer(WholeWindow.distinct) }
        case "count_distinct":
            make = {
                CollectingReducer { [ReducedPoint(value: .integer(Int64(WholeWindow.distinct($0).count)))] }
            }
        case "percentile":
            let percent = call.arguments.last?.literalNumber ?? 0
            make = { CollectingReducer(WholeWindow.percentile(percent)) }
        case "integral":
            var unit = DurationText.second
            if case .duration(let value)? = call.arguments.dropFirst().first { unit = value }
            let ownUnit = unit
            make = { CollectingReducer(WholeWindow.integral(unit: ownUnit)) }
        case "sample":
            let size = call.arguments.last?.literalCount ?? 1
            make = { CollectingReducer(WholeWindow.sample(size)) }
        case "top", "bottom":
            let size = call.arguments.last?.literalCount ?? 1
            let key = Self.key(call, group, context)
            let greatest = call.name == "top"
            make = { CollectingReducer(WholeWindow.extremes(size, greatest: greatest, key: key)) }
        default: throw .statement("undefined function \(call.name)()")
        }
    }

    func reducer() -> WindowReducer { make() }

    /// The values of the tags that `top(value, tag, n)` names.
    private static func key(
        _ call: FunctionCall, _ group: SeriesGroup, _ context: QueryContext
    ) -> ((ReducedPoint) -> [QueryValue])? {
        let names = call.arguments.dropFirst().dropLast().compactMap { argument in
            if case .variable(let name, _) = argument { name } else { nil }
        }
        guard !names.isEmpty else { return nil }
        let members = group.members
        return { point in
            names.map { name in
                (try? members[point.member].value(of: name, at: point.time ?? 0, context)) ?? .null
            }
        }
    }
}

extension Expression {
    /// The value of an integer literal.
    fileprivate var literalCount: Int? {
        if case .integer(let value) = self { Int(value) } else { nil }
    }

    /// The value of a numeric literal.
    fileprivate var literalNumber: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}
