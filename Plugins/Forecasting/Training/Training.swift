import ForecastModels
import PluginAPI

/// One training of one series, with all that it needs: runs on the workshop's thread.
struct Training: Sendable {
    let series: SeriesSettings
    let axis: SiteAxis
    let stored: StoredSeries
    /// What the service knows beside the store.
    let recent: SeriesWindow
    let weather: WeatherBoard
    let settings: TrainingSettings
    let gateMinute: Int
    let version: Int
    let reason: String
    /// Nothing later is looked at.
    let now: Int64

    /// What the tables of a training take for each interval of its window: some sixty columns of the trees as bytes and numbers, estimated.
    static let bytesPerInterval = 1200

    func run(_ job: TrainingJob, isCancelled: @escaping @Sendable () -> Bool) throws -> ServedModel {
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
        var wanted = ForecastSettings()
        wanted.kind = series.kind
        wanted.gateMinute = gateMinute
        wanted.windowDays = settings.windowDays
        wanted.profile = series.profile
        wanted.isQuick = settings.isQuick
        let forecaster = try ForecastPipeline.train(
            series: history, weather: try weather.history(axis, plane: series.plane), calendar: calendar, settings: wanted, at: now,
            budget: TrainingBudget(seconds: settings.seconds, isCancelled: isCancelled),
            progress: { job.report($0.fraction, $0.stage) })
        return ServedModel(record: record(forecaster.report), forecaster: forecaster)
    }

    func isCancellation(_ error: any Error) -> Bool { (error as? ForecastError)?.isCancellation ?? false }

    private func record(_ report: TrainingReport) -> ModelRecord {
        ModelRecord(
            version: version, trainedAt: now, from: report.from, through: max(report.from, report.until), reason: reason, seconds: report.seconds,
            backtest: ModelRecord.Backtest(models: report.members.map { ($0.model.name, $0.pinball) }),
            importance: report.importance.prefix(30).map { ($0.name, $0.share) }, weather: weather.quantities,
            flags: report.flags.names, notes: report.notes,
            servesSince: now)
    }
}
