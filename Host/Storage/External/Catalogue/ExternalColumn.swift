/// A column of the catalogue. Touched under the lock of the store's state only, but for what never changes.
final class ExternalColumn: @unchecked Sendable {
    // @unchecked: `hasQuality`, `batch` and `place` are only touched under the lock of the store's state.
    let id: Int64
    let identity: ColumnIdentity
    let type: FieldType
    /// The number of its database, which a database of the same name made later does not have.
    let databaseID: Int64
    /// `field=` and `field:quality=` of the line protocol.
    let fieldKey: [UInt8]
    let qualityKey: [UInt8]
    /// Whether flags other than 0 were ever written, so that every point's flags are written from then on.
    var hasQuality = false
    /// The batch in memory that has points of this column, and which of its blocks they are.
    var batch: UInt64 = 0
    var place = 0

    init(id: Int64, identity: ColumnIdentity, type: FieldType, databaseID: Int64) {
        self.id = id
        self.identity = identity
        self.type = type
        self.databaseID = databaseID
        fieldKey = LineText.fieldKey(identity.field)
        qualityKey = LineText.fieldKey(QualityField.name(of: identity.field))
    }

    var description: ColumnDescription {
        ColumnDescription(handle: ColumnHandle(rawValue: UInt64(id)), identity: identity, type: type)
    }

    var row: CatalogueFile.ColumnRow {
        CatalogueFile.ColumnRow(
            id: id, databaseID: databaseID, measurement: identity.measurement, tags: identity.tags, field: identity.field, type: type)
    }
}
