import ForecastModels
import PluginAPI

extension Forecasting {
    /// Trainings that may wait for their turn before no more are begun without being asked for.
    private static let mostWaiting = 16
    /// Jobs that are told; those that wait or run always are.
    private static let mostJobs = 200

    /// Gives work to a thread, and takes its outcome at once where the service waits for it.
    func submit(to workshop: Workshop?, isKept: Bool = false, _ work: @escaping Workshop.Work) {
        guard let settings, let workshop else { return }
        workshop.submit(isKept: isKept, work)
        if settings.training.waits { takeOutcomes() }
    }

    /// Does what finished work leaves to be done on this thread, for a turn at most, and plans anew where that asks for it.
    func takeOutcomes() {
        finished.append(contentsOf: librarian?.takeOutcomes() ?? [])
        finished.append(contentsOf: workshop?.takeOutcomes() ?? [])
        let began = host.machineSeconds
        while let outcome = finished.popFirst() {
            outcome(self)
            if !(settings?.training.waits ?? false), host.machineSeconds - began > Self.turn { break }
        }
        guard wantsPlan else { return }
        wantsPlan = false
        plan(now)
    }

    /// The live series of a name, if it is still there.
    func find(_ name: String) -> LiveSeries? { positions[name].map { series[$0] } }

    /// Reads what the store has of a series: at the start its history, later what devices stored since.
    func read(_ live: LiveSeries, _ settings: ForecastingSettings, now: Int64) {
        guard !live.isReading else { return }
        live.isReading = true
        let (stored, step, isFirst, isRedefined) = (live.stored, live.feed.step, !live.isLoaded, live.isRedefined)
        let window = Int64(settings.training.windowDays) * 86_400
        let until = now.floored(by: step) * step
        // Readings may come an hour or two late; at the start the days that were kept last are looked at again.
        let known = live.feed.newestEnd.map { $0 - 2 * 3600 }
        let earliest = live.historyBegin
        submit(to: librarian) { _ in
            do {
                let reading = try StoredReading(
                    stored, isFirst: isFirst, isRedefined: isRedefined, known: known, earliest: earliest, begin: now - window, until: until)
                return { service in service.take(reading, of: stored.settings.name) }
            } catch {
                return { service in service.readingFailed(stored.settings.name, "\(error)") }
            }
        }
    }

    private func lastBoundary(_ settings: ForecastingSettings) -> Int64 {
        (now - settings.issue.graceSeconds).floored(by: settings.issue.periodSeconds) * settings.issue.periodSeconds
    }

    private func readingFailed(_ name: String, _ sentence: String) {
        guard let live = find(name) else { return }
        live.isReading = false
        live.isLoaded = true
        live.problem = "its history can't be read: \(sentence)"
    }

    private func take(_ reading: StoredReading, of name: String) {
        guard let live = find(name) else { return }
        live.isReading = false
        let wasLoaded = live.isLoaded
        live.isLoaded = true
        do {
            // Old readings that make no interval are not looked at again every hour.
            if reading.isFull, wasLoaded, reading.begin == live.historyBegin { live.nextLook = now + 7 * 86_400 }
            if let begin = reading.begin { live.historyBegin = min(live.historyBegin ?? begin, begin) }
            try live.feed.merge(reading.means)
            let fresh = reading.fresh
            try live.feed.merge(fresh.window, lives: fresh.lives)
            keep(fresh.window.values.enumerated().filter { !$1.isNaN }.map { (fresh.window.grid.time($0), $1) }, live)
            if outputFailure == nil { keepDefinition(live) }
        } catch { live.problem = "\(error)" }
        // A model that was kept answers at once, for the boundary that has passed.
        if !wasLoaded, live.model != nil, let settings { live.nextIssue = lastBoundary(settings) }
        wantsPlan = true
    }

    /// Notes what the kept means are made of, once they are.
    private func keepDefinition(_ live: LiveSeries) {
        live.isRedefined = false
        guard !live.isDefinitionKept else { return }
        live.isDefinitionKept = true
        let (shelf, name, definition) = (shelf, live.name, live.settings.definition)
        keep("what '\(name)' is made of") { () throws(ServiceError) in try shelf.put(definition: definition, for: name) }
    }

    /// Begins the trainings that are needed.
    func plan(_ now: Int64) {
        guard let settings, let workshop else { return }
        let plan = TrainingPlan(settings: settings.training)
        let (first, lasting) = (planBegin, Set(weather.lasting(until: now)))
        for offset in series.indices {
            let live = series[(first + offset) % series.count]
            // Who comes too late is the first to be looked at when the next is done: thousands that wait would train on what was known hours before.
            guard workshop.waitingCount < Self.mostWaiting else {
                planBegin = (first + offset) % series.count
                return
            }
            if let drift = live.drift, live.job == nil {
                live.lastDriftTraining = now
                live.drift = nil
                host.log.notice("'\(live.name)' has drifted: \(drift.sentence); it is trained anew")
                meters?.drifts.add()
                train(live, reason: "drift: \(drift.sentence)", now: now)
            } else if let reason = plan.reason(live, lasting: lasting, now: now) {
                if reason.hasPrefix("weather") { live.lastWeatherTraining = now }
                train(live, reason: reason, now: now)
            }
        }
    }

