extension Committer {
    /// Points to be written as chunks.
    private struct ChunkWrite {
        let columnID: Int64
        let type: FieldType
        let points: PointBlock
        let lastRow: Int64
        let replaces: ChunkFile.Location?
        /// The head that keeps the points, if it is not sealed yet.
        let head: Head?
    }

    private enum Scope {
        /// Sealed points only.
        case sealed
        /// Also heads that need a journal row up to this one.
        case headsUpTo(Int64)
    }

    private static let mostSealedPoints = 250_000
    private static let longestSealedSeconds: UInt64 = 5
    private static let mostShardsInMemory = 64

    /// Seals full heads, writes sealed points out when there are enough, cuts long journals, lets idle shards rest.
    func maintain() {
        let now = monotonicNanoseconds()
        let busy = state.withLock { state in
            state.nextMaintenance = now + Self.longestSealedSeconds * Self.second
            return state.allShards.filter { !$0.isResting }.sorted { $0.lastCommit > $1.lastCommit }
        }
        for (rank, shard) in busy.enumerated() {
            let (isDue, journal) = state.withLock { _ in
                seal(shard, now)
                let waited = shard.sealed.isEmpty ? 0 : now - min(now, shard.sealedSince)
                let isDue = shard.sealedPoints >= Self.mostSealedPoints || waited >= Self.longestSealedSeconds * Self.second
                return (isDue, shard.journalBytes > options.largestJournalBytes ? shard.journalRows : [])
            }
            let isIdle = shard.times.upperBound < wallClockNanoseconds()
                && now - min(now, shard.lastCommit) >= options.idleShardSeconds * Self.second
            if isIdle || rank >= Self.mostShardsInMemory {
                rest(shard)
            } else if !journal.isEmpty {
                write(shard, .headsUpTo(journal[journal.count / 2].row))
            } else if isDue {
                write(shard, .sealed)
            }
        }
    }

    private func seal(_ shard: Shard, _ now: UInt64) {
        let textBytes = options.largestTextRunBytes
        for head in shard.heads where head.journalled >= head.sealAt || head.points.textBytes >= textBytes {
            guard let block = head.seal(pointsPerChunk: options.pointsPerChunk) else { continue }
            if shard.sealed.isEmpty { shard.sealedSince = now }
            shard.sealed.append(block)
            shard.sealedPoints += block.points.count
        }
    }

    /// Writes everything of a shard into chunks and gives up its memory and its journal.
    private func rest(_ shard: Shard) {
        guard write(shard, .headsUpTo(Int64.max)) else { return }
        let isEmpty = state.withLock { state in
            guard shard.sealed.isEmpty, shard.heads.allSatisfy({ $0.points.count == $0.journalled && $0.firstRow == nil })
            else { return false }
            for head in shard.heads {
                head.column.noteSealed(head.points)
                state.drop(head)
            }
            shard.heads = []
            shard.dropUnneededRows()
            return true
        }
        if isEmpty { shard.files.closeWithoutJournal() }
    }

    @discardableResult
    private func write(_ shard: Shard, _ scope: Scope) -> Bool {
        let (writes, sealedCount) = state.withLock { _ in (plan(shard, scope), shard.sealed.count) }
        guard !writes.isEmpty else { return true }
        var locations: [ChunkFile.Location] = []
        do {
            try shard.files.withChunks { (chunks) throws(SQLiteError) in
                locations = []
                try chunks.transaction { () throws(SQLiteError) in
                    for write in writes { locations.append(try self.write(write, to: chunks)) }
                }
            }
        } catch {
            damage.failed("The store cannot write chunks: \(error). The points stay in the journal; the store tries again.")
            return false
        }
        state.withLock { _ in
            shard.hasChunks = true
            let written = shard.sealed.prefix(sealedCount).reduce(0) { $0 + $1.points.count }
            shard.sealed.removeFirst(sealedCount)
            shard.sealedPoints -= written
            for (write, location) in zip(writes, locations) {
                guard let head = write.head else { continue }
                head.openChunk = location
                head.firstRow = nil
            }
            shard.dropUnneededRows()
        }
        return true
    }

    private func plan(_ shard: Shard, _ scope: Scope) -> [ChunkWrite] {
        var writes = shard.sealed.map {
            ChunkWrite(
                columnID: $0.columnID, type: $0.type, points: $0.points, lastRow: $0.lastRow, replaces: $0.replaces,
                head: nil)
        }
        guard case .headsUpTo(let row) = scope else { return writes }
        for head in shard.heads {
            guard let firstRow = head.firstRow, firstRow <= row, head.journalled > 0 else { continue }
            var points = PointBlock()
            points.append(head.points, 0..<head.journalled, type: head.column.type)
            writes.append(
                ChunkWrite(
                    columnID: head.column.id, type: head.column.type, points: points, lastRow: head.lastRow,
                    replaces: head.openChunk, head: head))
        }
        return writes
    }

    /// Writes points in chunks of the usual size; gives the place of the last one, which is the only one of an open head.
    private func write(_ write: ChunkWrite, to chunks: ChunkFile) throws(SQLiteError) -> ChunkFile.Location {
        if let old = write.replaces { try chunks.remove(old, columnID: write.columnID) }
        let points = write.points.sortedUnique(type: write.type)
        let pieces = write.head == nil ? max(1, points.count / options.pointsPerChunk) : 1
        let textBytes = write.head == nil ? options.largestTextRunBytes : Int.max
        var location = ChunkFile.Location(id: 0, firstTime: 0)
        for piece in 0..<pieces {
            var start = points.count * piece / pieces
            let end = points.count * (piece + 1) / pieces
            while start < end {
                let next = points.endOfRun(from: start, points: end - start, textBytes: textBytes, type: write.type)
                location = try chunks.add(points, start..<next, type: write.type, columnID: write.columnID)
                start = next
            }
        }
        try chunks.setSealedRow(write.lastRow, columnID: write.columnID)
        return location
    }
}
