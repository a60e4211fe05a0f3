extension EmbeddedStore {
    public func write(_ points: borrowing PointColumns) throws(StorageError) -> CommitTicket {
        let handles = points.handles, times = points.times, qualities = points.qualities
        let values = points.values
        try WriteRules.checkLengths(handles.count, times.count, values.count, qualities.isEmpty ? nil : qualities.count)
        if case .float(let values) = values {
            return try write(count: handles.count, type: .float) { index, place, state in
                self.append(
                    times[index], values[index].bitPattern, qualities.isEmpty ? 0 : qualities[index], at: place, &state)
            } handle: { handles[$0].rawValue }
        }
        return try write(count: handles.count, type: values.type) { index, place, state in
            let quality = qualities.isEmpty ? 0 : qualities[index]
            switch values {
            case .float(let values): self.append(times[index], values[index].bitPattern, quality, at: place, &state)
            case .integer(let values):
                self.append(times[index], UInt64(bitPattern: values[index]), quality, at: place, &state)
            case .boolean(let values): self.append(times[index], values[index] ? 1 : 0, quality, at: place, &state)
            case .text(let values): self.append(times[index], text: values[index], quality, at: place, &state)
            }
        } handle: { handles[$0].rawValue }
    }

    /// Accepts floats straight from a service's memory, which is read during the call only.
    ///
    /// - Parameters:
    ///   - handles: raw values of column handles, one a point.
    ///   - times: nanoseconds since 1970-01-01T00:00:00Z, as many.
    ///   - values: as many.
    ///   - qualities: as many, or `nil` if all are good.
    /// - Throws: as ``write(_:)``: nothing is stored then.
    public func write(
        handles: UnsafeBufferPointer<UInt64>, times: UnsafeBufferPointer<Int64>, values: UnsafeBufferPointer<Double>,
        qualities: UnsafeBufferPointer<QualityFlags>?
    ) throws(StorageError) -> CommitTicket {
        try WriteRules.checkLengths(handles.count, times.count, values.count, qualities?.count)
        return try write(count: handles.count, type: .float) { index, place, state in
            self.append(times[index], values[index].bitPattern, qualities?[index] ?? 0, at: place, &state)
        } handle: { handles[$0] }
    }

    public func whenDurable(_ ticket: CommitTicket, _ body: @escaping @Sendable (StorageError?) -> Void) {
        let isOpen = state.withLock { state in
            guard !state.isClosing else { return false }
            state.waiters.append(StoreState.Waiter(sequence: ticket.sequence, body: body))
            return true
        }
        if isOpen { state.announceChange() } else { body(.storeClosed) }
    }
}

extension EmbeddedStore {
    private enum Outcome {
        case accepted(CommitTicket, mustTell: Bool)
        case full
    }

    /// Checks all points, then appends them; waits first while too many points wait for the disk.
    @inline(__always)
    private func write(
        count: Int, type: FieldType, append: (Int, Int, inout StoreState) -> Void, handle: (Int) -> UInt64
    ) throws(StorageError) -> CommitTicket {
        while true {
            let outcome = try state.withLock { (state) throws(StorageError) -> Outcome in
                if state.isClosing { throw .storeClosed }
                if isFull(state) { return .full }
                for index in 0..<count {
                    let handle = handle(index)
                    guard handle < UInt64(state.hot.count), state.hot[Int(handle)].type == type.rawValue else {
                        state.pointsRefused += UInt64(count)
                        throw WriteRules.refusal(handle, state.column(handle).map { ($0.identity, $0.type) }, type)
                    }
                }
                for index in 0..<count { append(index, Int(handle(index)), &state) }
                return accept(count, &state)
            }
            switch outcome {
            case .accepted(let ticket, let mustTell):
                if mustTell { state.announceChange() }
                return ticket
            case .full: try waitForRoom(count)
            }
        }
    }

    @inline(__always)
    private func isFull(_ state: borrowing StoreState) -> Bool {
        state.pendingPoints >= options.largestBacklog || state.pendingTextBytes >= options.largestTextBacklogBytes
    }

    private func accept(_ count: Int, _ state: inout StoreState) -> Outcome {
        guard count > 0 else { return .accepted(CommitTicket(sequence: state.accepted), mustTell: false) }
        state.accepted += 1
        state.pointsWritten += UInt64(count)
        let before = state.pendingPoints
        state.pendingPoints += count
        let isUrgent = before < Committer.urgentPoints && state.pendingPoints >= Committer.urgentPoints
        return .accepted(CommitTicket(sequence: state.accepted), mustTell: state.notePending() || isUrgent)
    }

    @inline(__always)
    private func append(_ time: Int64, _ bits: UInt64, _ quality: QualityFlags, at place: Int, _ state: inout StoreState) {
        let slot = state.hot[place]
        guard let hot = slot.head, slot.earliest <= time, time <= slot.latest else {
            find(place, time, &state)?.points.append(time: time, bits: bits, quality: quality)
            return
        }
        hot._withUnsafeGuaranteedRef { head in
            if !head.isListed { state.list(head) }
            head.points.append(time: time, bits: bits, quality: quality)
        }
    }

    private func append(_ time: Int64, text: String, _ quality: QualityFlags, at place: Int, _ state: inout StoreState) {
        state.pendingTextBytes += text.utf8.count
        find(place, time, &state)?.points.append(time: time, text: text, quality: quality)
    }

    /// The head for a point, made if it is new, listed for the next commit; `nil` only if there is no column.
    @inline(never)
    private func find(_ place: Int, _ time: Int64, _ state: inout StoreState) -> Head? {
        guard let column = state.columns[place] else { return nil }
        let head = column.head(at: time) ?? makeHead(of: column, at: time)
        state.heat(head)
        state.list(head)
        return head
    }

    private func makeHead(of column: Column, at time: Int64) -> Head {
        let database = column.database
        let index = database.shardIndex(of: time)
        let seconds = database.row.shardSeconds
        let shard = database.shards[index] ?? Shard(
            index: index, seconds: seconds, folder: database.folder + "/" + ShardName.name(index: index, seconds: seconds),
            damage: damage, journalPages: options.largestJournalPages)
        database.shards[index] = shard
        shard.lastCommit = monotonicNanoseconds()
        let head = Head(column: column, shard: shard, pointsPerChunk: options.pointsPerChunk)
        column.heads.append(head)
        shard.heads.append(head)
        return head
    }

    /// Waits until the committer caught up, or refuses because the disk does.
    private func waitForRoom(_ count: Int) throws(StorageError) {
        let failure: StorageError? = state.wait { state in
            if state.isClosing { return .proceed(StorageError.storeClosed) }
            if let failure = state.failure {
                state.pointsRefused += UInt64(count)
                return .proceed(failure)
            }
            return isFull(state) ? .wait(until: nil) : .proceed(nil)
        }
        if let failure { throw failure }
    }
}
