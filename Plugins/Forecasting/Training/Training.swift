import ForecastModels
import PluginAPI

/// One training or back-test of one series, with all that it needs: runs on the workshop's thread.
struct Training: Sendable {
    let series: SeriesSettings
    let axis: SiteAxis
    let stored: StoredSeries
    /// What the service knows beside the store.
    let recent: SeriesWindow
    let weather: WeatherBoard
    var settings: TrainingSettings
    let gateMinute: Int
    let version: Int
    let reason: String
    /// Nothing later is looked at.
    let now: Int64

    /// What the tables of a training take for each interval of its window: some sixty columns of the trees as bytes and numbers, estimated.
    static let bytesPerInterval = 1200

    func run(_ job: TrainingJob, isCancelled: @escaping @Sendable () -> Bool) throws -> ServedModel {
        let known = try knowledge(job)
        let forecaster = try ForecastPipeline.train(
            series: known.history, weather: known.weather, calendar: known.calendar, settings: known.settings, at: now,
            budget: TrainingBudget(seconds: settings.seconds, isCancelled: isCancelled),
            progress: { job.report($0.fraction, $0.stage) })
        var notes = forecaster.report.notes
        var split: ComponentSplit?
        if series.isSplit {
            do { split = try ComponentSplit(series: known.history, weather: known.weather, calendar: known.calendar, gateMinute: gateMinute, at: now) } catch {
                notes.append("it is not told in its parts: \(error)")
            }
        }
        return ServedModel(record: record(forecaster, notes, split), forecaster: forecaster)
    }

    /// How the series would have been forecast on its last days, by models that are trained for it as those that answer are.
    func backtest(_ job: TrainingJob, days: Int, refitDays: Int, isCancelled: @escaping @Sendable () -> Bool) throws -> BacktestReport {
        let known = try knowledge(job)
        return try ForecastPipeline.backtest(
            series: known.history, weather: known.weather, calendar: known.calendar, settings: known.settings, days: days, refitDays: refitDays,
            budget: TrainingBudget(seconds: settings.seconds, isCancelled: isCancelled), progress: { job.report($0.fraction, $0.stage) })
    }

    private struct Knowledge {
        let history: SeriesWindow
        let weather: WeatherHistory
        let calendar: CalendarColumns
        let settings: ForecastSettings
    }

    private func knowledge(_ job: TrainingJob) throws -> Knowledge {
        job.report(0, "reading history")
        let step = Int64(series.stepMinutes) * 60
        let intervals = min(settings.windowDays * 86_400 / Int(step), settings.memoryBytes / Self.bytesPerInterval)
        let begin = (now - Int64(intervals) * step).floored(by: 86_400) * 86_400
        let kept = try stored.means(from: begin, until: now)
        let history = try SeriesFeed.merged(kept, recent, keptDays: settings.windowDays)
        let first = history.grid.count > 0 ? min(history.grid.start, now) : now
        // The models look 36 days back from any forecast, whether there are readings or not.
        let start = min(first, now - 37 * 86_400).floored(by: 86_400) * 86_400
        let calendar = try axis.columns(
            try TimeGrid(start: start, stepMinutes: series.stepMinutes, count: Int((now - start + 3 * 86_400) / step)))
        let wanted = series.forecastSettings(settings, gateMinute: gateMinute)
        return Knowledge(history: history, weather: try weather.history(axis, plane: series.plane), calendar: calendar, settings: wanted)
    }

    func isCancellation(_ error: any Error) -> Bool { (error as? ForecastError)?.isCancellation ?? false }

    private func record(_ forecaster: TrainedForecaster, _ notes: [String], _ split: ComponentSplit?) -> ModelRecord {
        let report = forecaster.report
        return ModelRecord(
            version: version, trainedAt: now, from: report.from, through: max(report.from, report.until), reason: reason, seconds: report.seconds,
            backtest: ModelRecord.Backtest(models: report.members.map { ($0.model.name, $0.pinball) }),
            importance: report.importance.prefix(30).map { ($0.name, $0.share) }, weather: forecaster.weather.map(\.rawValue),
            lasting: weather.lasting(until: now),
            flags: report.flags.names, notes: notes, split: split, servesSince: now)
    }
}
