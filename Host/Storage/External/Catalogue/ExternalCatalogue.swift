/// The databases, measurements, series and fields in memory: those of this host and those that others wrote to the engine. Kept on disk by a
/// ``CatalogueFile``, so that columns can be resolved while the engine is away.
///
/// The fields of quality flags are columns like others, but are not shown.
struct ExternalCatalogue {
    struct Measurement {
        var fields: [String: FieldType] = [:]
        var series: [[Tag]: [String: ExternalColumn]] = [:]
        /// All tag keys of its series.
        var tagKeys: Set<String> = []
        /// Fields of which any series has flags.
        var flagged: Set<String> = []
    }

    struct Database {
        let row: CatalogueFile.DatabaseRow
        var measurements: [String: Measurement] = [:]
    }

    private(set) var databases: [String: Database] = [:]
    /// By number; `nil` once the database is dropped.
    private(set) var columns: [ExternalColumn?] = []
    /// Not in the file yet.
    var newColumns: [ExternalColumn] = []

    var columnCount: Int { databases.values.reduce(0) { $0 + $1.measurements.values.reduce(0) { $0 + $1.series.values.reduce(0) { $0 + $1.count } } } }

    mutating func insert(_ row: CatalogueFile.DatabaseRow) {
        if databases[row.name] == nil { databases[row.name] = Database(row: row) }
    }

    mutating func remove(database name: String) -> CatalogueFile.DatabaseRow? {
        guard let removed = databases.removeValue(forKey: name) else { return nil }
        for index in columns.indices where columns[index]?.databaseID == removed.row.id { columns[index] = nil }
        newColumns.removeAll { $0.databaseID == removed.row.id }
        return removed.row
    }

    /// Takes up what the file holds.
    mutating func load(_ rows: [CatalogueFile.ColumnRow], nextID: Int64) {
        let names = Dictionary(databases.values.map { ($0.row.id, $0.row.name) }, uniquingKeysWith: { first, _ in first })
        for row in rows {
            guard let name = names[row.databaseID] else { continue }
            let identity = ColumnIdentity(database: name, measurement: row.measurement, tags: row.tags, field: row.field)
            place(ExternalColumn(id: row.id, identity: identity, type: row.type, databaseID: row.databaseID))
        }
        while columns.count < nextID { columns.append(nil) }
    }

    func find(_ identity: ColumnIdentity) -> ExternalColumn? {
        databases[identity.database]?.measurements[identity.measurement]?.series[identity.tags]?[identity.field]
    }

    func column(_ handle: UInt64) -> ExternalColumn? { handle < UInt64(columns.count) ? columns[Int(handle)] : nil }

    /// The type that a field has in its measurement.
    func type(of identity: ColumnIdentity) -> FieldType? { databases[identity.database]?.measurements[identity.measurement]?.fields[identity.field] }

    /// Makes a column that is not there. The database must be.
    mutating func make(_ identity: ColumnIdentity, type: FieldType) -> ExternalColumn? {
        guard let database = databases[identity.database] else { return nil }
        let column = ExternalColumn(id: Int64(columns.count), identity: identity, type: type, databaseID: database.row.id)
        place(column)
        newColumns.append(column)
        return column
    }

    /// Notes that the points of a column have flags, with a column of its own, which keeps that on disk.
    mutating func flag(_ column: ExternalColumn) {
        guard !column.hasQuality else { return }
        let identity = column.identity
        let name = QualityField.name(of: identity.field)
        let quality = ColumnIdentity(database: identity.database, measurement: identity.measurement, tags: identity.tags, field: name)
        if find(quality) == nil { _ = make(quality, type: .integer) }
        column.hasQuality = true
    }

    /// Keys of tags that other series of the measurement have.
    func otherTagKeys(_ identity: ColumnIdentity) -> [String] {
        guard let measurement = databases[identity.database]?.measurements[identity.measurement] else { return [] }
        return measurement.tagKeys.subtracting(identity.tags.map(\.key)).sorted()
    }

    /// Whether any series has flags of this field.
    func isFlagged(_ identity: ColumnIdentity) -> Bool {
        databases[identity.database]?.measurements[identity.measurement]?.flagged.contains(identity.field) ?? false
    }

    func known(in database: String) -> KnownColumns {
        let measurements = databases[database]?.measurements ?? [:]
        return KnownColumns(
            fields: measurements.mapValues { measurement in
                var fields: [String: Set<[Tag]>] = [:]
                for (tags, columns) in measurement.series { for field in columns.keys { fields[field, default: []].insert(tags) } }
                return fields
            })
    }

    private mutating func place(_ column: ExternalColumn) {
        while columns.count <= column.id { columns.append(nil) }
        columns[Int(column.id)] = column
        let identity = column.identity
        var measurement = databases[identity.database]?.measurements.removeValue(forKey: identity.measurement) ?? Measurement()
        measurement.fields[identity.field] = column.type
        measurement.series[identity.tags, default: [:]][identity.field] = column
        measurement.tagKeys.formUnion(identity.tags.map(\.key))
        if QualityField.isOne(identity.field) {
            let base = QualityField.base(of: identity.field)
            measurement.flagged.insert(base)
            measurement.series[identity.tags]?[base]?.hasQuality = true
        } else if measurement.flagged.contains(identity.field) {
            let flags = QualityField.name(of: identity.field)
            column.hasQuality = measurement.series[identity.tags]?[flags] != nil
        }
        databases[identity.database]?.measurements[identity.measurement] = measurement
    }
}