    /// Queues a training.
    @discardableResult func train(_ live: LiveSeries, reason: String, now: Int64) -> TrainingJob? {
        guard let settings else { return nil }
        let job = addJob(live.name, reason, now)
        live.job = job
        live.lastAttempt = now
        let training = training(live, settings, reason: reason, now: now)
        let clock = host.clock
        submit(to: workshop) { isEnding in
            guard !job.isCancelled else { return { $0.ended(job, .cancelled, "cancelled before it began") } }
            job.begin(at: clock.now.nanoseconds.floored(by: 1_000_000_000))
            do {
                let model = try training.run(job) { isEnding() || job.isCancelled }
                return { $0.finish(job, model) }
            } catch {
                let (phase, sentence) = training.isCancellation(error) ? (TrainingJob.Phase.cancelled, "cancelled") : (.failed, "\(error)")
                return { $0.ended(job, phase, sentence) }
            }
        }
        return job
    }

    func addJob(_ name: String, _ reason: String, _ now: Int64) -> TrainingJob {
        let job = TrainingJob(number: (jobs.last?.number ?? 0) + 1, series: name, reason: reason, queuedAt: now)
        jobs.append(job)
        if jobs.count > Self.mostJobs, let oldest = jobs.firstIndex(where: \.hasEnded) { jobs.remove(at: oldest) }
        return job
    }

    private func training(_ live: LiveSeries, _ settings: ForecastingSettings, reason: String, now: Int64) -> Training {
        let newest = max(live.model?.record.version ?? 0, live.duel?.challenger.record.version ?? 0)
        return Training(
            series: live.settings, axis: live.axis, stored: live.stored, recent: live.feed.window, weather: weather,
            settings: settings.training, gateMinute: settings.issue.gateMinute, version: newest + 1, reason: reason, now: now)
    }

    /// Queues a back-test; its report is told by ``LiveSeries/backtest``.
    func backtest(_ live: LiveSeries, _ order: BacktestOrder, by user: String, now: Int64) -> TrainingJob? {
        guard let settings else { return nil }
        let job = addJob(live.name, "back-test of \(order.days) days asked for by \(user)", now)
        live.backtestJob = job
        var training = training(live, settings, reason: job.reason, now: now)
        training.settings.seconds = order.seconds ?? settings.training.seconds
        let (clock, shelf, name, unit) = (host.clock, shelf, live.name, live.settings.unit)
        let ordered = training
        submit(to: workshop) { isEnding in
            guard !job.isCancelled else { return { $0.endedBacktest(job, .cancelled, "cancelled before it began") } }
            job.begin(at: clock.now.nanoseconds.floored(by: 1_000_000_000))
            do {
                let report = try ordered.backtest(job, days: order.days, refitDays: order.refitDays) { isEnding() || job.isCancelled }
                let json = report.json(series: name, unit: unit, made: now, wanted: order).bytes
                try shelf.put(backtest: json, for: name)
                return { $0.endedBacktest(job, .succeeded, "\(report.days) days were forecast", json) }
            } catch {
                let (phase, sentence) = ordered.isCancellation(error) ? (TrainingJob.Phase.cancelled, "cancelled") : (.failed, "\(error)")
                return { $0.endedBacktest(job, phase, sentence) }
            }
        }
        return job
    }

    private func endedBacktest(_ job: TrainingJob, _ phase: TrainingJob.Phase, _ sentence: String, _ report: [UInt8]? = nil) {
        job.end(phase, at: now, sentence)
        guard let live = find(job.series) else { return }
        live.backtestJob = nil
        if let report { live.backtest = report }
        if phase == .failed { host.log.warning("the back-test of '\(job.series)' failed: \(sentence)") }
    }

    func ended(_ job: TrainingJob, _ phase: TrainingJob.Phase, _ sentence: String) {
        job.end(phase, at: now, sentence)
        meters?.trained(phase)
        // A prediction may be called as a series is, and is not of it.
        if let live = find(job.series), live.job === job {
            live.job = nil
            if phase != .succeeded { live.lastFailure = now }
        }
        if phase == .failed { host.log.warning("the training of '\(job.series)' failed: \(sentence)") }
    }

