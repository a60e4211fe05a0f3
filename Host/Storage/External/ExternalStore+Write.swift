extension ExternalStore {
    public func write(_ points: borrowing PointColumns) throws(StorageError) -> CommitTicket {
        let handles = points.handles, times = points.times, qualities = points.qualities, values = points.values
        try WriteRules.checkLengths(handles.count, times.count, values.count, qualities.isEmpty ? nil : qualities.count)
        let traits = engine.traits, now = wallClockNanoseconds()
        for time in times { try refuse(PointRules.problem(ofTime: time, now: now, traits), handles.count) }
        switch values {
        case .float(let values): for value in values { try refuse(PointRules.problem(of: value, traits), handles.count) }
        case .integer(let values): for value in values { try refuse(PointRules.problem(of: value, traits), handles.count) }
        case .boolean, .text: break
        }
        return try write(count: handles.count, type: values.type, handle: { handles[$0].rawValue }) { index, column, batch in
            let time = PointRules.stored(times[index], traits), quality = qualities.isEmpty ? 0 : qualities[index]
            switch values {
            case .float(let values): batch.append(column, time: time, bits: values[index].bitPattern, quality: quality)
            case .integer(let values): batch.append(column, time: time, bits: UInt64(bitPattern: values[index]), quality: quality)
            case .boolean(let values): batch.append(column, time: time, bits: values[index] ? 1 : 0, quality: quality)
            case .text(let values): batch.append(column, time: time, text: values[index], quality: quality)
            }
            return quality
        }
    }

    public func write(
        handles: UnsafeBufferPointer<UInt64>, times: UnsafeBufferPointer<Int64>, values: UnsafeBufferPointer<Double>,
        qualities: UnsafeBufferPointer<QualityFlags>?
    ) throws(StorageError) -> CommitTicket {
        try WriteRules.checkLengths(handles.count, times.count, values.count, qualities?.count)
        let traits = engine.traits, now = wallClockNanoseconds()
        for time in times { try refuse(PointRules.problem(ofTime: time, now: now, traits), handles.count) }
        for value in values { try refuse(PointRules.problem(of: value, traits), handles.count) }
        return try write(count: handles.count, type: .float, handle: { handles[$0] }) { index, column, batch in
            let quality = qualities?[index] ?? 0
            batch.append(column, time: PointRules.stored(times[index], traits), bits: values[index].bitPattern, quality: quality)
            return quality
        }
    }

    public func whenDurable(_ ticket: CommitTicket, _ body: @escaping @Sendable (StorageError?) -> Void) {
        let isOpen = state.withLock { state in
            guard !state.committerEnded else { return false }
            state.waiters.append(ExternalStoreState.Waiter(sequence: ticket.sequence, body: body))
            return true
        }
        if isOpen { state.announceChange() } else { body(.storeClosed) }
    }

    /// Refuses a call for one of its points.
    @inline(__always)
    private func refuse(_ problem: String?, _ count: Int) throws(StorageError) {
        guard let problem else { return }
        state.withLock { $0.counters.pointsRefused += UInt64(count) }
        throw StorageError(code: .invalidPoints, description: problem + "; nothing of this call is stored.")
    }
}

extension ExternalStore {
    private enum Outcome {
        case accepted(CommitTicket, mustTell: Bool)
        case full
    }

    /// Checks all points, then appends them; waits first while too many points wait for the spool.
    ///
    /// - Parameter append: appends a point and gives its quality.
    @inline(__always)
    private func write(
        count: Int, type: FieldType, handle: (Int) -> UInt64, append: (Int, ExternalColumn, inout PointBatch) -> QualityFlags
    ) throws(StorageError) -> CommitTicket {
        while true {
            let outcome = try state.withLock { (state) throws(StorageError) -> Outcome in
                if state.isClosing { throw .storeClosed }
                for index in 0..<count {
                    let column = state.catalogue.column(handle(index))
                    guard let column, column.type == type else {
                        state.counters.pointsRefused += UInt64(count)
                        throw WriteRules.refusal(handle(index), column.map { ($0.identity, $0.type) }, type)
                    }
                }
                try checkSpool(&state, count)
                if isFull(state) { return .full }
                for index in 0..<count {
                    guard let column = state.catalogue.column(handle(index)) else { continue }
                    if append(index, column, &state.pending) != 0 { state.catalogue.flag(column) }
                }
                guard count > 0 else { return .accepted(CommitTicket(sequence: state.accepted), mustTell: false) }
                state.accepted += 1
                state.counters.pointsWritten += UInt64(count)
                return .accepted(CommitTicket(sequence: state.accepted), mustTell: state.notePending())
            }
            switch outcome {
            case .accepted(let ticket, let mustTell):
                if mustTell { state.announceChange() }
                return ticket
            case .full: try waitForRoom(count)
            }
        }
    }

    /// The rule of a full spool: what is there stays, what comes is refused until the engine has taken some.
    private func checkSpool(_ state: inout ExternalStoreState, _ count: Int) throws(StorageError) {
        guard count > 0, state.spoolBytes >= options.largestSpoolBytes else { return }
        state.counters.pointsRefused += UInt64(count)
        state.traffic.spoolRefusals += 1
        let reason = state.engineFailure.map { "\($0)" } ?? "\(engine.traits.product) at \(engine.traits.address) is too slow"
        throw StorageError(
            code: .quotaExceeded,
            description: "The spool is full (\(state.spool.bytes) of \(options.largestSpoolBytes) bytes, \(state.spool.unsentPoints) points): \(reason). "
                + "Nothing of this call is stored; raise spool_size, or bring the engine back.")
    }

    private func isFull(_ state: borrowing ExternalStoreState) -> Bool {
        state.pendingPoints >= options.largestBacklog || state.pendingTextBytes >= options.largestTextBacklogBytes
    }

    /// Waits until the committer caught up, or refuses because the disk does.
    private func waitForRoom(_ count: Int) throws(StorageError) {
        let failure: StorageError? = state.wait { state in
            if state.isClosing { return .proceed(StorageError.storeClosed) }
            if let failure = state.commitFailure {
                state.counters.pointsRefused += UInt64(count)
                return .proceed(failure)
            }
            return isFull(state) ? .wait(until: nil) : .proceed(nil)
        }
        if let failure { throw failure }
    }
}
