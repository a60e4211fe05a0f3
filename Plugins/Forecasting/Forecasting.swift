import ForecastModels
import Glibc
import PluginAPI
import Readings

/// Forecasts loads and plants: learns from the platform's own store, forecasts every series of its manifest anew with each interval, and keeps
/// saying how good it is.
///
/// What is quick (forecasts, scores) is done here on the service's own thread, a few series at a time so that messages and requests never
/// wait; what is not (reading history, training) has threads of its own. Everything goes by the host's clock.
final class Forecasting: Service {
    let host: Host
    let name: String
    private(set) var settings: ForecastingSettings?
    private(set) var series: [LiveSeries] = []
    /// Positions in ``series`` by name.
    private(set) var positions: [String: Int] = [:]
    /// Reads history and keeps what is to be kept.
    private(set) var librarian: Workshop?
    /// Trains; gives way to everything else of the platform.
    private(set) var workshop: Workshop?
    var weather = WeatherBoard(keptDays: 2)
    private var weatherKeeper: WeatherKeeper?
    private(set) var shelf: ModelShelf
    private var points: ForecastPoints?
    private(set) var meters: ForecastMetrics?
    private var reader: ReadingReader?
    var jobs: [TrainingJob] = []
    /// The last forecasts of series that came with a request, by job.
    var predictions: [(job: Int, json: [UInt8])] = []
    private var due: [Int] = []
    /// What finished work leaves to be done here.
    var finished: ArraySlice<Workshop.Outcome> = []
    /// Whether something has come that may ask for a training.
    var wantsPlan = false
    /// The series that is first asked whether it needs a training.
    var planBegin = 0
    private var outgoing = PublicationBatch()
    private var refusals = RefusalCount()
    /// Why results could not be stored or published last time.
    var outputFailure: String?
    /// Why models or scores could not be kept last time, by what they are of.
    var memoryFailures: [String: String] = [:]

    private static let tickTimer: UInt64 = 1
    /// How long one callback may make forecasts before it lets others in.
    static let turn = 0.05

    init(host: Host, name: String) {
        self.host = host
        self.name = name
        shelf = ModelShelf(memory: host.keyValues)
    }

    func validate(_ configuration: Configuration) throws { _ = try ForecastingSettings(configuration) }

    func configure(_ configuration: Configuration) throws { settings = try ForecastingSettings(configuration) }

    var now: Int64 { host.clock.now.nanoseconds.floored(by: 1_000_000_000) }

    func start() throws {
        guard let settings else { throw ServiceError.invalidState("start before configure") }
        let now = now
        weather = WeatherBoard(keptDays: settings.weather.keptDays)
        let keeper = WeatherKeeper(host: host, settings: settings.weather)
        weatherKeeper = keeper
        points = ForecastPoints(host, settings.output)
        meters = try ForecastMetrics(host.metrics)
        reader = ReadingReader(sources: settings.sources, series: settings.series)
        let calendars = SharedCalendars()
        series = try settings.series.map { one in
            let stored = StoredSeries(
                host: host, settings: one, database: settings.output.database, inputMeasurement: settings.output.inputMeasurement)
            let kept = try shelf.definition(one.name)
            let isRedefined = kept.map { $0 != one.definition } ?? false
            if isRedefined { try shelf.forget(one.name) }
            let live = try LiveSeries(
                one, SiteAxis(settings.site, one), stored, calendars: calendars, scores: try shelf.scores(one.name),
                nextIssue: (now.floored(by: settings.issue.periodSeconds) + 1) * settings.issue.periodSeconds, now: now)
            live.isDefinitionKept = kept != nil && !isRedefined
            live.isRedefined = isRedefined
            if isRedefined {
                host.log.notice("'\(one.name)' is made of other columns or steps than before: its readings are reduced anew, and it is trained anew")
            } else {
                restore(live, settings)
            }
            return live
        }
        positions = Dictionary(uniqueKeysWithValues: series.enumerated().map { ($1.name, $0) })
        try ForecastingRoutes.add(to: host.http, service: name)
        librarian = try begun(Workshop(waits: settings.training.waits, niceness: 0))
        workshop = try begun(Workshop(waits: settings.training.waits, niceness: 10))
        let since = Timestamp(seconds: now - weather.keptSeconds), until = Timestamp(seconds: now + WeatherMessage.toleratedSeconds)
        let (empty, log) = (weather, host.log)
        submit(to: librarian) { _ in
            var kept = empty
            do { try kept.take(keeper.read(from: since, through: until)) } catch { log.notice("kept weather can't be used: \(error)") }
            let board = kept
            return { service in service.takeKept(board) }
        }
        for live in series { read(live, settings, now: now) }
        try arm(now)
    }

