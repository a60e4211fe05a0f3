extension Site {
    /// `storage` in `site.yaml`.
    public struct StorageSettings: Sendable {
        public var driver = Driver.embedded
        /// The database that is made at the first start.
        public var database = "dsotp"
        /// The longest time that an accepted point waits for the group commit that makes it durable.
        public var commitInterval = Duration.milliseconds(100)
        /// The engine on the network; `nil` with the embedded store.
        public var engine: Engine?

        public enum Driver: String, CaseIterable, Sendable { case embedded, influxdb, victoriametrics }

        /// An engine on the network and how points reach it.
        public struct Engine: Sendable {
            /// Where points are written, and where they are read: the same, but for a cluster of VictoriaMetrics.
            public var writeURL: EngineURL
            public var queryURL: EngineURL
            public var user: String?
            public var password = ""
            /// PEM file with the authorities that sign the engine's certificate, joined to the site's folder; `nil`: those of the system.
            public var authoritiesFile: String?
            /// From the first byte of a request to the last of its answer.
            public var timeout = Duration.seconds(30)
            /// Bytes that points may take on this host's disk while the engine is away.
            public var spoolBytes = 1 << 30
            /// Points of one write.
            public var batchPoints = 10_000
            /// The longest time that a point waits for others to be sent with.
            public var flushInterval = Duration.seconds(1)
            /// After which time the series of the engine are looked through again for those of other hosts.
            public var catalogueLifetime = Duration.seconds(30)
        }

        /// A URL and where it is written.
        public struct EngineURL: Sendable {
            public let text: String
            public let place: ManifestPlace
        }
    }
}
