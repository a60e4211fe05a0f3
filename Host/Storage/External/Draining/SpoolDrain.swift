/// The thread that sends the spool to the engine, in the order of writing, and lets go of what is settled.
final class SpoolDrain: Sendable {
    let store: ExternalStore
    private let mark: SettledMark
    private let rejected: RejectedFile
    init(store: ExternalStore, folder: String) {
        self.store = store
        mark = SettledMark(folder: folder + "/spool")
        rejected = RejectedFile(folder: folder, largestBytes: store.options.largestRejectedBytes)
    }

    private enum Step {
        case send([Spool.Entry])
        /// Nothing to send: asks whether the engine is there, before what it was sent is settled or after it failed.
        case check
        case end
    }

    /// Runs until the store closes.
    func run() {
        work()
        store.state.withLock { $0.drainEnded = true }
        store.state.announceChange()
    }

    private func work() {
        var backoff = Backoff(store.options)
        check(&backoff)
        var seen = store.engine.lostConnections
        var marked = mark.read()
        var closingAt: UInt64?
        while true {
            let step = next(notBefore: backoff.next)
            if store.state.withLock({ $0.isClosing }), closingAt == nil { closingAt = monotonicNanoseconds() }
            var isThere = false
            switch step {
            case .end: return
            case .check: isThere = check(&backoff)
            case .send(let entries):
                if let closingAt, backoff.isFailing || monotonicNanoseconds() > closingAt + store.farewell { return }
                isThere = send(entries, &backoff)
            }
            let lost = store.engine.lostConnections
            if lost != seen { rewind() }
            seen = lost
            if isThere { settle(&marked) }
        }
    }

    /// Asks whether the engine is there. Also at the start, so that nobody has to wait for the first point to learn of a mistyped password.
    @discardableResult
    private func check(_ backoff: inout Backoff) -> Bool {
        do throws(EngineFailure) {
            try store.engine.probe()
            backoff.succeed()
            isBack()
            return true
        } catch {
            backoff.fail()
            fail(error)
            return false
        }
    }

    private func next(notBefore: UInt64) -> Step {
        let interval = store.options.flushIntervalMilliseconds * 1_000_000, settling = store.settling
        let batchPoints = store.options.batchPoints
        return store.state.wait { state in
            let now = monotonicNanoseconds()
            if state.spool.unsentRecords > 0, now >= notBefore || state.isClosing {
                let age = state.spool.waitingSince.map { now - min(now, $0) } ?? 0
                if age >= interval || state.spool.unsentPoints >= batchPoints || (state.isClosing && state.committerEnded) {
                    return .proceed(.send(state.spool.nextToSend(points: batchPoints)))
                }
            }
            if state.isClosing, state.committerEnded { return .proceed(.end) }
            var wake: UInt64?
            let checking = state.spool.nextSettling.map { max($0 + settling, notBefore) } ?? (state.engineFailure == nil ? nil : notBefore)
            if let checking, !state.isClosing {
                if now >= checking { return .proceed(.check) }
                wake = checking
            }
            if state.spool.unsentRecords > 0 {
                let age = state.spool.waitingSince.map { now - min(now, $0) } ?? 0
                let due = max(notBefore, now + (interval > age ? interval - age : 0), now + 1_000_000)
                wake = min(wake ?? .max, due)
            }
            return .wait(until: wake)
        }
    }

    private func send(_ entries: [Spool.Entry], _ backoff: inout Backoff) -> Bool {
        do throws(EngineFailure) {
            let parts = try parts(of: entries)
            let builder = LineBatchBuilder(traits: store.engine.traits)
            try store.sending.withLock { _ throws(EngineFailure) in
                let sender = LineSender(engine: store.engine, batchPoints: store.options.batchPoints, rejected: reject)
                for batch in builder.batches(stillThere(parts)) { try sender.send(batch) }
            }
            backoff.succeed()
            let points = entries.reduce(0) { $0 + $1.record.points }
            store.state.withLock { state in
                state.spool.markSent(entries.count, at: monotonicNanoseconds())
                state.traffic.pointsSent += UInt64(points)
            }
            isBack()
            return true
        } catch {
            backoff.fail()
            fail(error)
            return false
        }
    }

