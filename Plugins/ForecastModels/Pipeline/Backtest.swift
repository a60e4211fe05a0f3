/// How a series would have been forecast: the same pipeline, day by day, each day-ahead forecast on what was known at its gate.
public struct BacktestReport: Sendable {
    /// Metrics over all steps, and by hours ahead of the gate in classes of six hours.
    public let total: ForecastMetrics
    public let byLeadHours: [(hours: Range<Int>, metrics: ForecastMetrics)]
    /// What each member said of the same steps by itself, before combination and calibration, the best first. The seasonal naive one is always there.
    public let byModel: [(model: ModelKind, metrics: ForecastMetrics)]
    /// Begin of the first and end of the last day that was forecast, seconds since 1970.
    public let span: Range<Int64>
    /// Days that were forecast; fewer than were asked for where the budget was spent before.
    public let days: Int
    /// Wall time of all trainings in seconds.
    public let trainingSeconds: Double

    /// Mean pinball loss of the seasonal naive forecast on the same steps; the skill is one less the ratio.
    public var naivePinball: Double { byModel.first { $0.model == .seasonalNaive }?.metrics.pinball ?? .nan }

    /// 1 is perfect, 0 no better than the seasonal naive forecast.
    public var skill: Double { naivePinball > 0 ? 1 - total.pinball / naivePinball : 0 }
}

/// The metrics of forecasts against outcomes.
public struct ForecastMetrics: Hashable, Sendable {
    /// Steps with an outcome.
    public private(set) var count = 0
    private var loss = 0.0
    private var absolute = 0.0
    private var outcomes = 0.0
    private var inside80 = 0
    private var inside90 = 0

    public init() {}

    /// - Parameter quantiles: of one step, in the order of `QuantileForecast.levels`.
    public mutating func add(outcome: Double, quantiles: ArraySlice<Double>) {
        guard !outcome.isNaN, quantiles.count == QuantileForecast.levels.count else { return }
        let first = quantiles.startIndex
        count += 1
        loss += Numerics.pinball(outcome, quantiles.dropFirst().dropLast(), Array(QuantileForecast.levels.dropFirst().dropLast()))
        absolute += abs(outcome - quantiles[first + 10])
        outcomes += abs(outcome)
        if outcome >= quantiles[first + 2], outcome <= quantiles[first + 18] { inside80 += 1 }
        if outcome >= quantiles[first + 1], outcome <= quantiles[first + 19] { inside90 += 1 }
    }

    /// Mean pinball loss over the 19 levels 0.05 … 0.95, in the unit of the series; NaN of nothing.
    public var pinball: Double { loss / Double(count) }
    /// Mean absolute error of the median.
    public var meanAbsoluteError: Double { absolute / Double(count) }
    /// The same over the mean absolute outcome.
    public var normalisedError: Double { absolute / outcomes }
    /// Share of outcomes within the 10 % and the 90 % quantile; 0.8 is right.
    public var coverage80: Double { Double(inside80) / Double(count) }
    /// Share of outcomes within the 5 % and the 95 % quantile; 0.9 is right.
    public var coverage90: Double { Double(inside90) / Double(count) }
}

extension ForecastPipeline {
    /// Forecasts the last days of a series as they would have been.
    /// - Parameters:
    ///   - days: how many local days before the last complete one.
    ///   - refitDays: days between two trainings.
    ///   - budget: of the whole; when its seconds are over, the days that were forecast by then are the report.
    ///   - progress: called from the caller's own thread.
    /// - Throws: `ForecastError` where there are fewer days than that, or the back-test was cancelled.
    public static func backtest(
        series: SeriesWindow, weather: WeatherHistory, calendar: CalendarColumns, settings: ForecastSettings = ForecastSettings(), days: Int,
        refitDays: Int = 28, budget: TrainingBudget = TrainingBudget(), progress: (TrainingProgress) -> Void = { _ in }
    ) throws -> BacktestReport {
        let issues = BacktestIssue.all(series: series, calendar: calendar, gateMinute: settings.gateMinute, days: days)
        guard !issues.isEmpty else {
            throw ForecastError.badInput("a back-test needs at least one complete day after the first, the series has none within its calendar")
        }
        let clock = ContinuousClock()
        let end = clock.now + .milliseconds(Int64(min(budget.seconds, 1e6) * 1000))
        var forecaster: TrainedForecaster?
        var tally = BacktestTally()
        for (number, issue) in issues.enumerated() {
            if budget.isCancelled() { throw ForecastError.cancelled }
            if number > 0, clock.now >= end { break }
            progress(TrainingProgress(fraction: Double(number) / Double(issues.count), stage: "day \(number + 1) of \(issues.count)"))
            if number % max(1, refitDays) == 0 {
                forecaster = try train(
                    series: series, weather: weather, calendar: calendar, settings: settings, at: issue.gate, continuing: forecaster, budget: budget)
                tally.trainingSeconds += forecaster?.report.seconds ?? 0
            }
            let known = series.on(series.grid.covering(from: max(series.grid.start, issue.gate - 3 * 86_400), until: issue.gate))
            try forecaster?.update(with: known, weather: weather, calendar: calendar, at: issue.gate)
            try forecaster?.add(to: &tally, issue, series: series, weather: weather, calendar: calendar)
        }
        return tally.report(issues)
    }
}

