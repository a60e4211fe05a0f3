extension InfluxEngine {
    /// The index tells which series and which fields there are; which field a new series has is asked for by its newest point. A
    /// field whose name several types share has the type that InfluxDB names first.
    func discover(in database: String, except known: borrowing KnownColumns) throws(EngineFailure) -> [DiscoveredColumn] {
        let series = try series(of: database)
        var found: [DiscoveredColumn] = []
        for table in try ask("SHOW FIELD KEYS", database: database, what: "show the fields") {
            var seen: Set<String> = []
            for row in table.rows {
                guard row.count > 1, let field = row[0].text, let type = FieldType(influxName: row[1].text ?? ""), seen.insert(field).inserted
                else { continue }
                let hasNew = series[table.name]?.contains { !known.contains(table.name, field, $0) } ?? false
                if hasNew { found += try columns(of: field, type, measurement: table.name, database: database) }
            }
        }
        return found
    }

    private func columns(
        of field: String, _ type: FieldType, measurement: String, database: String
    ) throws(EngineFailure) -> [DiscoveredColumn] {
        let statement = "SELECT last(\(InfluxName.identifier(field))) FROM \(InfluxName.identifier(measurement)) GROUP BY *"
        return try ask(statement, database: database, what: "show the newest points").map { table in
            DiscoveredColumn(
                identity: ColumnIdentity(database: database, measurement: measurement, tags: table.tags, field: field), type: type)
        }
    }

    /// The tag sets of each measurement.
    private func series(of database: String) throws(EngineFailure) -> [String: Set<[Tag]>] {
        var series: [String: Set<[Tag]>] = [:]
        for table in try ask("SHOW SERIES", database: database, what: "show the series") {
            for key in table.rows.compactMap({ $0.first?.text }) {
                guard let (measurement, tags) = Self.split(key) else { continue }
                series[measurement, default: []].insert(tags)
            }
        }
        return series
    }

    /// Takes a series key apart, which is written as in the line protocol.
    private static func split(_ key: String) -> (String, [Tag])? {
        let line = Array((key + " ").utf8)
        return line.withUnsafeBufferPointer { line in
            do throws(LineProtocolFault) {
                let key = try LineProtocolSeriesKey(line, options: LineProtocolOptions())
                return (key.measurement, key.tags)
            } catch {
                return nil
            }
        }
    }
}

extension FieldType {
    fileprivate init?(influxName: String) {
        switch influxName {
        case "float": self = .float
        case "integer": self = .integer
        case "boolean": self = .boolean
        case "string": self = .text
        default: return nil
        }
    }
}
