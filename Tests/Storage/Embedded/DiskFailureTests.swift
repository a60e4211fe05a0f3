import Glibc
import Testing

@testable import Storage

@Suite struct DiskFailureTests {
    @Test("a write that cannot reach the disk fails its ticket with a sentence, and is stored once the disk is there again")
    func failsAndRecovers() async throws {
        let folder = TemporaryFolder()
        let told = Told()
        let store = try EmbeddedStore(folder: folder.path, log: told.log)
        let handle = try store.column()
        let shard = "\(folder.path)/dsotp/\(ShardName.name(index: ShardName.index(of: noon, seconds: 86_400), seconds: 86_400))"
        try FileSystem.makeFolder(shard + "/wal.sqlite")
        let lost = await store.wait(for: try store.write(handle, [(noon, 1)]))
        #expect(lost?.code == .inputOutput)
        #expect(lost?.description.contains("The store cannot write: \(shard)/wal.sqlite") == true)
        #expect(try store.points(handle).map(\.float) == [1])
        #expect(store.statistics().failedCommits >= 1)
        #expect(told.all.count == 1)
        rmdir(shard + "/wal.sqlite")
        #expect(await store.wait(for: try store.write(handle, [(noon + 1, 2)])) == nil)
        #expect(told.all.count == 2 && told.all[1].contains("writes again"))
        #expect(store.statistics().pendingPoints == 0)
        store.close()
        let again = try EmbeddedStore(folder: folder.path)
        #expect(try again.points(handle).map(\.float) == [1, 2])
        again.close()
    }

    @Test("on a full disk acknowledged points stay, writers are refused before memory runs out, and the rest comes after")
    func fullDisk() async throws {
        let folder = TemporaryFolder()
        var options = EmbeddedStoreOptions()
        options.largestJournalPages = 4
        options.largestBacklog = 20_000
        options.commitIntervalMilliseconds = 3_600_000
        var random = Seeded(4)
        let store = try EmbeddedStore(folder: folder.path, options: options)
        let handle = try store.column()
        var acknowledged = 0, written = 0
        var refusal: StorageError?
        while refusal == nil, written < 200_000 {
            do {
                let points = (written..<written + 1_000).map { (noon + Int64($0), Double.random(in: 0...1, using: &random)) }
                let ticket = try store.write(handle, points)
                written += 1_000
                if await store.wait(for: ticket) == nil { acknowledged = written }
            } catch { refusal = error as? StorageError }
        }
        #expect(refusal?.code == .inputOutput)
        #expect(refusal?.description.contains("full") == true)
        #expect(acknowledged > 0 && acknowledged < written)
        #expect(try store.points(handle).count == written)
        store.close()
        let again = try EmbeddedStore(folder: folder.path)
        let kept = try again.points(handle)
        #expect(kept.count >= acknowledged)
        #expect(kept.map(\.time) == (0..<kept.count).map { noon + Int64($0) })
        #expect(await again.wait(for: try again.write(handle, [(noon - 1, 0)])) == nil)
        again.close()
    }
}
