public import LoadProfiles

/// What a series is and how it is to be forecast.
public struct ForecastSettings: Hashable, Sendable {
    /// What the series measures; sign conventions are the caller's.
    public enum Kind: Hashable, Sendable {
        /// Consumption, with or without feed-in behind the meter.
        case load
        /// A photovoltaic plant of the given capacity, in the unit of the series: zero at night, never above 1.05 times the capacity.
        /// Generation is positive, or negative throughout where `capacity` is negative.
        case photovoltaic(capacity: Double)
        /// A wind farm of the given capacity, in the unit of the series: between zero and 1.05 times the capacity.
        case wind(capacity: Double)
    }

    public var kind: Kind = .load
    /// Local clock time in minutes after midnight of the daily gate: the day-ahead forecast of a day uses what was known then on the day before.
    public var gateMinute = 720
    /// Days of history that a training looks at; what is older is left out.
    public var windowDays = 1096
    /// The shape that stands in before there is history.
    /// Nil: the same all day.
    public var profile: LoadProfile? = .household
    /// Of the random choices of the trees; same seed and input, same forecaster.
    public var seed: UInt64 = 1
    /// Fewer and smaller trees: a forecaster in a tenth of the time that is a few per cent worse.
    public var isQuick = false

    public init() {}
}

/// What a training may cost, who is told of its progress, and who may end it.
public struct TrainingBudget: Sendable {
    /// Seconds of wall time after which no further model is begun; the best of those that are ready is used. Models are chosen for the time
    /// that they are known to take, so that it is rarely passed by more than the length of one.
    public var seconds: Double
    /// Asked at least every few ten milliseconds of work.
    public var isCancelled: @Sendable () -> Bool

    public init(seconds: Double = 60, isCancelled: @escaping @Sendable () -> Bool = { false }) {
        self.seconds = seconds
        self.isCancelled = isCancelled
    }
}

/// Where a training is.
public struct TrainingProgress: Hashable, Sendable {
    /// 0...1.
    public let fraction: Double
    /// What is being done, for a person.
    public let stage: String
}
