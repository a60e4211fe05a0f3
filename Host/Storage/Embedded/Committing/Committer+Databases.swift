extension Committer {
    /// Makes or drops a database; gives the error that hindered it.
    func perform(_ request: StoreState.Request) -> StorageError? {
        do {
            switch request.kind {
            case .create: try create(request.database)
            case .drop: try drop(request.database)
            }
            return nil
        } catch {
            return StorageError(
                code: .inputOutput,
                description: "The database \"\(request.database)\" cannot be changed: \(error). Nothing was changed.")
        }
    }

    private func create(_ name: String) throws(SQLiteError) {
        let (isThere, id) = state.withLock { ($0.databases[name] != nil, $0.nextDatabaseID) }
        guard !isThere else { return }
        var folder = Self.folderName(name)
        if FileSystem.exists(storeFolder + "/" + folder) { folder += "+\(id)" }
        let row = CatalogueFile.DatabaseRow(id: id, name: name, folder: folder, shardSeconds: max(1, options.shardSeconds))
        try catalogue.add(row)
        state.withLock { state in
            state.nextDatabaseID = id + 1
            state.databases[name] = Database(row: row, storeFolder: storeFolder)
        }
    }

    private func drop(_ name: String) throws(SQLiteError) {
        guard let row = state.withLock({ $0.databases[name]?.row }) else { return }
        try catalogue.remove(row)
        let shards = state.withLock { $0.remove(databaseNamed: name) }
        for shard in shards { shard.files.close() }
        let folder = storeFolder + "/" + row.folder
        readers.discard(under: folder)
        if FileSystem.remove(folder) {
            try catalogue.forgetRemovedFolder(row.folder)
        } else {
            damage.failed("The folder \(folder) of a dropped database cannot be removed now; the next start tries again.")
        }
    }

    /// The database's name where it can be a folder's; other bytes as `%` and two hexadecimal digits.
    static func folderName(_ name: String) -> String {
        var folder: [UInt8] = []
        for (index, byte) in name.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                folder.append(byte)
            case UInt8(ascii: ".") where index > 0:
                folder.append(byte)
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                folder += Array(("%" + (digits.count < 2 ? "0" : "") + digits).utf8)
            }
        }
        return String(decoding: folder, as: UTF8.self)
    }
}

extension StoreState {
    /// Takes a database out with its columns and pending points; gives its shards, to close their files.
    mutating func remove(databaseNamed name: String) -> [Shard] {
        guard let database = databases.removeValue(forKey: name) else { return [] }
        func isGone(_ column: Column) -> Bool { column.database === database }
        for head in listed where isGone(head.column) { pendingPoints -= head.points.count - head.journalled }
        listed.removeAll { isGone($0.column) }
        recountTexts()
        newColumns.removeAll(where: isGone)
        removeColumns(where: isGone)
        let shards = Array(database.shards.values)
        for shard in shards {
            shard.heads = []
            shard.sealed = []
        }
        return shards
    }
}
