internal import Synchronization

/// Writes InfluxDB 1.x line protocol into a store. One per store; every function may be called from any thread.
///
/// The columns of series are remembered by the bytes that name them, so that a line of a known series is parsed and put into a
/// batch without an allocation (but those of its texts). A write makes at most one call of the store for each type of value.
/// Writes are parsed one after the other; the store is called without a lock.
public final class LineProtocolWriter: Sendable {
    private let driver: any StorageDriver
    private let state: Mutex<LineProtocolIntake>

    /// A writer into `driver`.
    public init(driver: any StorageDriver, options: LineProtocolOptions = LineProtocolOptions()) {
        self.driver = driver
        state = Mutex(LineProtocolIntake(options: options))
    }

    /// Stores the good lines of a write and tells about the others.
    ///
    /// A line is stored with all of its fields or not at all, but a field of a line refused for the type of another one may
    /// be left in the store as a column without points. Blocks as the store does.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8; lines end with LF or CRLF.
    ///   - now: nanoseconds since 1970-01-01T00:00:00Z; the time of the points without a timestamp, rounded down to `precision`.
    /// - Throws: ``StorageError`` if the database does not exist or the store fails. Part of the points may be stored then;
    ///   writing all of them again does no harm.
    public func write(
        _ bytes: UnsafeRawBufferPointer, database: String, precision: LineProtocolPrecision, now: Int64
    ) throws(StorageError) -> LineProtocolOutcome {
        guard driver.databases().contains(database) else {
            throw StorageError(code: .databaseNotFound, description: "database not found: \"\(database)\"")
        }
        do {
            return try attempt(bytes, database, precision, now)
        } catch {
            guard error.code != .inputOutput, error.code != .closed else { throw error }
            // The remembered columns may be those of a database that was dropped and made again.
            forgetColumns()
            return try attempt(bytes, database, precision, now)
        }
    }

    /// Forgets the remembered columns; the next lines ask the store for theirs.
    public func forgetColumns() {
        state.withLock { $0.cache.removeAll() }
    }

    private func attempt(
        _ bytes: UnsafeRawBufferPointer, _ database: String, _ precision: LineProtocolPrecision, _ now: Int64
    ) throws(StorageError) -> LineProtocolOutcome {
        var (outcome, batch) = try state.withLock { (intake) throws(StorageError) in
            try intake.take(bytes, into: driver, database: database, precision: precision, now: now)
        }
        outcome.ticket = try batch.write(to: driver)
        return outcome
    }
}
