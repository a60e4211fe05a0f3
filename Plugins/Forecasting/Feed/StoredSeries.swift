import ForecastModels
import PluginAPI

/// A series in the platform's store: its readings as devices sent them, and the interval means that this service made of them and keeps in a
/// measurement of its own, so that readings are reduced once and not again with every training. Any thread.
struct StoredSeries: Sendable {
    let host: Host
    let settings: SeriesSettings
    let database: String
    let inputMeasurement: String

    /// What the store tells of a time.
    struct Found: Sendable {
        let window: SeriesWindow
        let lives: [IntervalSums.ColumnKey: ColumnLife]
        /// Readings that were read.
        let readings: Int
    }

    /// The interval means that are kept from a time on.
    func means(from: Int64, until: Int64) throws -> SeriesWindow {
        try SeriesWindow(readings: try kept(from: from, until: until), stepMinutes: settings.stepMinutes)
    }

    /// The kept means as they stand in the store, without those that were retired.
    private func kept(from: Int64, until: Int64) throws(ServiceError) -> [(time: Int64, value: Double)] {
        var readings: [(time: Int64, value: Double)] = []
        let columns = try host.timeseries.find(
            database: database, measurement: inputMeasurement, tags: [("series", settings.name)], field: "value")
        for column in columns where column.type == .float {
            try host.timeseries.read(
                Column<Double>(handle: column.handle), from: Timestamp(seconds: from), through: Timestamp(seconds: until - 1)
            ) { run in
                for index in run.times.indices where run.qualities?[index].isDisjoint(with: .unusable) ?? true {
                    readings.append((run.times[index].nanoseconds / 1_000_000_000, run.values[index]))
                }
                return true
            }
        }
        return readings
    }

    /// Retires means that were kept for another definition of the series and have none of this one in their place: they stand in the store, and
    /// are read no more.
    func retire(but fresh: SeriesWindow, from: Int64, until: Int64) throws(ServiceError) {
        let column = try host.timeseries.column(
            database: database, measurement: inputMeasurement, tags: [("series", settings.name)], field: "value", of: Double.self)
        var points = Points<Double>()
        for (time, value) in try kept(from: from, until: until) where time % fresh.grid.stepSeconds != 0 || fresh.value(at: time).isNaN {
            points.append(column, Timestamp(seconds: time), value, quality: .invalid)
        }
        try host.timeseries.write(points)
    }

    /// Interval means of the readings from a time on, in the order of their columns.
    /// - Parameter until: on a boundary of the step.
    func reduce(from: Int64, until: Int64) throws -> Found {
        let step = Int64(settings.stepMinutes) * 60
        let begin = from.floored(by: step) * step
        let grid = try TimeGrid(start: begin, stepMinutes: settings.stepMinutes, count: max(0, Int((until - begin) / step)))
        var lives: [IntervalSums.ColumnKey: ColumnLife] = [:]
        var means: [IntervalSums.ColumnKey: [Double]] = [:]
        var readings = 0
        for (index, term) in settings.terms.enumerated() {
            let columns = try host.timeseries.find(
                database: term.database, measurement: term.measurement, tags: term.tags, field: term.field)
            for column in columns {
                var reducer = ColumnReducer(grid: grid, isStampedAtEnd: term.isStampedAtEnd)
                try read(column, from: grid.start, until: grid.end, into: &reducer)
                guard reducer.count > 0 else { continue }
                let tags = column.tags
                let name = [tags["device"], tags["component"], tags["phase"]].map { $0 ?? "" }.joined(separator: "\u{0}")
                let key = IntervalSums.ColumnKey(term: index, column: name)
                readings += reducer.count
                means[key] = reducer.means
                lives[key] = ColumnLife(first: reducer.first, last: reducer.last)
            }
        }
        // Years without a reading are no window of nothing: a new series would carry it to the service's thread.
        guard !lives.isEmpty else {
            let nothing = try TimeGrid(start: begin, stepMinutes: settings.stepMinutes, count: 0)
            return Found(window: try SeriesWindow(grid: nothing, values: []), lives: [:], readings: 0)
        }
        return Found(window: try SeriesWindow(grid: grid, values: sum(grid, means, lives)), lives: lives, readings: readings)
    }

