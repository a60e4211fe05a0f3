/// Whether a series needs a new model, and whether a new one is better than the old.
struct TrainingPlan {
    let settings: TrainingSettings

    /// Between trainings for one reason.
    private static let pause: Int64 = 7 * 86_400
    /// After a training that failed or lost.
    private static let retry: Int64 = 6 * 3600

    /// Why a series is to be trained now; nil if it is not.
    /// - Parameter lasting: quantities of the weather that come for so long that models learn from them.
    func reason(_ series: LiveSeries, lasting: Set<String>, now: Int64) -> String? {
        guard series.isLoaded, series.job == nil, series.duel == nil else { return nil }
        let unknown = lasting.subtracting(series.model?.record.lasting ?? [])
        if let model = series.model, model.record.historyDays >= 7, !unknown.isEmpty,
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
        // A duel does not keep a drift from being found: its challenger knows as little of it.
        guard let model = series.model, model.record.historyDays >= 28 else { return nil }
        if let last = series.lastDriftTraining, now - last < Self.pause { return nil }
        return DriftWatch(ratio: settings.driftRatio)
            .finding(series.scores, reference: model.record.backtest.pinball, since: model.record.servesSince, now: now)
    }

    /// What is to become of a new model.
    enum Verdict {
        /// It answers from now on.
        case answers(because: String)
        /// It does not, ever.
        case rests(because: String)
        /// It and the one that answers forecast side by side until the better one is known.
        case contests(String)
    }

    func verdict(_ new: ModelRecord, _ series: LiveSeries, now: Int64) -> Verdict {
        guard let old = series.model?.record else { return .answers(because: "the first model") }
        if old.historyDays < 28, new.historyDays >= old.historyDays { return .answers(because: "it knows more of the series") }
        if now - old.trainedAt > 3 * Int64(settings.longestAgeDays) * 86_400 {
            return .answers(because: "the old one is \((now - old.trainedAt) / 86_400) days old")
        }
        guard settings.duelDays == 0 else {
            return .contests("version \(new.version) and version \(old.version) forecast side by side for \(settings.duelDays) days at most; the better one answers")
        }
        let age = Int((now - old.servesSince) / 86_400)
        let live = series.scores.rolling(.dayAhead, days: min(14, max(1, age)), until: now)
        guard live.count >= 48, new.backtest.pinball.isFinite else { return .answers(because: "the old one has no score yet") }
        let figures = "\(new.backtest.pinball.shortened) in its back-test against \(live.meanPinball.shortened) live of version \(old.version)"
        return new.backtest.pinball <= live.meanPinball ? .answers(because: "it wins: \(figures)") : .rests(because: "it does not win: \(figures)")
    }
}
