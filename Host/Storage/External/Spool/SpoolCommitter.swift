/// The thread that writes the spool and the catalogue: takes what is pending, makes it durable, tells those who wait.
final class SpoolCommitter: Sendable {
    private let store: ExternalStore
    private let folder: String
    private static let urgentPoints = 200_000
    private static let retryNanoseconds: UInt64 = 1_000_000_000

    /// What one commit writes.
    private struct Work {
        let batch: PointBatch
        let newColumns: [ExternalColumn]
        /// Everything accepted up to this is in the batch or durable already.
        let accepted: UInt64
        let sequence: UInt64
        let lastFile: (file: SpoolFile, bytes: Int64)?
        /// Whether the last file has records that are still needed.
        let lastFileIsNeeded: Bool
    }

    init(store: ExternalStore, folder: String) {
        self.store = store
        self.folder = folder
    }

    /// Runs until the store closes and everything accepted is written, or cannot be.
    func run() {
        var failed: Work?
        while true {
            guard let work = failed.map(again) ?? next() else { break }
            failed = commit(work) ? nil : work
            if failed != nil, !waitToRetry() { break }
        }
        let waiters = store.state.withLock { state in
            state.committerEnded = true
            defer { state.waiters = [] }
            return state.waiters
        }
        store.state.announceChange()
        for waiter in waiters { waiter.body(.storeClosed) }
    }

    private func next() -> Work? {
        let interval = store.options.commitIntervalMilliseconds * 1_000_000
        return store.state.wait { state in
            let isDue = !state.waiters.isEmpty || state.isClosing || state.pending.points >= Self.urgentPoints
            if state.hasPending, isDue || monotonicNanoseconds() >= state.pendingSince + interval { return .proceed(Self.take(&state)) }
            if !state.waiters.isEmpty { return .proceed(Self.take(&state)) }
            if state.isClosing { return .proceed(nil) }
            return .wait(until: state.hasPending ? state.pendingSince + interval : nil)
        }
    }

    /// The work with what has changed since it failed.
    private func again(_ work: Work) -> Work {
        store.state.withLock { state in
            Work(
                batch: work.batch, newColumns: work.newColumns.filter { state.catalogue.column(UInt64($0.id)) != nil }, accepted: work.accepted,
                sequence: work.sequence, lastFile: state.spool.files.last, lastFileIsNeeded: state.spool.unsettled.last != nil)
        }
    }

    private static func take(_ state: inout ExternalStoreState) -> Work {
        let batch = state.pending
        state.pending = PointBatch(number: batch.number + 1)
        state.committing = batch
        state.pendingSince = 0
        let columns = state.catalogue.newColumns
        state.catalogue.newColumns = []
        return Work(
            batch: batch, newColumns: columns, accepted: state.accepted, sequence: state.spool.nextSequence, lastFile: state.spool.files.last,
            lastFileIsNeeded: state.spool.unsettled.last != nil)
    }

    private func commit(_ work: Work) -> Bool {
        do {
            try writeColumns(work.newColumns)
            let (file, isNew, entries, bytes) = try writePoints(work)
            let (waiters, wasFailing) = store.state.withLock { state in
                if let file, isNew { state.spool.add(file, bytes: 0) }
                state.spool.grow(by: bytes)
                for entry in entries { state.spool.append(entry) }
                let wasFailing = state.commitFailure != nil
                return (Self.finish(&state, work, nil), wasFailing)
            }
            store.state.announceChange()
            if wasFailing { store.damage.failed("The spool is written again; the points that waited in memory are on the disk.") }
            for waiter in waiters { waiter.body(nil) }
            return true
        } catch {
            let sentence = error as? StorageError ?? StorageError(code: .inputOutput, description: "The spool cannot be written: \(error).")
            let (waiters, isNew) = store.state.withLock { state in
                let isNew = state.commitFailure?.description != sentence.description
                return (Self.finish(&state, work, sentence), isNew)
            }
            if isNew { store.damage.failed("\(sentence.description) The points stay in memory; it is tried again.") }
            store.state.announceChange()
            for waiter in waiters { waiter.body(sentence) }
            return false
        }
    }

    /// Notes how a commit ended; gives those who wait for it. Where it failed these are all, since what came after it cannot be written before it.
    private static func finish(
        _ state: inout ExternalStoreState, _ work: Work, _ failure: StorageError?
    ) -> [ExternalStoreState.Waiter] {
        state.commitFailure = failure
        if failure == nil {
            state.committing = nil
            state.counters.commits += 1
        } else {
            state.counters.failedCommits += 1
        }
        let last = failure == nil ? work.accepted : .max
        let ended = state.waiters.filter { $0.sequence <= last }
        state.waiters.removeAll { $0.sequence <= last }
        return ended
    }

    private func writeColumns(_ columns: [ExternalColumn]) throws(SQLiteError) {
        guard !columns.isEmpty else { return }
        try store.catalogueFile.withLock { (file) throws(SQLiteError) in
            do throws(SQLiteError) {
                try file.add(columns.map(\.row))
            } catch where error.isConflict {
                // Written by a commit whose points then failed.
            }
        }
    }

    private func writePoints(_ work: Work) throws(StorageError) -> (file: SpoolFile?, isNew: Bool, [Spool.Entry], Int64) {
        guard work.batch.points > 0 else { return (nil, false, [], 0) }
        let records = work.batch.records(
            from: work.sequence, now: wallClockNanoseconds(), largestTextBytes: store.options.largestRecordTextBytes)
        let (file, start, isNew) = try place(work)
        var bytes: [UInt8] = []
        var entries: [Spool.Entry] = []
        for (record, body) in records {
            bytes += record.encode()
            entries.append(Spool.Entry(record: record, file: file, position: start + Int64(bytes.count), since: monotonicNanoseconds()))
            bytes += body
        }
        do throws(StorageError) {
            try file.write(bytes, at: start)
        } catch {
            // A part of it may be there: it is written over, and is nothing to a later start without it.
            if isNew { file.remove() } else { file.truncate(to: start) }
            throw error
        }
        return (file, isNew, entries, Int64(bytes.count))
    }

    /// The file that the records go to, and where.
    private func place(_ work: Work) throws(StorageError) -> (file: SpoolFile, start: Int64, isNew: Bool) {
        let largest = work.lastFileIsNeeded ? store.options.largestFileBytes : store.options.largestFileBytes / 8
        if let last = work.lastFile, last.bytes < largest { return (last.file, last.bytes, false) }
        return (try SpoolFile(folder: folder, number: (work.lastFile?.file.number ?? 0) + 1), 0, true)
    }

    /// Waits a second; `false` if the store closes, since the disk had its chance then.
    private func waitToRetry() -> Bool {
        let deadline = monotonicNanoseconds() + Self.retryNanoseconds
        return store.state.wait { state in
            if state.isClosing { return .proceed(false) }
            return monotonicNanoseconds() >= deadline ? .proceed(true) : .wait(until: deadline)
        }
    }
}
