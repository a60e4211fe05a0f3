import Glibc
import Synchronization
import Testing

@testable import Storage

@Suite struct CommitTests {
    @Test("asking for a ticket commits at once, however long the interval")
    func asking() async throws {
        let folder = TemporaryFolder()
        var options = EmbeddedStoreOptions()
        options.commitIntervalMilliseconds = 3_600_000
        let store = try EmbeddedStore(folder: folder.path, options: options)
        let handle = try store.column()
        let first = try store.write(handle, [(noon, 1)])
        let second = try store.write(handle, [(noon + 1, 1)])
        #expect(first < second)
        #expect(store.statistics().pendingPoints == 2)
        #expect(await store.wait(for: second) == nil)
        #expect(await store.wait(for: first) == nil)
        #expect(store.statistics().pendingPoints == 0)
        #expect(store.statistics().commits == 1)
        store.close()
    }

    @Test("without anybody asking the interval commits")
    func interval() throws {
        let folder = TemporaryFolder()
        var options = EmbeddedStoreOptions()
        options.commitIntervalMilliseconds = 1
        let store = try EmbeddedStore(folder: folder.path, options: options)
        _ = try store.write(try store.column(), [(noon, 1)])
        let deadline = monotonicNanoseconds() + 30_000_000_000
        while store.statistics().pendingPoints > 0, monotonicNanoseconds() < deadline { sched_yield() }
        #expect(store.statistics().pendingPoints == 0)
        #expect(folder.files(named: "wal.sqlite").count == 1)
        store.close()
    }

    @Test("a new column without points outlives a restart")
    func columnAlone() throws {
        let folder = TemporaryFolder()
        let store = try EmbeddedStore(folder: folder.path)
        let handle = try store.column("alone", .text)
        store.close()
        let again = try EmbeddedStore(folder: folder.path)
        #expect(again.describe(handle)?.type == .text)
        #expect(try again.last(handle) == nil)
        again.close()
    }

    @Test("columns that fill slowly do not keep the journal from being cut")
    func slowColumns() async throws {
        let folder = TemporaryFolder()
        var options = EmbeddedStoreOptions()
        options.largestJournalBytes = 2_000
        let store = try EmbeddedStore(folder: folder.path, options: options)
        let handles = try (0..<20).map { try store.column("f\($0)") }
        for index in 0..<200 {
            let ticket = try store.write(
                PointColumns(
                    handles: handles, times: handles.map { _ in noon + Int64(index) },
                    values: .float(handles.map { _ in Double(index) })))
            #expect(await store.wait(for: ticket) == nil)
        }
        store.close()
        do {
            let connection = try SQLiteConnection(path: try #require(folder.files(named: "wal.sqlite").first))
            let select = try connection.prepare("SELECT count(*) FROM journal")
            _ = try select.step()
            #expect(select.integer(0) < 40)
            select.reset()
            let chunks = try SQLiteConnection(path: try #require(folder.files(named: "chunks.sqlite").first))
            let count = try chunks.prepare("SELECT count(*), count(DISTINCT column_id) FROM chunk_index")
            _ = try count.step()
            #expect(count.integer(0) == 20 && count.integer(1) == 20)
        }
        let again = try EmbeddedStore(folder: folder.path)
        for handle in handles { #expect(try again.points(handle).map(\.float) == (0..<200).map { Double($0) }) }
        again.close()
    }

    @Test("a shard of the past that gets no more points gives up its journal and memory, and takes points again")
    func restingShards() async throws {
        let folder = TemporaryFolder()
        var options = EmbeddedStoreOptions()
        options.idleShardSeconds = 0
        let store = try EmbeddedStore(folder: folder.path, options: options)
        let handle = try store.column()
        let past: Int64 = 1_000 * 86_400 * second
        for round in 0..<4 {
            let ticket = try store.write(handle, (0..<10).map { (past + Int64($0 + round * 5), Double(round)) })
            #expect(await store.wait(for: ticket) == nil)
        }
        // A request is served after the maintenance that follows the last commit.
        try store.createDatabase("later")
        #expect(folder.files(named: "wal.sqlite") == [])
        #expect(try store.points(handle).map(\.float) == (0..<25).map { Double(min($0 / 5, 3)) })
        #expect(try store.last(handle)?.time == past + 24)
        store.close()
        let again = try EmbeddedStore(folder: folder.path)
        #expect(try again.points(handle).map(\.float) == (0..<25).map { Double(min($0 / 5, 3)) })
        #expect(try again.last(handle)?.time == past + 24)
        again.close()
    }

    @Test("scans and last values beside writers see every point up to some moment, and all that was acknowledged before")
    func besideWriters() throws {
        let folder = TemporaryFolder()
        var options = EmbeddedStoreOptions()
        options.pointsPerChunk = 50
        options.largestJournalBytes = 5_000
        let store = try EmbeddedStore(folder: folder.path, options: options)
        let handles = try (0..<2).map { try store.column("f\($0)") }
        let written = handles.map { _ in Counter() }
        let writers = try handles.indices.map { column in
            try #require(
                OwnThread {
                    for index in 0..<3_000 {
                        _ = try? store.write(handles[column], [(noon + Int64(index), Double(index))])
                        written[column].set(index + 1)
                    }
                })
        }
        var isDone = false
        while !isDone {
            isDone = written.allSatisfy { $0.value == 3_000 }
            for column in handles.indices {
                let before = written[column].value
                let points = try store.points(handles[column])
                #expect(points.count >= before)
                #expect(points.map(\.time) == (0..<points.count).map { noon + Int64($0) })
                #expect(try store.points(handles[column], descending: true).count >= points.count)
                if before > 0 { #expect(try #require(try store.last(handles[column])).time >= noon + Int64(before) - 1) }
            }
        }
        for writer in writers { writer.join() }
        store.close()
    }

    private final class Counter: Sendable {
        private let count = Atomic(0)
        var value: Int { count.load(ordering: .acquiring) }
        func set(_ value: Int) { count.store(value, ordering: .releasing) }
    }
}