    private func begun(_ workshop: Workshop) throws -> Workshop {
        guard workshop.start() else {
            librarian?.end()
            throw ServiceError.limitReached("the system has no thread left for the service's work")
        }
        return workshop
    }

    func stop() throws {
        workshop?.end()
        librarian?.end()
        for live in series where live.isLoaded {
            try? shelf.put(live.scores, for: live.name)
            if let duel = live.duel { try? shelf.put(duel, for: live.name) }
        }
        reader?.release()
        (librarian, workshop) = (nil, nil)
        (points, meters, reader, weatherKeeper) = (nil, nil, nil, nil)
        (series, positions, jobs, predictions, due, finished, planBegin) = ([], [:], [], [], [], [], 0)
    }

    /// A model that was kept answers at once, before anything is read or trained.
    private func restore(_ live: LiveSeries, _ settings: ForecastingSettings) {
        let wanted = live.settings.forecastSettings(settings.training, gateMinute: settings.issue.gateMinute)
        live.backtest = try? shelf.backtest(live.name)
        guard let kept = readable(.current, live) ?? readable(.previous, live) else { return }
        guard kept.fits(wanted, stepMinutes: live.settings.stepMinutes) else {
            host.log.notice("the kept model of '\(live.name)' was made for another kind, capacity, step or gate and is not used, another is trained")
            return
        }
        live.serve(kept, now: kept.record.servesSince)
        guard let challenger = readable(.challenger, live), challenger.fits(wanted, stepMinutes: live.settings.stepMinutes) else { return }
        let against = kept.record.version
        let told = try? shelf.duel(live.name)
        live.duel = told.flatMap { Duel(challenger, against: against, json: $0) } ?? Duel(challenger, against: against, now: now)
    }

    private func readable(_ place: ModelShelf.Place, _ live: LiveSeries) -> ServedModel? {
        do { return try shelf.model(place, of: live.name) } catch {
            host.log.notice("the \(place.rawValue) model that was kept of '\(live.name)' can't be read: \(error)")
            return nil
        }
    }

    func process(_ batch: MessageBatch) throws {
        takeOutcomes()
        guard let settings else { return }
        let now = now
        var isWeatherNew = false
        for message in batch {
            if settings.weather.topics.contains(where: { $0.matches(message.topic) }) {
                do throws(ServiceError) {
                    try takeWeather(try WeatherMessage(message.payload, now: now))
                    isWeatherNew = true
                } catch {
                    refusals.add("weather on '\(String(decoding: message.topic, as: UTF8.self))' is left: \(error)", host.log)
                }
            } else if let refusal = reader?.take(message, into: series, now: now) {
                refusals.add(refusal, host.log)
            }
        }
        guard isWeatherNew else { return }
        plan(now)
        try arm(now)
    }

    /// Takes a run of weather in, and keeps it.
    func takeWeather(_ message: WeatherMessage) throws(ServiceError) {
        do { try weather.take(message) } catch { throw .invalidArgument("\(error)") }
        try weatherKeeper?.keep(message)
    }

    private func takeKept(_ kept: WeatherBoard) {
        var board = kept
        // What came meanwhile is newer.
        do { try board.take(weather) } catch { host.log.notice("kept weather can't be used: \(error)") }
        weather = board
    }

    func timer(_ timer: UInt64, at time: Timestamp) throws {
        takeOutcomes()
        let now = now
        if due.isEmpty {
            look(now)
            gather(now)
        }
        work()
        // Between two turns of forecasts nothing new can ask for a training.
        if due.isEmpty { plan(now) }
        try arm(now)
    }