    /// Lets a new model answer, or lets it be judged against the one that does.
    private func finish(_ job: TrainingJob, _ model: ServedModel) {
        guard let live = find(job.series), let settings else { return }
        let now = now
        meters?.trainingSeconds.observe(model.record.seconds)
        switch TrainingPlan(settings: settings.training).verdict(model.record, live, now: now) {
        case .rests(let reason):
            live.lastFailure = now
            ended(job, .succeeded, "version \(model.record.version) is not used: \(reason)")
        case .contests(let sentence):
            live.duel = Duel(model, against: live.model?.record.version ?? 0, now: now)
            ended(job, .succeeded, sentence)
            let (shelf, name) = (shelf, live.name)
            keep("the model of '\(name)'") { () throws(ServiceError) in
                try shelf.put(challenger: nil, for: name)
                try shelf.put(challenger: model, for: name)
            }
        case .answers(let reason):
            // What a profile or nothing at all has said until now is replaced at once, not at the next boundary.
            let isUrgent = live.model.map { $0.record.historyDays < 14 } ?? true
            answer(with: model, live, because: reason, now: now)
            ended(job, .succeeded, "version \(model.record.version) answers: \(reason)")
            if isUrgent { live.nextIssue = lastBoundary(settings) }
        }
    }

    private func answer(with model: ServedModel, _ live: LiveSeries, because reason: String, now: Int64) {
        var served = model
        served.record.servesSince = now
        served.record.verdict = reason
        live.duel = nil
        live.serve(served, now: now)
        let (shelf, name, kept) = (shelf, live.name, served)
        keep("the model of '\(name)'") { () throws(ServiceError) in
            try shelf.put(kept, for: name)
            try shelf.put(challenger: nil, for: name)
        }
    }

    /// Ends a duel whose outcome is known.
    func settle(_ live: LiveSeries, _ settings: ForecastingSettings, now: Int64) {
        guard let duel = live.duel, let version = live.model?.record.version,
            let outcome = duel.outcome(now: now, step: live.feed.step, days: settings.training.duelDays)
        else { return }
        let figures = duel.figures(against: version)
        let challenger = duel.challenger
        if outcome == .won {
            host.log.notice("'\(live.name)': version \(challenger.record.version) answers from now on: \(figures)")
            return answer(with: challenger, live, because: figures, now: now)
        }
        host.log.notice("'\(live.name)': version \(version) goes on to answer, version \(challenger.record.version) had \(figures)")
        live.duel = nil
        live.lastFailure = now
        let (shelf, name) = (shelf, live.name)
        keep("what is known of '\(name)'") { () throws(ServiceError) in try shelf.put(challenger: nil, for: name) }
    }

    /// Keeps something over restarts, on the librarian's thread.
    func keep(_ what: String, _ work: @escaping @Sendable () throws(ServiceError) -> Void) {
        submit(to: librarian, isKept: true) { _ in
            do throws(ServiceError) {
                try work()
                return { service in service.memoryFailures[what] = nil }
            } catch { return { service in service.memoryFailures[what] = "\(what) can't be kept: \(error)" } }
        }
    }
}

/// What the store has of a series.
struct StoredReading: Sendable {
    /// Interval means that were kept before.
    let means: SeriesWindow
    /// Interval means of readings that were not reduced yet.
    let fresh: StoredSeries.Found
    /// The first interval of all that is kept.
    let begin: Int64?
    /// Whether readings older than those known were found and reduced.
    let isFull: Bool

    /// - Parameters:
    ///   - isRedefined: whether the means that are kept are of another definition: all readings are reduced anew, and the others retired.
    ///   - known: until when interval means are known and need not be looked at again.
    ///   - earliest: begin of the history that is known.
    ///   - begin: of what is looked at, of old readings as well where there are some that were not known.
    init(_ stored: StoredSeries, isFirst: Bool, isRedefined: Bool, known: Int64?, earliest: Int64?, begin: Int64, until: Int64) throws {
        let empty = try TimeGrid(start: 0, stepMinutes: stored.settings.stepMinutes, count: 0)
        var kept = try SeriesWindow(grid: empty, values: [])
        var from = known ?? begin
        var first = earliest
        if isFirst, !isRedefined {
            kept = try stored.means(from: begin, until: until)
            first = kept.values.firstIndex { !$0.isNaN }.map { kept.grid.time($0) }
            let last = kept.values.lastIndex { !$0.isNaN }.map { kept.grid.time($0) + kept.grid.stepSeconds }
            from = (last ?? begin) - SeriesFeed.openSeconds
        }
        isFull = try isRedefined || stored.hasReadings(from: begin, before: first ?? until)
        if isFull { from = begin }
        let found = try stored.reduce(from: max(begin, from), until: until)
        fresh = found
        if isRedefined { try stored.retire(but: found.window, from: begin, until: until) }
        let firsts = [first, found.window.values.firstIndex { !$0.isNaN }.map { found.window.grid.time($0) }]
        self.begin = firsts.compactMap(\.self).min()
        let recent = max(kept.grid.start, kept.grid.end - Int64(SeriesFeed.keptDays) * 86_400)
        means = kept.on(
            try TimeGrid(start: recent, stepMinutes: kept.grid.stepMinutes, count: Int((kept.grid.end - recent) / kept.grid.stepSeconds)))
    }
}
