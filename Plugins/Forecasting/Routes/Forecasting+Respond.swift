import ForecastModels
import PluginAPI

extension Forecasting {
    func respond(to request: Request) throws {
        takeOutcomes()
        guard let route = ForecastingRoutes(rawValue: request.route), let settings else {
            throw ServiceError.invalidState("the service is not running")
        }
        var status = 200
        let answer: JSONWriter
        switch route {
        case .list: answer = listed(settings)
        case .forecast: answer = try forecast(try wanted(request), request, settings)
        case .whatIf: answer = try whatIf(try wanted(request), request, settings)
        case .metrics: answer = try metrics(try wanted(request), request)
        case .model:
            let live = try wanted(request)
            guard let model = live.model else { throw ServiceError.notFound("the series '\(live.name)' has no model yet") }
            answer = model.record.json
        case .train:
            let live = try wanted(request)
            guard live.job == nil else { throw ServiceError.invalidState("a training of '\(live.name)' is under way: job \(live.job?.number ?? 0)") }
            guard let job = train(live, reason: "asked for by \(request.user)", now: now) else { throw ServiceError.invalidState("not running") }
            (answer, status) = (told(job), 202)
            try arm(now)
        case .jobs: answer = listedJobs()
        case .cancel:
            guard let text = request.pathParameter("job"), let job = jobs.first(where: { String($0.number) == text }) else {
                throw ServiceError.notFound("there is no job '\(request.pathParameter("job") ?? "")' among the last \(jobs.count)")
            }
            guard !job.hasEnded else { throw ServiceError.invalidState("job \(job.number) has ended: it \(job.snapshot.phase.rawValue)") }
            job.cancel()
            answer = told(job)
        case .weather: answer = weatherState()
        case .putWeather:
            try takeWeather(try WeatherMessage(request.body, now: now))
            plan(now)
            try arm(now)
            answer = weatherState()
        case .reserve: answer = try Reserve(request, all: series, find: find).json
        case .backtest:
            let live = try wanted(request)
            guard let report = live.backtest else {
                throw ServiceError.notFound("the series '\(live.name)' was not back-tested yet: POST to the same path begins it")
            }
            return try host.http.respond(to: request.number, with: Response(status: 200, contentType: "application/json", body: report))
        case .beginBacktest:
            let live = try wanted(request)
            if let job = live.backtestJob { throw ServiceError.invalidState("a back-test of '\(live.name)' is under way: job \(job.number)") }
            guard let job = backtest(live, try BacktestOrder(request.body), by: request.user, now: now) else {
                throw ServiceError.invalidState("not running")
            }
            (answer, status) = (told(job), 202)
            try arm(now)
        case .predict:
            (answer, status) = (told(try predict(try PredictionOrder(request.body, settings), by: request.user, now: now)), 202)
            try arm(now)
        case .prediction:
            let found = try prediction(request.pathParameter("job") ?? "")
            return try host.http.respond(to: request.number, with: Response(status: 200, contentType: "application/json", body: found))
        case .parts: answer = try parts(try wanted(request), request)
        }
        try host.http.respond(to: request.number, with: .json(answer, status: status))
    }

    private func wanted(_ request: Request) throws(ServiceError) -> LiveSeries {
        let name = request.pathParameter("series") ?? ""
        guard let live = find(name) else {
            let names = series.prefix(10).map(\.name).joined(separator: ", ")
            throw .notFound("there is no series '\(name)', only \(names)\(series.count > 10 ? ", …" : "")")
        }
        return live
    }

    private func horizon(_ text: String?, _ settings: ForecastingSettings) throws(ServiceError) -> Int64 {
        guard let text else { return Int64(settings.issue.horizonHours) * 3600 }
        guard let hours = Int64(text), (1...168).contains(hours) else {
            throw .invalidArgument("horizon_hours is '\(text)', expected a whole number from 1 to 168")
        }
        return hours * 3600
    }

