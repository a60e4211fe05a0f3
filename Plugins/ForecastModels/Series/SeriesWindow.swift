/// Values on a time grid, each the mean of its interval; NaN where there is none.
public struct SeriesWindow: Sendable {
    public let grid: TimeGrid
    public private(set) var values: [Double]

    /// - Throws: `ForecastError` where the number of values is not that of the grid's intervals.
    public init(grid: TimeGrid, values: [Double]) throws {
        guard grid.count == values.count else {
            throw ForecastError.badInput("a series of \(grid.count) intervals needs as many values, got \(values.count)")
        }
        self.grid = grid
        self.values = values.map { $0.isFinite ? $0 : .nan }
    }

    /// Readings at any times, in any order: the mean of those in each interval, the last of several at one time; nothing in between is invented.
    public init(readings: [(time: Int64, value: Double)], stepMinutes: Int) throws {
        let ordered = readings.enumerated().filter { $0.element.value.isFinite }.sorted {
            ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
        }
        let step = Int64(max(1, stepMinutes)) * 60
        let first = ordered.first.map { $0.element.time } ?? 0
        let start = first - ((first % step) + step) % step
        let count = ordered.last.map { Int(($0.element.time - start) / step) + 1 } ?? 0
        let grid = try TimeGrid(start: start, stepMinutes: stepMinutes, count: count)
        var sums = [Double](repeating: 0, count: count)
        var numbers = [Double](repeating: 0, count: count)
        for (position, reading) in ordered.enumerated() {
            if position + 1 < ordered.count, ordered[position + 1].element.time == reading.element.time { continue }
            let index = grid.index(of: reading.element.time)
            sums[index] += reading.element.value
            numbers[index] += 1
        }
        try self.init(grid: grid, values: zip(sums, numbers).map { $1 > 0 ? $0 / $1 : .nan })
    }

    init(unchecked grid: TimeGrid, _ values: [Double]) {
        self.grid = grid
        self.values = values
    }

    /// How many intervals hold a value.
    public var known: Int { values.reduce(0) { $0 + ($1.isNaN ? 0 : 1) } }

    /// The value of the interval that holds a time, NaN outside.
    public func value(at time: Int64) -> Double {
        let index = grid.index(of: time)
        return values.indices.contains(index) ? values[index] : .nan
    }

    /// The same series on another grid of the same step: cut, or filled with NaN.
    public func on(_ other: TimeGrid) -> SeriesWindow {
        let shift = grid.index(of: other.start)
        return SeriesWindow(unchecked: other, (0..<other.count).map { values.indices.contains($0 + shift) ? values[$0 + shift] : .nan })
    }

    /// The last intervals of another series after, over and between this one's; where both know a value the other's holds.
    func merged(with other: SeriesWindow, keepingLast days: Int) -> SeriesWindow {
        let end = max(grid.end, other.grid.end)
        let start = max(min(grid.count == 0 ? other.grid.start : grid.start, other.grid.start), end - Int64(days) * 86_400)
        var result = on(grid.covering(from: start, until: end))
        for index in other.values.indices where !other.values[index].isNaN {
            let place = result.grid.index(of: other.grid.time(index))
            if result.values.indices.contains(place) { result.values[place] = other.values[index] }
        }
        return result
    }
}
