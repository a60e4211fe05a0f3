/// The time-series store inside the host: points in memory, a journal that makes them durable in group commits, and compressed
/// chunks, one folder a database and span of time, SQLite as the container of all files.
///
/// Writers append to *heads* in memory. One thread of the store, the *committer*, writes all files: at each commit the new
/// columns to the catalogue, then one row a shard to its journal. A head of about a thousand journalled points is *sealed*: sorted,
/// compressed and moved into the chunk file, after which its journal rows go. Readers merge chunks, sealed blocks and
/// heads; of points of one time in one column the last written wins, everywhere.
///
/// The folder belongs to one store at a time. A damaged piece is passed over, counted and told to `log`; the rest stays readable.
public final class EmbeddedStore: StorageDriver {
    let folder: String
    let options: EmbeddedStoreOptions
    let state: Monitor<StoreState>
    let damage: DamageLog
    let readers: ReaderPool
    private let size: FolderSize
    private let lock: FolderLock
    private let thread: Monitor<OwnThread?>

    /// Opens the store in a folder, made if it is new, and takes up what the journals hold.
    ///
    /// - Parameter log: gets a sentence for each damaged piece of data and each failure that will be tried again.
    /// - Throws: ``StorageError`` if another process has the folder open, or if it cannot be read or written.
    public init(
        folder: String, options: EmbeddedStoreOptions = EmbeddedStoreOptions(),
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(StorageError) {
        self.folder = folder
        self.options = options
        damage = DamageLog(log)
        readers = ReaderPool()
        size = FolderSize(folder: folder, lastingSeconds: options.sizeSeconds)
        try FileSystem.makeFolder(folder)
        lock = try FolderLock(folder: folder)
        let opened = try Opening(folder: folder, options: options, damage: damage).run()
        state = Monitor(opened.state)
        thread = Monitor(nil)
        let committer = Committer(
            storeFolder: folder, state: state, catalogue: opened.catalogue, options: options, damage: damage,
            readers: readers)
        guard let started = OwnThread({ committer.run() }) else {
            throw StorageError(code: .inputOutput, description: "The store cannot start its thread; the process has too many.")
        }
        thread.withLock { $0 = started }
    }

    deinit { close() }

    public func close() {
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        guard let running else { return }
        state.withLock { $0.isClosing = true }
        state.announceChange()
        running.join()
        readers.discardAll()
        lock.release()
    }

    public func statistics() -> StorageStatistics {
        var result = state.withLock { state in
            var result = StorageStatistics()
            result.pointsWritten = state.pointsWritten
            result.pointsRefused = state.pointsRefused
            result.commits = state.commits
            result.failedCommits = state.failedCommits
            result.pendingPoints = state.pendingPoints
            result.columns = state.columnCount
            return result
        }
        result.damagedPieces = damage.count
        result.bytesOnDisk = size.bytes
        return result
    }
}

extension StorageError {
    static let storeClosed = StorageError(code: .closed, description: "The store is closed; nothing can be read or written any more.")

    static func noDatabase(_ name: String) -> StorageError {
        StorageError(code: .databaseNotFound, description: "database not found: \"\(name)\"")
    }

    static func unknownHandle(_ handle: UInt64) -> StorageError {
        StorageError(
            code: .columnNotFound,
            description: "The column handle \(handle) is not known: it was never given out, or its database was dropped. "
                + "Resolve the column again.")
    }
}
