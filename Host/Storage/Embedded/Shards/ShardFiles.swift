/// The two files of a shard, opened when they are needed. Used by the committer only.
final class ShardFiles {
    let folder: String
    private let damage: DamageLog
    private let journalPages: Int?
    private var openJournal: JournalFile?
    private var openChunks: ChunkFile?
    private var nextRow: Int64?
    /// Whether a damaged journal was put aside since this was last set to `false`: what only stood there must be written again.
    var lostJournal = false

    init(folder: String, damage: DamageLog, journalPages: Int?) {
        self.folder = folder
        self.damage = damage
        self.journalPages = journalPages
    }

    static func chunkPath(_ folder: String) -> String { folder + "/chunks.sqlite" }

    private var chunkPath: String { Self.chunkPath(folder) }
    private var journalPath: String { folder + "/wal.sqlite" }

    var hasChunks: Bool { FileSystem.exists(chunkPath) }
    var hasJournal: Bool { FileSystem.exists(journalPath) }

    /// Writes the records of one commit, one a row, all or none; gives the first row.
    func append(_ records: [[UInt8]], firstNeededRow: Int64?) throws(SQLiteError) -> Int64 {
        let row = try nextJournalRow()
        try withJournal { (journal) throws(SQLiteError) in
            try journal.append(records, firstRow: row, firstNeededRow: firstNeededRow)
        }
        nextRow = row + Int64(records.count)
        return row
    }

    /// Uses the chunk file. If it turns out to be damaged it is put aside and `body` gets a new one.
    func withChunks(_ body: (ChunkFile) throws(SQLiteError) -> Void) throws(SQLiteError) {
        do {
            try body(try chunks())
        } catch where error.isDamage {
            openChunks = nil
            damage.damaged("\(chunkPath) (kept as \(FileSystem.putAside(chunkPath)))", error)
            try body(try chunks())
        }
    }

    /// Reads the journal back; `false` if not all of it could be read, so that what was read has to be written again.
    func replay(_ body: (Int64, UnsafeRawBufferPointer) -> Void) throws(SQLiteError) -> Bool {
        do {
            try journal().replay(body)
            return true
        } catch where error.isDamage {
            putJournalAside(error)
            return false
        }
    }

    func close() {
        openJournal = nil
        openChunks = nil
    }

    /// Closes the files and removes the journal, of which nothing is needed any more.
    func closeWithoutJournal() {
        close()
        nextRow = nil
        for suffix in ["", "-wal", "-shm"] { FileSystem.remove(journalPath + suffix) }
    }

    private func withJournal(_ body: (JournalFile) throws(SQLiteError) -> Void) throws(SQLiteError) {
        do {
            try body(try journal())
        } catch where error.isDamage || error.isConflict {
            // A row above all others that is there already: the file's index is wrong. Memory still holds what the journal does.
            putJournalAside(error)
            try body(try journal())
        }
    }

    private func putJournalAside(_ error: SQLiteError) {
        openJournal = nil
        lostJournal = true
        damage.damaged("\(journalPath) (kept as \(FileSystem.putAside(journalPath)))", error)
    }

    private func nextJournalRow() throws(SQLiteError) -> Int64 {
        if let nextRow { return nextRow }
        var last: Int64 = 0
        if hasChunks { try withChunks { (chunks) throws(SQLiteError) in last = try chunks.lastSealedRow() } }
        try withJournal { (journal) throws(SQLiteError) in last = max(last, try journal.lastRow()) }
        return last + 1
    }

    private func journal() throws(SQLiteError) -> JournalFile {
        if let openJournal { return openJournal }
        try makeFolder(journalPath)
        let journal = try JournalFile(path: journalPath)
        if let journalPages { try journal.limit(pages: journalPages) }
        openJournal = journal
        return journal
    }

    private func chunks() throws(SQLiteError) -> ChunkFile {
        if let openChunks { return openChunks }
        try makeFolder(chunkPath)
        let chunks = try ChunkFile(path: chunkPath)
        openChunks = chunks
        return chunks
    }

    private func makeFolder(_ path: String) throws(SQLiteError) {
        do { try FileSystem.makeFolder(folder) } catch {
            throw SQLiteError(code: 14, path: path, message: error.description)
        }
    }
}
