import PluginAPI

/// The schemas that the operations name, for the host's OpenAPI document. `forecast` is that of the messages on `forecasts/<series>` too.
enum ForecastingSchemas {
    static func json(_ service: String) -> String {
        let entries = [
            ("forecast", forecast), ("list", list), ("metrics", metrics), ("model", model), ("job", job),
            ("jobs", object(#""jobs": {"type": "array", "items": \#(job)}"#)), ("weather", weather), ("weather_state", weatherState),
            ("what_if", whatIf), ("reserve", reserve), ("backtest", backtest), ("backtest_order", backtestOrder), ("parts", parts),
            ("prediction_order", predictionOrder),
        ]
        return "{" + entries.map { #""\#(service)_\#($0.0)": \#($0.1)"# }.joined(separator: ", ") + "}"
    }

    private static func object(_ properties: String, required: String = "") -> String {
        #"{"type": "object", "properties": {\#(properties)}\#(required.isEmpty ? "" : #", "required": [\#(required)]"#)}"#
    }

    private static func list(_ properties: String) -> String { #"{"type": "array", "items": \#(object(properties))}"# }

    private static let number = #"{"type": ["number", "null"]}"#
    private static let integer = #"{"type": "integer"}"#
    private static let text = #"{"type": "string"}"#
    private static let texts = #"{"type": "array", "items": {"type": "string"}}"#
    private static let numbers = #"{"type": "array", "items": {"type": ["number", "null"]}}"#
    private static let time = #"{"type": "string", "format": "date-time"}"#
    private static let shares = #"{"type": "object", "additionalProperties": {"type": ["number", "null"]}}"#

    private static let forecast = object(
        """
        "series": \(text), "unit": \(text), "kind": {"type": "string", "enum": ["latest", "day-ahead", "as-of", "what-if", "prediction"]}, \
        "issued": \(time), "start": \(time), "step_minutes": \(integer), \
        "quality": {"type": "string", "enum": ["good", "degraded", "cold-start"]}, "flags": \(texts), "silent": \(texts), \
        "model": \(object(#""version": \#(integer), "share": \#(number), "members": \#(shares)"#)), \
        "quantiles": {"type": "object", "description": "q05 is the 5 % quantile: one value an interval.", "additionalProperties": \(numbers)}, \
        "sigma": \(numbers), "hindsight": {"type": "boolean", "description": "Whether the model has learnt from later readings than the issue."}
        """, required: #""series", "issued", "start", "step_minutes", "quantiles""#)

    private static let scoreMembers = """
        "intervals": \(integer), "pinball": \(number), "mae": \(number), "coverage_80": \(number), "coverage_90": \(number), \
        "skill": \(number), "naive_mae": \(number)
        """
    private static let score = object(scoreMembers)
    private static let dailyScore = object(#""day": \#(time), "# + scoreMembers)
    private static let scores = #"{"type": "object", "additionalProperties": \#(score)}"#

    private static let list = object(
        """
        "series": \(list("""
            "name": \(text), "unit": \(text), "kind": \(text), "step_minutes": \(integer), "quality": \(text), "flags": \(texts), \
            "issued": \(time), "history_days": \(number), "last_value": \(time), "silent": \(texts), "problem": \(text), \
            "model_version": \(integer), "members": \(shares), "job": \(integer), "scores": \(scores), "duel": \(object("""
                "version": \(integer), "since": \(time), "intervals": \(integer), "pinball": \(number), "pinball_answering": \(number)
                """))
            """))
        """)

    private static let metrics = object(
        #""series": \#(text), "unit": \#(text), "days": \#(integer), "total": \#(scores), "daily": {"type": "object", "additionalProperties": {"type": "array", "items": \#(dailyScore)}}"#)

    private static let model = object(
        """
        "version": \(integer), "trained_at": \(time), "data_from": \(time), "data_through": \(time), "reason": \(text), \
        "training_seconds": \(number), "serves_since": \(time), \
        "backtest": \(object(#""pinball": \#(number), "skill": \#(number), "models": \#(shares)"#)), "importance": \(shares), \
        "weather": \(texts), "weather_lasting": \(texts), "flags": \(texts), "notes": \(texts), "verdict": \(text), \
        "split": \(object(#""pv_per_irradiance": \#(number), "wind_capacity": \#(number), "half_power_speed": \#(number)"#))
        """)

    private static let job = object(
        """
        "id": \(integer), "series": \(text), "reason": \(text), \
        "state": {"type": "string", "enum": ["queued", "running", "succeeded", "failed", "cancelled"]}, "progress": \(number), \
        "stage": \(text), "queued_at": \(time), "started_at": \(time), "ended_at": \(time), "result": \(text)
        """)

    private static let weather = object(
        """
        "issued": \(time), "start": \(time), "step_minutes": \(integer), "measured": {"type": "boolean"}, \
        "values": {"type": "object", "description": "temperature (degrees Celsius), irradiance (W/m2, horizontal), wind_speed, wind_speed_hub \
        (m/s), cloud_cover, humidity, or any other name.", "additionalProperties": \(numbers)}
        """, required: #""start", "values""#)

    private static let weatherState = object(
        """
        "runs": \(integer), "newest_issue": \(time), "reaches_until": \(time), "measured_from": \(time), "measured_until": \(time), "quantities": \(texts)
        """)

    private static let whatIf = object(#""weather": \#(weather), "horizon_hours": \#(integer), "at": \#(time)"#, required: #""weather""#)

    private static let measured = #""intervals": \#(integer), "pinball": \#(number), "mae": \#(number), "coverage_80": \#(number), "coverage_90": \#(number)"#

    private static let backtest = object(
        """
        "series": \(text), "unit": \(text), "made": \(time), "from": \(time), "through": \(time), \
        "days": {"type": "integer", "description": "Days that were forecast, fewer than days_wanted where its time was over before."}, \
        "days_wanted": \(integer), "refit_days": \(integer), "training_seconds": \(number), \
        "skill": {"type": ["number", "null"], "description": "1 - pinball / pinball of the seasonal naive model."}, \
        "total": \(object(measured)), "leads": \(list(#""hours": \#(text), "# + measured)), "models": \(list(#""model": \#(text), "# + measured))
        """)

    private static let backtestOrder = object(
        #""days": \#(integer), "refit_days": {"type": "integer", "description": "Days between trainings."}, "seconds": {"type": "number", "description": "Time that it may take."}"#)

    private static let predictionOrder = object(
        """
        "name": \(text), "unit": \(text), "kind": {"type": "string", "enum": ["load", "pv", "wind"]}, "capacity": \(number), \
        "step_minutes": {"type": "integer", "enum": [15, 30, 60]}, "horizon_hours": \(integer), "seconds": {"type": "number", "description": "Time \
        that its training may take."}, "series": {"type": "object", "description": "A table as pandas writes it (orient=split): the first column is the \
        series, means by the begin of their interval, others are weather, also of later times.", "properties": {"columns": \(texts), \
        "index": {"type": "array", "items": {"type": ["string", "integer"]}}, "data": {"type": "array", "items": \(numbers)}}, \
        "required": ["columns", "index", "data"]}
        """, required: #""series""#)

    private static let inParts = #""load": \#(numbers), "pv": \#(numbers), "wind": \#(numbers)"#

    private static let parts = object(
        """
        "series": \(text), "unit": \(text), "issued": \(time), "start": \(time), "step_minutes": \(integer), \
        "pv_per_irradiance": \(number), "wind_capacity": \(number), "half_power_speed": \(number), \(inParts), \
        "past": \(object(#""start": \#(time), "# + inParts))
        """)

    private static let reserve = object(
        """
        "series": \(texts), "unit": \(text), "probability": \(number), "start": \(time), "step_minutes": \(integer), "median": \(numbers), \
        "up": \(numbers), "down": \(numbers), "up_independent": \(numbers), "down_independent": \(numbers)
        """)
}
