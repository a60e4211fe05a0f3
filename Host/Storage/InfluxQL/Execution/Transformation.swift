/// A function over a sequence of points, in the order of the query; points without a value are passed over.
enum Transformation {
    case derivative(unit: Int64, nonNegative: Bool)
    case difference(nonNegative: Bool)
    case movingAverage(Int)
    case cumulativeSum
    case elapsed(unit: Int64)

    /// `nil` if the function is not one of these. `interval` is that of GROUP BY, nanoseconds.
    init?(_ call: FunctionCall, interval: Int64) {
        var argument: Int64?
        if call.arguments.count > 1 {
            switch call.arguments[1] {
            case .duration(let value), .integer(let value): argument = value
            default: break
            }
        }
        let nested = if case .call? = call.arguments.first { true } else { false }
        switch call.name {
        case "derivative", "non_negative_derivative":
            let unit = argument ?? (nested && interval > 0 ? interval : DurationText.second)
            self = .derivative(unit: unit, nonNegative: call.name != "derivative")
        case "difference": self = .difference(nonNegative: false)
        case "non_negative_difference": self = .difference(nonNegative: true)
        case "moving_average": self = .movingAverage(Int(argument ?? 2))
        case "cumulative_sum": self = .cumulativeSum
        case "elapsed": self = .elapsed(unit: argument ?? 1)
        default: return nil
        }
    }

    /// How many intervals before the range the input begins.
    var extraIntervals: Int64 {
        if case .cumulativeSum = self { 0 } else { 1 }
    }

    func callAsFunction(_ input: PointSequence) -> PointSequence {
        var output = PointSequence()
        switch self {
        case .cumulativeSum: accumulate(input, &output)
        case .movingAverage(let width): average(input, width, &output)
        default: compare(input, &output)
        }
        return output
    }

    private func compare(_ input: PointSequence, _ output: inout PointSequence) {
        var previous: (time: Int64, value: QueryValue)?
        for (time, value) in zip(input.times, input.values) where !value.isNull {
            defer { previous = (time, value) }
            guard let last = previous else { continue }
            let result = between(last, (time, value))
            if !result.isNull { output.append(time, result) }
        }
    }

    private func between(_ last: (time: Int64, value: QueryValue), _ next: (time: Int64, value: QueryValue)) -> QueryValue {
        switch self {
        case .elapsed(let unit): return .integer((next.time &- last.time) / unit)
        case .difference(let nonNegative):
            let change = ValueOperation.apply(.subtract, next.value, last.value)
            return nonNegative && (change.number ?? 0) < 0 ? .null : change
        case .derivative(let unit, let nonNegative):
            guard let to = next.value.number, let from = last.value.number else { return .null }
            let span = Double(next.time &- last.time)
            let slope = span == 0 ? 0 : (to - from) / (span / Double(unit))
            return nonNegative && slope < 0 ? .null : .float(slope)
        default: return .null
        }
    }

    private func accumulate(_ input: PointSequence, _ output: inout PointSequence) {
        var sum: QueryValue?
        for (time, value) in zip(input.times, input.values) where value.number != nil {
            let total = sum.map { ValueOperation.apply(.add, $0, value) } ?? value
            sum = total
            output.append(time, total)
        }
    }

    private func average(_ input: PointSequence, _ width: Int, _ output: inout PointSequence) {
        var ring: [Double] = []
        var position = 0
        var sum = 0.0
        for (time, value) in zip(input.times, input.values) {
            guard let number = value.number else { continue }
            if ring.count < width {
                ring.append(number)
            } else {
                sum -= ring[position]
                ring[position] = number
                position = (position + 1) % width
            }
            sum += number
            if ring.count == width { output.append(time, .float(sum / Double(width))) }
        }
    }
}

/// Points of a function or a field, in the order of the query.
struct PointSequence {
    var times: [Int64] = []
    var values: [QueryValue] = []
    /// For selected points: which point it was, so that other fields of it can be read.
    var origins: [(member: Int, time: Int64)] = []

    mutating func append(_ time: Int64, _ value: QueryValue) {
        times.append(time)
        values.append(value)
    }
}
