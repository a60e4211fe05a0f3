import Glibc
import HTTPClient
import Synchronization
import Testing

@testable import Storage

/// A driver that the conformance tests are run on, and what it is known to keep.
enum ConformanceSubject: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case embedded, influxdb, victoriametrics

    /// All drivers whose engines are installed; says loudly which are not.
    static let available: [ConformanceSubject] = allCases.filter { subject in
        guard let product = subject.product, !product.isInstalled else { return true }
        print("SKIPPED: \(product.executable) is not installed, the driver \(subject.rawValue) is not tested; scripts/install-packages test installs it")
        return false
    }

    var testDescription: String { rawValue }

    var product: EngineProcess.Product? { EngineProcess.Product(rawValue: rawValue) }

    var keepsTexts: Bool { self != .victoriametrics }

    /// Nanoseconds of the driver's unit of time.
    var tick: Int64 { self == .victoriametrics ? 1_000_000 : 1 }

    /// Whether a point replaces an earlier one of its time once that has reached the engine.
    var replaces: Bool { self != .victoriametrics }

    func open(_ folder: String) throws -> any StorageDriver {
        guard let product else { return try EmbeddedStore(folder: folder) }
        // What was sent is soon read from the engine and not from the spool, but not before VictoriaMetrics shows it, which takes it a second.
        let options = StoreMaking.options { $0.settlingMilliseconds = product == .victoriametrics ? 1_500 : 0 }
        return try StoreMaking.open(product, url: try SharedEngines.url(of: product), folder: folder, options: options)
    }

    /// The readings that a test makes are of now, which all drivers take.
    var base: Int64 { let now = wallClockNanoseconds() - 3_600 * second; return now - now % second }
}

/// One process of each engine for all tests, ended with the test process.
enum SharedEngines {
    private static let running = Mutex<[EngineProcess.Product: EngineProcess]>([:])

    static func url(of product: EngineProcess.Product) throws -> String {
        try running.withLock { running in
            if let engine = running[product] { return engine.url }
            if running.isEmpty { atexit { SharedEngines.end() } }
            let engine = try EngineProcess(product)
            running[product] = engine
            return engine.url
        }
    }

    static func end() {
        running.withLock { running in
            for engine in running.values { engine.kill() }
            running = [:]
        }
    }

    /// A database that no other test has.
    static func database() -> String { "test-\(getpid())-\(counter.add(1, ordering: .relaxed).newValue)" }

    private static let counter = Atomic<Int>(0)
}

/// A store under test in its folder, which can be closed and opened again.
final class ConformanceStore {
    let subject: ConformanceSubject
    let database = SharedEngines.database()
    private(set) var store: any StorageDriver
    private let folder = TemporaryFolder()

    init(_ subject: ConformanceSubject) throws {
        self.subject = subject
        store = try subject.open(folder.path)
        try store.createDatabase(database)
    }

    deinit {
        try? store.dropDatabase(database)
        store.close()
    }

    func reopen() throws {
        store.close()
        store = try subject.open(folder.path)
    }

    func column(
        _ field: String = "value", _ type: FieldType = .float, measurement: String = "pmu", tags: [Storage.Tag] = [Storage.Tag("device", "pmu-1")]
    ) throws -> ColumnHandle {
        try store.resolve(ColumnIdentity(database: database, measurement: measurement, tags: tags, field: field), type: type)
    }

    /// Waits until everything is durable, and at the engine if there is one.
    func settle(_ ticket: CommitTicket) async throws {
        if let error = await store.wait(for: ticket) { throw error }
        guard let external = store as? ExternalStore else { return }
        guard await external.drained(), await external.wait(until: { _ in external.state.withLock { $0.spool.unsettled.isEmpty } }) else {
            throw EngineProcess.Failure(description: "the spool does not drain: \(external.statistics())")
        }
        if subject == .victoriametrics, let product = subject.product {
            _ = try StoreMaking.client(try SharedEngines.url(of: product)).exchange(HTTPExchangeRequest(.get, "/internal/force_flush"))
        }
    }
}
