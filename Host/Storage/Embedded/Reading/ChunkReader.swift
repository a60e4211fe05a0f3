/// A connection that reads the chunks of one shard. For one thread at a time.
final class ChunkReader {
    struct Entry {
        let id: Int64
        let firstTime: Int64
        let lastTime: Int64
    }

    let path: String
    /// Tells this file from a later one of the same path.
    let fileNumber: UInt64
    private let connection: SQLiteConnection
    private let selectEntries: SQLiteStatement
    private let selectChunk: SQLiteStatement

    init(path: String) throws(SQLiteError) {
        self.path = path
        fileNumber = FileSystem.number(of: path)
        connection = try SQLiteConnection(path: path, mustExist: true)
        selectEntries = try connection.prepare(
            "SELECT id, t0, t1 FROM chunk_index WHERE column_id = ? AND t0 <= ? AND t1 >= ? ORDER BY t0")
        selectChunk = try connection.prepare("SELECT data FROM chunk WHERE id = ?")
    }

    /// From here to ``end()`` the reader sees one unchanging state.
    func begin() throws(SQLiteError) { try connection.execute("BEGIN") }

    func end() { try? connection.execute("COMMIT") }

    /// Chunks of a column that may hold points of a span of time, by their first time.
    func entries(columnID: Int64, from: Int64, through: Int64) throws(SQLiteError) -> [Entry] {
        defer { selectEntries.reset() }
        try selectEntries.bind(columnID, at: 1)
        try selectEntries.bind(through, at: 2)
        try selectEntries.bind(from, at: 3)
        var entries: [Entry] = []
        while try selectEntries.step() {
            entries.append(
                Entry(
                    id: selectEntries.integer(0), firstTime: selectEntries.integer(1), lastTime: selectEntries.integer(2)))
        }
        return entries
    }

    /// The points of a chunk.
    func points(of entry: Entry, type: FieldType) throws -> PointBlock {
        defer { selectChunk.reset() }
        try selectChunk.bind(entry.id, at: 1)
        guard try selectChunk.step() else { throw DamagedData(description: "the chunk is missing") }
        let points = try selectChunk.withBytes(0) { (bytes) throws(DamagedData) in
            try ChunkCodec.decode(try Checksum.open(bytes), type: type)
        }
        guard points.isAscending else { throw DamagedData(description: "the times are not in order") }
        return points
    }
}
