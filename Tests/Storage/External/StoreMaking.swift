import HTTPClient

@testable import Storage

/// What the tests of external stores share.
enum StoreMaking {
    /// Options with which nothing waits long.
    static func options(_ change: (inout ExternalStoreOptions) -> Void = { _ in }) -> ExternalStoreOptions {
        var options = ExternalStoreOptions()
        options.commitIntervalMilliseconds = 10
        options.flushIntervalMilliseconds = 10
        options.firstBackoffMilliseconds = 10
        options.longestBackoffMilliseconds = 100
        options.catalogueLifetimeMilliseconds = 50
        change(&options)
        return options
    }

    static func client(_ url: String, timeoutMilliseconds: Int64 = 10_000, _ change: (inout HTTPClientOptions) -> Void = { _ in }) throws -> HTTPClient {
        var options = HTTPClientOptions()
        options.timeoutNanoseconds = timeoutMilliseconds * 1_000_000
        change(&options)
        return try HTTPClient(try HTTPAddress(url), options: options)
    }

    static func open(
        _ product: EngineProcess.Product, url: String, folder: String, options: ExternalStoreOptions = options(), log: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> ExternalStore {
        let client = try client(url)
        return switch product {
        case .influxdb: try ExternalStore.influxDB(client, folder: folder, options: options, log: log)
        case .victoriametrics: try ExternalStore.victoriaMetrics(writing: client, reading: client, folder: folder, options: options, log: log)
        }
    }
}

extension ExternalStore {
    /// Waits until a condition on the statistics holds; `false` after half a minute.
    func wait(until condition: (EngineStatistics) -> Bool) async -> Bool {
        for _ in 0..<3_000 {
            if let engine = statistics().engine, condition(engine) { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    /// Waits until the engine has taken everything.
    func drained() async -> Bool { await wait { $0.spooledPoints == 0 } }
}
