import ForecastModels
import PluginAPI

extension Forecasting {
    /// Predictions whose answers are kept for who asked.
    private static let mostPredictions = 50
    /// Trainings, back-tests and predictions that may wait before none is taken any more.
    private static let mostAsked = 200

    /// Queues the forecast of a series that comes with the request.
    func predict(_ order: PredictionOrder, by user: String, now: Int64) throws(ServiceError) -> TrainingJob {
        guard let settings, let workshop else { throw .invalidState("not running") }
        guard workshop.waitingCount < Self.mostAsked else {
            throw .tryAgain("\(workshop.waitingCount) trainings wait for their turn: ask again when some are done")
        }
        let job = addJob(order.name, "prediction of \(order.horizonHours) hours asked for by \(user)", now)
        let axis = SiteAxis(settings.site, place: settings.site.place)
        let (clock, levels) = (host.clock, settings.output.levels)
        submit(to: workshop) { isEnding in
            guard !job.isCancelled else { return { $0.ended(job, .cancelled, "cancelled before it began") } }
            job.begin(at: clock.now.nanoseconds.floored(by: 1_000_000_000))
            do {
                let forecast = try order.forecast(axis, job) { isEnding() || job.isCancelled }
                let json = forecast.json(name: order.name, unit: order.unit, levels: levels, kind: "prediction", silent: []).bytes
                return { $0.predicted(job, json) }
            } catch {
                let isCancelled = (error as? ForecastError)?.isCancellation ?? false
                return { $0.ended(job, isCancelled ? .cancelled : .failed, isCancelled ? "cancelled" : "\(error)") }
            }
        }
        return job
    }

    private func predicted(_ job: TrainingJob, _ json: [UInt8]) {
        ended(job, .succeeded, "GET /predictions/\(job.number) has the forecast")
        predictions.append((job.number, json))
        if predictions.count > Self.mostPredictions { predictions.removeFirst() }
    }

    /// The forecast of a job that has succeeded.
    func prediction(_ number: String) throws(ServiceError) -> [UInt8] {
        if let found = predictions.first(where: { String($0.job) == number }) { return found.json }
        guard let job = jobs.first(where: { String($0.number) == number }) else {
            throw .notFound("there is no prediction '\(number)' among the last \(Self.mostPredictions)")
        }
        let state = job.snapshot
        guard job.hasEnded else { throw .tryAgain("job \(number) is \(state.phase.rawValue): \(state.stage), \(Int(state.fraction * 100)) %") }
        throw .notFound("job \(number), '\(job.reason)', \(state.phase.rawValue) and has no forecast to be asked for here: \(state.result)")
    }
}

extension PredictionOrder {
    /// Trains models of the series, and forecasts from its last value on.
    fileprivate func forecast(_ axis: SiteAxis, _ job: TrainingJob, isCancelled: @escaping @Sendable () -> Bool) throws -> ForecastResult {
        let step = series.grid.stepSeconds
        // The models look 36 days back from any forecast, whether there are readings or not.
        let begin = min(series.grid.start, issue - 37 * 86_400).floored(by: 86_400) * 86_400
        let end = issue + Int64(horizonHours) * 3600 + 2 * 86_400
        let calendar = try axis.columns(try TimeGrid(start: begin, stepMinutes: series.grid.stepMinutes, count: Int((end - begin) / step)))
        let forecaster = try ForecastPipeline.train(
            series: series, weather: weather, calendar: calendar, settings: settings, at: issue,
            budget: TrainingBudget(seconds: seconds, isCancelled: isCancelled), progress: { job.report($0.fraction, $0.stage) })
        let forecast = try forecaster.forecast(
            at: issue, steps: horizonHours * 60 / series.grid.stepMinutes, weather: weather, calendar: calendar)
        return try ForecastResult(forecast, from: 0, version: 0)
    }
}
