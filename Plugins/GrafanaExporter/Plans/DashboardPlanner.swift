import PluginAPI

/// Plans dashboards from what the store has.
struct DashboardPlanner {
    let settings: GrafanaSettings
    let timeseries: TimeSeries

    /// The plan of a dashboard, without rows while the store has nothing for it.
    func plan(_ dashboard: DashboardSettings) throws(ServiceError) -> DashboardPlan {
        let catalogue = try StoreCatalogue(timeseries, database: settings.database, measurement: dashboard.measurement)
        switch dashboard.kind {
        case .pmu: return plan(dashboard, catalogue, tag: "device") { value, fields, group in Self.devicePanels(dashboard.measurement, value, fields, group) }
        case .fields:
            return plan(dashboard, catalogue, tag: dashboard.rowTag) { value, fields, _ in
                dashboard.panels.compactMap { Self.panel($0, dashboard, value, fields) }
            }
        case .health:
            var health = plan(dashboard, catalogue, tag: "service") { value, fields, _ in Self.healthPanels(dashboard.measurement, value, fields) }
            // The host first, then its services.
            if let host = health.rows.firstIndex(where: { $0.title == "host" }) { health.rows.insert(health.rows.remove(at: host), at: 0) }
            return health
        case .forecast: return plan(dashboard, catalogue, tag: "series") { value, fields, _ in [Self.fan(dashboard, value, fields)] }
        case .estimate:
            var measured: StoreCatalogue?
            if let name = dashboard.measured { measured = try StoreCatalogue(timeseries, database: settings.database, measurement: name) }
            return estimate(dashboard, catalogue, measured)
        }
    }

    /// A row for each value of a tag; above the limit one that is repeated for those that a person selects.
    private func plan(
        _ dashboard: DashboardSettings, _ catalogue: StoreCatalogue, tag: String,
        panels: (_ value: String, _ fields: Set<String>, _ group: [String]) -> [DashboardPlan.Panel]
    ) -> DashboardPlan {
        var plan = DashboardPlan(uid: "\(settings.uid)-\(dashboard.name)", title: dashboard.title)
        let values = catalogue.values(of: tag)
        let others = ["component", "phase"].filter { $0 != tag }
        if values.count > settings.mostRows {
            plan.variable = .init(name: tag, query: PanelQuery.values(of: tag, in: dashboard.measurement))
            let fields = Set(catalogue.series.map(\.field))
            plan.rows = [.init(title: "$\(tag)", panels: panels("$\(tag)", fields, others), isRepeated: true)]
        } else {
            plan.rows = values.map { value in
                .init(title: value, panels: panels(value, catalogue.fields(tag, value), catalogue.distinguishing(others, tag, value)))
            }
        }
        return plan
    }

    private static let deviceFields: [(field: String, title: String, unit: String)] = [
        ("voltmagnitude", "Voltage magnitude", "volt"), ("voltangle", "Voltage angle", "radian"), ("frequency", "Frequency", "hertz"),
        ("currmagnitude", "Current magnitude", "amp"), ("currangle", "Current angle", "radian"), ("rocof", "Rate of change of frequency", "short"),
        ("activepower", "Active power", "watt"), ("reactivepower", "Reactive power", "voltampreact"), ("apparentpower", "Apparent power", "voltamp"),
    ]

    private static func devicePanels(_ measurement: String, _ device: String, _ fields: Set<String>, _ group: [String]) -> [DashboardPlan.Panel] {
        deviceFields.filter { fields.contains($0.field) }.map { shown in
            // Frequency is the device's, not a phase's.
            let tags = shown.field == "frequency" || shown.field == "rocof" ? group.filter { $0 != "phase" } : group
            let alias = tags.isEmpty ? shown.title : tags.map { "$tag_\($0)" }.joined(separator: " ")
            return .init(
                title: shown.title, unit: shown.unit,
                queries: [.init(text: PanelQuery.mean(shown.field, of: measurement, tags: [("device", device)], by: tags), alias: alias)])
        }
    }

