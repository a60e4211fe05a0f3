/// Quality flags of a point, bits as in IEC 61850-7-3 `Quality` mapped to one word; 0 is good.
public typealias QualityFlags = UInt32

/// A single value of any field type.
public enum FieldValue: Hashable, Sendable {
    case float(Double)
    case integer(Int64)
    case boolean(Bool)
    case text(String)

    /// The type of the field that holds this value.
    public var type: FieldType {
        switch self {
        case .float: .float
        case .integer: .integer
        case .boolean: .boolean
        case .text: .text
        }
    }
}

/// The values of a batch of points, all of one type.
public enum ValueColumn: Sendable {
    case float([Double])
    case integer([Int64])
    case boolean([Bool])
    case text([String])

    /// The number of values.
    public var count: Int {
        switch self {
        case .float(let values): values.count
        case .integer(let values): values.count
        case .boolean(let values): values.count
        case .text(let values): values.count
        }
    }

    /// The type of the fields that can take these values.
    public var type: FieldType {
        switch self {
        case .float: .float
        case .integer: .integer
        case .boolean: .boolean
        case .text: .text
        }
    }
}

/// Points to write, as columns of equal length.
public struct PointColumns: Sendable {
    public var handles: [ColumnHandle]
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    public var times: [Int64]
    public var values: ValueColumn
    /// Quality flags, one a point; empty means that all are good.
    public var qualities: [QualityFlags]

    public init(handles: [ColumnHandle], times: [Int64], values: ValueColumn, qualities: [QualityFlags] = []) {
        self.handles = handles
        self.times = times
        self.values = values
        self.qualities = qualities
    }
}

/// A run of points of one column, in the order of the scan, valid during the call that passes it.
public struct PointRun: Sendable {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    public let times: [Int64]
    public let values: ValueColumn
    /// One a point; empty means that all are good.
    public let qualities: [QualityFlags]

    public init(times: [Int64], values: ValueColumn, qualities: [QualityFlags]) {
        self.times = times
        self.values = values
        self.qualities = qualities
    }
}

/// A point as stored.
public struct StoredPoint: Hashable, Sendable {
    public let time: Int64
    public let value: FieldValue
    public let quality: QualityFlags

    public init(time: Int64, value: FieldValue, quality: QualityFlags) {
        self.time = time
        self.value = value
        self.quality = quality
    }
}

/// A position in the order of commits: everything accepted up to it is durable when it is.
public struct CommitTicket: Hashable, Sendable, Comparable {
    public let sequence: UInt64

    public init(sequence: UInt64) { self.sequence = sequence }

    public static func < (left: CommitTicket, right: CommitTicket) -> Bool { left.sequence < right.sequence }
}

/// Counters of a store since it was opened, and sizes as they stand.
public struct StorageStatistics: Sendable, Hashable {
    /// Points accepted.
    public var pointsWritten: UInt64 = 0
    /// Points refused, with their call.
    public var pointsRefused: UInt64 = 0
    /// Group commits made.
    public var commits: UInt64 = 0
    /// Columns in the catalogue.
    public var columns: Int = 0
    /// Bytes on disk.
    public var bytesOnDisk: Int64 = 0
    /// Group commits that failed; what they held stays in memory and is tried again.
    public var failedCommits: UInt64 = 0
    /// Points accepted that are not durable yet.
    public var pendingPoints: Int = 0
    /// Pieces of stored data that were passed over because they are damaged.
    public var damagedPieces: UInt64 = 0
    /// The traffic with an external engine; `nil` for the embedded store.
    public var engine: EngineStatistics?

    public init() {}
}

/// How it stands between a host and an external engine.
public struct EngineStatistics: Sendable, Hashable {
    /// The product: `InfluxDB`.
    public var product = ""
    /// Where it is, for a person; no password.
    public var address = ""
    /// Seconds since it takes points, or since it does not.
    public var stateSeconds: Double = 0
    /// Why the engine does not take points, as a sentence for a person; `nil` while it does.
    public var failure: String?
    /// Points accepted that the engine has not taken yet.
    public var spooledPoints: Int = 0
    /// Bytes of the spool on this disk, with what is kept for a while after it was sent.
    public var spooledBytes: Int64 = 0
    /// Bytes at which the spool is full.
    public var largestSpoolBytes: Int64 = 0
    /// Age of the oldest point that was not sent, in seconds.
    public var oldestAgeSeconds: Double = 0
    /// Points that the engine has taken; one that was sent twice counts twice.
    public var pointsSent: UInt64 = 0
    /// Writes to the engine that failed and were or will be tried again.
    public var retries: UInt64 = 0
    /// Points sent again because the engine may have been restarted.
    public var pointsRepeated: UInt64 = 0
    /// Points that the engine refused for what they are; they are in the file of rejected points as far as it reaches.
    public var pointsRejected: UInt64 = 0
    /// Writes refused because the spool was full.
    public var spoolRefusals: UInt64 = 0

    public init() {}

    /// Whether writes are refused because the spool is full.
    public var isSpoolFull: Bool { largestSpoolBytes > 0 && spooledBytes >= largestSpoolBytes }
}
