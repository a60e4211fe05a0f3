import Estimation
import PluginAPI

/// What a meter's intervals of the last days said of a power, and what that makes likely now: the basis of a pseudo-measurement, not a
/// measurement of now.
struct IntervalHistory {
    /// Mean powers by phase (all, A, B, C), then what the meter counts of the other direction by phase; not a number where none is told.
    private struct Interval {
        let end: Double
        let length: Double
        var parts = SIMD8<Double>(repeating: .nan)
        /// The head end made it up, or doubts it.
        var isDoubtful = false

        /// Drawn less fed in; of all phases where they are told together, else the sum of those told.
        var net: Double {
            let hasTotal = !parts[0].isNaN || !parts[4].isNaN
            var sum = 0.0
            for phase in hasTotal ? 0..<1 : 1..<4 {
                if !parts[phase].isNaN { sum += parts[phase] }
                if !parts[phase + 4].isNaN { sum -= parts[phase + 4] }
            }
            return sum
        }
    }

    /// What is likely at an instant.
    struct Prediction {
        var value: Double
        var sigma: Double
        /// End of the newest interval that it rests on, seconds since 1970.
        var seconds: Double
    }

    /// By their ends, which rise.
    private var intervals: [Interval] = []

    static let keptSeconds = 8 * 86_400.0
    private static let most = 12_000

    /// Takes an interval's mean power; one that is there already is replaced, whatever the order they come in.
    /// - Parameters:
    ///   - part: phase (0 all, 1 … 3) and 4 for the other direction.
    ///   - end: seconds since 1970; so many of `length` before it are meant.
    mutating func insert(_ watts: Double, part: Int, end: Double, length: Double, quality: Quality) {
        guard !quality.contains(.invalid) else { return }
        var position = intervals.count
        while position > 0, intervals[position - 1].end > end { position -= 1 }
        if position > 0, intervals[position - 1].end == end, intervals[position - 1].length == length {
            position -= 1
        } else {
            intervals.insert(Interval(end: end, length: length), at: position)
        }
        intervals[position].parts[part] = watts
        intervals[position].isDoubtful = !quality.isDisjoint(with: [.questionable, .substituted, .estimated])
        let oldest = (intervals.last?.end ?? end) - Self.keptSeconds
        let old = max(intervals.prefix { $0.end < oldest }.count, intervals.count - Self.most)
        if old > 0 { intervals.removeFirst(old) }
    }

    /// What the intervals make likely now: either that the latest goes on, which holds for an hour or two, or that this time of the day is as
    /// on the days before. Nil where nothing is left of them.
    ///
    /// - Parameter customers: whose power it is: what each does by itself averages out; nil: as many as the power makes likely.
    func prediction(now: Double, customers: Int?) -> Prediction? {
        guard let newest = intervals.last, now - newest.end <= Self.keptSeconds else { return nil }
        let recent = intervals.suffix(96)
        let typical = max(recent.reduce(0) { $0 + abs($1.net) } / Double(recent.count), 1e-3)
        let count = max(1, customers.map(Double.init) ?? typical * 8.76 / Self.usualKilowattHours)
        let within = Self.within * typical / count.squareRoot()
        let lasting = lasting(newest, now: now, typical: typical, within: within)
        guard let repeated = repeated(now: now, typical: typical, within: within, count: count) else { return lasting }
        return (lasting?.sigma ?? .infinity) <= repeated.sigma ? lasting : repeated
    }

    private func lasting(_ newest: Interval, now: Double, typical: Double, within: Double) -> Prediction? {
        let doubt = newest.isDoubtful ? Self.doubt : 1
        let rule = AgeingRule(intervalSeconds: newest.length, relativeDrift: AgeingRule.quarterHourMeter.relativeDrift, expirySeconds: 86_400)
        let sigma = rule.sigma(doubt * max(within, Self.accuracy * abs(newest.net)), scale: typical, ageSeconds: max(0, now - newest.end))
        return sigma.isFinite ? Prediction(value: newest.net, sigma: sigma, seconds: newest.end) : nil
    }

    private func repeated(now: Double, typical: Double, within: Double, count: Double) -> Prediction? {
        let found = (1...7).compactMap { days in interval(at: now - Double(days) * 86_400).map { (days, $0) } }
        // Workdays resemble workdays; where the last days have none of the same kind, others do with less trust.
        let alike = found.filter { Self.kind(now - Double($0.0) * 86_400) == Self.kind(now) }
        let chosen = (alike.isEmpty ? found : alike).map(\.1)
        guard let last = chosen.map(\.end).max() else { return nil }
        let values = chosen.map(\.net)
        let mean = values.reduce(0, +) / Double(values.count)
        var spread = typical * (Self.daily * Self.daily / count + Self.dailyTogether * Self.dailyTogether).squareRoot()
        if values.count >= 3 {
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
            // Few days are no proof of a steady load.
            spread = max(variance.squareRoot(), 0.5 * spread)
        }
        let doubtful = Double(chosen.count { $0.isDoubtful }) / Double(chosen.count)
        let doubt = (1 + doubtful * (Self.doubt - 1)) * (alike.isEmpty ? 1.5 : 1)
        let variance = spread * spread * (1 + 1 / Double(values.count)) + within * within
        return Prediction(value: mean, sigma: doubt * variance.squareRoot(), seconds: last)
    }

    private func interval(at seconds: Double) -> Interval? {
        var (low, high) = (0, intervals.count)
        while low < high {
            let middle = (low + high) / 2
            if intervals[middle].end < seconds { low = middle + 1 } else { high = middle }
        }
        guard low < intervals.count, seconds > intervals[low].end - intervals[low].length else { return nil }
        return intervals[low]
    }

    /// 0 workdays, 1 Saturdays, 2 Sundays, in UTC.
    private static func kind(_ seconds: Double) -> Int {
        let weekday = (Int((seconds / 86_400).rounded(.down)) + 3) % 7
        return weekday < 5 ? 0 : weekday - 4
    }

    /// Minutes within a quarter hour lie so much of one household's mean power from the quarter's mean (100 households of the IEEE European
    /// low-voltage feeder: 0.95).
    private static let within = 0.95
    /// The same quarter hour of another day: 0.3 … 0.95 for single households of SimBench's rural grid, 0.22 for 13 together.
    private static let daily = 0.9
    private static let dailyTogether = 0.2
    private static let usualKilowattHours = 3_500.0
    private static let accuracy = 0.02
    /// A value that the head end made up or doubts.
    private static let doubt = 3.0
}

/// What an energy register said last: the difference to the next reading is energy, and with the time a mean power.
struct RegisterMemory {
    private var last: (seconds: Double, wattHours: Double)?

    /// - Returns: the mean power since the reading before and how long that was; nil for the first, and for one that is no later.
    /// - Throws: why it can't be a difference.
    mutating func take(_ wattHours: Double, at seconds: Double) throws(RegisterFault) -> (watts: Double, length: Double)? {
        guard let before = last, seconds > before.seconds else {
            if last == nil { last = (seconds, wattHours) }
            return nil
        }
        last = (seconds, wattHours)
        let length = seconds - before.seconds
        guard wattHours >= before.wattHours else { throw RegisterFault(sentence: "the register runs backwards: the meter was exchanged, or began anew") }
        guard length >= 10, length <= 86_400 else { return nil }
        return ((wattHours - before.wattHours) * 3_600 / length, length)
    }

    struct RegisterFault: Error {
        let sentence: String
    }
}
