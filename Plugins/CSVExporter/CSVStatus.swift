import PluginAPI
import Readings

/// What the exporter counts.
struct CSVCounters {
    private(set) var messages: UInt64 = 0
    private(set) var rows: Tally
    private(set) var refused: Tally

    init(_ metrics: Metrics) throws(ServiceError) {
        rows = try Tally(metrics, "rows_total", help: "Rows written.")
        refused = try Tally(metrics, "refused_total", help: "Messages that could not be read.")
    }

    mutating func add(messages: Int, rows: Int, refused: Int) {
        self.messages += UInt64(messages)
        self.rows.add(rows)
        self.refused.add(refused)
    }
}

/// What the routes answer, and their descriptions.
enum CSVStatus {
    static func filesOperation(service: String) -> String {
        """
        {"summary": "The files, oldest day first.", "responses": {"200": {"description": "The files.", \
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/\(service)_files"}}}}}}
        """
    }

    static let fileOperation = """
        {"summary": "One file.", "parameters": [{"name": "file", "in": "path", "required": true, "schema": {"type": "string"}}], \
        "responses": {"200": {"description": "The rows.", "content": {"text/csv": {"schema": {"type": "string"}}}}, \
        "404": {"description": "There is no such file."}}}
        """

    static func operation(service: String) -> String {
        """
        {"summary": "Counts since the start.", "responses": {"200": {"description": "The status.", \
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/\(service)_status"}}}}}}
        """
    }

    static func schemas(service: String) -> String {
        """
        {"\(service)_files": {"type": "object", "properties": {"files": {"type": "array", "items": {"type": "object", \
        "properties": {"name": {"type": "string"}, "bytes": {"type": "integer"}}}}}}, \
        "\(service)_status": {"type": "object", "properties": {"messages": {"type": "integer"}, "rows": {"type": "integer"}, \
        "refused": {"type": "integer"}, "folder": {"type": "string"}, "tables": {"type": "array", "items": {"type": "string"}}, \
        "failure": {"type": "string"}, \
        "last_refusal": {"type": "object", "properties": {"topic": {"type": "string"}, "reason": {"type": "string"}}}}}}
        """
    }

    static func list(_ files: [DayFiles.Listing]) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.key("files")
        json.beginArray()
        for file in files {
            json.beginObject()
            json.member("name", file.name)
            json.member("bytes", file.byteCount)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json
    }

    static func status(
        counters: CSVCounters?, tables: [String], folder: String, refusal: (topic: String, reason: String)?, failure: String?
    ) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("messages", counters?.messages ?? 0)
        json.member("rows", counters?.rows.count ?? 0)
        json.member("refused", counters?.refused.count ?? 0)
        json.member("folder", folder)
        json.key("tables")
        json.beginArray()
        for table in tables { json.value(table) }
        json.endArray()
        if let failure { json.member("failure", failure) }
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
