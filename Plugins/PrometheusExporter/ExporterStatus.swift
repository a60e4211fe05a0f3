import PluginAPI
import Readings

/// What the exporter counts, for its own metrics and its status.
struct ExporterCounters {
    private(set) var messages: Tally
    private(set) var values: UInt64 = 0
    private(set) var refused: Tally
    private let series: Gauge

    init(_ metrics: Metrics) throws(ServiceError) {
        messages = try Tally(metrics, "messages_total", help: "Messages taken from the databus.")
        refused = try Tally(metrics, "refused_total", help: "Messages that could not be read.")
        series = try metrics.gauge("series", help: "Series that are shown.")
    }

    mutating func add(messages: Int, values: Int, refused: Int, series: Int) {
        self.messages.add(messages)
        self.values += UInt64(values)
        self.refused.add(refused)
        self.series.set(Double(series))
    }
}

/// What `GET /status` answers, and the descriptions of the routes.
struct ExporterStatus {
    let board: SeriesBoard
    let limit: Int
    let counters: ExporterCounters?
    let refusal: (topic: String, reason: String)?

    static let metricsOperation = """
        {"summary": "The latest values, for Prometheus.", "responses": {"200": {"description": "Text format 0.0.4.", \
        "content": {"text/plain": {"schema": {"type": "string"}}}}}}
        """

    static func operation(service: String) -> String {
        """
        {"summary": "Counts since the start.", "responses": {"200": {"description": "The status.", \
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/\(service)_status"}}}}}}
        """
    }

    static func schemas(service: String) -> String {
        """
        {"\(service)_status": {"type": "object", "properties": {"messages": {"type": "integer"}, "values": {"type": "integer"}, \
        "refused": {"type": "integer"}, "metrics": {"type": "integer"}, "series": {"type": "integer"}, "series_limit": {"type": "integer"}, \
        "last_refusal": {"type": "object", "properties": {"topic": {"type": "string"}, "reason": {"type": "string"}}}}}}
        """
    }

    var json: JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("messages", counters?.messages.count ?? 0)
        json.member("values", counters?.values ?? 0)
        json.member("refused", counters?.refused.count ?? 0)
        json.member("metrics", board.families.count)
        json.member("series", board.series.count)
        json.member("series_limit", limit)
        if let refusal {
            json.key("last_refusal")
            json.beginObject()
            json.member("topic", refusal.topic)
            json.member("reason", refusal.reason)
            json.endObject()
        }
        json.endObject()
        return json
    }
}
