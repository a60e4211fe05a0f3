/// What the console and the REST interface show of the store.
public protocol StoreStatistics: Sendable {
    /// The store as it stands.
    func storeStatus() async -> StoreStatus
}

/// The store as it stands.
public struct StoreStatus: Encodable, Sendable {
    /// `embedded`, `influxdb` or `victoriametrics`.
    public var driver: String
    /// Points accepted since the start.
    public var pointsWritten: UInt64
    /// Points refused since the start.
    public var pointsRefused: UInt64
    /// Columns in the catalogue.
    public var columns: Int
    /// Bytes on this disk.
    public var bytesOnDisk: Int64
    /// How it stands with an external engine; nil where there is none.
    public var engine: StoreEngineStatus?

    /// A status.
    public init(driver: String, pointsWritten: UInt64, pointsRefused: UInt64, columns: Int, bytesOnDisk: Int64, engine: StoreEngineStatus? = nil) {
        self.driver = driver
        self.pointsWritten = pointsWritten
        self.pointsRefused = pointsRefused
        self.columns = columns
        self.bytesOnDisk = bytesOnDisk
        self.engine = engine
    }

    enum CodingKeys: String, CodingKey {
        case driver, columns, engine
        case pointsWritten = "points_written"
        case pointsRefused = "points_refused"
        case bytesOnDisk = "bytes_on_disk"
    }
}

/// An external engine and the spool before it.
public struct StoreEngineStatus: Encodable, Sendable {
    /// The product: `InfluxDB`.
    public var product = ""
    /// Where it is.
    public var address = ""
    /// Whether it takes points.
    public var isConnected = false
    /// Seconds since it does, or does not.
    public var stateSeconds = 0.0
    /// Why it does not; nil while it does.
    public var problem: String?
    /// Points accepted that it has not taken yet.
    public var waitingPoints = 0
    /// Age of the oldest of them in seconds.
    public var oldestSeconds = 0.0
    /// Bytes of the spool.
    public var spoolBytes: Int64 = 0
    /// Bytes at which it is full.
    public var largestSpoolBytes: Int64 = 0
    /// Points taken.
    public var sent: UInt64 = 0
    /// Points that it refused for what they are.
    public var rejected: UInt64 = 0

    /// An engine that was never reached.
    public init() {}

    enum CodingKeys: String, CodingKey {
        case product, address, problem, sent, rejected
        case isConnected = "connected"
        case stateSeconds = "state_seconds"
        case waitingPoints = "waiting_points"
        case oldestSeconds = "oldest_seconds"
        case spoolBytes = "spool_bytes"
        case largestSpoolBytes = "spool_limit_bytes"
    }
}