    /// The points of records by column. A record that is damaged is passed over.
    private func parts(of entries: [Spool.Entry]) throws(EngineFailure) -> [LineBatchBuilder.Part] {
        var blocks: [Int64: PointBlock] = [:]
        var columns: [ExternalColumn] = []
        for entry in entries {
            do {
                try SpoolReader.read(entry, column: { id in
                    guard let column = self.store.state.withLock({ $0.catalogue.column(UInt64(id)) }) else { return nil }
                    if blocks[id] == nil {
                        blocks[id] = PointBlock()
                        columns.append(column)
                    }
                    return column.type
                }) { id, type, block in
                    blocks[id]?.append(block, 0..<block.count, type: type)
                }
            } catch let error as StorageError {
                throw EngineFailure(.unavailable, error.description)
            } catch {
                store.damage.damaged("Record \(entry.record.sequence) of the spool, with \(entry.record.points) points,", error)
            }
        }
        return store.state.withLock { _ in
            columns.map { LineBatchBuilder.Part(column: $0, points: blocks[$0.id] ?? PointBlock(), hasQuality: $0.hasQuality) }
        }
    }

    /// Without the columns whose database was dropped meanwhile.
    private func stillThere(_ parts: [LineBatchBuilder.Part]) -> [LineBatchBuilder.Part] {
        store.state.withLock { state in parts.filter { state.catalogue.column(UInt64($0.column.id)) != nil } }
    }

    private func reject(_ lines: [UInt8], _ points: Int, _ database: String, _ sentence: String) {
        let isKept = rejected.append(lines, database: database, sentence: sentence)
        let place = isKept ? "they are in \(rejected.path)" : "they are not kept, \(rejected.path) has no room"
        store.damage.failed("\(store.engine.traits.product) refuses \(points) points: \(sentence) (\(place)).")
        store.state.withLock { $0.traffic.pointsRejected += UInt64(points) }
    }

    /// Tells that the engine is there again, if it was not.
    private func isBack() {
        let away: (seconds: UInt64, left: Int)? = store.state.withLock { state in
            guard state.engineFailure != nil else { return nil }
            let (now, since) = (monotonicNanoseconds(), state.engineChangedAt)
            state.engineFailure = nil
            state.engineChangedAt = now
            return ((now - since) / 1_000_000_000, state.spool.unsentPoints)
        }
        if let away {
            store.damage.failed(
                "\(store.engine.traits.product) at \(store.engine.traits.address) takes points again after \(away.seconds) s; \(away.left) are left to send.")
        }
    }

    private func fail(_ failure: EngineFailure) {
        if failure.mayHaveRestarted { rewind() }
        let mustTell = store.state.withLock { state in
            state.traffic.retries += 1
            // Another reason is told at once, the same one only when it begins.
            let isNew = state.engineFailure?.kind != failure.kind
            if state.engineFailure == nil { state.engineChangedAt = monotonicNanoseconds() }
            state.engineFailure = failure
            return isNew && !state.isClosing
        }
        if mustTell { store.damage.failed("\(failure). Points wait in the spool; it is tried again.") }
    }

    /// The engine may have lost what it had taken but not yet put on its disk: that is sent again.
    private func rewind() {
        store.state.withLock { state in
            let points = state.spool.rewind()
            state.traffic.pointsRepeated += UInt64(points)
        }
    }

    /// - Parameter marked: what the mark on the disk says.
    private func settle(_ marked: inout UInt64) {
        let now = monotonicNanoseconds(), settling = store.settling
        let (files, sequence) = store.state.withLock { state in
            (state.spool.settle(sentBefore: now > settling ? now - settling : 0), state.spool.settledSequence)
        }
        for file in files { file.remove() }
        guard marked != sequence else { return }
        mark.write(sequence)
        marked = sequence
    }
}

/// When a failed write is tried again: after twice the time from failure to failure, with some chance in it so that several hosts do not come at once.
struct Backoff {
    private let first: UInt64
    private let longest: UInt64
    private var current: UInt64 = 0
    /// Monotonic time (ns) of the next try; 0: at once.
    private(set) var next: UInt64 = 0

    init(_ options: ExternalStoreOptions) {
        first = options.firstBackoffMilliseconds * 1_000_000
        longest = options.longestBackoffMilliseconds * 1_000_000
    }

    var isFailing: Bool { current > 0 }

    mutating func succeed() {
        current = 0
        next = 0
    }

    mutating func fail() {
        current = min(longest, max(first, current * 2))
        next = monotonicNanoseconds() + UInt64(Double(current) * Double.random(in: 0.75...1.25))
    }
}
