import CSQLite

/// What SQLite answered when it could not do what it was asked.
struct SQLiteError: Error, CustomStringConvertible {
    /// Primary result code, for instance `SQLITE_FULL`.
    let code: Int32
    let path: String
    let message: String
    /// Whether a statement of the store, which is right for a whole file, does not fit the file's tables.
    var isWrongSchema = false

    /// Whether the file itself is damaged, so that trying again cannot help. What SQLite merely refuses, such as a value that is
    /// too large, is none: the file would be put aside for it with all that it holds.
    var isDamage: Bool {
        isWrongSchema || [SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT, SQLITE_MISMATCH, SQLITE_SCHEMA].contains(code)
    }

    /// Whether what was written conflicts with what is there.
    var isConflict: Bool { code == SQLITE_CONSTRAINT }

    var description: String { "\(path): \(message) (SQLite code \(code))" }
}

/// A connection to one SQLite file. Not for use by two threads at the same time.
final class SQLiteConnection {
    let path: String
    private let handle: OpaquePointer

    /// Opens or makes a file with the settings of the store: pages of 16,384 bytes, write-ahead log, a commit is on the disk
    /// when it returns.
    ///
    /// - Parameter mustExist: whether a file that is not there is an error.
    init(path: String, mustExist: Bool = false) throws(SQLiteError) {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (mustExist ? 0 : SQLITE_OPEN_CREATE)
        let status = sqlite3_open_v2(path, &opened, flags, nil)
        guard status == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw SQLiteError(code: status & 0xFF, path: path, message: message)
        }
        self.path = path
        handle = opened
        sqlite3_busy_timeout(opened, 10_000)
        try execute("PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    }

    deinit { sqlite3_close_v2(handle) }

    /// Runs statements that return nothing of interest.
    func execute(_ sql: String) throws(SQLiteError) {
        try check(sqlite3_exec(handle, sql, nil, nil, nil))
    }

    /// Makes the tables that are not there yet.
    func define(_ sql: String) throws(SQLiteError) {
        try checkSchema(sqlite3_exec(handle, sql, nil, nil, nil))
    }

    func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        var statement: OpaquePointer?
        try checkSchema(sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil))
        guard let statement else { throw SQLiteError(code: SQLITE_MISUSE, path: path, message: "empty statement") }
        return SQLiteStatement(handle: statement, connection: self)
    }

    /// Runs `body` in a write transaction: all of it is kept, or, if anything fails, nothing.
    func transaction(_ body: () throws(SQLiteError) -> Void) throws(SQLiteError) {
        try execute("BEGIN IMMEDIATE")
        do {
            try body()
            try execute("COMMIT")
        } catch {
            if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
            throw error
        }
    }

    private func checkSchema(_ status: Int32) throws(SQLiteError) {
        do { try check(status) } catch {
            var error = error
            error.isWrongSchema = error.code == SQLITE_ERROR
            throw error
        }
    }

    func check(_ status: Int32) throws(SQLiteError) {
        guard status != SQLITE_OK, status != SQLITE_ROW, status != SQLITE_DONE else { return }
        throw SQLiteError(code: status & 0xFF, path: path, message: String(cString: sqlite3_errmsg(handle)))
    }
}
