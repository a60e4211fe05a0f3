import ForecastModels

/// The readings of one column within one interval.
struct IntervalMean {
    private var sum = 0.0
    private var count = 0
    private var last = (time: Int64.min, value: 0.0)

    /// A reading that comes again is not counted again; one that was corrected takes the place of the one before, as in the store.
    mutating func add(_ value: Double, at nanoseconds: Int64) {
        if nanoseconds == last.time {
            sum += value - last.value
        } else {
            sum += value
            count += 1
        }
        last = (nanoseconds, value)
    }

    var mean: Double { count > 0 ? sum / Double(count) : .nan }
}

/// When a column of a series was first and last seen.
struct ColumnLife: Sendable {
    var first: Int64
    var last: Int64

    /// A column that has said nothing for so long is taken for removed; until then the sum without it would be wrong, and is not made.
    static let removedAfterSeconds: Int64 = 7 * 86_400

    /// Whether a value is expected of it in the interval that begins at a time.
    /// - Parameter newest: how far the readings of any column reach.
    func isExpected(in interval: Int64, step: Int64, newest: Int64) -> Bool {
        guard interval + step > first else { return false }
        return interval <= last || newest - last < Self.removedAfterSeconds
    }
}

/// Adds the columns of a series up, interval by interval: each column's mean times its factor. An interval in which an expected column has
/// no value has none either.
struct IntervalSums {
    let step: Int64
    /// By term and column.
    private(set) var lives: [ColumnKey: ColumnLife] = [:]
    private var open: [Int64: [ColumnKey: IntervalMean]] = [:]
    private var changed: Set<Int64> = []
    private(set) var newest = Int64.min

    struct ColumnKey: Hashable {
        let term: Int
        let column: String
    }

    init(step: Int64) { self.step = step }

    /// Takes a reading.
    /// - Parameter factor: of its term; the sum is of values times factors.
    mutating func add(_ value: Double, at nanoseconds: Int64, _ key: ColumnKey, isStampedAtEnd: Bool) {
        let seconds = nanoseconds.floored(by: 1_000_000_000)
        // A value stamped with the end of its interval belongs to what lies before.
        let place = isStampedAtEnd && seconds * 1_000_000_000 == nanoseconds ? seconds - 1 : seconds
        let interval = place.floored(by: step) * step
        open[interval, default: [:]][key, default: IntervalMean()].add(value, at: nanoseconds)
        changed.insert(interval)
        newest = max(newest, interval)
        let life = lives[key]
        lives[key] = ColumnLife(first: min(life?.first ?? interval, interval), last: max(life?.last ?? interval, interval))
    }

    /// Takes over what the store tells of columns.
    mutating func merge(_ others: [ColumnKey: ColumnLife]) {
        for (key, life) in others {
            let own = lives[key]
            lives[key] = ColumnLife(first: min(own?.first ?? life.first, life.first), last: max(own?.last ?? life.last, life.last))
            newest = max(newest, life.last)
        }
    }

    /// The sums of all intervals that ended by a time and have changed since the last call.
    mutating func close(until time: Int64, factors: [Double]) -> [(interval: Int64, value: Double)] {
        let ready = changed.filter { $0 + step <= time }.sorted()
        changed.subtract(ready)
        return ready.map { ($0, sum(of: $0, factors)) }
    }

    private func sum(of interval: Int64, _ factors: [Double]) -> Double {
        let means = open[interval] ?? [:]
        var total = 0.0
        for (key, life) in lives {
            if let mean = means[key]?.mean {
                total += mean * factors[key.term]
            } else if life.isExpected(in: interval, step: step, newest: newest) {
                return .nan
            }
        }
        return total
    }

    /// Forgets intervals before a time: what comes later for them is not taken into them any more.
    mutating func forget(before time: Int64) {
        guard open.count > 1, let oldest = open.keys.min(), oldest < time - 86_400 else { return }
        open = open.filter { $0.key >= time }
        changed = changed.filter { $0 >= time }
        // No interval that is still open expects a column that was removed before; devices that came and went are no reason to grow.
        lives = lives.filter { newest - $0.value.last < ColumnLife.removedAfterSeconds || $0.value.last >= time }
    }

    /// Columns that are expected and have said nothing in the last hour.
    func silent(at time: Int64) -> [String] {
        lives.filter { $0.value.isExpected(in: time - step, step: step, newest: newest) && time - $0.value.last > 3600 + step }
            .map { $0.key.column.split(separator: "\u{0}").joined(separator: "/") }.sorted()
    }
}

extension Int64 {
    /// The quotient rounded towards negative infinity.
    func floored(by divisor: Int64) -> Int64 { self >= 0 ? self / divisor : (self - divisor + 1) / divisor }
}
