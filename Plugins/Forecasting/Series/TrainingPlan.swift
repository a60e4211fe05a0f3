/// Whether a series needs a new model, and whether a new one is better than the old.
struct TrainingPlan {
    let settings: TrainingSettings

    /// Between trainings for one reason.
    private static let pause: Int64 = 7 * 86_400
    /// After a training that failed or lost.
    private static let retry: Int64 = 6 * 3600

    /// Why a series is to be trained now; nil if it is not.
    func reason(_ series: LiveSeries, weather: WeatherBoard, now: Int64) -> String? {
        guard series.isLoaded, series.job == nil else { return nil }
        let unknown = Set(weather.quantities).subtracting(series.model?.record.weather ?? [])
        if let model = series.model, model.record.historyDays >= 7, !unknown.isEmpty, weather.reachesBack(days: 7, from: now),
            series.lastWeatherTraining.map({ now - $0 > Self.pause }) ?? true
        {
            return "weather that the model does not know: \(unknown.sorted().joined(separator: ", "))"
        }
        if let last = series.lastFailure, now - last < Self.retry { return nil }
        guard let model = series.model else { return "first model" }
        let record = model.record
        let days = series.historyDays
        if record.historyDays < 365, days >= max(record.historyDays * 1.5, record.historyDays + 1) {
            return "\(Int(days)) days of history, the model has \(Int(record.historyDays))"
        }
        if let last = series.lastAttempt, now - last < Self.pause { return nil }
        if now - record.trainedAt > Int64(settings.longestAgeDays) * 86_400 { return "the model is \((now - record.trainedAt) / 86_400) days old" }
        return nil
    }

    /// What was found wrong with the model of a series; looked for once a day.
    func drift(_ series: LiveSeries, now: Int64) -> DriftWatch.Finding? {
        // A model of a few weeks is soon followed by one that knows more.
        guard let model = series.model, model.record.historyDays >= 28 else { return nil }
        if let last = series.lastDriftTraining, now - last < Self.pause { return nil }
        return DriftWatch(ratio: settings.driftRatio)
            .finding(series.scores, reference: model.record.backtest.pinball, since: model.record.servesSince, now: now)
    }

    /// Whether a new model takes the old one's place, with the reason.
    func verdict(_ new: ModelRecord, _ series: LiveSeries, now: Int64) -> (takesOver: Bool, sentence: String) {
        guard let old = series.model?.record else { return (true, "the first model") }
        guard Set(new.weather).isSubset(of: old.weather) else { return (true, "it knows weather that the old one does not") }
        guard new.historyDays < old.historyDays * 1.4 || old.historyDays >= 365 else { return (true, "it knows more of the series") }
        let age = Int((now - old.servesSince) / 86_400)
        let live = series.scores.rolling(.dayAhead, days: min(14, max(1, age)), until: now)
        guard live.count >= 48, new.backtest.pinball.isFinite else { return (true, "the old one has no score yet") }
        if now - old.trainedAt > 3 * Int64(settings.longestAgeDays) * 86_400 { return (true, "the old one is \((now - old.trainedAt) / 86_400) days old") }
        let figures = "\(new.backtest.pinball.shortened) in its back-test against \(live.meanPinball.shortened) live of version \(old.version)"
        return new.backtest.pinball <= live.meanPinball ? (true, "it wins: \(figures)") : (false, "it does not win: \(figures)")
    }
}
