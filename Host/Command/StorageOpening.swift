internal import HTTPClient
internal import Logging
internal import Runtime
internal import Storage

/// Opens the time-series store that a site names.
enum StorageOpening {
    /// - Parameter dataFolder: the store gets a folder of its own inside.
    static func open(_ site: Site, dataFolder: String, logger: Logger) throws(PlatformError) -> any StorageDriver {
        let store =
            if let engine = site.storage.engine {
                try external(site.storage, engine, dataFolder: dataFolder, logger: logger)
            } else {
                try embedded(site.storage, folder: dataFolder + "/timeseries", logger: logger)
            }
        do throws(StorageError) {
            try store.createDatabase(site.storage.database)
        } catch {
            store.close()
            throw PlatformError(error.description)
        }
        return store
    }

    /// What is wrong with the engine's addresses and certificates, or `nil`. Connects to nothing.
    static func problem(of settings: Site.StorageSettings) -> String? {
        guard let engine = settings.engine else { return nil }
        do throws(PlatformError) {
            for url in [engine.writeURL, engine.queryURL] { try client(url, engine).close() }
            return nil
        } catch {
            return error.description
        }
    }

    private static func embedded(_ settings: Site.StorageSettings, folder: String, logger: Logger) throws(PlatformError) -> any StorageDriver {
        var options = EmbeddedStoreOptions()
        options.commitIntervalMilliseconds = milliseconds(settings.commitInterval)
        do throws(StorageError) {
            return try EmbeddedStore(folder: folder, options: options) { logger.warning("storage: \($0)") }
        } catch {
            throw PlatformError(error.description)
        }
    }

    private static func external(
        _ settings: Site.StorageSettings, _ engine: Site.StorageSettings.Engine, dataFolder: String, logger: Logger
    ) throws(PlatformError) -> any StorageDriver {
        var options = ExternalStoreOptions()
        options.commitIntervalMilliseconds = milliseconds(settings.commitInterval)
        options.largestSpoolBytes = Int64(engine.spoolBytes)
        options.batchPoints = engine.batchPoints
        options.flushIntervalMilliseconds = milliseconds(engine.flushInterval)
        options.catalogueLifetimeMilliseconds = milliseconds(engine.catalogueLifetime)
        let folder = "\(dataFolder)/engine-\(settings.driver.rawValue)"
        let log: @Sendable (String) -> Void = { logger.warning("storage: \($0)") }
        let writing = try client(engine.writeURL, engine)
        do throws(StorageError) {
            guard settings.driver == .victoriametrics else {
                return try ExternalStore.influxDB(writing, folder: folder, options: options, log: log)
            }
            let reading = try reader(engine, else: writing)
            return try ExternalStore.victoriaMetrics(writing: writing, reading: reading, folder: folder, options: options, log: log)
        } catch {
            throw PlatformError(error.description)
        }
    }

    private static func reader(_ engine: Site.StorageSettings.Engine, else writing: HTTPClient) throws(StorageError) -> HTTPClient {
        guard engine.queryURL.text != engine.writeURL.text else { return writing }
        do throws(PlatformError) {
            return try client(engine.queryURL, engine)
        } catch {
            throw StorageError(code: .inputOutput, description: error.description)
        }
    }

    private static func client(_ url: Site.StorageSettings.EngineURL, _ engine: Site.StorageSettings.Engine) throws(PlatformError) -> HTTPClient {
        var options = HTTPClientOptions()
        options.user = engine.user
        options.password = engine.password
        options.authoritiesFile = engine.authoritiesFile
        options.timeoutNanoseconds = engine.timeout.wholeNanoseconds
        options.connectTimeoutNanoseconds = min(options.connectTimeoutNanoseconds, engine.timeout.wholeNanoseconds)
        let address: HTTPAddress
        do throws(HTTPAddress.Malformed) {
            address = try HTTPAddress(url.text)
        } catch {
            throw PlatformError("\(url.place): the address of the storage engine is malformed (\(error))")
        }
        do throws(HTTPFailure) { return try HTTPClient(address, options: options) } catch { throw PlatformError("\(url.place): \(error)") }
    }

    private static func milliseconds(_ duration: Duration) -> UInt64 { UInt64(max(1, duration.wholeNanoseconds / 1_000_000)) }
}
