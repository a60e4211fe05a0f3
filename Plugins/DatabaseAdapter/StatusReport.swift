import PluginAPI
import Readings

/// What `GET /status` answers.
struct StatusReport {
    let settings: Settings
    let counters: Counters?
    let columns: Int

    /// The route as an OpenAPI operation.
    static func operation(service: String) -> String {
        """
        {"summary": "Counts since the start, and the mappings in force.", "responses": {"200": {"description": "The status.", \
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/\(service)_status"}}}}}}
        """
    }

    /// The schemas that the operation names.
    static func schemas(service: String) -> String {
        """
        {"\(service)_status": {"type": "object", "properties": {"messages": {"type": "integer"}, "readings": {"type": "integer"}, \
        "dead_letters": {"type": "integer"}, "columns": {"type": "integer"}, "columns_limit": {"type": "integer"}, \
        "mappings": {"type": "array", "items": {"type": "object", "properties": {"topics": {"type": "array", \
        "items": {"type": "string"}}, "format": {"type": "string"}, "database": {"type": "string"}, \
        "measurement": {"type": "string"}}}}}}}
        """
    }

    var json: JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("messages", counters?.messages.count ?? 0)
        json.member("readings", counters?.readings.count ?? 0)
        json.member("dead_letters", counters?.deadLetters.count ?? 0)
        json.member("columns", columns)
        json.member("columns_limit", settings.columnLimit)
        json.key("mappings")
        json.beginArray()
        for mapping in settings.mappings { write(mapping, &json) }
        json.endArray()
        json.endObject()
        return json
    }

    private func write(_ mapping: Mapping, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("topics")
        json.beginArray()
        for topic in mapping.form.topics { json.value(topic.description) }
        json.endArray()
        json.member("format", mapping.form.format.rawValue)
        json.member("database", mapping.database)
        json.member("measurement", mapping.measurement)
        json.endObject()
    }
}
