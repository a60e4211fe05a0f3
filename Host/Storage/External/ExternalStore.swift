public import HTTPClient

/// A time-series engine on the network behind the platform: InfluxDB 1.x or VictoriaMetrics.
///
/// A point is accepted into memory, made durable in the *spool* on this host's disk by group commits, and sent to the engine in the order of writing.
/// While the engine is away the spool grows, and drains when it is back. Readers see what the spool has over what the engine has, so that a point can be
/// read once it is accepted. The catalogue of columns is kept on this host too: columns can be resolved and points written while the
/// engine is away; reading then fails with a sentence.
///
/// The folder belongs to one store at a time; several hosts may write to one engine, each with a folder of its own.
public final class ExternalStore: StorageDriver {
    let options: ExternalStoreOptions
    let engine: any TimeSeriesEngine
    let state: Monitor<ExternalStoreState>
    let damage: DamageLog
    let catalogueFile: Monitor<CatalogueFile>
    /// Held while points are sent, so that a database is not dropped in the middle of it.
    let sending = Monitor(())
    /// Nanoseconds until what the engine has taken is on its disk and can be read.
    let settling: UInt64
    /// Nanoseconds for which a closing store goes on sending.
    var farewell: UInt64 { options.farewellMilliseconds * 1_000_000 }
    private let folder: String
    private let lock: FolderLock
    private let threads: Monitor<[OwnThread]>

    /// Opens the store in a folder, made if it is new. The engine need not be there.
    ///
    /// - Parameter log: gets a sentence for each damaged piece of data, and when the engine fails and is back.
    /// - Throws: ``StorageError`` if another process has the folder open, or if it cannot be read or written.
    public static func influxDB(
        _ client: HTTPClient, folder: String, options: ExternalStoreOptions = ExternalStoreOptions(), log: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(StorageError) -> ExternalStore {
        try ExternalStore(engine: InfluxEngine(client: client), folder: folder, options: options, log: log)
    }

    /// As ``influxDB(_:folder:options:log:)``, for VictoriaMetrics.
    ///
    /// - Parameters:
    ///   - writing: a client of the single node, or of a cluster's `vminsert` with the tenant's path.
    ///   - reading: a client of the single node, or of a cluster's `vmselect` with the tenant's path.
    public static func victoriaMetrics(
        writing: HTTPClient, reading: HTTPClient, folder: String, options: ExternalStoreOptions = ExternalStoreOptions(),
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(StorageError) -> ExternalStore {
        try ExternalStore(engine: VictoriaMetricsEngine(writing: writing, reading: reading), folder: folder, options: options, log: log)
    }

    init(
        engine: any TimeSeriesEngine, folder: String, options: ExternalStoreOptions, log: @escaping @Sendable (String) -> Void
    ) throws(StorageError) {
        self.engine = engine
        self.options = options
        self.folder = folder
        settling = options.settlingMilliseconds.map { $0 * 1_000_000 } ?? engine.traits.settling
        damage = DamageLog(log)
        try FileSystem.makeFolder(folder)
        lock = try FolderLock(folder: folder)
        let (file, catalogue) = try Self.openCatalogue(folder)
        catalogueFile = Monitor(file)
        var opened = ExternalStoreState(spool: try SpoolOpening(folder: folder + "/spool", damage: damage).run())
        opened.catalogue = catalogue
        state = Monitor(opened)
        threads = Monitor([])
        let committer = SpoolCommitter(store: self, folder: folder + "/spool")
        let drain = SpoolDrain(store: self, folder: folder)
        let started = [OwnThread { committer.run() }, OwnThread { drain.run() }]
        guard started.allSatisfy({ $0 != nil }) else {
            throw StorageError(code: .inputOutput, description: "The store cannot start its threads; the process has too many.")
        }
        threads.withLock { $0 = started.compactMap { $0 } }
    }

    /// Commits what is pending and sends what can be sent within a few seconds; the rest is sent after the next start.
    public func close() {
        let running = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        guard !running.isEmpty else { return }
        state.withLock { $0.isClosing = true }
        state.announceChange()
        // A request that the engine does not answer must not hold up the end for as long as its timeout: it fails when the client closes.
        let deadline = monotonicNanoseconds() + farewell + 500_000_000
        state.wait { $0.drainEnded || monotonicNanoseconds() >= deadline ? .proceed(()) : .wait(until: deadline) }
        engine.close()
        for thread in running { thread.join() }
        lock.release()
    }

    public func statistics() -> StorageStatistics {
        let traits = engine.traits
        var result = state.withLock { state in
            var result = state.counters
            result.columns = state.catalogue.columnCount
            result.pendingPoints = state.pendingPoints
            result.bytesOnDisk = state.spool.bytes
            var engine = state.traffic
            engine.product = traits.product
            engine.address = traits.address
            engine.stateSeconds = Double(monotonicNanoseconds() - state.engineChangedAt) / 1e9
            engine.failure = state.engineFailure?.description
            engine.spooledPoints = state.spool.unsentPoints + state.pendingPoints
            engine.spooledBytes = state.spool.bytes
            engine.largestSpoolBytes = options.largestSpoolBytes
            if let oldest = state.spool.oldestUnsent {
                engine.oldestAgeSeconds = max(0, Double(wallClockNanoseconds() - oldest) / 1e9)
            }
            result.engine = engine
            return result
        }
        result.damagedPieces = damage.count
        return result
    }

    private static func openCatalogue(_ folder: String) throws(StorageError) -> (CatalogueFile, ExternalCatalogue) {
        let path = folder + "/catalogue.sqlite"
        do throws(SQLiteError) {
            let file = try CatalogueFile(path: path)
            var catalogue = ExternalCatalogue()
            for row in try file.databases() { catalogue.insert(row) }
            catalogue.load(try file.columns(), nextID: try file.nextID(of: "point_column"))
            return (file, catalogue)
        } catch {
            throw StorageError(code: .inputOutput, description: "The catalogue cannot be opened: \(error).")
        }
    }
}
