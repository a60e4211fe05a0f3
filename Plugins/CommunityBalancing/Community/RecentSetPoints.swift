import PluginAPI

/// What an asset was told lately: the lowest and the highest set-point that held within a time.
struct RecentSetPoints {
    /// Set-points of some seconds together.
    private struct Stretch {
        let begin: Timestamp
        var low: Double
        var high: Double
    }

    /// In order of time; each lasts until the next begins.
    private var stretches: [Stretch] = []
    /// A range is as exact in time as this part of what it is asked over.
    private static let parts = 30.0
    /// Beyond so many the oldest are one.
    private static let most = 256

    /// Takes a set-point that holds from `time` on.
    /// - Parameter seconds: the shortest that a range is asked over.
    mutating func append(_ kilowatts: Double, at time: Timestamp, over seconds: Double) {
        guard var last = stretches.last, (time - last.begin).nanoseconds < Int64(seconds / Self.parts * 1e9) else {
            stretches.append(Stretch(begin: time, low: kilowatts, high: kilowatts))
            if stretches.count > Self.most { joinOldest() }
            return
        }
        (last.low, last.high) = (min(last.low, kilowatts), max(last.high, kilowatts))
        stretches[stretches.count - 1] = last
    }

    private mutating func joinOldest() {
        let first = stretches.removeFirst()
        stretches[0] = Stretch(begin: first.begin, low: min(first.low, stretches[0].low), high: max(first.high, stretches[0].high))
    }

    /// The range of set-points that held within the last `seconds`; nil while there were none for so long. What is older is forgotten.
    mutating func range(over seconds: Double, until now: Timestamp) -> ClosedRange<Double>? {
        let begin = now - .nanoseconds(Int64(seconds * 1e9))
        guard let first = stretches.lastIndex(where: { $0.begin < begin }) else { return nil }
        stretches.removeFirst(first)
        return stretches.dropFirst().reduce(stretches[0].low...stretches[0].high) { min($0.lowerBound, $1.low)...max($0.upperBound, $1.high) }
    }
}
