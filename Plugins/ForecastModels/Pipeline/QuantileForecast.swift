/// The distribution of each interval of a horizon as quantiles.
public struct QuantileForecast: Sendable {
    /// The levels of every forecast: 0.01, 0.05, 0.10 … 0.95, 0.99.
    public static let levels: [Double] = [0.01] + (1...19).map { Double($0) / 20 } + [0.99]

    /// The time at which it was made: readings of intervals that ended by then are in it, later ones are not.
    public let issued: Int64
    public let grid: TimeGrid
    /// Row `i` holds the quantiles of interval `i` in the order of `levels`, rising; `values.count == grid.count * levels.count`.
    public let values: [Double]
    /// What a user should know about all of it, and of every interval.
    public let flags: QualityFlags
    /// Of each interval; the union with `flags` holds.
    public let stepFlags: [QualityFlags]
    /// Which models answered, with their mean share, the largest first.
    public let members: [MemberShare]

    /// The quantiles of an interval.
    public subscript(index: Int) -> ArraySlice<Double> {
        values[index * Self.levels.count..<(index + 1) * Self.levels.count]
    }

    /// One quantile of every interval; a level between two is interpolated, one outside is the outermost.
    public func quantile(_ level: Double) -> [Double] {
        let levels = Self.levels
        let upper = levels.firstIndex { $0 >= level - 1e-9 } ?? levels.count - 1
        let lower = abs(levels[upper] - level) < 1e-9 ? upper : max(0, upper - 1)
        let share = upper == lower ? 0 : (level - levels[lower]) / (levels[upper] - levels[lower])
        return (0..<grid.count).map { row in
            let base = row * levels.count
            return values[base + lower] * (1 - share) + values[base + upper] * share
        }
    }

    /// The median of every interval: the point forecast.
    public var median: [Double] { quantile(0.5) }

    /// A standard deviation of every interval that a normal distribution with the same 80 % interval has: the sigma of a pseudo-measurement.
    public var standardDeviation: [Double] { zip(quantile(0.1), quantile(0.9)).map { ($1 - $0) / 2.563_103_1 } }
}

/// A model's part in a forecast.
public struct MemberShare: Hashable, Sendable {
    public let model: ModelKind
    /// 0...1; the shares of a forecast add up to one.
    public let share: Double
}

/// The models of the library.
public enum ModelKind: UInt8, CaseIterable, Hashable, Sendable {
    /// A standard shape scaled to the readings there are.
    case profile = 0
    /// The same time on a like day before, with the spread of past differences.
    case seasonalNaive = 1
    /// Linear quantile regression for each time of the day.
    case linear = 2
    /// Boosted trees on what a linear model of calendar and weather leaves.
    case boostedResidual = 3
    /// Boosted trees on the difference from the last week's level.
    case boostedRelative = 4
    /// What came of the most similar weather at that time of the day: plants of the sun.
    case analogs = 5

    public var name: String {
        switch self {
        case .profile: "profile"
        case .seasonalNaive: "seasonal-naive"
        case .linear: "linear-quantile"
        case .boostedResidual: "boosted-residual"
        case .boostedRelative: "boosted-relative"
        case .analogs: "analogs"
        }
    }
}

/// What a user of a forecast or of a training should know about it.
public struct QualityFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Less than two weeks of history: a profile or a naive forecast with widened quantiles.
    public static let coldStart = QualityFlags(rawValue: 1)
    /// A model that was meant to answer could not; a simpler one did.
    public static let fallback = QualityFlags(rawValue: 2)
    /// The newest reading is older than a day at issue.
    public static let staleReadings = QualityFlags(rawValue: 4)
    /// Weather that the models were trained with is missing for these intervals; they were told so, nothing was put in its place.
    public static let weatherMissing = QualityFlags(rawValue: 8)
    /// More than half of the history is missing.
    public static let incompleteHistory = QualityFlags(rawValue: 16)
    /// A constant stretch of a day or more was left out.
    public static let flatLine = QualityFlags(rawValue: 32)
    /// Single values far outside of what the series does were left out.
    public static let outliers = QualityFlags(rawValue: 64)
    /// The size of the metered object changed for good; older history was scaled to the new size.
    public static let levelShift = QualityFlags(rawValue: 128)
    /// The interval was corrected by the errors of the last hours.
    public static let intradayCorrected = QualityFlags(rawValue: 256)
    /// Beyond the day ahead: made day by day on the medians of the days before, and widened with each.
    public static let extendedHorizon = QualityFlags(rawValue: 512)
    /// The series never changes.
    public static let constant = QualityFlags(rawValue: 1024)
    /// The newest run of the weather's forecast is older than a day and a half at issue; set by the caller, who knows which of the runs are one.
    public static let staleWeather = QualityFlags(rawValue: 2048)

    /// The names of what is set.
    public var names: [String] {
        let all: [(QualityFlags, String)] = [
            (.coldStart, "cold-start"), (.fallback, "fallback"), (.staleReadings, "stale-readings"), (.weatherMissing, "weather-missing"),
            (.incompleteHistory, "incomplete-history"), (.flatLine, "flat-line"), (.outliers, "outliers"), (.levelShift, "level-shift"),
            (.intradayCorrected, "intraday-corrected"), (.extendedHorizon, "extended-horizon"), (.constant, "constant"),
            (.staleWeather, "stale-weather"),
        ]
        return all.filter { contains($0.0) }.map(\.1)
    }
}
