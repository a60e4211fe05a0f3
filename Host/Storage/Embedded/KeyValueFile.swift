/// The file of a ``KeyValueStore``. Not for use by two threads at the same time.
///
/// Services and keys are TEXT, which SQLite orders by its UTF-8 bytes.
final class KeyValueFile {
    private let connection: SQLiteConnection
    private let select: SQLiteStatement
    private let selectSize: SQLiteStatement
    private let selectFrom: SQLiteStatement
    private let insert: SQLiteStatement
    private let delete: SQLiteStatement

    init(path: String) throws(SQLiteError) {
        connection = try SQLiteConnection(path: path)
        try connection.define(
            """
            CREATE TABLE IF NOT EXISTS entry (
                service TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (service, key)
            ) WITHOUT ROWID
            """)
        select = try connection.prepare("SELECT value FROM entry WHERE service = ? AND key = ?")
        selectSize = try connection.prepare(
            "SELECT length(CAST(key AS BLOB)) + length(value) FROM entry WHERE service = ? AND key = ?")
        selectFrom = try connection.prepare(
            "SELECT key, value FROM entry WHERE service = ? AND key >= coalesce(?, '') ORDER BY key")
        // No bytes may be bound as NULL, which the column does not take.
        insert = try connection.prepare("INSERT OR REPLACE INTO entry (service, key, value) VALUES (?, ?, coalesce(?, x''))")
        delete = try connection.prepare("DELETE FROM entry WHERE service = ? AND key = ?")
    }

    func get(_ service: String, _ key: String) throws(SQLiteError) -> [UInt8]? {
        defer { select.reset() }
        try select.bind(service, at: 1)
        try select.bind(key, at: 2)
        guard try select.step() else { return nil }
        return select.withBytes(0) { [UInt8]($0) }
    }

    /// The bytes of a key with its value, `nil` if it is not there.
    func size(_ service: String, _ key: String) throws(SQLiteError) -> Int64? {
        defer { selectSize.reset() }
        try selectSize.bind(service, at: 1)
        try selectSize.bind(key, at: 2)
        return try selectSize.step() ? selectSize.integer(0) : nil
    }

    func put(_ service: String, _ key: String, _ value: [UInt8]) throws(SQLiteError) {
        try insert.bind(service, at: 1)
        try insert.bind(key, at: 2)
        try insert.bind(value, at: 3)
        try insert.run()
    }

    func remove(_ service: String, _ key: String) throws(SQLiteError) {
        try delete.bind(service, at: 1)
        try delete.bind(key, at: 2)
        try delete.run()
    }

    /// The entries whose keys begin with the bytes of `prefix`, in the order of the keys' bytes.
    func entries(_ service: String, _ prefix: String) throws(SQLiteError) -> [(key: String, value: [UInt8])] {
        defer { selectFrom.reset() }
        try selectFrom.bind(service, at: 1)
        try selectFrom.bind(prefix, at: 2)
        var entries: [(key: String, value: [UInt8])] = []
        while try selectFrom.step() {
            let key = selectFrom.text(0)
            // The keys with the prefix stand together, at the beginning.
            guard key.utf8.starts(with: prefix.utf8) else { break }
            entries.append((key, selectFrom.withBytes(1) { [UInt8]($0) }))
        }
        return entries
    }

    /// The bytes of keys and values of each service; reads the whole file, and so finds damage.
    func usedBytes() throws(SQLiteError) -> [String: Int64] {
        let select = try connection.prepare("SELECT service, sum(length(CAST(key AS BLOB)) + length(value)) FROM entry GROUP BY service")
        var usedBytes: [String: Int64] = [:]
        while try select.step() { usedBytes[select.text(0)] = select.integer(1) }
        return usedBytes
    }
}
