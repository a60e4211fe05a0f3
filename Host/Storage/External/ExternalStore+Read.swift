extension ExternalStore {
    /// What a scan needs to know, taken under the lock.
    private struct Plan {
        let column: ExternalColumn
        let otherTags: [String]
        let hasQuality: Bool
        /// Records that may have points of the column, oldest first.
        let records: [Spool.Entry]
        /// Points in memory, in the order of writing.
        let blocks: [PointBlock]
    }

    /// The points here are taken first, those of the engine after: what is sent meanwhile is then seen twice, never not at all.
    public func scan(
        _ handle: ColumnHandle, from: Int64, through: Int64, descending: Bool, _ body: (borrowing PointRun) -> Bool
    ) throws(StorageError) {
        try scan(handle, ReadingSpan(from: from, through: through, descending: descending), limit: .max, body)
    }

    public func last(_ handle: ColumnHandle) throws(StorageError) -> StoredPoint? {
        var newest: StoredPoint?
        try scan(handle, ReadingSpan(from: .min, through: .max, descending: true), limit: 1) { run in
            newest = run.first
            return newest == nil
        }
        return newest
    }

    private func scan(
        _ handle: ColumnHandle, _ span: ReadingSpan, limit: Int, _ body: (borrowing PointRun) -> Bool
    ) throws(StorageError) {
        guard span.from <= span.through else { return }
        let plan = try plan(handle, span)
        // Read from the spool's files when the engine has answered: while it is away no reader goes through a spool that is large.
        var read: PointBlock?
        func here() -> PointBlock {
            if read == nil { read = points(plan) }
            return read ?? PointBlock()
        }
        let type = plan.column.type
        var reading = engine.reading(
            of: plan.column.identity, type: type, otherTags: plan.otherTags, hasQuality: plan.hasQuality, span: span, limit: limit)
        var (from, through) = (span.from, span.through)
        do throws(EngineFailure) {
            while let piece = try reading.next() {
                let (start, end) = span.descending ? (piece.from, through) : (from, piece.through)
                guard merge(piece.points, here(), type, start, end, span.descending, body) else { return }
                // A piece that ends at an end of time leaves nothing.
                if span.descending {
                    guard start > span.from else { return }
                    through = start - 1
                } else {
                    guard end < span.through else { return }
                    from = end + 1
                }
            }
        } catch {
            throw StorageError(error)
        }
        if from <= through { _ = merge(PointBlock(), here(), type, from, through, span.descending, body) }
    }

    private func merge(
        _ theirs: PointBlock, _ here: PointBlock, _ type: FieldType, _ from: Int64, _ through: Int64, _ descending: Bool,
        _ body: (borrowing PointRun) -> Bool
    ) -> Bool {
        let sources = [theirs, here].compactMap { ScanSource($0) }.filter { $0.firstTime <= through && $0.lastTime >= from }
        let merge = ScanMerge(type: type, from: from, through: through, descending: descending) { source in
            if case .memory(let points) = source.content { points } else { nil }
        }
        return merge.run(sources, body)
    }

    private func plan(_ handle: ColumnHandle, _ span: ReadingSpan) throws(StorageError) -> Plan {
        try state.withLock { (state) throws(StorageError) in
            if state.isClosing { throw .storeClosed }
            guard let column = state.catalogue.column(handle.rawValue) else { throw .unknownHandle(handle.rawValue) }
            return Plan(
                column: column, otherTags: state.catalogue.otherTagKeys(column.identity), hasQuality: state.catalogue.isFlagged(column.identity),
                records: state.spool.unsettled.filter { $0.record.mayHold(column.id, from: span.from, through: span.through) },
                blocks: [state.committing, state.pending].compactMap { $0?.block(of: column.id) })
        }
    }

    /// The points that are here, the last written one of each time.
    private func points(_ plan: Plan) -> PointBlock {
        var points = PointBlock()
        let type = plan.column.type
        for entry in plan.records {
            do {
                try SpoolReader.read(entry, column: { $0 == plan.column.id ? type : nil }) { _, _, block in
                    points.append(block, 0..<block.count, type: type)
                }
            } catch {
                damage.damaged("Record \(entry.record.sequence) of the spool, with \(entry.record.points) points,", error)
            }
        }
        for block in plan.blocks { points.append(block, 0..<block.count, type: type) }
        return points.sortedUnique(type: type)
    }
}

extension PointRun {
    /// The first point of the run.
    fileprivate var first: StoredPoint? {
        guard let time = times.first else { return nil }
        let value: FieldValue =
            switch values {
            case .float(let values): .float(values[0])
            case .integer(let values): .integer(values[0])
            case .boolean(let values): .boolean(values[0])
            case .text(let values): .text(values[0])
            }
        return StoredPoint(time: time, value: value, quality: qualities.first ?? 0)
    }
}
