import Glibc
import Testing

@testable import Storage

/// What the store or SQLite refuses, and what that does to what is there: nothing.
@Suite struct RefusalTests {
    @Test("a handle of a dropped database is a column that is not found, also when the database is made anew", arguments: [false, true])
    func droppedDatabase(isMadeAnew: Bool) throws {
        let folder = TemporaryFolder()
        let store = try EmbeddedStore(folder: folder.path)
        let handle = try store.column()
        try store.dropDatabase("dsotp")
        if isMadeAnew { #expect(try store.column() != handle) }
        let errors = [
            #expect(throws: StorageError.self) { try store.write(handle, [(noon, 1)]) },
            #expect(throws: StorageError.self) {
                try withUnsafeBuffers(handle.rawValue, noon, 1) {
                    try store.write(handles: $0, times: $1, values: $2, qualities: nil)
                }
            },
            #expect(throws: StorageError.self) { try store.points(handle) },
            #expect(throws: StorageError.self) { try store.last(handle) },
        ]
        for error in errors { #expect(error?.code == .columnNotFound) }
        #expect(store.describe(handle) == nil)
        store.close()
    }

    private func withUnsafeBuffers<R>(
        _ handle: UInt64, _ time: Int64, _ value: Double,
        _ body: (UnsafeBufferPointer<UInt64>, UnsafeBufferPointer<Int64>, UnsafeBufferPointer<Double>) throws -> R
    ) rethrows -> R {
        try [handle].withUnsafeBufferPointer { handles in
            try [time].withUnsafeBufferPointer { times in
                try [value].withUnsafeBufferPointer { try body(handles, times, $0) }
            }
        }
    }

    @Test(
        "only what says that a file is broken counts as damage",
        arguments: [
            ("CORRUPT", 11, true), ("NOTADB", 26, true), ("FORMAT", 24, true), ("TOOBIG", 18, false), ("CONSTRAINT", 19, false),
            ("ERROR", 1, false), ("FULL", 13, false), ("IOERR", 10, false), ("BUSY", 5, false),
        ] as [(String, Int32, Bool)])
    func damage(name: String, code: Int32, isDamage: Bool) {
        #expect(SQLiteError(code: code, path: "x", message: name).isDamage == isDamage)
    }

    @Test("a value that is too large is no damage, a table of another shape is")
    func schema() throws {
        let folder = TemporaryFolder()
        let connection = try SQLiteConnection(path: folder.path + "/file")
        let tooLarge = #expect(throws: SQLiteError.self) { try connection.execute("SELECT zeroblob(2000000000)") }
        #expect(tooLarge?.code == 18 && tooLarge?.isDamage == false)
        try connection.execute("CREATE TABLE journal (other TEXT)")
        let wrongShape = #expect(throws: SQLiteError.self) { try JournalFile(path: folder.path + "/file") }
        #expect(wrongShape?.isDamage == true)
    }

    @Test("long texts are spread over journal rows and chunks, and all of them are read again")
    func longTexts() async throws {
        let folder = TemporaryFolder()
        var options = EmbeddedStoreOptions()
        options.largestTextRunBytes = 1_000
        let store = try EmbeddedStore(folder: folder.path, options: options)
        let handle = try store.column("text", .text)
        let texts = (0..<20).map { String(repeating: "\($0 % 10)", count: 400) }
        // A day long ago, so that its shard can rest and write its chunks.
        let past: Int64 = 1_000 * 86_400 * second
        func write(_ store: EmbeddedStore) throws -> CommitTicket {
            try store.write(
                PointColumns(
                    handles: texts.map { _ in handle }, times: texts.indices.map { past + Int64($0) }, values: .text(texts)))
        }
        let ticket = try write(store)
        #expect(await store.wait(for: ticket) == nil)
        store.close()
        #expect(try count("SELECT count(*), max(length(data)) FROM journal", folder, "wal.sqlite").0 >= 6)
        options.idleShardSeconds = 0
        let again = try EmbeddedStore(folder: folder.path, options: options)
        #expect(try again.points(handle).map(\.value) == texts.map { .text($0) })
        let second = try write(again)
        #expect(await again.wait(for: second) == nil)
        // A request is served after the maintenance that follows the last commit.
        try again.createDatabase("later")
        #expect(try again.points(handle).map(\.value) == texts.map { .text($0) })
        again.close()
        #expect(folder.files(named: "wal.sqlite") == [])
        #expect(try count("SELECT count(*), sum(n) FROM chunk_index", folder, "chunks.sqlite").0 >= 6)
    }

    private func count(_ sql: String, _ folder: TemporaryFolder, _ file: String) throws -> (Int64, Int64) {
        let connection = try SQLiteConnection(path: try #require(folder.files(named: file).first))
        let select = try connection.prepare(sql)
        _ = try select.step()
        return (select.integer(0), select.integer(1))
    }

    @Test("texts that cannot reach the disk are refused before they fill the memory, and taken again after")
    func textBacklog() async throws {
        let folder = TemporaryFolder()
        var options = EmbeddedStoreOptions()
        options.largestTextBacklogBytes = 10_000
        options.commitIntervalMilliseconds = 3_600_000
        let store = try EmbeddedStore(folder: folder.path, options: options)
        let handle = try store.column("text", .text)
        let shard = "\(folder.path)/dsotp/\(ShardName.name(index: ShardName.index(of: noon, seconds: 86_400), seconds: 86_400))"
        try FileSystem.makeFolder(shard + "/wal.sqlite")
        func write(_ index: Int) throws -> CommitTicket {
            try store.write(
                PointColumns(
                    handles: [handle], times: [noon + Int64(index)], values: .text([String(repeating: "x", count: 1_000)])))
        }
        var written = 0
        var refusal: StorageError?
        while refusal == nil, written < 100 {
            do {
                let ticket = try write(written)
                written += 1
                _ = await store.wait(for: ticket)
            } catch { refusal = error as? StorageError }
        }
        #expect(refusal?.code == .inputOutput && written == 10)
        rmdir(shard + "/wal.sqlite")
        #expect(await store.wait(for: CommitTicket(sequence: 1)) == nil)
        for index in written..<written + 30 {
            let ticket = try write(index)
            #expect(await store.wait(for: ticket) == nil)
        }
        #expect(try store.points(handle).count == written + 30)
        store.close()
    }
}
