import ForecastModels
import PluginAPI

/// A series while the service runs: its newest history, the model that answers, and what was forecast last.
final class LiveSeries {
    let settings: SeriesSettings
    let axis: SiteAxis
    let stored: StoredSeries
    var feed: SeriesFeed
    var scores: ScoreBoard
    /// The model that answers.
    private(set) var model: ServedModel?
    /// The one before it, while the new one takes over.
    private var leaving: (model: ServedModel, since: Int64)?
    /// The new model that is judged against it.
    var duel: Duel?
    private var keptWeather: (revision: Int, issue: Int64, history: WeatherHistory)?
    private let calendars: SharedCalendars
    private(set) var latest: ForecastResult?
    private(set) var dayAhead: ForecastResult?
    /// The next boundary at which there is a forecast.
    var nextIssue: Int64
    /// The last gate that a day-ahead forecast was made for.
    var lastGate: Int64?
    /// Begin of the first interval with a value in the store.
    var historyBegin: Int64?
    /// Whether what its interval means are made of is kept.
    var isDefinitionKept = false
    /// Whether the means that are kept are of another definition, until they have been made anew.
    var isRedefined = false
    /// Whether the store was read.
    var isLoaded = false
    /// Whether the store is being read.
    var isReading = false
    /// When the store is next looked at for history that was put there later: an import, a device that sends what it kept.
    var nextLook: Int64
    /// The boundary that the store was read for last.
    var wasReadFor: Int64?
    var job: TrainingJob?
    var backtestJob: TrainingJob?
    /// The report of the last back-test, as it is told.
    var backtest: [UInt8]?
    /// The latest forecast in its parts, where the series is told in them.
    private(set) var parts: ForecastParts?
    var lastAttempt: Int64?
    /// When a training failed, or its model lost against the one that answers.
    var lastFailure: Int64?
    var lastDriftTraining: Int64?
    var lastWeatherTraining: Int64?
    var drift: DriftWatch.Finding?
    /// Why there is no forecast; nil if there is one.
    var problem: String?

    init(
        _ settings: SeriesSettings, _ axis: SiteAxis, _ stored: StoredSeries, calendars: SharedCalendars, scores: ScoreBoard, nextIssue: Int64, now: Int64
    ) throws {
        self.calendars = calendars
        self.settings = settings
        self.axis = axis
        self.stored = stored
        self.scores = scores
        self.nextIssue = nextIssue
        nextLook = now + 20
        feed = try SeriesFeed(settings)
    }

    var name: String { settings.name }

    /// Whether anything was known of how large its values are: a plant has its capacity, a load that was not read before has nothing.
    func hasSize(at issued: Int64) -> Bool { settings.kind != .load || feed.oldestEnd.map { $0 <= issued } ?? false }

    /// Days of history, holes included.
    var historyDays: Double {
        guard let begin = historyBegin, let end = feed.newestEnd else { return 0 }
        return Double(end - begin) / 86_400
    }

    /// Lets a model answer from now on.
    func serve(_ new: ServedModel, now: Int64) {
        // A model that knew less than a day has nothing to hand over.
        if let model, model.record.version != new.record.version, model.record.historyDays >= 1 { leaving = (model, now) }
        model = new
    }

    /// Lets the models take in what has come since they last did, and learn from the forecasts that have come true.
    func learn(at issue: Int64, weather: WeatherHistory) throws {
        guard model != nil else { return }
        let calendar = try calendar(around: issue)
        try model?.update(feed.window, weather, calendar, at: issue)
        try leaving?.model.update(feed.window, weather, calendar, at: issue)
        try duel?.update(feed.window, weather, calendar, at: issue)
    }

    /// Lets both models of a duel forecast until the end of the day after the last gate, where they have not yet.
    func contest(at issued: Int64, gateMinute: Int, weather: WeatherHistory) throws {
        guard let duel, let model else { return }
        let until = axis.nextDay(after: axis.gate(before: issued, minute: gateMinute)).end
        guard duel.reach < until else { return }
        let begin = (max(issued, duel.reach) + feed.step - 1).floored(by: feed.step) * feed.step
        let grid = try TimeGrid(start: begin, stepMinutes: settings.stepMinutes, count: max(0, Int((until - begin) / feed.step)))
        guard grid.count > 0 else { return }
        let (seen, calendar) = (try weather.seen(at: issued), try calendar(around: issued))
        let answer = try model.forecast(issued: issued, grid: grid, weather: seen, calendar: calendar)
        self.duel?.note(answer, try duel.challenger.forecast(issued: issued, grid: grid, weather: seen, calendar: calendar))
    }

