/// Takes up a store from its folder, before any other thread knows it.
struct Opening {
    let folder: String
    let options: EmbeddedStoreOptions
    let damage: DamageLog

    func run() throws(StorageError) -> (state: StoreState, catalogue: CatalogueFile) {
        var state = StoreState()
        do {
            let catalogue = try openCatalogue()
            for folder in try catalogue.removedFolders() {
                if FileSystem.remove(self.folder + "/" + folder) { try catalogue.forgetRemovedFolder(folder) }
            }
            let databases = try load(catalogue, into: &state)
            for database in databases { try openShards(of: database, &state) }
            return (state, catalogue)
        } catch {
            throw StorageError(code: .inputOutput, description: "The store in \(folder) cannot be opened: \(error).")
        }
    }

    private func openCatalogue() throws(SQLiteError) -> CatalogueFile {
        let path = folder + "/catalogue.sqlite"
        do {
            let catalogue = try CatalogueFile(path: path)
            _ = try catalogue.columns()
            return catalogue
        } catch where error.isDamage {
            damage.damaged("\(path) (kept as \(FileSystem.putAside(path)))", error)
            return try CatalogueFile(path: path)
        }
    }

    private func load(_ catalogue: CatalogueFile, into state: inout StoreState) throws(SQLiteError) -> [Database] {
        var byID: [Int64: Database] = [:]
        for row in try catalogue.databases() {
            let database = Database(row: row, storeFolder: folder)
            byID[row.id] = database
            state.databases[row.name] = database
        }
        state.nextDatabaseID = try catalogue.nextID(of: "database")
        state.reserve(columns: Int(try catalogue.nextID(of: "point_column")))
        for row in try catalogue.columns() {
            guard let database = byID[row.databaseID], row.id > 0 else { continue }
            let identity = ColumnIdentity(
                database: database.row.name, measurement: row.measurement, tags: row.tags, field: row.field)
            state.insert(Column(id: row.id, identity: identity, type: row.type, database: database, isNew: false))
        }
        return Array(byID.values)
    }

    private func openShards(of database: Database, _ state: inout StoreState) throws(SQLiteError) {
        for name in FileSystem.contents(of: database.folder) {
            guard let index = ShardName.index(name: name, seconds: database.row.shardSeconds) else { continue }
            let shard = Shard(
                index: index, seconds: database.row.shardSeconds, folder: database.folder + "/" + name, damage: damage,
                journalPages: options.largestJournalPages)
            database.shards[index] = shard
            if shard.files.hasJournal { try replay(shard, &state) }
        }
    }

    /// Puts what the journal holds, and the chunks do not, back into heads.
    private func replay(_ shard: Shard, _ state: inout StoreState) throws(SQLiteError) {
        var sealedRows: [Int64: Int64] = [:]
        let columns = state.columns
        let isWhole = try shard.files.replay { row, bytes in
            do {
                try JournalRecord.decode(bytes, type: { $0 > 0 && $0 < columns.count ? columns[Int($0)]?.type : nil }) {
                    id, points in
                    guard let column = columns[Int(id)] else { return }
                    let sealed = sealedRows[id] ?? self.sealedRow(shard, columnID: id)
                    sealedRows[id] = sealed
                    if row > sealed { take(points, of: column, row: row, into: shard) }
                }
            } catch {
                damage.damaged("Row \(row) of the journal in \(shard.folder)", error)
            }
            shard.addJournalRow(row, bytes: bytes.count)
        }
        if !isWhole { shard.forgetJournal() }
        for head in shard.heads {
            head.journalled = isWhole ? head.points.count : 0
            guard !isWhole else { continue }
            state.pendingPoints += head.points.count
            _ = state.notePending()
            state.list(head)
        }
        if shard.heads.isEmpty { shard.files.closeWithoutJournal() }
        shard.dropUnneededRows()
        shard.lastCommit = monotonicNanoseconds()
    }

    private func sealedRow(_ shard: Shard, columnID: Int64) -> Int64 {
        guard shard.files.hasChunks else { return 0 }
        var row: Int64 = 0
        do {
            try shard.files.withChunks { (chunks) throws(SQLiteError) in row = try chunks.sealedRow(columnID: columnID) }
        } catch {
            damage.damaged("The list of sealed columns in \(shard.folder)", error)
        }
        return row
    }

    private func take(_ points: PointBlock, of column: Column, row: Int64, into shard: Shard) {
        let head = column.heads.first { $0.shard === shard } ?? add(column, shard)
        head.points.append(points, 0..<points.count, type: column.type)
        head.firstRow = head.firstRow ?? row
        head.lastRow = row
    }

    private func add(_ column: Column, _ shard: Shard) -> Head {
        let head = Head(column: column, shard: shard, pointsPerChunk: options.pointsPerChunk)
        column.heads.append(head)
        shard.heads.append(head)
        return head
    }
}
