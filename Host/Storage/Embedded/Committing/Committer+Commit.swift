extension Committer {
    /// Writes a batch and tells those who wait for it. What could not be written stays pending.
    func commit(_ batch: CommitBatch) {
        var failure: SQLiteError?
        var columnsAreWritten = batch.columnRows.isEmpty
        do {
            if !columnsAreWritten { try catalogue.add(batch.columnRows) }
            columnsAreWritten = true
        } catch {
            failure = error
        }
        if columnsAreWritten {
            for part in batch.parts {
                do { try write(part) } catch { failure = error }
            }
        }
        let answered = state.withLock { state in
            if !columnsAreWritten { state.newColumns.insert(contentsOf: batch.columns, at: 0) }
            for part in batch.parts { settle(part, &state) }
            state.recountTexts()
            return conclude(batch, failure, &state)
        }
        state.announceChange()
        if let change = answered.change { damage.failed(change) }
        for waiter in answered.waiters { waiter.body(answered.error) }
    }

    private func write(_ part: CommitBatch.ShardPart) throws(SQLiteError) {
        let files = part.shard.files
        defer {
            part.lostJournal = files.lostJournal
            files.lostJournal = false
        }
        let records = JournalRecord.encode(part.entries, part.points, largestTextBytes: options.largestTextRunBytes)
        let first = try files.append(records, firstNeededRow: part.firstNeededRow)
        part.rows = records.enumerated().map { (first + Int64($0.offset), $0.element.count) }
    }

    /// Notes which points of a shard are in the journal now; lists the others again.
    private func settle(_ part: CommitBatch.ShardPart, _ state: inout StoreState) {
        if part.lostJournal {
            let lost = part.shard.heads.reduce(0) { $0 + $1.journalled }
            part.shard.forgetJournal()
            part.shard.sealedSince = 0
            state.pendingPoints += lost
        }
        if let first = part.rows.first?.row, let last = part.rows.last?.row {
            for (head, entry) in zip(part.heads, part.entries) where !part.lostJournal {
                head.journalled += entry.range.count
                head.firstRow = head.firstRow ?? first
                head.lastRow = last
            }
            if !part.lostJournal {
                state.pendingPoints -= part.points.count
                for (row, bytes) in part.rows { part.shard.addJournalRow(row, bytes: bytes) }
            }
            part.shard.lastCommit = monotonicNanoseconds()
        }
        guard part.rows.isEmpty || part.lostJournal else { return }
        for head in part.lostJournal ? part.shard.heads : part.heads where head.points.count > head.journalled {
            state.list(head)
        }
    }

    /// Notes how a commit went: the error, those who are to be told of it, and a sentence if something changed for the worse
    /// or the better.
    private func conclude(
        _ batch: CommitBatch, _ failure: SQLiteError?, _ state: inout StoreState
    ) -> (error: StorageError?, waiters: [StoreState.Waiter], change: String?) {
        if state.hasPending { _ = state.notePending() }
        var error: StorageError?
        if let failure {
            state.failedCommits += 1
            state.retryAt = monotonicNanoseconds() + Self.second
            error = StorageError(
                code: .inputOutput,
                description: "The store cannot write: \(failure). \(state.pendingPoints) points wait in memory and the store "
                    + "tries again; see that the disk has room and the data folder is writable.")
        } else if batch.parts.contains(where: \.lostJournal) {
            // What the lost journal held is pending again; the waiters wait for the next commit, which follows at once.
            state.failure = nil
            return (nil, [], nil)
        } else {
            state.commits += 1
            state.durable = batch.sequence
        }
        var change: String?
        switch (state.failure, error) {
        case (nil, let error?): change = error.description
        case (_?, nil): change = "The store writes again; all points that waited are on the disk."
        default: break
        }
        state.failure = error
        let answered = state.waiters.filter { $0.sequence <= batch.sequence }
        state.waiters.removeAll { $0.sequence <= batch.sequence }
        return (error, answered, change)
    }
}