    /// Makes a forecast of the intervals from `from` until `until` with what was known at `issued`.
    /// - Parameters:
    ///   - isWhatIf: takes the weather as it is given; else the newest run of the issue holds from then on.
    ///   - mixing: seconds in which a new model takes over; 0 asks it alone.
    func forecast(
        issued: Int64, from: Int64, until: Int64, weather: WeatherHistory, isWhatIf: Bool = false, mixing: Int64
    ) throws -> ForecastResult {
        guard let model else { throw ServiceError.tryAgain("the series '\(name)' has no model yet: its first training is under way") }
        guard hasSize(at: issued) else {
            throw ServiceError.tryAgain("the series '\(name)' has no reading of before that time: nothing is known of its size")
        }
        let step = feed.step
        let begin = from.floored(by: step) * step
        let grid = try TimeGrid(start: begin, stepMinutes: settings.stepMinutes, count: Int((until - begin + step - 1) / step))
        let calendar = try calendar(around: issued)
        let isStale = !isWhatIf && !model.record.weather.isEmpty && weather.isStale(at: issued)
        let weather = isWhatIf ? weather : try weather.seen(at: issued)
        var forecast = try model.forecast(issued: issued, grid: grid, weather: weather, calendar: calendar)
        if isStale { forecast = forecast.flagged(.staleWeather) }
        guard mixing > 0, let leaving, issued >= leaving.since else { return forecast }
        guard issued < leaving.since + mixing else {
            self.leaving = nil
            return forecast
        }
        let share = Double(issued - leaving.since) / Double(mixing)
        return forecast.mixed(with: try leaving.model.forecast(issued: issued, grid: grid, weather: weather, calendar: calendar), share: share)
    }

    /// The weather of as far back as the models look from an issue, made anew when there is more of it.
    func recentWeather(_ board: WeatherBoard, at issue: Int64) throws -> WeatherHistory {
        if let kept = keptWeather, kept.revision == board.revision, issue >= kept.issue, issue < kept.issue + 86_400 { return kept.history }
        let history = try board.history(axis, plane: settings.plane, since: issue - 42 * 86_400)
        keptWeather = (board.revision, issue, history)
        return history
    }

    /// The calendar from as far back as the models look until as far ahead as they reach.
    private func calendar(around issue: Int64) throws -> CalendarColumns {
        let begin = (issue - 40 * 86_400).floored(by: 86_400) * 86_400
        return try calendars.columns(
            axis, try TimeGrid(start: begin, stepMinutes: settings.stepMinutes, count: 52 * 86_400 / Int(feed.step)))
    }

    /// The forecast of the moment becomes the latest one, and is remembered to be scored.
    func note(latest forecast: ForecastResult) {
        latest = forecast
        for lead in Lead.allCases {
            guard let index = interval(of: lead, in: forecast) else { continue }
            scores.expect(lead, forecast.grid.time(index), forecast[index])
        }
    }

    /// The interval of a forecast that it is made a lead before; nil for the day ahead.
    func interval(of lead: Lead, in forecast: ForecastResult) -> Int? {
        // Where forecasts come more often than intervals begin, the one that is a whole lead before the begin counts.
        guard let seconds = lead.seconds, (forecast.issued + seconds) % feed.step == 0 else { return nil }
        let index = forecast.grid.index(of: forecast.issued + seconds)
        return index >= 0 && index < forecast.grid.count ? index : nil
    }

    /// Splits the latest forecast into its parts, where the series asks for it and its model knows them.
    func split(_ weather: WeatherHistory) throws {
        guard settings.isSplit, let split = model?.record.split, let latest else { return parts = nil }
        parts = try ForecastParts(latest, split, weather: weather)
    }

    /// - Parameter isScored: false for one that was made after the gate, from what was known then.
    func note(dayAhead forecast: ForecastResult, isScored: Bool) {
        dayAhead = forecast
        guard isScored else { return }
        for index in 0..<forecast.grid.count { scores.expect(.dayAhead, forecast.grid.time(index), forecast[index]) }
    }

    /// Scores what has come true, by readings that the model believes: one absurd value would outweigh the month.
    func score(until time: Int64) {
        let (window, model) = (feed.window, model)
        let actual: (Int64) -> Double = { model?.trusts($0) ?? true ? window.value(at: $0) : .nan }
        scores.score(until: time, step: feed.step, actual: actual)
        duel?.score(until: time, step: feed.step, actual: actual)
    }

    /// What users should know before they trust it.
    var isWell: String? {
        if let problem { return "\(name): \(problem)" }
        guard let latest else { return nil }
        return latest.quality == "degraded"
            ? "\(name): \(latest.stepFlags.reduce(latest.flags) { $0.union($1) }.names.joined(separator: ", "))" : nil
    }
}
