extension DashboardPlanner {
    /// What of the host's metrics a person looks at first: the title of the panel, its unit, and fields with the name of each line. Those that end
    /// in `_total` are counters.
    private static let health: [(title: String, unit: String, fields: [(field: String, alias: String)])] = [
        ("Messages a second", "cps", [
            ("databus_messages_received_total", "received"), ("databus_messages_sent_total", "sent"), ("databus_messages_dropped_total", "dropped"),
            ("databus_refused_total", "refused"), ("runtime_messages_received_total", "received"), ("runtime_messages_processed_total", "processed"),
            ("runtime_messages_dropped_total", "dropped"), ("runtime_messages_published_total", "published"),
        ]),
        ("Clients", "short", [("databus_clients_connected", "connected")]),
        ("Points a second", "cps", [
            ("storage_points_written_total", "written"), ("storage_points_refused_total", "refused"), ("runtime_points_written_total", "written"),
        ]),
        ("Cores used", "short", [("process_cpu_seconds_total", "cores")]),
        ("Memory", "bytes", [("process_resident_memory_bytes", "resident")]),
        ("Disk", "bytes", [("storage_bytes", "time series")]),
        ("Waiting", "short", [("runtime_queue_messages", "in memory"), ("runtime_spill_messages", "on disk")]),
        ("Trouble", "short", [
            ("runtime_callback_errors_total", "errors a second"), ("runtime_calls_refused_total", "refused calls a second"), ("runtime_restarts_total", "restarts a second"),
            ("service_dead_letters_total", "dead letters a second"),
        ]),
    ]

    /// The panels of the host or of a service, with the fields that it has.
    static func healthPanels(_ measurement: String, _ service: String, _ fields: Set<String>) -> [DashboardPlan.Panel] {
        health.compactMap { shown in
            let here = shown.fields.filter { fields.contains($0.field) }
            guard !here.isEmpty else { return nil }
            let queries = here.map { line in
                let tags = [("service", service)]
                let text = line.field.hasSuffix("_total")
                    ? PanelQuery.rate(line.field, of: measurement, tags: tags) : PanelQuery.mean(line.field, of: measurement, tags: tags)
                return DashboardPlan.Query(text: text, alias: line.alias)
            }
            return .init(title: shown.title, unit: shown.unit, width: 6, queries: queries)
        }
    }
}
