/// A time-series engine behind the platform: the embedded store, or an external engine.
///
/// Series identity follows the InfluxDB v1 data model: a *series* is a measurement with a set of tags inside a database; each
/// series has *fields*, and the values of one field of one series over time are a *column*. A column is resolved once to a
/// ``ColumnHandle``; points are then written and read by handle only.
///
/// Every function may be called from any thread. Functions that touch the disk block the calling thread; never call them on an
/// event loop.
public protocol StorageDriver: AnyObject, Sendable {
    /// The names of all databases, sorted.
    func databases() -> [String]

    /// Makes a database; one that exists already is left as it is.
    func createDatabase(_ name: String) throws(StorageError)

    /// Removes a database with all its series and points. Handles into it are refused from then on.
    func dropDatabase(_ name: String) throws(StorageError)

    /// The handle of a column, made if it is new; the catalogue entry of a new column is durable no later than its first point.
    ///
    /// - Throws: ``StorageError`` if the database does not exist, a name is empty or not acceptable, or the field exists in
    ///   this measurement with another type.
    func resolve(_ column: ColumnIdentity, type: FieldType) throws(StorageError) -> ColumnHandle

    /// What a handle stands for; `nil` if its database was dropped.
    func describe(_ handle: ColumnHandle) -> ColumnDescription?

    /// The names of all measurements of a database, sorted.
    func measurements(in database: String) throws(StorageError) -> [String]

    /// All columns of a measurement, ordered by tag set and then field.
    func columns(in database: String, measurement: String) throws(StorageError) -> [ColumnDescription]

    /// Accepts points of one value type. The points can be read at once; they are durable when the returned ticket is.
    ///
    /// All arrays of `points` have the same length. A point whose column holds another type refuses the whole call and
    /// stores nothing. A point with the time of an existing one replaces it (last write wins). A handle that is not known, or whose
    /// database was dropped, refuses the whole call with ``StorageError/Code/columnNotFound``, here and in all that take handles.
    func write(_ points: borrowing PointColumns) throws(StorageError) -> CommitTicket

    /// Accepts floats straight from a service's memory, which is read during the call only; otherwise as ``write(_:)``.
    ///
    /// - Parameters:
    ///   - handles: raw values of column handles, one a point.
    ///   - times: nanoseconds since 1970-01-01T00:00:00Z, as many.
    ///   - values: as many.
    ///   - qualities: as many, or `nil` if all are good.
    func write(
        handles: UnsafeBufferPointer<UInt64>, times: UnsafeBufferPointer<Int64>, values: UnsafeBufferPointer<Double>,
        qualities: UnsafeBufferPointer<QualityFlags>?
    ) throws(StorageError) -> CommitTicket

    /// Calls `body` once, on a thread of the store, when everything up to `ticket` is durable, or with the error that made it
    /// impossible. Asking makes the store commit as soon as it can instead of at the end of its commit interval.
    ///
    /// `body` holds up the next commit: it should be short, and must not write to the store or change its databases.
    func whenDurable(_ ticket: CommitTicket, _ body: @escaping @Sendable (StorageError?) -> Void)

    /// Reads the points of a column with `from <= time <= through` (ns), ascending or descending in time, duplicates already
    /// resolved. `body` receives them in runs, each valid during the call only, and returns `false` to stop.
    func scan(
        _ handle: ColumnHandle, from: Int64, through: Int64, descending: Bool,
        _ body: (borrowing PointRun) -> Bool
    ) throws(StorageError)

    /// The newest point of a column, or `nil` if it has none.
    func last(_ handle: ColumnHandle) throws(StorageError) -> StoredPoint?

    /// Counters for metrics and the console.
    func statistics() -> StorageStatistics

    /// Commits what is pending, closes files. Nothing may be called afterwards.
    func close()
}

extension StorageDriver {
    /// Copies the floats into columns; engines with a shorter way have their own.
    public func write(
        handles: UnsafeBufferPointer<UInt64>, times: UnsafeBufferPointer<Int64>, values: UnsafeBufferPointer<Double>,
        qualities: UnsafeBufferPointer<QualityFlags>?
    ) throws(StorageError) -> CommitTicket {
        try write(
            PointColumns(
                handles: handles.map { ColumnHandle(rawValue: $0) }, times: Array(times), values: .float(Array(values)),
                qualities: qualities.map { Array($0) } ?? []))
    }
}
