import PluginAPI

extension GrafanaSettings {
    /// Reads the configuration, and refuses with a sentence what it does not know.
    init(_ configuration: Configuration) throws(ServiceError) {
        let root: JSONValue
        do throws(JSONError) { root = try JSONValue(configuration.json) } catch {
            throw .invalidConfiguration("config is not JSON, \(error)")
        }
        let object = try ConfigurationObject(root, at: "config")
        try object.allow(["url", "database", "uid", "title", "user", "folder", "refresh", "rows", "dashboards"])
        url = try object.text("url") ?? url
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw .invalidConfiguration("config.url is '\(url)', expected where Grafana reaches the gateway, such as http://dsotp:8080")
        }
        database = try object.text("database") ?? database
        uid = try Self.name(object, "uid") ?? uid
        title = try object.text("title") ?? title
        user = try object.text("user") ?? user
        folder = try object.text("folder")
        if let seconds = try object.seconds("refresh") { refresh = .seconds(max(1, seconds)) }
        mostRows = try object.integer("rows", in: 1...1000) ?? mostRows
        for object in try object.objects("dashboards") ?? [] {
            let dashboard = try Self.dashboard(object)
            guard !dashboards.contains(where: { $0.name == dashboard.name }) else {
                throw .invalidConfiguration("\(object.path).name is '\(dashboard.name)', which another dashboard has")
            }
            dashboards.append(dashboard)
        }
        guard !dashboards.isEmpty else {
            throw .invalidConfiguration("config.dashboards is missing: list at least one with its kind, for example {kind: pmu, measurement: pmu}")
        }
    }

    private static func dashboard(_ object: ConfigurationObject) throws(ServiceError) -> DashboardSettings {
        guard let kind = try object.choice("kind", DashboardSettings.Kind.self) else {
            throw .invalidConfiguration("\(object.path).kind is missing, expected one of \(DashboardSettings.Kind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        var keys = ["kind", "name", "title", "measurement"]
        switch kind {
        case .pmu, .health: break
        case .estimate, .forecast: keys.append("measured")
        case .fields: keys += ["row_tag", "panels"]
        }
        try object.allow(keys)
        var panels: [FieldPanel] = []
        for panel in try object.objects("panels") ?? [] {
            try panel.allow(["title", "fields", "unit"])
            guard let title = try panel.text("title"), let fields = try panel.texts("fields"), !fields.isEmpty else {
                throw .invalidConfiguration("\(panel.path) needs title and fields")
            }
            panels.append(FieldPanel(title: title, fields: fields, unit: try panel.text("unit") ?? "short"))
        }
        let rowTag = try object.text("row_tag") ?? ""
        guard kind != .fields || (!panels.isEmpty && !rowTag.isEmpty) else {
            throw .invalidConfiguration("\(object.path) needs row_tag and panels: the tag whose values are the rows, and what each row shows")
        }
        let name = try name(object, "name") ?? kind.rawValue
        return DashboardSettings(
            kind: kind, name: name, title: try object.text("title") ?? standardTitle(kind, name), measurement: try object.text("measurement") ?? (kind == .health ? "platform" : kind.rawValue),
            measured: try object.text("measured"), rowTag: rowTag, panels: panels)
    }

    private static func standardTitle(_ kind: DashboardSettings.Kind, _ name: String) -> String {
        switch kind {
        case .pmu: "Phasor measurement units"
        case .estimate: "Estimated state"
        case .forecast: "Forecasts"
        case .health: "Platform health"
        case .fields: name
        }
    }

    private static func name(_ object: ConfigurationObject, _ key: String) throws(ServiceError) -> String? {
        guard let text = try object.text(key) else { return nil }
        let isAllowed = text.utf8.count <= 24 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "-") }
        guard isAllowed else { throw .invalidConfiguration("\(object.path).\(key) is '\(text)', expected at most 24 small letters, digits and -") }
        return text
    }
}