    /// Whether any column has a reading in a time.
    func hasReadings(from: Int64, before: Int64) throws(ServiceError) -> Bool {
        guard from < before else { return false }
        let through = Timestamp(seconds: before - Int64(settings.stepMinutes) * 60)
        for term in settings.terms {
            for column in try host.timeseries.find(database: term.database, measurement: term.measurement, tags: term.tags, field: term.field) {
                let isThere = try isRead(column, from: Timestamp(seconds: from), through: through)
                if isThere { return true }
            }
        }
        return false
    }

    private func isRead(_ column: FoundColumn, from: Timestamp, through: Timestamp) throws(ServiceError) -> Bool {
        var isThere = false
        switch column.type {
        case .float:
            try host.timeseries.read(Column<Double>(handle: column.handle), from: from, through: through, limit: 1) { run in
                isThere = !run.times.isEmpty
                return false
            }
        case .integer:
            try host.timeseries.read(Column<Int64>(handle: column.handle), from: from, through: through, limit: 1) { run in
                isThere = !run.times.isEmpty
                return false
            }
        default: break
        }
        return isThere
    }

    private func sum(
        _ grid: TimeGrid, _ means: [IntervalSums.ColumnKey: [Double]], _ lives: [IntervalSums.ColumnKey: ColumnLife]
    ) -> [Double] {
        guard let newest = lives.values.map(\.last).max() else { return [Double](repeating: .nan, count: grid.count) }
        return (0..<grid.count).map { index in
            var total = 0.0, count = 0
            for (key, values) in means {
                if !values[index].isNaN {
                    total += values[index] * settings.terms[key.term].factor
                    count += 1
                } else if lives[key]?.isExpected(in: grid.time(index), step: grid.stepSeconds, newest: newest) ?? false {
                    return .nan
                }
            }
            return count > 0 ? total : .nan
        }
    }

    private func read(_ column: FoundColumn, from: Int64, until: Int64, into reducer: inout ColumnReducer) throws(ServiceError) {
        var taker = reducer
        // A value stamped with the end of the last interval is still of it.
        let through = Timestamp(seconds: until)
        switch column.type {
        case .float:
            try host.timeseries.read(Column<Double>(handle: column.handle), from: Timestamp(seconds: from), through: through) { run in
                for index in run.times.indices { taker.add(run.values[index], run.times[index], run.qualities?[index]) }
                return true
            }
        case .integer:
            try host.timeseries.read(Column<Int64>(handle: column.handle), from: Timestamp(seconds: from), through: through) { run in
                for index in run.times.indices { taker.add(Double(run.values[index]), run.times[index], run.qualities?[index]) }
                return true
            }
        default: break
        }
        reducer = taker
    }

    /// Keeps interval means. What became NaN, because a reading that came late named a further column, is left as it was.
    func keep(_ means: [(interval: Int64, value: Double)]) throws(ServiceError) {
        let column = try host.timeseries.column(
            database: database, measurement: inputMeasurement, tags: [("series", settings.name)], field: "value", of: Double.self)
        var points = Points<Double>()
        for (interval, value) in means where value.isFinite { points.append(column, Timestamp(seconds: interval), value) }
        try host.timeseries.write(points)
    }
}

/// The means of one column.
private struct ColumnReducer {
    let grid: TimeGrid
    let isStampedAtEnd: Bool
    private var sums: [Double]
    private var numbers: [Int32]
    private(set) var count = 0
    private(set) var first = Int64.max
    private(set) var last = Int64.min

    init(grid: TimeGrid, isStampedAtEnd: Bool) {
        self.grid = grid
        self.isStampedAtEnd = isStampedAtEnd
        sums = [Double](repeating: 0, count: grid.count)
        numbers = [Int32](repeating: 0, count: grid.count)
    }

    mutating func add(_ value: Double, _ time: Timestamp, _ quality: Quality?) {
        guard value.isFinite, quality?.isDisjoint(with: .unusable) ?? true else { return }
        let seconds = time.nanoseconds.floored(by: 1_000_000_000)
        let place = isStampedAtEnd && seconds * 1_000_000_000 == time.nanoseconds ? seconds - 1 : seconds
        let index = grid.index(of: place)
        guard sums.indices.contains(index) else { return }
        sums[index] += value
        numbers[index] += 1
        count += 1
        first = min(first, grid.time(index))
        last = max(last, grid.time(index))
    }

    var means: [Double] { zip(sums, numbers).map { $1 > 0 ? $0 / Double($1) : .nan } }
}

extension Quality {
    /// What a forecast must not learn from.
    static let unusable: Quality = [.invalid, .overflow, .outOfRange, .failure, .oldData, .test, .operatorBlocked]
}