    /// Looks for history that the store did not have before, hourly where the window of a training is not full.
    private func look(_ now: Int64) {
        guard let settings else { return }
        for live in series where live.isLoaded && !live.isReading && now >= live.nextLook {
            live.nextLook = now + 3600
            guard live.historyDays < 0.95 * Double(settings.training.windowDays) else { continue }
            read(live, settings, now: now)
        }
    }

    /// Finds the series whose next forecast is due. Those that no live reading reaches are read from the store first.
    private func gather(_ now: Int64) {
        guard let settings else { return }
        for (index, live) in series.enumerated() where live.isLoaded && !live.isReading && now >= live.nextIssue + settings.issue.graceSeconds {
            if live.feed.lastLive < now - 3600, live.wasReadFor != live.nextIssue {
                live.wasReadFor = live.nextIssue
                read(live, settings, now: now)
                guard !live.isReading else { continue }
            }
            due.append(index)
        }
        due.reverse()
    }

    /// Makes forecasts until the turn is over.
    private func work() {
        guard let settings, !due.isEmpty else { return }
        let began = host.machineSeconds
        while let index = due.popLast() {
            issue(series[index], settings)
            if host.machineSeconds - began > Self.turn { break }
        }
        deliver()
    }

    /// Ends intervals, scores, forecasts.
    private func issue(_ live: LiveSeries, _ settings: ForecastingSettings) {
        let now = now
        // Boundaries that passed while the service was busy or off are not made up: the last one counts.
        let issued = (now - settings.issue.graceSeconds).floored(by: settings.issue.periodSeconds) * settings.issue.periodSeconds
        live.nextIssue = issued + settings.issue.periodSeconds
        let began = host.machineSeconds
        do {
            keep(try live.feed.close(until: issued), live)
            let history = try live.recentWeather(weather, at: issued)
            let canForecast = live.model != nil && live.hasSize(at: issued)
            // The models take the readings in first, and say which of them can be judged by; what has come true is scored even where they can't.
            let learnt = Result { if canForecast { try live.learn(at: issued, weather: history) } }
            live.score(until: issued)
            settle(live, settings, now: issued)
            guard canForecast else { return }
            try learnt.get()
            try live.contest(at: issued, gateMinute: settings.issue.gateMinute, weather: history)
            try makeLatest(live, issued, history, settings)
            try makeDayAhead(live, issued, history, settings)
            live.problem = nil
        } catch {
            live.problem = "\(error)"
            meters?.failures.add()
        }
        meters?.seconds.observe(host.machineSeconds - began)
    }

    private func makeLatest(_ live: LiveSeries, _ issued: Int64, _ history: WeatherHistory, _ settings: ForecastingSettings) throws {
        let forecast = try live.forecast(
            issued: issued, from: issued, until: issued + Int64(settings.issue.horizonHours) * 3600, weather: history,
            mixing: Int64(settings.training.takeoverHours) * 3600)
        live.note(latest: forecast)
        meters?.forecasts.add()
        try points?.append(forecast, series: live.name, lead: "latest", intervals: 0..<forecast.grid.count)
        for lead in Lead.allCases {
            guard let index = live.interval(of: lead, in: forecast) else { continue }
            try points?.append(forecast, series: live.name, lead: lead.rawValue, intervals: index..<index + 1)
        }
        publish(forecast, live, settings, topic: "\(settings.output.topic)/\(live.name)", kind: "latest")
        try live.split(history)
        if let parts = live.parts, let split = live.model?.record.split {
            try points?.append(parts, series: live.name)
            outgoing.append("\(settings.output.topic)/\(live.name)/parts", parts.json(live.settings, split).bytes, retain: true)
        }
        if let pseudo = PseudoMeasurement(forecast, live.settings) {
            outgoing.append("\(settings.output.pseudoTopic)/\(pseudo.at)", pseudo.json.bytes)
        }
    }

