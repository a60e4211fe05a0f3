/// Adds the windows without points, as `fill(…)` says.
struct WindowFill {
    let windows: TimeWindows
    let fill: FillOption
    let descending: Bool
    let isCount: Bool

    /// `points` has at most one point a window, at its start, in the order of the query.
    func apply(_ points: PointSequence, _ context: QueryContext) throws(InfluxQLError) -> PointSequence {
        guard let first = points.times.first, let last = points.times.last else { return points }
        let earliest = windows.range.hasLower ? windows.window(at: windows.range.lower).start : min(first, last)
        let latest = windows.range.hasUpper ? windows.window(at: windows.range.upper).start : max(first, last)
        try context.check(windows: windows.count(from: earliest, through: latest))
        var starts: [Int64] = []
        var start = earliest
        while start <= latest {
            starts.append(start)
            let end = windows.window(at: start).end
            guard end > start else { break }
            start = end
        }
        if descending { starts.reverse() }
        return fill(starts, points)
    }

    private func fill(_ starts: [Int64], _ points: PointSequence) -> PointSequence {
        var result = PointSequence()
        var head = 0
        for start in starts {
            if head < points.times.count, points.times[head] == start {
                result.append(start, points.values[head])
                result.origins.append(head < points.origins.count ? points.origins[head] : (-1, 0))
                head += 1
            } else {
                result.append(start, substitute(start, points, head))
                result.origins.append((-1, 0))
            }
        }
        return result
    }

    /// `head` is the next point that exists.
    private func substitute(_ start: Int64, _ points: PointSequence, _ head: Int) -> QueryValue {
        switch fill {
        case .null: return isCount ? .integer(0) : .null
        case .none: return .null
        case .number(let value):
            if case .integer? = points.values.first { return .integer(Int64(exactly: value.rounded(.towardZero)) ?? 0) }
            if case .text? = points.values.first { return .null }
            if case .boolean? = points.values.first { return .null }
            return .float(value)
        case .previous: return head > 0 ? points.values[head - 1] : .null
        case .linear:
            guard head > 0, head < points.times.count else { return .null }
            return interpolate(start, points, head)
        }
    }

    private func interpolate(_ start: Int64, _ points: PointSequence, _ head: Int) -> QueryValue {
        let (from, to) = (points.times[head - 1], points.times[head])
        guard let low = points.values[head - 1].number, let high = points.values[head].number else { return .null }
        let value = low + (high - low) * Double(start - from) / Double(to - from)
        if case .integer = points.values[head] { return .integer(Int64(exactly: value.rounded(.towardZero)) ?? 0) }
        return .float(value)
    }
}
