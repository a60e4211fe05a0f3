import Storage
import Synchronization

/// A store in memory that keeps what the protocol promises, and counts the calls.
final class LineProtocolMemoryDriver: StorageDriver {
    struct Contents: Sendable {
        var databases: Set<String> = []
        var columns: [ColumnDescription] = []
        var handles: [ColumnIdentity: ColumnHandle] = [:]
        /// By database, measurement and field.
        var fieldTypes: [[String]: FieldType] = [:]
        var points: [ColumnHandle: [Int64: FieldValue]] = [:]
        var nextHandle: UInt64 = 1
        var resolveCalls = 0
        var writeCalls = 0
        var writeFailure: StorageError?
    }

    private let contents = Mutex(Contents())

    /// The contents as they are now.
    var snapshot: Contents { contents.withLock { $0 } }

    /// Makes every later call of `write` fail.
    func failWrites(with error: StorageError) { contents.withLock { $0.writeFailure = error } }

    init(databases: Set<String> = ["grid"]) { contents.withLock { $0.databases = databases } }

    func databases() -> [String] { contents.withLock { $0.databases.sorted() } }
    func createDatabase(_ name: String) throws(StorageError) { contents.withLock { _ = $0.databases.insert(name) } }

    func dropDatabase(_ name: String) throws(StorageError) {
        contents.withLock { contents in
            contents.databases.remove(name)
            for column in contents.columns where column.identity.database == name { contents.points[column.handle] = nil }
            contents.columns.removeAll { $0.identity.database == name }
            contents.handles = contents.handles.filter { $0.key.database != name }
            contents.fieldTypes = contents.fieldTypes.filter { $0.key.first != name }
        }
    }

    func resolve(_ column: ColumnIdentity, type: FieldType) throws(StorageError) -> ColumnHandle {
        try contents.withLock { (contents) throws(StorageError) in
            contents.resolveCalls += 1
            guard contents.databases.contains(column.database) else { throw StorageError(code: .databaseNotFound, description: "no database") }
            guard column.measurement != "refused" else { throw StorageError(code: .invalidName, description: "the name is not acceptable") }
            let field = [column.database, column.measurement, column.field]
            if let other = contents.fieldTypes[field], other != type { throw StorageError(code: .fieldTypeConflict, description: "another type") }
            if let known = contents.handles[column] { return known }
            let handle = ColumnHandle(rawValue: contents.nextHandle)
            contents.nextHandle += 1
            contents.handles[column] = handle
            contents.fieldTypes[field] = type
            contents.columns.append(ColumnDescription(handle: handle, identity: column, type: type))
            return handle
        }
    }

    func describe(_ handle: ColumnHandle) -> ColumnDescription? {
        contents.withLock { $0.columns.first { $0.handle == handle } }
    }

    func measurements(in database: String) throws(StorageError) -> [String] {
        contents.withLock { contents in
            Set(contents.columns.filter { $0.identity.database == database }.map(\.identity.measurement)).sorted()
        }
    }

    func columns(in database: String, measurement: String) throws(StorageError) -> [ColumnDescription] {
        contents.withLock { $0.columns.filter { $0.identity.database == database && $0.identity.measurement == measurement } }
    }

    func write(_ points: borrowing PointColumns) throws(StorageError) -> CommitTicket {
        let points = copy points
        return try contents.withLock { (contents) throws(StorageError) in
            contents.writeCalls += 1
            if let failure = contents.writeFailure { throw failure }
            guard points.handles.count == points.times.count, points.values.count == points.times.count else {
                throw StorageError(code: .invalidPoints, description: "the columns differ in length")
            }
            let writable = Set(contents.columns.filter { $0.type == points.values.type }.map(\.handle))
            for handle in points.handles where !writable.contains(handle) {
                throw StorageError(code: .invalidPoints, description: "no such column of this type")
            }
            for (index, handle) in points.handles.enumerated() {
                contents.points[handle, default: [:]][points.times[index]] = Self.value(points.values, index)
            }
            return CommitTicket(sequence: UInt64(contents.writeCalls))
        }
    }

    private static func value(_ values: ValueColumn, _ index: Int) -> FieldValue {
        switch values {
        case .float(let values): .float(values[index])
        case .integer(let values): .integer(values[index])
        case .boolean(let values): .boolean(values[index])
        case .text(let values): .text(values[index])
        }
    }

    func whenDurable(_ ticket: CommitTicket, _ body: @escaping @Sendable (StorageError?) -> Void) { body(nil) }

    func scan(
        _ handle: ColumnHandle, from: Int64, through: Int64, descending: Bool, _ body: (borrowing PointRun) -> Bool
    ) throws(StorageError) {
        throw StorageError(code: .closed, description: "this store is for writing")
    }

    func last(_ handle: ColumnHandle) throws(StorageError) -> StoredPoint? {
        contents.withLock { contents in
            contents.points[handle]?.max { $0.key < $1.key }.map { StoredPoint(time: $0.key, value: $0.value, quality: 0) }
        }
    }

    func statistics() -> StorageStatistics { StorageStatistics() }
    func close() {}

    /// Everything stored, one line a point: `measurement|tag=value,…|field|time|value`, sorted.
    var dump: [String] {
        contents.withLock { contents in
            contents.columns.flatMap { column in
                let tags = column.identity.tags.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
                return (contents.points[column.handle] ?? [:]).map { time, value in
                    "\(column.identity.measurement)|\(tags)|\(column.identity.field)|\(time)|\(value)"
                }
            }.sorted()
        }
    }
}

extension LineProtocolWriter {
    /// Writes a text, in nanoseconds unless said otherwise, at the time 1 700 000 000 s.
    func write(
        _ text: String, database: String = "grid", precision: LineProtocolPrecision = .nanoseconds, now: Int64 = 1_700_000_000_000_000_000
    ) throws(StorageError) -> LineProtocolOutcome {
        try write(Array(text.utf8), database: database, precision: precision, now: now)
    }

    func write(
        _ bytes: [UInt8], database: String = "grid", precision: LineProtocolPrecision = .nanoseconds, now: Int64 = 1_700_000_000_000_000_000
    ) throws(StorageError) -> LineProtocolOutcome {
        // `withUnsafeBytes` passes on no typed error, hence the result.
        let result = bytes.withUnsafeBytes { raw in
            Result { () throws(StorageError) in try write(raw, database: database, precision: precision, now: now) }
        }
        return try result.get()
    }
}
