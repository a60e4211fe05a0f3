extension SiteReader {
    private static let ownKeys = ["driver", "database", "commit_interval"]
    private static let engineKeys = [
        "url", "write_url", "query_url", "user", "password", "ca_file", "timeout", "spool_size", "batch_points", "flush_interval", "catalogue_refresh",
    ]

    /// `storage` in `site.yaml`.
    func storage(_ node: ManifestNode?) -> Site.StorageSettings {
        var settings = Site.StorageSettings()
        guard let node else { return settings }
        let storage = MappingReader(node, name: "storage", keys: Self.ownKeys + Self.engineKeys, file: file, problems: problems)
        if let driver = storage.choice("driver", of: Site.StorageSettings.Driver.self) { settings.driver = driver }
        if let name = storage.text("database", expected: "the name of a database") { settings.database = name }
        if let interval = storage.duration("commit_interval", in: 1_000_000...60_000_000_000) { settings.commitInterval = interval }
        guard settings.driver != .embedded else {
            refuseEngineKeys(storage)
            return settings
        }
        settings.engine = engine(storage, driver: settings.driver)
        return settings
    }

    private func refuseEngineKeys(_ storage: MappingReader) {
        for key in Self.engineKeys where storage.has(key) {
            problems.add(
                storage.place(of: key),
                "'\(key)' of storage is for an engine on the network (expected driver: influxdb or victoriametrics beside it; got driver: embedded)")
        }
    }

    private func engine(_ storage: MappingReader, driver: Site.StorageSettings.Driver) -> Site.StorageSettings.Engine? {
        guard let (write, query) = addresses(storage, driver: driver) else { return nil }
        var engine = Site.StorageSettings.Engine(writeURL: write, queryURL: query)
        engine.user = storage.text("user", expected: "the name of a user of the engine")
        engine.password = storage.text("password", expected: "the user's password") ?? ""
        if engine.user == nil, storage.has("password") {
            problems.add(storage.place(of: "password"), "a password of storage belongs to a user (expected 'user' beside it; got none)")
        }
        engine.authoritiesFile = storage.text("ca_file", expected: "a PEM file with the certificates of authorities").map { SiteFolder.join(folder, $0) }
        if let timeout = storage.duration("timeout", in: 100_000_000...600_000_000_000) { engine.timeout = timeout }
        if let size = storage.size("spool_size", in: (16 << 20)...(1 << 44)) { engine.spoolBytes = size }
        if let points = storage.integer("batch_points", in: 1...1_000_000) { engine.batchPoints = points }
        if let interval = storage.duration("flush_interval", in: 1_000_000...60_000_000_000) { engine.flushInterval = interval }
        if let lifetime = storage.duration("catalogue_refresh", in: 100_000_000...86_400_000_000_000) { engine.catalogueLifetime = lifetime }
        return engine
    }

    /// Where to write and where to read: `url`, or both of `write_url` and `query_url`, which the parts of a VictoriaMetrics cluster have.
    private func addresses(
        _ storage: MappingReader, driver: Site.StorageSettings.Driver
    ) -> (write: Site.StorageSettings.EngineURL, query: Site.StorageSettings.EngineURL)? {
        func address(_ key: String) -> Site.StorageSettings.EngineURL? {
            storage.text(key, expected: "a URL such as http://tsdb:8086").map { .init(text: $0, place: storage.place(of: key)) }
        }
        let (single, write, query) = (storage.has("url"), storage.has("write_url"), storage.has("query_url"))
        switch (driver, single, write, query) {
        case (_, true, false, false): return address("url").map { ($0, $0) }
        case (.victoriametrics, false, true, true):
            guard let write = address("write_url"), let query = address("query_url") else { return nil }
            return (write, query)
        case (.victoriametrics, _, _, _):
            storage.missing("url", expected: "url alone, or write_url and query_url, the addresses of vminsert and vmselect")
        case (_, false, false, false): storage.missing("url", expected: "the engine's address, such as http://tsdb:8086")
        default:
            storage.report(write ? "write_url" : "query_url", "InfluxDB has one address (expected url; got write_url or query_url)")
        }
        return nil
    }
}
