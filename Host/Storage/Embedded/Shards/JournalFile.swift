/// The journal of a shard: one row a commit, kept until all its points are in chunks. Written by the committer.
final class JournalFile {
    private let connection: SQLiteConnection
    private let insert: SQLiteStatement
    private let delete: SQLiteStatement

    init(path: String) throws(SQLiteError) {
        connection = try SQLiteConnection(path: path)
        try connection.define("CREATE TABLE IF NOT EXISTS journal (row INTEGER PRIMARY KEY, data BLOB NOT NULL)")
        insert = try connection.prepare("INSERT INTO journal (row, data) VALUES (?, ?)")
        delete = try connection.prepare("DELETE FROM journal WHERE row < ?")
    }

    /// Appends rows, which are durable on return, and drops the rows before `firstNeededRow`.
    func append(_ records: [[UInt8]], firstRow: Int64, firstNeededRow: Int64?) throws(SQLiteError) {
        try connection.transaction { () throws(SQLiteError) in
            if let firstNeededRow {
                try delete.bind(firstNeededRow, at: 1)
                try delete.run()
            }
            for (index, data) in records.enumerated() {
                try insert.bind(firstRow + Int64(index), at: 1)
                try insert.bind(data, at: 2)
                try insert.run()
            }
        }
    }

    /// Calls `body` with every row, oldest first.
    func replay(_ body: (Int64, UnsafeRawBufferPointer) -> Void) throws(SQLiteError) {
        let select = try connection.prepare("SELECT row, data FROM journal ORDER BY row")
        while try select.step() {
            let row = select.integer(0)
            select.withBytes(1) { body(row, $0) }
        }
    }

    func lastRow() throws(SQLiteError) -> Int64 {
        let select = try connection.prepare("SELECT max(row) FROM journal")
        return try select.step() ? select.integer(0) : 0
    }

    func limit(pages: Int) throws(SQLiteError) { try connection.execute("PRAGMA max_page_count = \(pages)") }
}