    private func forecast(_ live: LiveSeries, _ request: Request, _ settings: ForecastingSettings) throws -> JSONWriter {
        let kind = request.queryItem("kind") ?? "latest"
        guard ["latest", "day-ahead"].contains(kind) else { throw ServiceError.invalidArgument("kind is '\(kind)', expected latest or day-ahead") }
        if request.queryItem("at") == nil, request.queryItem("horizon_hours") == nil {
            guard let forecast = kind == "latest" ? live.latest : live.dayAhead else {
                throw ServiceError.notFound("there is no \(kind) forecast of '\(live.name)' yet\(live.problem.map { ": \($0)" } ?? "")")
            }
            return forecast.json(live.settings, levels: settings.output.levels, kind: kind, silent: live.feed.silent(at: now))
        }
        var issued = try issue(request.queryItem("at"), live)
        var (from, until) = (issued, issued)
        if kind == "latest" {
            until += try horizon(request.queryItem("horizon_hours"), settings)
        } else {
            guard request.queryItem("horizon_hours") == nil else {
                throw ServiceError.invalidArgument("horizon_hours is of kind=latest: a day-ahead forecast is of the local day after its gate")
            }
            issued = live.axis.gate(before: issued, minute: settings.issue.gateMinute)
            (from, until) = live.axis.nextDay(after: issued)
        }
        let made = try live.forecast(
            issued: issued, from: from, until: until,
            weather: try weather.history(live.axis, plane: live.settings.plane, since: issued - 42 * 86_400), mixing: 0)
        return made.json(
            live.settings, levels: settings.output.levels, kind: "as-of", silent: live.feed.silent(at: issued), hindsight: live.knowsLater(than: issued))
    }

    /// The time that a forecast is wanted as of.
    private func issue(_ text: String?, _ live: LiveSeries) throws(ServiceError) -> Int64 {
        guard let text else { return now }
        guard let time = WeatherMessage.time(text) else {
            throw .invalidArgument("at is '\(text)', expected a time such as 2027-01-14T06:00:00Z")
        }
        return try within(time)
    }

    private func within(_ time: Int64) throws(ServiceError) -> Int64 {
        let oldest = now - Int64(SeriesFeed.keptDays - 40) * 86_400
        guard time <= now, time >= oldest else {
            throw .invalidArgument("at is \(Timestamp(seconds: time)), expected a time from \(Timestamp(seconds: oldest)) until now")
        }
        return time
    }

    private func whatIf(_ live: LiveSeries, _ request: Request, _ settings: ForecastingSettings) throws -> JSONWriter {
        let root: JSONValue
        do { root = try JSONValue(request.body) } catch { throw ServiceError.invalidArgument("the body is not JSON, \(error)") }
        guard let given = root["weather"] else { throw ServiceError.invalidArgument("the body has no weather: {\"weather\": {\"start\", \"values\"}}") }
        try root.allow(["weather", "horizon_hours", "at"])
        let hours = root["horizon_hours"].map { $0.integer.map(String.init) ?? $0.number.map { $0.description } ?? $0.kind }
        let issued = try WeatherMessage.time(root, "at").map { try within($0) } ?? now
        let run = try WeatherMessage(given, now: issued, issuedUnlessGiven: issued).run
        let history = try weather.history(
            live.axis, plane: live.settings.plane, since: issued - 42 * 86_400, ifItWere: run, from: issued.floored(by: live.feed.step) * live.feed.step)
        let made = try live.forecast(
            issued: issued, from: issued, until: issued + (try horizon(hours, settings)), weather: history, isWhatIf: true, mixing: 0)
        return made.json(live.settings, levels: settings.output.levels, kind: "what-if", silent: live.feed.silent(at: issued))
    }

