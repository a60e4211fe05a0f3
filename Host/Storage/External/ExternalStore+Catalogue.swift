extension ExternalStore {
    private static let longestDatabaseName = 200

    public func databases() -> [String] {
        compareWithEngine()
        return state.withLock { $0.catalogue.databases.keys.sorted() }
    }

    /// Notes the database here, and asks the engine for it; if that is away, the database is made there with its first points.
    public func createDatabase(_ name: String) throws(StorageError) {
        guard !name.isEmpty, name.utf8.count <= Self.longestDatabaseName, LineText.problem(of: name) == nil else {
            throw StorageError(
                code: .invalidName,
                description: "A database name has 1 to \(Self.longestDatabaseName) bytes without control characters; \"\(name.prefix(40))\" has not.")
        }
        if state.withLock({ $0.catalogue.databases[name] != nil }) { return }
        try note(database: name)
        do throws(EngineFailure) {
            try engine.createDatabase(name)
        } catch {
            damage.failed("The database \"\(name)\" is not made on the engine yet: \(error)")
        }
    }

    /// Drops the database on the engine too, for every host that writes there. Refused while the engine is away.
    public func dropDatabase(_ name: String) throws(StorageError) {
        guard state.withLock({ $0.catalogue.databases[name] != nil }) else { throw .noDatabase(name) }
        try sending.withLock { _ throws(StorageError) in
            do throws(EngineFailure) {
                try engine.dropDatabase(name)
            } catch where error.kind == .noDatabase {
                // It has nothing to drop.
            } catch {
                throw StorageError(error)
            }
            guard let row = state.withLock({ $0.catalogue.remove(database: name) }) else { return }
            try changeCatalogue { file throws(SQLiteError) in
                try file.remove(row)
                try file.forgetRemovedFolder(row.folder)
            }
        }
    }

    public func resolve(_ identity: ColumnIdentity, type: FieldType) throws(StorageError) -> ColumnHandle {
        let tags = identity.tags.filter { !$0.value.isEmpty }
        let identity = ColumnIdentity(
            database: identity.database, measurement: identity.measurement, tags: tags, field: identity.field)
        let traits = engine.traits
        let (handle, mustTell) = try state.withLock { (state) throws(StorageError) in
            if state.isClosing { throw .storeClosed }
            guard state.catalogue.databases[identity.database] != nil else { throw .noDatabase(identity.database) }
            if let column = state.catalogue.find(identity), column.type == type {
                return (ColumnHandle(rawValue: UInt64(column.id)), false)
            }
            try ColumnRules.check(identity, type: type, traits)
            if let existing = state.catalogue.type(of: identity), existing != type {
                throw StorageError(
                    code: .fieldTypeConflict,
                    description: "field type conflict: input field \"\(identity.field)\" on measurement "
                        + "\"\(identity.measurement)\" is type \(type.name), already exists as type \(existing.name)")
            }
            guard let column = state.catalogue.make(identity, type: type) else { throw .noDatabase(identity.database) }
            return (ColumnHandle(rawValue: UInt64(column.id)), state.notePending())
        }
        if mustTell { state.announceChange() }
        return handle
    }

    public func describe(_ handle: ColumnHandle) -> ColumnDescription? {
        state.withLock { $0.catalogue.column(handle.rawValue)?.description }
    }

    public func measurements(in database: String) throws(StorageError) -> [String] {
        compareWithEngine()
        return try state.withLock { (state) throws(StorageError) in
            guard let database = state.catalogue.databases[database] else { throw .noDatabase(database) }
            return database.measurements.keys.sorted()
        }
    }

    public func columns(in database: String, measurement: String) throws(StorageError) -> [ColumnDescription] {
        compareWithEngine()
        let series = try state.withLock { (state) throws(StorageError) in
            guard let database = state.catalogue.databases[database] else { throw .noDatabase(database) }
            return database.measurements[measurement]?.series.mapValues { $0.values.map(\.description) } ?? [:]
        }
        return series.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .flatMap { $0.value.filter { !QualityField.isOne($0.identity.field) }.sorted { $0.identity.field < $1.identity.field } }
    }

    private func changeCatalogue(_ body: (CatalogueFile) throws(SQLiteError) -> Void) throws(StorageError) {
        do throws(SQLiteError) {
            try catalogueFile.withLock { (file) throws(SQLiteError) in try body(file) }
        } catch {
            throw StorageError(code: .inputOutput, description: "The catalogue cannot be written: \(error).")
        }
    }

    /// Puts a database into the catalogue, on disk first.
    private func note(database name: String) throws(StorageError) {
        try changeCatalogue { file throws(SQLiteError) in
            // Another thread may have been faster.
            if state.withLock({ $0.catalogue.databases[name] != nil }) { return }
            let row = CatalogueFile.DatabaseRow(id: try file.nextID(of: "database"), name: name, folder: name, shardSeconds: 0)
            try file.add(row)
            state.withLock { $0.catalogue.insert(row) }
        }
    }
}

extension ExternalStore {
    /// Takes up databases and columns that other hosts have written to the engine, unless that was done not long ago. An engine that is away
    /// changes nothing.
    func compareWithEngine() {
        let lifetime = options.catalogueLifetimeMilliseconds * 1_000_000
        let isMine = state.withLock { state in
            let isDue = state.comparedAt == 0 || monotonicNanoseconds() >= state.comparedAt + lifetime
            guard isDue, !state.isComparing, !state.isClosing else { return false }
            state.isComparing = true
            return true
        }
        guard isMine else { return }
        do {
            try takeUpFromEngine()
        } catch {
            note(error)
        }
        state.withLock { state in
            state.isComparing = false
            state.comparedAt = max(1, monotonicNanoseconds())
        }
    }

    private func takeUpFromEngine() throws {
        for name in try engine.databases() {
            try note(database: name)
            let known = state.withLock { $0.catalogue.known(in: name) }
            let found = try engine.discover(in: name, except: known)
            let mustTell = state.withLock { state in
                for column in found where state.catalogue.find(column.identity) == nil {
                    // A field that another host gave another type cannot be read here; its own host tells of the conflict.
                    if let type = state.catalogue.type(of: column.identity), type != column.type { continue }
                    _ = state.catalogue.make(column.identity, type: column.type)
                }
                return state.hasPending && state.notePending()
            }
            if mustTell { state.announceChange() }
        }
    }

    private func note(_ error: any Error) {
        guard let failure = error as? EngineFailure, failure.kind == .unexpected || failure.kind == .forbidden else { return }
        damage.failed("The columns of the engine cannot be taken up: \(failure)")
    }
}
