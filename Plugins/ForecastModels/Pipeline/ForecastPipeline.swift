/// From a series to a forecaster: cleaning, fitting, rehearsal on days held back, calibration.
public enum ForecastPipeline {
    /// Trains the models of a series.
    /// - Parameters:
    ///   - series: readings; those of intervals that end after `issue` are not looked at.
    ///   - weather: measured and forecast, over the whole of the series.
    ///   - calendar: over the whole of the series and a day and a half after the issue.
    ///   - issue: now, seconds since 1970.
    ///   - previous: the forecaster that this one replaces; what it learned from its own errors is kept, which spares the rehearsal.
    ///   - progress: called from the caller's own thread.
    /// - Throws: `ForecastError` where the calendar does not reach, or the training was cancelled.
    public static func train(
        series: SeriesWindow, weather: WeatherHistory, calendar: CalendarColumns, settings: ForecastSettings = ForecastSettings(), at issue: Int64,
        continuing previous: TrainedForecaster? = nil, budget: TrainingBudget = TrainingBudget(),
        progress: (TrainingProgress) -> Void = { _ in }
    ) throws -> TrainedForecaster {
        var training = Training(settings: settings, issue: issue, budget: budget)
        return try training.run(series: series, weather: weather, calendar: calendar, previous: previous, progress: progress)
    }
}

/// One training under way.
struct Training {
    let settings: ForecastSettings
    let issue: Int64
    let budget: TrainingBudget
    private let clock = ContinuousClock()
    private let begun: ContinuousClock.Instant

    init(settings: ForecastSettings, issue: Int64, budget: TrainingBudget) {
        self.settings = settings
        self.issue = issue
        self.budget = budget
        begun = clock.now
    }

    private var elapsed: Double {
        let (seconds, attoseconds) = (clock.now - begun).components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }

    mutating func run(
        series: SeriesWindow, weather: WeatherHistory, calendar: CalendarColumns, previous: TrainedForecaster?, progress: (TrainingProgress) -> Void
    ) throws -> TrainedForecaster {
        progress(TrainingProgress(fraction: 0, stage: "looking through the readings"))
        let (clean, findings) = Hygiene.clean(series, until: issue, settings: settings)
        var report = findings
        let frame = try trainingFrame(clean, weather: weather, calendar: calendar)
        let known = frame.load.lazy.filter { !$0.isNaN }.count
        report.readings = known
        let history = clean.merged(with: clean, keepingLast: TrainedForecaster.historyDays)
        let untilDay = frame.count > 0 ? frame.day[min(frame.known, frame.count - 1)] + (frame.known >= frame.count ? 1 : 0) : 0
        let firstKnown = frame.load.firstIndex { !$0.isNaN }.map { frame.day[$0] } ?? untilDay
        let span = untilDay - firstKnown
        if span > 0, known * 2 < span * frame.stepsPerDay { report.flags.insert(.incompleteHistory) }
        let windowDays = span < 183 ? 28 : 60
        guard span >= 14, known >= 10 * frame.stepsPerDay else {
            report.flags.insert(.coldStart)
            report.seconds = elapsed
            return TrainedForecaster(
                settings: settings, stepMinutes: series.grid.stepMinutes, report: report, history: history, models: nil,
                calibration: Calibration(windowDays: windowDays), horizon: HorizonErrors())
        }
        let seconds = budget.seconds
        let start = begun
        let clock = clock
        let plan = FittedModels.Plan(
            settings: settings, isCancelled: budget.isCancelled,
            isLate: { (clock.now - start) > .milliseconds(Int(seconds * 1000)) })
        var calibration = previous.map(\.calibration) ?? Calibration(windowDays: windowDays)
        var horizon = previous.map(\.horizon) ?? HorizonErrors()
        if calibration.days.isEmpty {
            progress(TrainingProgress(fraction: 0.05, stage: "rehearsing on days held back"))
            let held = min(56, max(5, span * 3 / 10))
            var rehearsal = plan
            rehearsal.isRehearsal = true
            let models = try FittedModels.fit(frame: frame, untilDay: untilDay - held - 1, plan: rehearsal)
            let inputs = ModelInputs(frame: frame, base: models.base)
            calibration.follow(inputs: inputs, models: models, days: untilDay - held..<min(untilDay + 1, frame.days), issue: issue)
            horizon.follow(calibration)
            if !plan.isLate() {
                let rehearsed = TrainedForecaster(
                    settings: settings, stepMinutes: series.grid.stepMinutes, report: report, history: clean, models: models, calibration: calibration,
                    horizon: horizon)
                try horizon.learnReach(
                    rehearsed, begins: Self.midnights(frame, days: untilDay - held..<untilDay), until: issue, weather: weather, calendar: calendar,
                    isCancelled: plan.isCancelled)
            }
        }
        progress(TrainingProgress(fraction: 0.4, stage: "fitting"))
        let models = try FittedModels.fit(frame: frame, untilDay: untilDay + 1 > frame.days ? untilDay : untilDay + 1, plan: plan)
        report.members = calibration.losses.filter { $0.value.days > 0 }.map { .init(model: $0.key, pinball: $0.value.loss / $0.value.days) }
            .sorted { ($0.pinball, $0.model.rawValue) < ($1.pinball, $1.model.rawValue) }
        report.importance = models.importance
        report.seconds = elapsed
        progress(TrainingProgress(fraction: 1, stage: "done"))
        return TrainedForecaster(
            settings: settings, stepMinutes: series.grid.stepMinutes, report: report, history: history, models: models, calibration: calibration,
            horizon: horizon)
    }

    /// Midnights of at most eight of the days, as far apart as they come.
    private static func midnights(_ frame: Frame, days: Range<Int>) -> [Int64] {
        let apart = max(1, (days.count + 7) / 8)
        return stride(from: days.lowerBound, to: days.upperBound - 1, by: apart).map { frame.grid.time(frame.dayStart[$0]) }
    }

    /// Whole local days from the begin of the window to a day and a half after the issue.
    func trainingFrame(_ series: SeriesWindow, weather: WeatherHistory, calendar: CalendarColumns) throws -> Frame {
        let from = max(series.grid.start, issue - Int64(settings.windowDays) * 86_400)
        var first = max(0, calendar.grid.index(of: from))
        while first > 0, first < calendar.grid.count, calendar.localDay[first] == calendar.localDay[first - 1] { first -= 1 }
        let end = min(calendar.grid.end, issue + 36 * 3600)
        guard end > issue else {
            throw ForecastError.badInput("the calendar must reach beyond the issue, second \(issue), got second \(calendar.grid.end)")
        }
        let grid = TimeGrid(unchecked: calendar.grid.time(first), series.grid.stepMinutes, max(0, calendar.grid.index(of: end) - first))
        return try Frame(grid: grid, load: series, weather: weather, calendar: calendar, gateMinute: settings.gateMinute, issue: issue)
    }
}

extension FittedModels {
    /// Columns of the trees with their share of the gain.
    var importance: [TrainingReport.FeatureShare] {
        var sums: [String: Double] = [:]
        for member in [residual, relative].compactMap({ $0 }) {
            let total = member.trees.gains.reduce(0, +)
            guard total > 0 else { continue }
            for (name, gain) in zip(features(isRelative: member.isRelative).names, member.trees.gains) { sums[name, default: 0] += gain / total }
        }
        let all = sums.values.reduce(0, +)
        return sums.map { TrainingReport.FeatureShare(name: $0.key, share: all > 0 ? $0.value / all : 0) }
            .sorted { ($0.share, $1.name) > ($1.share, $0.name) }
    }
}