    /// The forecast of the next local day, once after each gate. The first one after a start is made from what was known at the last gate.
    private func makeDayAhead(_ live: LiveSeries, _ issued: Int64, _ history: WeatherHistory, _ settings: ForecastingSettings) throws {
        let gate = live.axis.gate(before: issued, minute: settings.issue.gateMinute)
        guard live.lastGate.map({ gate > $0 }) ?? true, live.hasSize(at: gate) else { return }
        let isOnTime = issued - gate < settings.issue.periodSeconds
        let day = live.axis.nextDay(after: gate)
        let forecast = try live.forecast(
            issued: gate, from: day.begin, until: day.end, weather: history,
            mixing: Int64(settings.training.takeoverHours) * 3600)
        live.lastGate = gate
        // What was stored and published before a restart stays as it was made.
        let isAnew = live.scores.gate != gate
        live.note(dayAhead: forecast, isScored: isOnTime && isAnew)
        guard isAnew else { return }
        live.scores.gate = gate
        try points?.append(forecast, series: live.name, lead: Lead.dayAhead.rawValue, intervals: 0..<forecast.grid.count)
        publish(forecast, live, settings, topic: "\(settings.output.topic)/\(live.name)/day-ahead", kind: "day-ahead")
        live.drift = TrainingPlan(settings: settings.training).drift(live, now: issued)
        meters?.note(live, now: issued)
        outgoing.append(
            "\(settings.output.topic)/\(live.name)/scores", live.scoreMessage(now: issued).bytes, retain: true)
        remember(live)
    }

    /// Keeps scores, the model with what it has learnt from them, and what came of a duel.
    private func remember(_ live: LiveSeries) {
        let (scores, shelf, name, model, duel) = (live.scores, shelf, live.name, live.model, live.duel)
        keep("what is known of '\(name)'") { () throws(ServiceError) in
            try shelf.put(scores, for: name)
            if let model { try shelf.renew(model, for: name) }
            if let duel { try shelf.put(duel, for: name) }
        }
    }

    private func publish(_ forecast: ForecastResult, _ live: LiveSeries, _ settings: ForecastingSettings, topic: String, kind: String) {
        let json = forecast.json(live.settings, levels: settings.output.levels, kind: kind, silent: live.feed.silent(at: forecast.issued))
        outgoing.append(topic, json.bytes, retain: true)
    }

    /// Stores and publishes what the turn made.
    private func deliver() {
        outputFailure = nil
        do throws(ServiceError) { try points?.write() } catch { outputFailure = "forecasts can't be stored: \(error)" }
        do throws(ServiceError) { try host.databus.publish(&outgoing) } catch {
            // The next interval brings newer ones.
            outgoing.removeAll()
            outputFailure = "forecasts can't be published: \(error)"
        }
    }

    /// Keeps interval means for later trainings.
    func keep(_ means: [(interval: Int64, value: Double)], _ live: LiveSeries) {
        guard !means.isEmpty else { return }
        if let first = means.first(where: { $0.value.isFinite })?.interval { live.historyBegin = min(live.historyBegin ?? first, first) }
        do throws(ServiceError) { try live.stored.keep(means) } catch { outputFailure = "interval means can't be stored: \(error)" }
    }

    /// Sets the timer to what comes next.
    func arm(_ now: Int64) throws {
        guard let settings else { return }
        var wait: Int64 = 3600
        if !due.isEmpty || !finished.isEmpty {
            wait = 0
        } else {
            for live in series where live.isLoaded && !live.isReading {
                wait = min(wait, max(0, min(live.nextIssue + settings.issue.graceSeconds, live.nextLook) - now))
            }
            if workshop?.isActive ?? false || librarian?.isActive ?? false { wait = min(wait, 1) }
        }
        try host.timers.set(Self.tickTimer, first: host.clock.monotonic + .seconds(wait))
    }

    func health() -> Health {
        if let failure = outputFailure ?? memoryFailures.min(by: { $0.key < $1.key })?.value { return .degraded(failure) }
        let unwell = series.compactMap(\.isWell)
        guard let first = unwell.first else { return .well }
        return .degraded(unwell.count == 1 ? first : "\(first); and \(unwell.count - 1) other series")
    }
}

/// Counts what is refused and tells of it now and then: a device that reports nonsense does so many times a second.
struct RefusalCount {
    private var count = 0
    private var next = 1

    mutating func add(_ sentence: String, _ log: Log) {
        count += 1
        guard count >= next else { return }
        next = count * 10
        log.warning(count == 1 ? sentence : "\(sentence) (number \(count) since the start)")
    }
}

extension Host {
    /// The machine's own clock, for what work costs; the host's stands still in a replay.
    var machineSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
