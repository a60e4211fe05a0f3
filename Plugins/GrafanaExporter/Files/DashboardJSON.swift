import PluginAPI

/// Writes plans as Grafana's dashboard model (schema version 38, Grafana 10; later ones migrate it).
struct DashboardJSON {
    private let uid: String
    private let database: String
    private var json = JSONWriter()
    private var nextPanel = 1

    private static let schemaVersion = 38
    private static let panelHeight = 8

    /// - Parameter uid: of the data source.
    static func text(_ plan: DashboardPlan, dataSource uid: String, database: String) -> [UInt8] {
        var writer = DashboardJSON(uid: uid, database: database)
        writer.write(plan)
        return writer.json.bytes
    }

    private init(uid: String, database: String) {
        self.uid = uid
        self.database = database
    }

    private mutating func write(_ plan: DashboardPlan) {
        json.beginObject()
        json.key("id")
        json.null()
        json.member("uid", plan.uid)
        json.member("title", plan.title)
        json.key("tags")
        json.beginArray()
        json.value(database)
        json.endArray()
        json.member("schemaVersion", Self.schemaVersion)
        json.member("editable", true)
        json.member("refresh", "10s")
        json.member("timezone", "browser")
        json.key("time")
        json.beginObject()
        json.member("from", plan.rows.contains { $0.panels.contains { $0.queries.contains { $0.style == .edge } } } ? "now-2d" : "now-15m")
        json.member("to", plan.rows.contains { $0.panels.contains { $0.queries.contains { $0.style == .edge } } } ? "now+2d" : "now")
        json.endObject()
        json.key("templating")
        json.beginObject()
        json.key("list")
        json.beginArray()
        if let variable = plan.variable { write(variable) }
        json.endArray()
        json.endObject()
        json.key("panels")
        json.beginArray()
        var y = 0
        for row in plan.rows { write(row, plan.variable, &y) }
        json.endArray()
        json.endObject()
    }

    private mutating func write(_ variable: DashboardPlan.Variable) {
        json.beginObject()
        json.member("name", variable.name)
        json.member("type", "query")
        writeDataSource()
        json.member("query", variable.query)
        json.member("refresh", 1)
        json.member("multi", true)
        json.member("includeAll", true)
        json.member("sort", 5)
        json.endObject()
    }

    private mutating func write(_ row: DashboardPlan.Row, _ variable: DashboardPlan.Variable?, _ y: inout Int) {
        json.beginObject()
        json.member("id", number())
        json.member("type", "row")
        json.member("title", row.title)
        json.member("collapsed", false)
        if row.isRepeated, let variable { json.member("repeat", variable.name) }
        writePosition(x: 0, y: y, width: 24, height: 1)
        json.key("panels")
        json.beginArray()
        json.endArray()
        json.endObject()
        y += 1
        var x = 0
        for panel in row.panels {
            if x + panel.width > 24 {
                x = 0
                y += Self.panelHeight
            }
            write(panel, x, y)
            x += panel.width
        }
        y += Self.panelHeight
    }

    private mutating func write(_ panel: DashboardPlan.Panel, _ x: Int, _ y: Int) {
        json.beginObject()
        json.member("id", number())
        json.member("type", "timeseries")
        json.member("title", panel.title)
        writeDataSource()
        writePosition(x: x, y: y, width: panel.width, height: Self.panelHeight)
        json.key("fieldConfig")
        json.beginObject()
        json.key("defaults")
        json.beginObject()
        json.member("unit", panel.unit)
        json.key("custom")
        json.beginObject()
        json.member("drawStyle", "line")
        json.member("lineWidth", 1)
        json.member("showPoints", "never")
        json.member("spanNulls", true)
        json.endObject()
        json.endObject()
        json.key("overrides")
        json.beginArray()
        for query in panel.queries { writeOverride(query) }
        json.endArray()
        json.endObject()
        json.key("options")
        json.beginObject()
        json.key("legend")
        json.beginObject()
        json.member("displayMode", "list")
        json.member("placement", "bottom")
        json.member("showLegend", true)
        json.endObject()
        json.key("tooltip")
        json.beginObject()
        json.member("mode", "multi")
        json.endObject()
        json.endObject()
        json.key("targets")
        json.beginArray()
        for (index, query) in panel.queries.enumerated() { write(query, index) }
        json.endArray()
        json.endObject()
    }

    private mutating func write(_ query: DashboardPlan.Query, _ index: Int) {
        json.beginObject()
        json.member("refId", index < 26 ? String(UnicodeScalar(UInt8(ascii: "A") + UInt8(index))) : "Q\(index)")
        writeDataSource()
        json.member("query", query.text)
        json.member("rawQuery", true)
        json.member("resultFormat", "time_series")
        json.member("alias", query.alias)
        json.endObject()
    }

    /// What a style asks for besides the defaults, for the series of its alias.
    private mutating func writeOverride(_ query: DashboardPlan.Query) {
        let properties: [(id: String, write: (inout JSONWriter) -> Void)]
        switch query.style {
        case .line: return
        case .bold: properties = [("custom.lineWidth", { $0.value(2) })]
        case .dashed:
            properties = [
                ("custom.lineStyle", { json in
                    json.beginObject()
                    json.member("fill", "dash")
                    json.key("dash")
                    json.beginArray()
                    json.value(6)
                    json.value(4)
                    json.endArray()
                    json.endObject()
                })
            ]
        case .edge: properties = [("custom.lineWidth", { $0.value(0) })]
        case .band(let lower):
            properties = [
                ("custom.lineWidth", { $0.value(0) }), ("custom.fillBelowTo", { $0.value(lower) }), ("custom.fillOpacity", { $0.value(20) }),
                ("color", { json in
                    json.beginObject()
                    json.member("mode", "fixed")
                    json.member("fixedColor", "blue")
                    json.endObject()
                }),
            ]
        }
        json.beginObject()
        json.key("matcher")
        json.beginObject()
        json.member("id", query.alias.contains("$tag_") ? "byFrameRefID" : "byName")
        json.member("options", query.alias.contains("$tag_") ? "A" : query.alias)
        json.endObject()
        json.key("properties")
        json.beginArray()
        for property in properties {
            json.beginObject()
            json.member("id", property.id)
            json.key("value")
            property.write(&json)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    private mutating func writeDataSource() {
        json.key("datasource")
        json.beginObject()
        json.member("type", "influxdb")
        json.member("uid", uid)
        json.endObject()
    }

    private mutating func writePosition(x: Int, y: Int, width: Int, height: Int) {
        json.key("gridPos")
        json.beginObject()
        json.member("x", x)
        json.member("y", y)
        json.member("w", width)
        json.member("h", height)
        json.endObject()
    }

    private mutating func number() -> Int {
        defer { nextPanel += 1 }
        return nextPanel
    }
}
