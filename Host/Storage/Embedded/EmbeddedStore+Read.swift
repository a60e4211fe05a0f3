extension EmbeddedStore {
    /// What a scan takes from memory under the lock.
    private struct Snapshot {
        struct ShardPart {
            let folder: String
            let hasChunks: Bool
            /// In the order of writing.
            let blocks: [PointBlock]
        }

        let columnID: Int64
        let type: FieldType
        /// Oldest first.
        let shards: [ShardPart]
    }

    public func scan(
        _ handle: ColumnHandle, from: Int64, through: Int64, descending: Bool,
        _ body: (borrowing PointRun) -> Bool
    ) throws(StorageError) {
        let snapshot = try snapshot(handle, from: from, through: through)
        for shard in descending ? snapshot.shards.reversed() : snapshot.shards {
            guard try scan(shard, snapshot, from: from, through: through, descending: descending, body) else { return }
        }
    }

    public func last(_ handle: ColumnHandle) throws(StorageError) -> StoredPoint? {
        let (isComplete, known) = try state.withLock { (state) throws(StorageError) in
            guard let column = state.column(handle.rawValue) else { throw .unknownHandle(handle.rawValue) }
            return (column.lastIsComplete, column.newest)
        }
        if isComplete { return known }
        var stored = PointBlock()
        var type = FieldType.float
        try scan(handle, from: Int64.min, through: Int64.max, descending: true) { run in
            let quality = run.qualities.first ?? 0
            type = run.values.type
            switch run.values {
            case .float(let values): stored.append(time: run.times[0], bits: values[0].bitPattern, quality: quality)
            case .integer(let values): stored.append(time: run.times[0], bits: UInt64(bitPattern: values[0]), quality: quality)
            case .boolean(let values): stored.append(time: run.times[0], bits: values[0] ? 1 : 0, quality: quality)
            case .text(let values): stored.append(time: run.times[0], text: values[0], quality: quality)
            }
            return false
        }
        return state.withLock { state in
            guard let column = state.column(handle.rawValue) else { return nil }
            if stored.count > 0, column.type == type { column.noteStored(stored) }
            column.lastIsComplete = true
            return column.newest
        }
    }

    /// Memory first, files after: what moves from one to the other meanwhile is then seen twice, never not at all.
    private func snapshot(_ handle: ColumnHandle, from: Int64, through: Int64) throws(StorageError) -> Snapshot {
        try state.withLock { (state) throws(StorageError) in
            if state.isClosing { throw .storeClosed }
            guard let column = state.column(handle.rawValue) else { throw .unknownHandle(handle.rawValue) }
            let shards = column.database.shards(from: from, through: through).map { shard in
                var blocks = shard.sealed.filter { $0.columnID == column.id }.map(\.points)
                if let head = column.heads.first(where: { $0.shard === shard }) { blocks.append(head.points) }
                return Snapshot.ShardPart(folder: shard.folder, hasChunks: shard.hasChunks, blocks: blocks)
            }
            return Snapshot(columnID: column.id, type: column.type, shards: shards)
        }
    }

    private func scan(
        _ shard: Snapshot.ShardPart, _ snapshot: Snapshot, from: Int64, through: Int64, descending: Bool,
        _ body: (borrowing PointRun) -> Bool
    ) throws(StorageError) -> Bool {
        var sources: [ScanSource] = []
        var reader: ChunkReader?
        if shard.hasChunks, let opened = openReader(shard.folder) {
            reader = opened
            do {
                try opened.begin()
                sources = try opened.entries(columnID: snapshot.columnID, from: from, through: through)
                    .sorted { $0.id < $1.id }.map { ScanSource($0) }
            } catch {
                damage.damaged("The index of chunks in \(shard.folder)", error)
            }
        }
        defer {
            if let reader {
                reader.end()
                readers.giveBack(reader)
            }
        }
        sources += shard.blocks.compactMap { ScanSource($0) }.filter { $0.firstTime <= through && $0.lastTime >= from }
        let merge = ScanMerge(type: snapshot.type, from: from, through: through, descending: descending) { source in
            switch source.content {
            case .memory(let points): return points
            case .chunk(let entry):
                do {
                    return try reader?.points(of: entry, type: snapshot.type)
                } catch {
                    self.damage.damaged("Chunk \(entry.id) of column \(snapshot.columnID) in \(shard.folder)", error)
                    return nil
                }
            }
        }
        return merge.run(sources, body)
    }

    private func openReader(_ folder: String) -> ChunkReader? {
        let path = ShardFiles.chunkPath(folder)
        guard FileSystem.exists(path) else { return nil }
        do {
            return try readers.take(path: path)
        } catch {
            damage.damaged(path, error)
            return nil
        }
    }
}