/// A day of a back-test: the gate of its forecast, its begin and its end, seconds since 1970.
private struct BacktestIssue {
    let gate: Int64
    let midnight: Int64
    let end: Int64

    /// The last complete days of a series.
    static func all(series: SeriesWindow, calendar: CalendarColumns, gateMinute: Int, days: Int) -> [BacktestIssue] {
        let until = series.values.lastIndex { !$0.isNaN }.map { series.grid.time($0 + 1) } ?? series.grid.start
        var issues: [BacktestIssue] = []
        var midnights: [Int] = []
        for index in 1..<max(1, calendar.grid.count) where calendar.localDay[index] != calendar.localDay[index - 1] { midnights.append(index) }
        for (position, index) in midnights.enumerated().dropLast() where position > 0 && calendar.grid.time(midnights[position + 1]) <= until {
            let gate = (midnights[position - 1]..<index).first { Int(calendar.minuteOfDay[$0]) >= gateMinute } ?? index
            issues.append(
                BacktestIssue(gate: calendar.grid.time(gate), midnight: calendar.grid.time(index), end: calendar.grid.time(midnights[position + 1])))
        }
        return issues.drop { $0.midnight < series.grid.start + 86_400 }.suffix(days)
    }
}

/// What a back-test adds up.
private struct BacktestTally {
    var total = ForecastMetrics()
    /// By hours ahead, divided by six.
    var classes: [Int: ForecastMetrics] = [:]
    var models: [ModelKind: ForecastMetrics] = [:]
    var days = 0
    var trainingSeconds = 0.0

    func report(_ issues: [BacktestIssue]) -> BacktestReport {
        BacktestReport(
            total: total, byLeadHours: classes.sorted { $0.key < $1.key }.map { ($0.key * 6..<$0.key * 6 + 6, $0.value) },
            byModel: models.sorted { ($0.value.pinball, $0.key.rawValue) < ($1.value.pinball, $1.key.rawValue) }.map { ($0.key, $0.value) },
            span: issues[0].midnight..<issues[max(0, days - 1)].end, days: days, trainingSeconds: trainingSeconds)
    }
}

extension TrainedForecaster {
    /// Scores the forecast of a day, and what each member says of it.
    fileprivate func add(
        to tally: inout BacktestTally, _ issue: BacktestIssue, series: SeriesWindow, weather: WeatherHistory, calendar: CalendarColumns
    ) throws {
        tally.days += 1
        let steps = Int((issue.end - issue.gate) / series.grid.stepSeconds)
        let forecast = try forecast(at: issue.gate, steps: steps, weather: weather, calendar: calendar)
        for step in 0..<steps where forecast.grid.time(step) >= issue.midnight {
            let outcome = series.value(at: forecast.grid.time(step))
            tally.total.add(outcome: outcome, quantiles: forecast[step])
            tally.classes[step * series.grid.stepMinutes / 360, default: ForecastMetrics()].add(outcome: outcome, quantiles: forecast[step])
        }
        guard let models else { return }
        let inputs = try inputs(models, weather: weather, calendar: calendar, at: issue.gate, until: issue.end)
        let day = inputs.frame.day[min(inputs.frame.count - 1, inputs.frame.grid.index(of: issue.midnight))]
        let first = inputs.frame.dayStart[day]
        let count = Members.levels.count
        for member in models.predict(day: day, inputs: inputs) {
            for offset in 0..<member.values.count / count {
                // Nights of a plant are zero whatever a member says.
                if settings.isPhotovoltaic, !inputs.frame.isDaylight(first + offset) { continue }
                let row = LevelExpansion.expand(member.values[offset * count..<(offset + 1) * count])
                tally.models[member.kind, default: ForecastMetrics()]
                    .add(outcome: series.value(at: inputs.frame.grid.time(first + offset)), quantiles: row[...])
            }
        }
    }
}
