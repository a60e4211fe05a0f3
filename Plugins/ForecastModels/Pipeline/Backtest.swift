/// How a series would have been forecast: the same pipeline, day by day, each day-ahead forecast on what was known at its gate.
public struct BacktestReport: Sendable {
    /// Metrics over all steps, and by hours ahead of the gate in classes of six hours.
    public let total: ForecastMetrics
    public let byLeadHours: [(hours: Range<Int>, metrics: ForecastMetrics)]
    /// Mean pinball loss of the seasonal naive forecast on the same steps; the skill is one less the ratio.
    public let naivePinball: Double
    /// Days that were forecast.
    public let days: Int
    /// Wall time of all trainings in seconds.
    public let trainingSeconds: Double

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
    ///   - progress: called from the caller's own thread.
    /// - Throws: `ForecastError` where there are fewer days than that, or the back-test was cancelled.
    public static func backtest(
        series: SeriesWindow, weather: WeatherHistory, calendar: CalendarColumns, settings: ForecastSettings = ForecastSettings(), days: Int,
        refitDays: Int = 28, budget: TrainingBudget = TrainingBudget(), progress: (TrainingProgress) -> Void = { _ in }
    ) throws -> BacktestReport {
        let until = series.values.lastIndex { !$0.isNaN }.map { series.grid.time($0 + 1) } ?? series.grid.start
        var issues: [(gate: Int64, midnight: Int64, end: Int64)] = []
        var midnights: [Int] = []
        for index in 1..<max(1, calendar.grid.count) where calendar.localDay[index] != calendar.localDay[index - 1] { midnights.append(index) }
        for (position, index) in midnights.enumerated().dropLast() where position > 0 && calendar.grid.time(midnights[position + 1]) <= until {
            let before = midnights[position - 1]..<index
            let gate = before.first { Int(calendar.minuteOfDay[$0]) >= settings.gateMinute } ?? index
            issues.append((calendar.grid.time(gate), calendar.grid.time(index), calendar.grid.time(midnights[position + 1])))
        }
        issues = Array(issues.drop { $0.midnight < series.grid.start + 86_400 }.suffix(days))
        guard !issues.isEmpty else {
            throw ForecastError.badInput("a back-test needs at least one complete day after the first, the series has none within its calendar")
        }
        var forecaster: TrainedForecaster?
        var total = ForecastMetrics()
        var naive = ForecastMetrics()
        var classes: [Int: ForecastMetrics] = [:]
        var seconds = 0.0
        for (number, issue) in issues.enumerated() {
            if budget.isCancelled() { throw ForecastError.cancelled }
            progress(TrainingProgress(fraction: Double(number) / Double(issues.count), stage: "day \(number + 1) of \(issues.count)"))
            if number % max(1, refitDays) == 0 {
                forecaster = try train(
                    series: series, weather: weather, calendar: calendar, settings: settings, at: issue.gate, continuing: forecaster, budget: budget)
                seconds += forecaster?.report.seconds ?? 0
            }
            let known = series.on(series.grid.covering(from: max(series.grid.start, issue.gate - 3 * 86_400), until: issue.gate))
            try forecaster?.update(with: known, weather: weather, calendar: calendar, at: issue.gate)
            let steps = Int((issue.end - issue.gate) / series.grid.stepSeconds)
            guard let forecast = try forecaster?.forecast(at: issue.gate, steps: steps, weather: weather, calendar: calendar) else { continue }
            for step in 0..<steps where forecast.grid.time(step) >= issue.midnight {
                let outcome = series.value(at: forecast.grid.time(step))
                total.add(outcome: outcome, quantiles: forecast[step])
                classes[step * series.grid.stepMinutes / 360, default: ForecastMetrics()].add(outcome: outcome, quantiles: forecast[step])
            }
            try forecaster?.addNaive(&naive, issue: issue.gate, from: issue.midnight, until: issue.end, series: series, weather: weather, calendar: calendar)
        }
        return BacktestReport(
            total: total, byLeadHours: classes.sorted { $0.key < $1.key }.map { ($0.key * 6..<$0.key * 6 + 6, $0.value) },
            naivePinball: naive.count > 0 ? naive.pinball : .nan, days: issues.count, trainingSeconds: seconds)
    }
}

extension TrainedForecaster {
    /// Scores what the seasonal naive model says of a day.
    func addNaive(
        _ metrics: inout ForecastMetrics, issue: Int64, from: Int64, until: Int64, series: SeriesWindow, weather: WeatherHistory, calendar: CalendarColumns
    ) throws {
        guard let models else { return }
        let inputs = try inputs(models, weather: weather, calendar: calendar, at: issue, until: until)
        let day = inputs.frame.day[min(inputs.frame.count - 1, inputs.frame.grid.index(of: from))]
        let rows = DayRows(inputs: inputs, day: day)
        let count = Members.levels.count
        var values = [Double](repeating: .nan, count: rows.steps.count * count)
        models.naive.predict(rows, inputs: inputs, into: &values)
        for (offset, step) in rows.steps.enumerated() {
            if settings.isPhotovoltaic, !inputs.frame.isDaylight(step) { continue }
            let row = LevelExpansion.expand(values[offset * count..<(offset + 1) * count])
            metrics.add(outcome: series.value(at: inputs.frame.grid.time(step)), quantiles: row[...])
        }
    }
}
