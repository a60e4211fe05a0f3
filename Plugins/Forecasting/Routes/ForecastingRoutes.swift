import PluginAPI

/// What the service answers over REST, below `/api/<service>`.
enum ForecastingRoutes: UInt32, CaseIterable {
    case list = 1, forecast, whatIf, metrics, model, train, jobs, cancel, weather, putWeather, reserve, backtest, beginBacktest, parts, predict, prediction

    private struct Description {
        let method: String
        let path: String
        let role: Role
        let summary: String
        let answer: String
        var status = "200"
        var body: String?
        var query: [(name: String, description: String)] = []
    }

    private var described: Description {
        switch self {
        case .list:
            Description(
                method: "GET", path: "/series", role: .viewer,
                summary: "The series, with what forecasts them, how good that was over four weeks, and what is wrong.", answer: "list")
        case .forecast:
            Description(
                method: "GET", path: "/series/{series}/forecast", role: .viewer,
                summary: "A forecast of a series: the latest one, that of the day ahead, or one as of another time, made from what was known then.",
                answer: "forecast",
                query: [
                    ("kind", "latest (the default) or day-ahead"),
                    ("at", "a time within the last weeks, as it would have been forecast then; a day ahead at the gate before it"),
                    ("horizon_hours", "how far the latest reaches, 1 to 168"),
                ])
        case .whatIf:
            Description(
                method: "POST", path: "/series/{series}/forecast", role: .viewer,
                summary: "A forecast with given weather in the place of what is forecast: what if it gets colder.", answer: "forecast", body: "what_if")
        case .metrics:
            Description(
                method: "GET", path: "/series/{series}/metrics", role: .viewer,
                summary: "Pinball, MAE, coverage and skill by lead, over some days and day by day.", answer: "metrics",
                query: [("days", "1 to 400, 28 unless given")])
        case .model:
            Description(
                method: "GET", path: "/series/{series}/model", role: .viewer,
                summary: "The model that answers: data span, back-test of each of its parts, importance of its inputs, what was found in the readings.",
                answer: "model")
        case .train:
            Description(
                method: "POST", path: "/series/{series}/train", role: .engineer, summary: "Trains the series anew, in the background.", answer: "job",
                status: "202")
        case .jobs:
            Description(method: "GET", path: "/jobs", role: .viewer, summary: "Trainings and back-tests, the newest first.", answer: "jobs")
        case .cancel:
            Description(method: "DELETE", path: "/jobs/{job}", role: .engineer, summary: "Cancels a training or back-test.", answer: "job")
        case .weather:
            Description(method: "GET", path: "/weather", role: .viewer, summary: "Which weather is known.", answer: "weather_state")
        case .putWeather:
            Description(
                method: "POST", path: "/weather", role: .operator, summary: "Takes a run of a weather forecast, or measured weather.",
                answer: "weather_state", body: "weather")
        case .reserve:
            Description(
                method: "GET", path: "/reserve", role: .viewer,
                summary: "How far the sum of series may exceed and fall below its median with a given probability: the reserve to hold.",
                answer: "reserve",
                query: [
                    ("series", "names, separated by commas, with a minus before one that counts against the sum; all unless given; of one unit and step"),
                    ("probability", "0.5 to 0.98, 0.9 unless given"),
                ])
        case .backtest:
            Description(
                method: "GET", path: "/series/{series}/backtest", role: .viewer,
                summary: "The last back-test: how the series would have been forecast day ahead on its last days, by hours ahead and by model.",
                answer: "backtest")
        case .beginBacktest:
            Description(
                method: "POST", path: "/series/{series}/backtest", role: .engineer,
                summary: "Begins a back-test in the background; its job tells how far it is, and it ends with the days that its time was enough for.",
                answer: "job", status: "202", body: "backtest_order")
        case .predict:
            Description(
                method: "POST", path: "/predictions", role: .operator,
                summary: "Forecasts a series that comes with the request, by a job: values and weather as a table, as pandas writes it.", answer: "job",
                status: "202", body: "prediction_order")
        case .prediction:
            Description(
                method: "GET", path: "/predictions/{job}", role: .viewer, summary: "The forecast of a job of POST /predictions that has succeeded.",
                answer: "forecast")
        case .parts:
            Description(
                method: "GET", path: "/series/{series}/parts", role: .viewer,
                summary: "A net load in its parts, forecast and of the last days: consumption, and what sun and wind behind its meters feed in.",
                answer: "parts", query: [("days", "also so many of the last days as they were, 0 to 21, 0 unless given")])
        }
    }

    /// Registers all routes with their OpenAPI operations.
    static func add(to http: HTTPRoutes, service: String) throws(ServiceError) {
        for route in allCases {
            let described = route.described
            try http.add(route.rawValue, described.method, described.path, leastRole: described.role, operation: operation(described, service))
        }
        try http.setSchemas(ForecastingSchemas.json(service))
    }

    private static func operation(_ described: Description, _ service: String) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.member("summary", described.summary)
        parameters(described, &json)
        if let body = described.body {
            json.key("requestBody")
            json.beginObject()
            json.member("required", true)
            content(&json, "\(service)_\(body)")
            json.endObject()
        }
        json.key("responses")
        json.beginObject()
        json.key(described.status)
        json.beginObject()
        json.member("description", "The answer.")
        content(&json, "\(service)_\(described.answer)")
        json.endObject()
        for (status, meaning) in [("400", "A parameter or the body is malformed."), ("404", "There is no such series or job.")]
        where described.path.contains("{") || described.body != nil || !described.query.isEmpty {
            json.key(status)
            json.beginObject()
            json.member("description", meaning)
            json.endObject()
        }
        json.endObject()
        json.endObject()
        return json.string
    }

    private static func parameters(_ described: Description, _ json: inout JSONWriter) {
        let inPath = described.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
        guard !inPath.isEmpty || !described.query.isEmpty else { return }
        json.key("parameters")
        json.beginArray()
        for name in inPath { parameter(name, "path", "", isRequired: true, &json) }
        for (name, description) in described.query { parameter(name, "query", description, isRequired: false, &json) }
        json.endArray()
    }

    private static func parameter(_ name: String, _ place: String, _ description: String, isRequired: Bool, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("name", name)
        json.member("in", place)
        json.member("required", isRequired)
        if !description.isEmpty { json.member("description", description) }
        json.key("schema")
        json.beginObject()
        json.member("type", "string")
        json.endObject()
        json.endObject()
    }

    private static func content(_ json: inout JSONWriter, _ schema: String) {
        json.key("content")
        json.beginObject()
        json.key("application/json")
        json.beginObject()
        json.key("schema")
        json.beginObject()
        json.member("$ref", "#/components/schemas/\(schema)")
        json.endObject()
        json.endObject()
        json.endObject()
    }
}
