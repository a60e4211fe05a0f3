extension VictoriaMetricsEngine {
    /// The series that have the platform's label `_field`. The engine answers for 30,000 series by default (`-search.maxSeries`).
    func discover(in database: String, except known: borrowing KnownColumns) throws(EngineFailure) -> [DiscoveredColumn] {
        let selector = "{\(Self.fieldLabel)!=\"\"," + VictoriaSelector.text([(Self.databaseLabel, database)]).dropFirst()
        let reply = try read("/api/v1/series", [("match[]", selector), Self.sinceEver], what: "show series")
        var found: [DiscoveredColumn] = []
        do {
            try JSONCursor.over(reply) { cursor throws(JSONCursor.Malformed) in
                try cursor.object { key, cursor throws(JSONCursor.Malformed) in
                    guard key == "data" else { return try cursor.skip() }
                    try cursor.array { cursor throws(JSONCursor.Malformed) in
                        var labels: [String: String] = [:]
                        try cursor.object { key, cursor throws(JSONCursor.Malformed) in labels[key] = try cursor.string() }
                        if let (column, _) = VictoriaSelector.column(labels) { found.append(column) }
                    }
                }
            }
        } catch {
            throw EngineFailure(.unexpected, "\(place): \(error)")
        }
        return found.filter { !known.contains($0.identity.measurement, $0.identity.field, $0.identity.tags) }
    }
}
