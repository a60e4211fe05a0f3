/// What one group commit writes: a copy, so that writers go on while it is encoded.
struct CommitBatch {
    /// The points of one shard.
    final class ShardPart {
        let shard: Shard
        let firstNeededRow: Int64
        var heads: [Head] = []
        var entries: [JournalRecord.Entry] = []
        var points = PointBlock()
        /// The journal rows with their sizes, once they are written.
        var rows: [(row: Int64, bytes: Int)] = []
        var lostJournal = false

        init(shard: Shard) {
            self.shard = shard
            firstNeededRow = shard.firstNeededRow ?? Int64.max
        }
    }

    /// Everything accepted up to this is in the batch or durable already.
    let sequence: UInt64
    let columns: [Column]
    let columnRows: [CatalogueFile.ColumnRow]
    let parts: [ShardPart]

    /// Takes what is pending. To be called under the lock.
    init(_ state: inout StoreState) {
        sequence = state.accepted
        columns = state.newColumns
        columnRows = columns.map {
            CatalogueFile.ColumnRow(
                id: $0.id, databaseID: $0.database.row.id, measurement: $0.identity.measurement, tags: $0.identity.tags,
                field: $0.identity.field, type: $0.type)
        }
        var parts: [ObjectIdentifier: ShardPart] = [:]
        for head in state.listed {
            head.isListed = false
            let part = parts[ObjectIdentifier(head.shard)] ?? ShardPart(shard: head.shard)
            parts[ObjectIdentifier(head.shard)] = part
            let start = part.points.count
            part.points.append(head.points, head.journalled..<head.points.count, type: head.column.type)
            part.heads.append(head)
            part.entries.append(
                JournalRecord.Entry(columnID: head.column.id, type: head.column.type, range: start..<part.points.count))
        }
        self.parts = Array(parts.values)
        state.listed.removeAll(keepingCapacity: true)
        state.newColumns = []
        state.pendingSince = 0
    }
}