    private static func panel(_ panel: FieldPanel, _ dashboard: DashboardSettings, _ value: String, _ fields: Set<String>) -> DashboardPlan.Panel? {
        let shown = panel.fields.filter(fields.contains)
        guard !shown.isEmpty else { return nil }
        return .init(
            title: panel.title, unit: panel.unit, width: 12,
            queries: shown.map { .init(text: PanelQuery.mean($0, of: dashboard.measurement, tags: [(dashboard.rowTag, value)]), alias: $0) })
    }

    /// The latest forecast of a series as bands about its median, the outermost first, and what came true.
    private static func fan(_ dashboard: DashboardSettings, _ series: String, _ fields: Set<String>) -> DashboardPlan.Panel {
        let tags = [("series", series), ("lead", "latest")]
        // `q05` is 0.05, `q975` 0.975: as fractions they order.
        let quantiles = fields.filter { $0.hasPrefix("q") && Double("0." + $0.dropFirst()) != nil }.sorted { fraction($0) < fraction($1) }
        var queries: [DashboardPlan.Query] = []
        for index in 0..<(quantiles.count / 2) {
            let (low, high) = (quantiles[index], quantiles[quantiles.count - 1 - index])
            queries.append(.init(text: PanelQuery.mean(low, of: dashboard.measurement, tags: tags), alias: low, style: .edge))
            queries.append(.init(text: PanelQuery.mean(high, of: dashboard.measurement, tags: tags), alias: high, style: .band(downTo: low)))
        }
        if quantiles.count % 2 == 1 {
            queries.append(.init(text: PanelQuery.mean(quantiles[quantiles.count / 2], of: dashboard.measurement, tags: tags), alias: "median", style: .dashed))
        }
        if let measured = dashboard.measured {
            queries.append(.init(text: PanelQuery.mean("value", of: measured, tags: [("series", series)]), alias: "measured", style: .bold))
        }
        return .init(title: series, unit: "short", width: 24, queries: queries)
    }

    private static func fraction(_ field: String) -> Double { Double("0." + field.dropFirst()) ?? 0 }

    private func estimate(_ dashboard: DashboardSettings, _ catalogue: StoreCatalogue, _ measured: StoreCatalogue?) -> DashboardPlan {
        let (name, measurement) = (dashboard.measured ?? "", dashboard.measurement)
        var plan = plan(dashboard, catalogue, tag: "node") { node, _, group in
            let alias = group.contains("phase") ? "estimated $tag_phase" : "estimated"
            var voltage = DashboardPlan.Panel(title: "Voltage to ground", unit: "volt", width: 12)
            voltage.queries = [.init(text: PanelQuery.mean("voltmagnitude", of: measurement, tags: [("node", node)], by: group), alias: alias, style: .bold)]
            if let tag = ["component", "device"].first(where: { measured?.fields($0, node).contains("voltmagnitude") ?? false }) {
                voltage.queries.append(.init(text: PanelQuery.mean("voltmagnitude", of: name, tags: [(tag, node)], by: ["phase"]), alias: "measured $tag_phase"))
            }
            let sigma = DashboardPlan.Panel(
                title: "Standard deviation", unit: "volt", width: 6,
                queries: [.init(text: PanelQuery.mean("sigma", of: measurement, tags: [("node", node)], by: group), alias: alias)])
            let power = DashboardPlan.Panel(
                title: "Power fed in", unit: "watt", width: 6,
                queries: [.init(text: PanelQuery.mean("activepower", of: measurement, tags: [("node", node)], by: group), alias: alias)])
            return [voltage, sigma, power]
        }
        if !catalogue.values(of: "branch").isEmpty {
            let loading = DashboardPlan.Panel(
                title: "Loading of lines and transformers", unit: "percent", width: 24,
                queries: [.init(text: PanelQuery.mean("loading", of: measurement, by: ["branch"]), alias: "$tag_branch")])
            plan.rows.insert(.init(title: "Branches", panels: [loading]), at: 0)
        }
        return plan
    }
}
