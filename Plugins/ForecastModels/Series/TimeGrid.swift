/// A fixed-step axis of time in UTC: step `i` is the interval `[start + i·step, start + (i + 1)·step)`.
public struct TimeGrid: Hashable, Sendable {
    /// Begin of the first interval, seconds since 1970-01-01 UTC, a multiple of the step.
    public let start: Int64
    /// Length of an interval in minutes: a divisor of an hour or whole hours that divide a day; 15 and 60 are what the models are made for.
    public let stepMinutes: Int
    /// Number of intervals.
    public let count: Int

    /// - Throws: `ForecastError` where the step does not divide a day, the start is not on it, or the count is negative.
    public init(start: Int64, stepMinutes: Int, count: Int) throws {
        guard stepMinutes > 0, 1440 % stepMinutes == 0, 60 % stepMinutes == 0 || stepMinutes % 60 == 0 else {
            throw ForecastError.badInput("the step of a series must divide a day and fit an hour (15 or 60 minutes), got \(stepMinutes) minutes")
        }
        guard start % Int64(stepMinutes * 60) == 0 else {
            throw ForecastError.badInput("a series must start on a multiple of its step of \(stepMinutes) minutes, got second \(start)")
        }
        guard count >= 0 else { throw ForecastError.badInput("a series can't have \(count) intervals") }
        self.init(unchecked: start, stepMinutes, count)
    }

    init(unchecked start: Int64, _ stepMinutes: Int, _ count: Int) {
        self.start = start
        self.stepMinutes = stepMinutes
        self.count = count
    }

    /// Length of an interval in seconds.
    public var stepSeconds: Int64 { Int64(stepMinutes) * 60 }
    /// Intervals of a day of 24 hours.
    public var stepsPerDay: Int { 1440 / stepMinutes }
    /// End of the last interval, seconds since 1970.
    public var end: Int64 { start + Int64(count) * stepSeconds }

    /// Begin of interval `index`, which may lie outside of the grid.
    public func time(_ index: Int) -> Int64 { start + Int64(index) * stepSeconds }

    /// The interval that holds a time; negative or not below `count` where it lies outside.
    public func index(of time: Int64) -> Int {
        let offset = time - start
        return Int(offset >= 0 ? offset / stepSeconds : -((-offset + stepSeconds - 1) / stepSeconds))
    }

    /// The grid of the same step that covers `[from, until)`.
    public func covering(from: Int64, until: Int64) -> TimeGrid {
        let first = index(of: from)
        return TimeGrid(unchecked: time(first), stepMinutes, max(0, index(of: until + stepSeconds - 1) - first))
    }
}
