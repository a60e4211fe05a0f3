import Glibc
import Testing

@testable import Storage

/// What is damaged is passed over, counted and told; the store opens and the rest is there.
@Suite struct DamageTests {
    /// A store whose chunk file holds most of its points and whose journal holds the last ones.
    private func fill(_ folder: TemporaryFolder, points: Int = 2_000) async throws {
        var options = EmbeddedStoreOptions()
        options.pointsPerChunk = 100
        options.largestJournalBytes = 3_000
        let store = try EmbeddedStore(folder: folder.path, options: options)
        let handles = try (0..<3).map { try store.column("f\($0)") }
        for start in stride(from: 0, to: points, by: 40) {
            for handle in handles {
                let ticket = try store.write(handle, (start..<start + 40).map { (noon + Int64($0) * second, value($0)) })
                if handle == handles.last { #expect(await store.wait(for: ticket) == nil) }
            }
        }
        store.close()
    }

    private func value(_ index: Int) -> Double { Double(index * 7_919 % 10_007) / 1_000 }

    private func overwrite(_ path: String, at offset: Int, with bytes: [UInt8]) {
        let file = open(path, O_WRONLY)
        _ = bytes.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, offset) }
        close(file)
    }

    private func size(_ path: String) -> Int { Int(FileSystem.size(of: path)) }

    @Test("a damaged chunk is passed over, counted and told once; the others are read")
    func damagedChunk() async throws {
        let folder = TemporaryFolder()
        try await fill(folder)
        let path = try #require(folder.files(named: "chunks.sqlite").first)
        do {
            let connection = try SQLiteConnection(path: path)
            try connection.execute(
                "UPDATE chunk SET data = randomblob(length(data)) WHERE id = (SELECT min(id) FROM chunk_index WHERE column_id = 1)")
        }
        let told = Told()
        let store = try EmbeddedStore(folder: folder.path, log: told.log)
        let damaged = try store.points(try store.column("f0"))
        #expect(damaged.count < 2_000 && damaged.count > 1_500)
        #expect(try store.points(try store.column("f0")) == damaged)
        #expect(try store.points(try store.column("f1")).count == 2_000)
        #expect(store.statistics().damagedPieces == 1)
        #expect(told.all.count == 1 && told.all[0].contains("Chunk "))
        let ticket = try store.write(try store.column("f0"), [(noon, 5)])
        #expect(await store.wait(for: ticket) == nil)
        #expect(try store.points(try store.column("f0")).first?.float == 5)
        store.close()
    }

    @Test("a damaged journal row is passed over; the rows around it are taken up")
    func damagedRow() async throws {
        let folder = TemporaryFolder()
        let store = try EmbeddedStore(folder: folder.path)
        let handle = try store.column()
        for index in 0..<5 {
            let ticket = try store.write(handle, [(noon + Int64(index), Double(index))])
            #expect(await store.wait(for: ticket) == nil)
        }
        store.close()
        do {
            let connection = try SQLiteConnection(path: try #require(folder.files(named: "wal.sqlite").first))
            try connection.execute("UPDATE journal SET data = zeroblob(length(data)) WHERE row = 3")
        }
        let told = Told()
        let again = try EmbeddedStore(folder: folder.path, log: told.log)
        #expect(try again.points(handle).map(\.float) == [0, 1, 3, 4])
        #expect(told.all.count == 1 && told.all[0].contains("Row 3 of the journal"))
        again.close()
    }

    @Test("files that are no databases any more are put aside and replaced", arguments: ["chunks.sqlite", "wal.sqlite", "catalogue.sqlite"])
    func garbageFile(_ name: String) async throws {
        let folder = TemporaryFolder()
        try await fill(folder)
        let path = try #require(folder.files(named: name).first)
        overwrite(path, at: 0, with: [UInt8](repeating: 0x5A, count: 20_000))
        for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
        let told = Told()
        let store = try EmbeddedStore(folder: folder.path, log: told.log)
        let handle = try store.column("f0")
        let left = try store.points(handle)
        #expect(left.allSatisfy { $0.float == value(Int(($0.time - noon) / second)) })
        #expect(left.count < 2_000)
        let ticket = try store.write(handle, [(noon - second, 1)])
        #expect(await store.wait(for: ticket) == nil)
        store.close()
        #expect(!told.all.isEmpty)
        let again = try EmbeddedStore(folder: folder.path, log: told.log)
        #expect(try again.points(try again.column("f0")).first?.float == 1)
        again.close()
    }

    @Test("a store with changed bytes anywhere in its files opens, reads and writes, and never gives a wrong value", arguments: 0..<40)
    func changedBytes(_ seed: Int) async throws {
        var random = Seeded(UInt64(seed) &+ 500)
        let folder = TemporaryFolder()
        try await fill(folder, points: 600)
        let name = ["chunks.sqlite", "wal.sqlite", "catalogue.sqlite"][seed % 3]
        let path = try #require(folder.files(named: name).first)
        for _ in 0..<Int.random(in: 1...30, using: &random) {
            // The first bytes hold the file format version; a newer one makes a file read-only, which is no damage.
            let offset = Int.random(in: 20..<size(path), using: &random)
            overwrite(path, at: offset, with: [UInt8.random(in: 0...255, using: &random)])
        }
        let store = try EmbeddedStore(folder: folder.path)
        for field in 0..<3 {
            guard let handle = try? store.column("f\(field)") else { continue }
            let points = try store.points(handle)
            if name != "catalogue.sqlite" {
                #expect(points.allSatisfy { $0.float == value(Int(($0.time - noon) / second)) })
            }
            #expect(points.count <= 600)
            _ = try store.last(handle)
        }
        store.close()
    }
}
