/// The sealed chunks of a shard, written by the committer.
final class ChunkFile {
    /// Where a chunk stands.
    struct Location: Sendable {
        let id: Int64
        let firstTime: Int64
    }

    private let connection: SQLiteConnection
    private let insertChunk: SQLiteStatement
    private let insertIndex: SQLiteStatement
    private let deleteChunk: SQLiteStatement
    private let deleteIndex: SQLiteStatement
    private let insertSealed: SQLiteStatement
    private let selectSealed: SQLiteStatement
    /// Chunks are numbered in the order of writing: at equal times the one with the higher number wins.
    private var nextID: Int64

    init(path: String) throws(SQLiteError) {
        connection = try SQLiteConnection(path: path)
        try connection.define(Self.schema)
        insertChunk = try connection.prepare("INSERT INTO chunk (id, data) VALUES (?, ?)")
        insertIndex = try connection.prepare(
            "INSERT INTO chunk_index (column_id, t0, id, t1, n, min, max, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        deleteChunk = try connection.prepare("DELETE FROM chunk WHERE id = ?")
        deleteIndex = try connection.prepare("DELETE FROM chunk_index WHERE column_id = ? AND t0 = ? AND id = ?")
        insertSealed = try connection.prepare("INSERT OR REPLACE INTO sealed (column_id, journal_row) VALUES (?, ?)")
        selectSealed = try connection.prepare("SELECT journal_row FROM sealed WHERE column_id = ?")
        let select = try connection.prepare("SELECT max(id) FROM chunk")
        nextID = try select.step() ? select.integer(0) + 1 : 1
    }

    func transaction(_ body: () throws(SQLiteError) -> Void) throws(SQLiteError) { try connection.transaction(body) }

    /// Writes points that are sorted and unique in time, in one chunk.
    func add(_ points: PointBlock, _ range: Range<Int>, type: FieldType, columnID: Int64) throws(SQLiteError) -> Location {
        var data: [UInt8] = []
        ChunkCodec.encode(points, range, type: type, into: &data)
        Checksum.seal(&data)
        let location = Location(id: nextID, firstTime: points.times[range.lowerBound])
        nextID += 1
        try insertChunk.bind(location.id, at: 1)
        try insertChunk.bind(data, at: 2)
        try insertChunk.run()
        try insertIndex.bind(columnID, at: 1)
        try insertIndex.bind(location.firstTime, at: 2)
        try insertIndex.bind(location.id, at: 3)
        try insertIndex.bind(points.times[range.upperBound - 1], at: 4)
        try insertIndex.bind(Int64(range.count), at: 5)
        try bindSummary(points, range, type: type)
        try insertIndex.run()
        return location
    }

    func remove(_ location: Location, columnID: Int64) throws(SQLiteError) {
        try deleteChunk.bind(location.id, at: 1)
        try deleteChunk.run()
        try deleteIndex.bind(columnID, at: 1)
        try deleteIndex.bind(location.firstTime, at: 2)
        try deleteIndex.bind(location.id, at: 3)
        try deleteIndex.run()
    }

    /// Notes up to which journal row a column is in chunks.
    func setSealedRow(_ row: Int64, columnID: Int64) throws(SQLiteError) {
        try insertSealed.bind(columnID, at: 1)
        try insertSealed.bind(row, at: 2)
        try insertSealed.run()
    }

    func sealedRow(columnID: Int64) throws(SQLiteError) -> Int64 {
        try selectSealed.bind(columnID, at: 1)
        defer { selectSealed.reset() }
        return try selectSealed.step() ? selectSealed.integer(0) : 0
    }

    /// The highest journal row that any column was sealed up to.
    func lastSealedRow() throws(SQLiteError) -> Int64 {
        let select = try connection.prepare("SELECT max(journal_row) FROM sealed")
        return try select.step() ? select.integer(0) : 0
    }

    /// Smallest, largest and sum of the numbers that are numbers, so that an aggregate need not read the chunk.
    private func bindSummary(_ points: PointBlock, _ range: Range<Int>, type: FieldType) throws(SQLiteError) {
        let bits = points.bits[range]
        switch type {
        case .float:
            let values = bits.lazy.map { Double(bitPattern: $0) }.filter { !$0.isNaN }
            guard let low = values.min(), let high = values.max() else { return }
            try insertIndex.bind(low, at: 6)
            try insertIndex.bind(high, at: 7)
            try insertIndex.bind(values.reduce(0, +), at: 8)
        case .integer:
            let values = bits.lazy.map { Int64(bitPattern: $0) }
            guard let low = values.min(), let high = values.max() else { return }
            try insertIndex.bind(low, at: 6)
            try insertIndex.bind(high, at: 7)
            try insertIndex.bind(values.reduce(0) { $0 + Double($1) }, at: 8)
        case .boolean, .text: return
        }
    }

    private static let schema = """
        CREATE TABLE IF NOT EXISTS chunk (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS chunk_index (
            column_id INTEGER NOT NULL, t0 INTEGER NOT NULL, id INTEGER NOT NULL, t1 INTEGER NOT NULL, n INTEGER NOT NULL,
            min, max, sum, PRIMARY KEY (column_id, t0, id)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS sealed (column_id INTEGER PRIMARY KEY, journal_row INTEGER NOT NULL)
        """
}
