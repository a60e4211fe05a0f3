import ForecastModels
import PluginAPI

/// The newest history of a series: readings in as they come, one value an interval out, kept for the forecasts of the present. What is older
/// is in the store.
struct SeriesFeed {
    let settings: SeriesSettings
    private let factors: [Double]
    private var sums: IntervalSums
    /// Interval means, the newest ``keptDays`` days.
    private(set) var window: SeriesWindow
    private(set) var readings = 0
    /// When the last live reading came, seconds since 1970.
    private(set) var lastLive = Int64.min

    /// What lags of a week or two, naive forecasts and flat-line checks of the models look at, with room.
    static let keptDays = 63
    /// How long an interval is open for readings that come late.
    static let openSeconds: Int64 = 2 * 86_400

    init(_ settings: SeriesSettings) throws {
        self.settings = settings
        factors = settings.terms.map(\.factor)
        sums = IntervalSums(step: Int64(settings.stepMinutes) * 60)
        window = try SeriesWindow(grid: try TimeGrid(start: 0, stepMinutes: settings.stepMinutes, count: 0), values: [])
    }

    var step: Int64 { sums.step }

    /// Begin of the interval after the last that has a value; nil without history.
    private(set) var newestEnd: Int64?
    /// End of the first interval that has a value; nil without history.
    private(set) var oldestEnd: Int64?

    /// Columns that are expected and silent.
    func silent(at time: Int64) -> [String] { sums.silent(at: time) }

    /// Takes a live reading if it is of one of the terms.
    /// - Returns: whether it was.
    mutating func take(_ names: ReadingNames, _ value: Double, at time: Timestamp, now: Int64) -> Bool {
        var taken = false
        let seconds = time.nanoseconds.floored(by: 1_000_000_000)
        // What comes later than the open intervals reach, or from the future, is not of the present.
        guard seconds > now - Self.openSeconds, seconds <= now + 900 else { return false }
        for (index, term) in settings.terms.enumerated() where term.takes(names) {
            sums.add(
                value, at: time.nanoseconds, IntervalSums.ColumnKey(term: index, column: names.column), isStampedAtEnd: term.isStampedAtEnd)
            taken = true
        }
        if taken {
            readings += 1
            lastLive = now
        }
        return taken
    }

    /// Ends the intervals that are over.
    /// - Returns: those whose value is new or has changed, for the store.
    mutating func close(until time: Int64) throws -> [(interval: Int64, value: Double)] {
        let closed = sums.close(until: time, factors: factors)
        sums.forget(before: time - Self.openSeconds)
        guard let first = closed.first, let last = closed.last else { return [] }
        let grid = try TimeGrid(start: first.interval, stepMinutes: settings.stepMinutes, count: Int((last.interval - first.interval) / step) + 1)
        var values = [Double](repeating: .nan, count: grid.count)
        for (interval, value) in closed { values[grid.index(of: interval)] = value }
        try merge(SeriesWindow(grid: grid, values: values))
        return closed
    }

    /// Takes over what the store holds: interval means, and which columns there are.
    mutating func merge(_ stored: SeriesWindow, lives: [IntervalSums.ColumnKey: ColumnLife] = [:]) throws {
        sums.merge(lives)
        guard stored.grid.count > 0 else { return }
        window = try Self.merged(window, stored, keptDays: Self.keptDays)
        newestEnd = window.values.lastIndex { !$0.isNaN }.map { window.grid.time($0) + step }
        oldestEnd = window.values.firstIndex { !$0.isNaN }.map { window.grid.time($0) + step }
    }

    /// One window of two, the second's values hold where both have one; the last days alone.
    static func merged(_ first: SeriesWindow, _ second: SeriesWindow, keptDays: Int) throws -> SeriesWindow {
        guard first.grid.count > 0 else { return second }
        guard second.grid.count > 0 else { return first }
        let end = max(first.grid.end, second.grid.end)
        let begin = max(min(first.grid.start, second.grid.start), end - Int64(keptDays) * 86_400)
        let step = first.grid.stepSeconds
        let grid = try TimeGrid(start: begin, stepMinutes: first.grid.stepMinutes, count: max(0, Int((end - begin) / step)))
        var values = first.on(grid).values
        for (index, value) in second.on(grid).values.enumerated() where !value.isNaN { values[index] = value }
        return try SeriesWindow(grid: grid, values: values)
    }
}
