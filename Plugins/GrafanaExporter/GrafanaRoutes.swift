import PluginAPI

/// What the routes answer, and their descriptions.
enum GrafanaRoutes {
    static let files = """
        {"summary": "The files that Grafana provisions itself from.", "responses": {"200": {"description": "Their paths.", "content": \
        {"application/json": {"schema": {"type": "object", "properties": {"files": {"type": "array", "items": {"type": "string"}}}}}}}}}
        """

    static let file = """
        {"summary": "A provisioning file: a data source, or where the dashboards are.", "parameters": [\
        {"name": "kind", "in": "path", "required": true, "schema": {"type": "string", "enum": ["datasources", "dashboards"]}}, \
        {"name": "file", "in": "path", "required": true, "schema": {"type": "string"}}], "responses": {"200": {"description": "YAML.", "content": \
        {"application/yaml": {"schema": {"type": "string"}}}}, "404": {"description": "There is no such file."}}}
        """

    static let dashboards = """
        {"summary": "The dashboards.", "responses": {"200": {"description": "Names, titles and numbers of rows.", "content": {"application/json": \
        {"schema": {"type": "object", "properties": {"dashboards": {"type": "array", "items": {"type": "object", "properties": \
        {"name": {"type": "string"}, "uid": {"type": "string"}, "title": {"type": "string"}, "rows": {"type": "integer"}}}}}}}}}}}
        """

    static let dashboard = """
        {"summary": "A dashboard, for import in Grafana.", "parameters": [\
        {"name": "dashboard", "in": "path", "required": true, "schema": {"type": "string"}}], "responses": {"200": {"description": \
        "Grafana's dashboard model.", "content": {"application/json": {"schema": {"type": "object"}}}}, "404": {"description": "There is no such dashboard."}}}
        """

    static func list(_ paths: [String]) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.key("files")
        json.beginArray()
        for path in paths { json.value(path) }
        json.endArray()
        json.endObject()
        return json
    }

    static func list(_ plans: [(name: String, plan: DashboardPlan)]) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.key("dashboards")
        json.beginArray()
        for (name, plan) in plans {
            json.beginObject()
            json.member("name", name)
            json.member("uid", plan.uid)
            json.member("title", plan.title)
            json.member("rows", plan.rows.count)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json
    }
}
