extension EmbeddedStore {
    private static let longestName = 60_000
    private static let longestFolderName = 200

    public func databases() -> [String] { state.withLock { $0.databases.keys.sorted() } }

    public func createDatabase(_ name: String) throws(StorageError) {
        let folder = Committer.folderName(name)
        guard !name.isEmpty, folder.utf8.count <= Self.longestFolderName else {
            throw StorageError(
                code: .invalidName,
                description: "A database name has 1 to \(Self.longestFolderName) characters (those other than letters, digits, "
                    + "- _ . count three a byte); \"\(name.prefix(40))\" has not.")
        }
        if state.withLock({ $0.databases[name] != nil }) { return }
        try request(.create, name)
    }

    public func dropDatabase(_ name: String) throws(StorageError) {
        guard state.withLock({ $0.databases[name] != nil }) else { throw .noDatabase(name) }
        try request(.drop, name)
    }

    public func resolve(_ identity: ColumnIdentity, type: FieldType) throws(StorageError) -> ColumnHandle {
        let tags = identity.tags.filter { !$0.value.isEmpty }
        let identity = ColumnIdentity(
            database: identity.database, measurement: identity.measurement, tags: tags, field: identity.field)
        let (handle, mustTell) = try state.withLock { (state) throws(StorageError) in
            if state.isClosing { throw .storeClosed }
            guard let database = state.databases[identity.database] else { throw .noDatabase(identity.database) }
            let measurement = database.measurements[identity.measurement]
            if let column = measurement?.series[tags]?[identity.field], column.type == type {
                return (ColumnHandle(rawValue: UInt64(column.id)), false)
            }
            try Self.checkNames(identity)
            if let existing = measurement?.fields[identity.field], existing != type {
                throw StorageError(
                    code: .fieldTypeConflict,
                    description: "field type conflict: input field \"\(identity.field)\" on measurement "
                        + "\"\(identity.measurement)\" is type \(type.name), already exists as type \(existing.name)")
            }
            let column = Column(
                id: Int64(state.columns.count), identity: identity, type: type, database: database, isNew: true)
            state.insert(column)
            state.newColumns.append(column)
            return (ColumnHandle(rawValue: UInt64(column.id)), state.notePending())
        }
        if mustTell { state.announceChange() }
        return handle
    }

    public func describe(_ handle: ColumnHandle) -> ColumnDescription? {
        state.withLock { $0.column(handle.rawValue)?.description }
    }

    public func measurements(in database: String) throws(StorageError) -> [String] {
        try state.withLock { (state) throws(StorageError) in
            guard let database = state.databases[database] else { throw .noDatabase(database) }
            return database.measurements.keys.sorted()
        }
    }

    public func columns(in database: String, measurement: String) throws(StorageError) -> [ColumnDescription] {
        let series = try state.withLock { (state) throws(StorageError) in
            guard let database = state.databases[database] else { throw .noDatabase(database) }
            return database.measurements[measurement]?.series.mapValues { $0.values.map(\.description) } ?? [:]
        }
        return series.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .flatMap { $0.value.sorted { $0.identity.field < $1.identity.field } }
    }

    /// Lets the committer do something and waits for it.
    private func request(_ kind: StoreState.Request.Kind, _ name: String) throws(StorageError) {
        let answer = Monitor<StorageError??>(nil)
        let isOpen = state.withLock { state in
            guard !state.isClosing else { return false }
            state.requests.append(
                StoreState.Request(kind: kind, database: name) { error in
                    answer.withLock { $0 = .some(error) }
                    answer.announceChange()
                })
            return true
        }
        guard isOpen else { throw .storeClosed }
        state.announceChange()
        let error = answer.wait { answer in
            if let answer { return .proceed(answer) }
            return .wait(until: nil)
        }
        if let error { throw error }
    }

    private static func checkNames(_ identity: ColumnIdentity) throws(StorageError) {
        func refuse(_ what: String) -> StorageError {
            StorageError(
                code: .invalidName,
                description: "The column \(identity.measurement).\(identity.field) cannot be made: \(what).")
        }
        if identity.measurement.isEmpty { throw refuse("the measurement has no name") }
        if identity.field.isEmpty { throw refuse("the field has no name") }
        if identity.field == "time" { throw refuse("a field cannot be named \"time\", which is the time of the point") }
        for (index, tag) in identity.tags.enumerated() {
            if tag.key.isEmpty { throw refuse("a tag with the value \"\(tag.value)\" has no key") }
            if tag.key == "time" { throw refuse("a tag cannot be named \"time\", which is the time of the point") }
            if index > 0, identity.tags[index - 1].key == tag.key { throw refuse("the tag \"\(tag.key)\" is given twice") }
        }
        let length = identity.tags.reduce(identity.measurement.utf8.count + identity.field.utf8.count) {
            $0 + $1.key.utf8.count + $1.value.utf8.count
        }
        if length > longestName { throw refuse("its names are \(length) bytes long, at most \(longestName) are allowed") }
    }
}
