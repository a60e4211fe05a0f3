/// A small durable memory of each service: counters, last positions, learnt parameters. Not for time series.
///
/// One SQLite file holds the entries of all services. Every function may be called from any thread; it blocks the caller while it
/// reads or writes the disk, so never call it on an event loop.
public final class KeyValueStore: Sendable {
    /// Bytes of UTF-8 that a key may have.
    public static let maximumKeyBytes = 256

    private struct State {
        /// `nil` once the store is closed.
        var file: KeyValueFile?
        /// Bytes of the keys and values of each service.
        var usedBytes: [String: Int64]
    }

    private let state: Monitor<State>

    /// Opens or makes the file at `path`; the folders above it are made if they are missing.
    ///
    /// A damaged file is put aside under a name that says so, `log` is told, and an empty one takes its place.
    ///
    /// - Throws: ``StorageError`` if the file cannot be made or read.
    public init(path: String, log: (String) -> Void = { _ in }) throws(StorageError) {
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try FileSystem.makeFolder(String(path[..<slash])) }
        do {
            let (file, usedBytes) = try Self.openOrPutAside(path, log)
            state = Monitor(State(file: file, usedBytes: usedBytes))
        } catch {
            throw Self.failed("open the memory of the services", error)
        }
    }

    /// The value of a key, or `nil` if there is none.
    public func get(service: String, key: String) throws(StorageError) -> [UInt8]? {
        try Self.check(service: service, key: key)
        return try state.withLock { state throws(StorageError) -> [UInt8]? in
            let file = try Self.opened(state)
            do throws(SQLiteError) {
                return try file.get(service, key)
            } catch {
                throw Self.failed("read the key “\(key)” of \(service)", error)
            }
        }
    }

    /// Stores a value, durable when the call returns.
    ///
    /// - Parameter quotaBytes: what all keys and values of the service together may take.
    /// - Throws: ``StorageError`` with the code `quotaExceeded` above the quota, or `inputOutput` if the disk fails; the old value
    ///   then stands.
    public func put(service: String, key: String, value: [UInt8], quotaBytes: Int64) throws(StorageError) {
        try Self.check(service: service, key: key)
        let needed = try state.withLock { state throws(StorageError) -> Int64? in
            let file = try Self.opened(state)
            do throws(SQLiteError) {
                let old = try file.size(service, key) ?? 0
                let new = Int64(key.utf8.count + value.count)
                let used = state.usedBytes[service, default: 0] - old + new
                // A service that is above a lowered quota may still make its entries smaller.
                let fits = used <= quotaBytes || new <= old
                if fits {
                    try file.put(service, key, value)
                    state.usedBytes[service] = used
                }
                return fits ? nil : used
            } catch {
                throw Self.failed("store the key “\(key)” of \(service)", error)
            }
        }
        if let needed { throw Self.overQuota(service: service, key: key, neededBytes: needed, quotaBytes: quotaBytes) }
    }

    /// Removes a key, durable when the call returns; one that is not there is ignored.
    public func remove(service: String, key: String) throws(StorageError) {
        try Self.check(service: service, key: key)
        try state.withLock { state throws(StorageError) in
            let file = try Self.opened(state)
            do throws(SQLiteError) {
                guard let old = try file.size(service, key) else { return }
                try file.remove(service, key)
                state.usedBytes[service, default: 0] -= old
            } catch {
                throw Self.failed("remove the key “\(key)” of \(service)", error)
            }
        }
    }

    /// Calls `body` for each key that begins with `prefix`, in the order of the keys' UTF-8 bytes, until it returns `false`.
    ///
    /// `body` sees the entries as they were when the call began, and may itself call the store.
    public func visit(
        service: String, prefix: String = "", _ body: (_ key: String, _ value: [UInt8]) -> Bool
    ) throws(StorageError) {
        let entries = try state.withLock { state throws(StorageError) -> [(key: String, value: [UInt8])] in
            let file = try Self.opened(state)
            do throws(SQLiteError) {
                return try file.entries(service, prefix)
            } catch {
                throw Self.failed("read the keys of \(service)", error)
            }
        }
        for entry in entries {
            guard body(entry.key, entry.value) else { return }
        }
    }

    /// The bytes that the keys and values of a service take.
    public func usedBytes(service: String) -> Int64 { state.withLock { $0.usedBytes[service, default: 0] } }

    /// Closes the file; every later call is refused.
    public func close() { state.withLock { $0.file = nil } }

    private static func openOrPutAside(
        _ path: String, _ log: (String) -> Void
    ) throws(SQLiteError) -> (KeyValueFile, [String: Int64]) {
        do throws(SQLiteError) {
            let file = try KeyValueFile(path: path)
            return (file, try file.usedBytes())
        } catch {
            guard error.isDamage else { throw error }
            let aside = FileSystem.putAside(path)
            log("The memory of the services is damaged (\(error)); it is kept as \(aside), and the services start without it.")
            let file = try KeyValueFile(path: path)
            return (file, [:])
        }
    }

    private static func opened(_ state: State) throws(StorageError) -> KeyValueFile {
        guard let file = state.file else {
            throw StorageError(code: .closed, description: "The memory of the services is closed; the host is stopping.")
        }
        return file
    }

    private static func check(service: String, key: String) throws(StorageError) {
        guard !service.isEmpty else {
            throw StorageError(code: .invalidName, description: "A key belongs to a service, but the service's name is empty.")
        }
        let count = key.utf8.count
        guard (1...maximumKeyBytes).contains(count) else {
            throw StorageError(
                code: .invalidName,
                description: "A key of \(service) has \(count) bytes of UTF-8; it must have 1 to \(maximumKeyBytes).")
        }
    }

    private static func overQuota(service: String, key: String, neededBytes: Int64, quotaBytes: Int64) -> StorageError {
        StorageError(
            code: .quotaExceeded,
            description: """
                With the key “\(key)” the memory of \(service) would take \(neededBytes) bytes, its quota is \(quotaBytes); \
                remove keys or raise kv_quota in the manifest.
                """)
    }

    private static func failed(_ action: String, _ error: SQLiteError) -> StorageError {
        StorageError(code: .inputOutput, description: "The store could not \(action): \(error); check the disk.")
    }
}
