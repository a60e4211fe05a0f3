import Glibc
import Testing

@testable import Storage

@Suite struct StatisticsTests {
    @Test("columns are counted as they are made, dropped and found again at the next start")
    func columns() throws {
        let folder = TemporaryFolder()
        let store = try EmbeddedStore(folder: folder.path)
        for field in ["a", "b", "a"] { _ = try store.column(field) }
        _ = try store.column("c", database: "other")
        #expect(store.statistics().columns == 3)
        try store.dropDatabase("dsotp")
        #expect(store.statistics().columns == 1)
        store.close()
        let again = try EmbeddedStore(folder: folder.path)
        #expect(again.statistics().columns == 1)
        again.close()
    }

    @Test("the size on disk is measured once in a while, not at each call", arguments: [(UInt64(3_600), false), (0, true)])
    func size(lastingSeconds: UInt64, changes: Bool) throws {
        let folder = TemporaryFolder()
        var options = EmbeddedStoreOptions()
        options.sizeSeconds = lastingSeconds
        let store = try EmbeddedStore(folder: folder.path, options: options)
        let before = store.statistics().bytesOnDisk
        let file = open(folder.path + "/more", O_WRONLY | O_CREAT, 0o600)
        #expect(ftruncate(file, 1_000_000) == 0)
        close(file)
        #expect(before > 0)
        #expect((store.statistics().bytesOnDisk >= before + 1_000_000) == changes)
        store.close()
    }
}
