import Glibc

/// Sums over the forecasts of a day's intervals that have come true.
struct DayScore: Sendable {
    var count = 0
    var pinball = 0.0
    var absolute = 0.0
    /// Of the value of a week before, and how many intervals have one.
    var naive = 0.0
    /// Absolute errors of the median where the naive value is known.
    var absoluteBesideNaive = 0.0
    var naiveCount = 0
    var within80 = 0
    var within90 = 0

    static func += (sum: inout DayScore, other: DayScore) {
        sum.count += other.count
        sum.pinball += other.pinball
        sum.absolute += other.absolute
        sum.naive += other.naive
        sum.absoluteBesideNaive += other.absoluteBesideNaive
        sum.naiveCount += other.naiveCount
        sum.within80 += other.within80
        sum.within90 += other.within90
    }

    /// - Parameters:
    ///   - quantiles: by ``ForecastResult/levels``.
    ///   - naive: the value of a week before, NaN if there is none.
    mutating func add(_ quantiles: ArraySlice<Double>, actual: Double, naive value: Double) {
        let levels = ForecastResult.levels
        let first = quantiles.startIndex
        var loss = 0.0
        for index in ForecastResult.scored { loss += Self.pinball(actual, quantiles[first + index], levels[index]) }
        let error = abs(actual - quantiles[first + ForecastResult.median])
        count += 1
        pinball += loss / Double(ForecastResult.scored.count)
        absolute += error
        if value.isFinite {
            naive += abs(actual - value)
            absoluteBesideNaive += error
            naiveCount += 1
        }
        if actual >= quantiles[first + 2], actual <= quantiles[first + 18] { within80 += 1 }
        if actual >= quantiles[first + 1], actual <= quantiles[first + 19] { within90 += 1 }
    }

    /// The loss of a quantile (R. Koenker, G. Bassett, Econometrica 46 (1978) 33–50).
    static func pinball(_ actual: Double, _ quantile: Double, _ level: Double) -> Double {
        actual >= quantile ? level * (actual - quantile) : (1 - level) * (quantile - actual)
    }

    var meanPinball: Double { count > 0 ? pinball / Double(count) : .nan }
    var meanAbsolute: Double { count > 0 ? absolute / Double(count) : .nan }
    var coverage80: Double { count > 0 ? Double(within80) / Double(count) : .nan }
    var coverage90: Double { count > 0 ? Double(within90) / Double(count) : .nan }
    /// 1 - MAE of the median / MAE of the value of a week before: 0 is no better than that, 1 perfect.
    var skill: Double { naiveCount > 0 && naive > 0 ? 1 - absoluteBesideNaive / naive : .nan }

    /// As a line of numbers, to be kept.
    var numbers: [Double] {
        [Double(count), pinball, absolute, naive, absoluteBesideNaive, Double(naiveCount), Double(within80), Double(within90)]
    }

    init() {}

    /// Reads ``numbers``; nil where they are no counts and sums.
    init?(_ numbers: [Double]) {
        guard numbers.count == 8, let count = Int(exactly: numbers[0]), let naiveCount = Int(exactly: numbers[5]),
            let within80 = Int(exactly: numbers[6]), let within90 = Int(exactly: numbers[7])
        else { return nil }
        (self.count, self.naiveCount, self.within80, self.within90) = (count, naiveCount, within80, within90)
        (pinball, absolute, naive, absoluteBesideNaive) = (numbers[1], numbers[2], numbers[3], numbers[4])
    }
}
