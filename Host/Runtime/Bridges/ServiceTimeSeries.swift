/// The time-series store as services need it; the host's `Command` bridges it to a storage driver. Any thread may call it.
public protocol ServiceTimeSeries: AnyObject, Sendable {
    /// The store's handle of a column, made if it is new.
    func resolve(_ name: ColumnName, type: PointType) throws(ServiceTimeSeriesError) -> UInt64

    /// Accepts points of one type, all or none. The memory is the caller's and valid until the call returns. May wait.
    ///
    /// - Returns: a ticket, greater than 0: the points are durable once it is. A later write has a greater or equal ticket.
    func write(_ points: PointBuffers) throws(ServiceTimeSeriesError) -> UInt64

    /// Calls `body` once, on any thread, when everything up to `ticket` is durable or can't be made so. Asking makes the store commit
    /// as soon as it can.
    func whenDurable(_ ticket: UInt64, _ body: @escaping @Sendable (ServiceTimeSeriesError?) -> Void)

    /// The columns of a measurement whose series have all of `tags`, with field `field` or, if `nil`, any.
    func find(
        database: String, measurement: String, tags: [ColumnTag], field: String?
    ) throws(ServiceTimeSeriesError) -> [FoundColumn]

    /// Reads the points of a column with `from <= time <= through` (ns), in runs that are valid during the call of `body`, until it
    /// returns false.
    func read(
        column: UInt64, from: Int64, through: Int64, descending: Bool, _ body: (PointRunBuffers) -> Bool
    ) throws(ServiceTimeSeriesError)
}

/// A tag of a series.
public struct ColumnTag: Hashable, Sendable {
    public let key: String
    public let value: String

    public init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}

/// The name of a column.
public struct ColumnName: Hashable, Sendable {
    public let database: String
    public let measurement: String
    public let tags: [ColumnTag]
    public let field: String

    public init(database: String, measurement: String, tags: [ColumnTag], field: String) {
        self.database = database
        self.measurement = measurement
        self.tags = tags
        self.field = field
    }
}

/// A column that a search found, with the store's handle.
public struct FoundColumn: Sendable {
    public let column: UInt64
    public let name: ColumnName
    public let type: PointType

    public init(column: UInt64, name: ColumnName, type: PointType) {
        self.column = column
        self.name = name
        self.type = type
    }
}

/// Types of values, numbered as in `dsotp.timeseries/1`.
public enum PointType: UInt32, Sendable {
    case float = 1
    case integer, boolean, text
}

/// Values of one type, lent for a call.
public enum ValueBuffers {
    case float(UnsafeBufferPointer<Double>)
    case integer(UnsafeBufferPointer<Int64>)
    /// 0 is false, anything else is true.
    case boolean(UnsafeBufferPointer<UInt8>)
    /// UTF-8.
    case text(UnsafeBufferPointer<UnsafeRawBufferPointer>)
}

/// Points to write, lent for a call: arrays of equal length.
public struct PointBuffers {
    /// The store's handles.
    public let columns: UnsafeBufferPointer<UInt64>
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    public let times: UnsafeBufferPointer<Int64>
    public let values: ValueBuffers
    /// Quality flags; `nil` if all are good.
    public let qualities: UnsafeBufferPointer<UInt32>?
}

/// A run of points of one column, lent for a call: arrays of equal length.
public struct PointRunBuffers {
    public let times: UnsafeBufferPointer<Int64>
    public let values: ValueBuffers
    /// Quality flags; `nil` if all are good.
    public let qualities: UnsafeBufferPointer<UInt32>?

    public init(times: UnsafeBufferPointer<Int64>, values: ValueBuffers, qualities: UnsafeBufferPointer<UInt32>?) {
        self.times = times
        self.values = values
        self.qualities = qualities
    }
}

/// Why the store refused or failed; `description` is a sentence for a person.
public struct ServiceTimeSeriesError: Error, Sendable, CustomStringConvertible {
    enum Code { case invalid, notFound, inputOutput }
    let code: Code
    public let description: String

    /// A name, a type or a handle is not acceptable.
    public static func invalid(_ sentence: String) -> Self { Self(code: .invalid, description: sentence) }
    /// There is no such database.
    public static func notFound(_ sentence: String) -> Self { Self(code: .notFound, description: sentence) }
    /// The disk is full or failing; the same call may succeed later.
    public static func inputOutput(_ sentence: String) -> Self { Self(code: .inputOutput, description: sentence) }
}
