/// The models of one series with what they have learned from their own errors; forecasts at any time, learns from each new reading.
///
/// A value: copy it to keep an older state. It holds the last 70 days of readings, and nothing of the weather or the calendar, which every call is
/// given: they must reach from 31 days before the issue to the end of the horizon.
public struct TrainedForecaster: Sendable {
    public let settings: ForecastSettings
    /// Minutes of a step.
    public let stepMinutes: Int
    /// What came of the training.
    public let report: TrainingReport
    /// The readings that lags are taken from: the last `historyDays`.
    public internal(set) var history: SeriesWindow
    let models: FittedModels?
    var calibration: Calibration
    var horizon: HorizonErrors
    /// What was found in the readings of the last weeks when they were taken in.
    var recentFlags: QualityFlags = []

    /// The weather that its models have learned from.
    public var weather: [WeatherQuantity] { (models?.base.basis.quantitiesUsed ?? []).sorted() }

    static let historyDays = 70
    static let lookBackDays = 30

    /// The time until which readings are in it, seconds since 1970.
    public var knownUntil: Int64 {
        history.values.lastIndex { !$0.isNaN }.map { history.grid.time($0 + 1) } ?? history.grid.start
    }

    /// Takes new readings in (without what can't be trusted of them), remembers the day-ahead forecast of each day whose gate has passed, and learns from those whose outcome is known.
    /// - Parameters:
    ///   - readings: any span; later values replace earlier ones.
    ///   - issue: now; nothing later is used.
    /// - Throws: `ForecastError` where the steps differ or the calendar does not reach.
    public mutating func update(with readings: SeriesWindow, weather: WeatherHistory, calendar: CalendarColumns, at issue: Int64) throws {
        guard readings.grid.stepMinutes == stepMinutes else {
            throw ForecastError.badInput("this forecaster has steps of \(stepMinutes) minutes, the readings have \(readings.grid.stepMinutes)")
        }
        (history, recentFlags) = Hygiene.cleaned(history.merged(with: readings, keepingLast: Self.historyDays), settings: settings)
        guard let models else { return }
        let frame = try frame(weather: weather, calendar: calendar, at: issue, until: issue + 36 * 3600)
        let newest = calibration.days.last?.localDay ?? .min
        let first = (0..<frame.days).first { frame.calendar.localDay[frame.dayStart[$0]] > newest } ?? frame.days
        let inputs = ModelInputs(frame: frame, base: models.base, targetDays: first..<frame.days)
        calibration.follow(inputs: inputs, models: models, days: first..<frame.days, issue: issue)
        horizon.follow(calibration)
    }

    /// The distribution of each step from the issue on.
    /// - Parameters:
    ///   - issue: seconds since 1970; the first step is the one that begins at it or holds it.
    ///   - steps: length of the horizon in steps; a day of hours is 24.
    ///   - weather: runs issued after the issue are not looked at.
    /// - Throws: `ForecastError` where the calendar does not reach.
    public func forecast(at issue: Int64, steps: Int, weather: WeatherHistory, calendar: CalendarColumns) throws -> QuantileForecast {
        guard steps > 0 else { throw ForecastError.badInput("a forecast needs a horizon of at least one step, got \(steps)") }
        let end = calendar.grid.time(calendar.grid.index(of: issue) + steps)
        guard end <= calendar.grid.end else {
            throw ForecastError.badInput("the calendar must reach the end of the horizon, second \(end), got second \(calendar.grid.end)")
        }
        var run = try ForecastRun(self, issue: issue, end: end, weather: weather, calendar: calendar)
        return run.answer(steps: steps)
    }

    /// Rows of the issue's surroundings: from whole local days before it to an end.
    func inputs(_ models: FittedModels, weather: WeatherHistory, calendar: CalendarColumns, at issue: Int64, until end: Int64) throws -> ModelInputs {
        ModelInputs(frame: try frame(weather: weather, calendar: calendar, at: issue, until: end), base: models.base)
    }

    func frame(weather: WeatherHistory, calendar: CalendarColumns, at issue: Int64, until end: Int64) throws -> Frame {
        let index = calendar.grid.index(of: issue - Int64(Self.lookBackDays) * 86_400)
        var first = max(0, index)
        while first > 0, first < calendar.localDay.count, calendar.localDay[first] == calendar.localDay[first - 1] { first -= 1 }
        let until = min(end, calendar.grid.end)
        guard until >= end || until > issue else {
            throw ForecastError.badInput("the calendar must reach the end of the horizon, second \(end), got second \(calendar.grid.end)")
        }
        let grid = TimeGrid(unchecked: calendar.grid.time(first), stepMinutes, max(0, calendar.grid.index(of: until + calendar.grid.stepSeconds - 1) - first))
        return try Frame(grid: grid, load: history, weather: weather, calendar: calendar, gateMinute: settings.gateMinute, issue: issue)
    }
}

/// What a training found and how good its models were on the days held back.
public struct TrainingReport: Hashable, Sendable {
    /// Seconds since 1970 of the first and after the last reading learned from.
    public var from: Int64 = 0
    public var until: Int64 = 0
    /// Readings learned from.
    public var readings = 0
    /// What was found in the readings.
    public var flags: QualityFlags = []
    /// Sentences for a person: what was left out or scaled, and where.
    public var notes: [String] = []
    /// Mean pinball loss of each member on the days held back (or, after a retraining, on the last weeks), the best first.
    public var members: [MemberScore] = []
    /// Columns of the boosted trees with their share of the gain, the largest first.
    public var importance: [FeatureShare] = []
    /// Wall time of the training in seconds.
    public var seconds = 0.0

    public struct MemberScore: Hashable, Sendable {
        public let model: ModelKind
        public let pinball: Double
    }

    public struct FeatureShare: Hashable, Sendable {
        public let name: String
        public let share: Double
    }
}
