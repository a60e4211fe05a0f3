/// Functions that need all points of a window at once.
final class CollectingReducer: WindowReducer {
    private let compute: ([ReducedPoint]) -> [ReducedPoint]
    private var points: [ReducedPoint] = []

    /// `compute` gets the points in order of time.
    init(_ compute: @escaping ([ReducedPoint]) -> [ReducedPoint]) { self.compute = compute }

    override func add(_ run: borrowing PointRun, _ range: Range<Int>, member: Int) {
        points.reserveCapacity(points.count + range.count)
        for index in range {
            points.append(ReducedPoint(time: run.times[index], value: run.values.value(at: index), member: member))
        }
    }

    override func finish() -> [ReducedPoint] {
        var ordered = true
        for index in points.indices.dropFirst() where (points[index].time ?? 0) < (points[index - 1].time ?? 0) {
            ordered = false
            break
        }
        if !ordered { points.sort { ($0.time ?? 0) < ($1.time ?? 0) } }
        return points.isEmpty ? [] : compute(points)
    }
}

/// The functions over all points of a window.
enum WholeWindow {
    static func median(_ points: [ReducedPoint]) -> [ReducedPoint] {
        let values = points.compactMap(\.value.number).sorted()
        guard !values.isEmpty else { return [] }
        let middle = values.count / 2
        let value = values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
        return [ReducedPoint(value: .float(value))]
    }

    /// Sample standard deviation, in two passes.
    static func standardDeviation(_ points: [ReducedPoint]) -> [ReducedPoint] {
        let values = points.compactMap(\.value.number)
        guard values.count > 1 else { return values.isEmpty ? [] : [ReducedPoint(value: .null)] }
        var mean = 0.0
        for (index, value) in values.enumerated() { mean += (value - mean) / Double(index + 1) }
        var variance = 0.0
        for value in values { variance += (value - mean) * (value - mean) }
        return [ReducedPoint(value: .float((variance / Double(values.count - 1)).squareRoot()))]
    }

    /// The most frequent value; of equally frequent numbers the least, else that seen first.
    static func mode(_ points: [ReducedPoint]) -> [ReducedPoint] {
        var counts: [QueryValue: Int] = [:]
        for point in points { counts[point.value, default: 0] += 1 }
        let most = counts.values.max() ?? 0
        let candidates = points.filter { counts[$0.value] == most }
        guard let winner = candidates.min(by: { $0.value.sortKey < $1.value.sortKey }) else { return [] }
        return [ReducedPoint(value: winner.value)]
    }

    /// The different values in the order of their first time.
    static func distinct(_ points: [ReducedPoint]) -> [ReducedPoint] {
        var seen: Set<QueryValue> = []
        return points.filter { seen.insert($0.value).inserted }.map { ReducedPoint(value: $0.value) }
    }

    /// Nearest-rank percentile: a point, not an interpolation.
    static func percentile(_ percent: Double) -> ([ReducedPoint]) -> [ReducedPoint] {
        { points in
            let sorted = points.filter { $0.value.number != nil }.sorted { $0.precedes($1, byValue: <) }
            // Clamped, since any number may be asked for.
            let position = (Double(sorted.count) * percent / 100 + 0.5).rounded(.down)
            let rank = Int(min(max(position, 0), Double(sorted.count) + 1)) - 1
            return sorted.indices.contains(rank) ? [sorted[rank]] : []
        }
    }

    /// The `size` greatest or least points in order of time; `key` groups them so that each group gives one point at most.
    static func extremes(_ size: Int, greatest: Bool, key: ((ReducedPoint) -> [QueryValue])?)
        -> ([ReducedPoint]) -> [ReducedPoint]
    {
        { points in
            var sorted = points.filter { $0.value.number != nil }
                .sorted { $0.precedes($1, byValue: greatest ? (>) : (<)) }
            if let key {
                var seen: Set<[QueryValue]> = []
                sorted = sorted.filter { seen.insert(key($0)).inserted }
            }
            return sorted.prefix(size).sorted { ($0.time ?? 0) < ($1.time ?? 0) }
        }
    }

    /// `size` points chosen at random, each equally likely, in order of time.
    static func sample(_ size: Int) -> ([ReducedPoint]) -> [ReducedPoint] {
        { points in
            points.indices.shuffled().prefix(size).sorted().map { points[$0] }
        }
    }

    /// The area under the points by trapezoids, in value times `unit`.
    static func integral(unit: Int64) -> ([ReducedPoint]) -> [ReducedPoint] {
        { points in
            var area = 0.0
            for (left, right) in zip(points, points.dropFirst()) {
                guard let from = left.time, let to = right.time, let low = left.value.number,
                    let high = right.value.number
                else { continue }
                area += 0.5 * (low + high) * Double(to &- from) / Double(unit)
            }
            return [ReducedPoint(value: .float(area))]
        }
    }
}