    private func parts(_ live: LiveSeries, _ request: Request) throws -> JSONWriter {
        let text = request.queryItem("days") ?? "0"
        guard let days = Int64(text), (0...21).contains(days) else {
            throw ServiceError.invalidArgument("days is '\(text)', expected a whole number from 0 to 21")
        }
        guard live.settings.isSplit else { throw ServiceError.notFound("the series '\(live.name)' is not told in its parts: its configuration has no split") }
        guard let parts = live.parts, let split = live.model?.record.split else {
            throw ServiceError.notFound(
                "the series '\(live.name)' has no parts yet: " + (live.model?.record.notes.last ?? "they take two weeks of it with irradiance or wind speed"))
        }
        guard days > 0 else { return parts.json(live.settings, split) }
        let (end, step) = (parts.issued, live.feed.step)
        let begin = (end - days * 86_400).floored(by: step) * step
        let past = live.feed.window.on(
            try TimeGrid(start: begin, stepMinutes: live.settings.stepMinutes, count: Int((end - begin) / step)))
        let history = try live.recentWeather(weather, at: now)
        return parts.json(live.settings, split, past: ForecastParts(split.parts(of: past, weather: history, knownAt: end), issued: end, grid: past.grid))
    }

    private func metrics(_ live: LiveSeries, _ request: Request) throws(ServiceError) -> JSONWriter {
        let text = request.queryItem("days") ?? "28"
        guard let days = Int(text), (1...400).contains(days) else {
            throw .invalidArgument("days is '\(text)', expected a whole number from 1 to 400")
        }
        var json = JSONWriter()
        json.beginObject()
        json.member("series", live.name)
        json.member("unit", live.settings.unit)
        json.member("days", days)
        json.key("total")
        live.scores.write(&json, days: days, until: now)
        json.key("daily")
        json.beginObject()
        let oldest = Int(now / 86_400) - days
        for lead in Lead.allCases {
            json.key(lead.rawValue)
            json.beginArray()
            for (day, score) in live.scores.byDay(lead) where day > oldest {
                json.beginObject()
                json.member("day", Timestamp(seconds: Int64(day) * 86_400).description)
                score.writeMembers(&json)
                json.endObject()
            }
            json.endArray()
        }
        json.endObject()
        json.endObject()
        return json
    }

    private func listed(_ settings: ForecastingSettings) -> JSONWriter {
        let now = now
        var json = JSONWriter()
        json.beginObject()
        json.member("database", settings.output.database)
        json.member("measurement", settings.output.measurement)
        json.member("input_measurement", settings.output.inputMeasurement)
        json.key("series")
        json.beginArray()
        for live in series { live.write(&json, now: now) }
        json.endArray()
        json.endObject()
        return json
    }

    private func listedJobs() -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.key("jobs")
        json.beginArray()
        for job in jobs.reversed() { job.write(&json) }
        json.endArray()
        json.endObject()
        return json
    }

    private func told(_ job: TrainingJob) -> JSONWriter {
        var json = JSONWriter()
        job.write(&json)
        return json
    }

    private func weatherState() -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("runs", weather.runs.count)
        if let newest = weather.runs.last {
            json.member("newest_issue", Timestamp(seconds: newest.issued).description)
            json.member("reaches_until", Timestamp(seconds: newest.grid.end).description)
        }
        if let measured = weather.measured {
            json.member("measured_from", Timestamp(seconds: measured.grid.start).description)
            json.member("measured_until", Timestamp(seconds: measured.grid.end).description)
        }
        json.list("quantities", weather.quantities)
        json.endObject()
        return json
    }
}

extension ScoreBoard {
    /// The scores of the last days by lead.
    func write(_ json: inout JSONWriter, days: Int, until now: Int64) {
        json.beginObject()
        for lead in Lead.allCases {
            let score = rolling(lead, days: days, until: now)
            guard score.count > 0 else { continue }
            json.key(lead.rawValue)
            json.beginObject()
            score.writeMembers(&json)
            json.endObject()
        }
        json.endObject()
    }
}

extension DayScore {
    func writeMembers(_ json: inout JSONWriter) {
        json.member("intervals", count)
        json.member("pinball", meanPinball.shortened)
        json.member("mae", meanAbsolute.shortened)
        json.member("coverage_80", coverage80.shortened)
        json.member("coverage_90", coverage90.shortened)
        json.member("skill", skill.shortened)
        json.member("naive_mae", naiveCount > 0 ? (naive / Double(naiveCount)).shortened : .nan)
    }
}
