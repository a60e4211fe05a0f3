/// What the threads of an external store share, under one lock.
struct ExternalStoreState {
    struct Waiter {
        let sequence: UInt64
        let body: @Sendable (StorageError?) -> Void
    }

    var catalogue = ExternalCatalogue()
    var spool: Spool
    /// Points that no commit has taken yet.
    var pending = PointBatch(number: 1)
    /// Points that a commit is writing.
    var committing: PointBatch?
    /// When the oldest pending point or new column came (monotonic ns); 0 if there is none.
    var pendingSince: UInt64 = 0
    var waiters: [Waiter] = []
    /// The last write accepted.
    var accepted: UInt64 = 0
    /// Why the last commit failed.
    var commitFailure: StorageError?
    var isClosing = false
    var committerEnded = false
    var drainEnded = false

    /// Why the engine does not take points.
    var engineFailure: EngineFailure?
    /// Since when it takes points, or does not (monotonic ns).
    var engineChangedAt = monotonicNanoseconds()
    /// When the catalogue was last compared with the engine's (monotonic ns); 0: never.
    var comparedAt: UInt64 = 0
    var isComparing = false

    var counters = StorageStatistics()
    var traffic = EngineStatistics()

    init(spool: Spool) { self.spool = spool }

    var pendingPoints: Int { pending.points + (committing?.points ?? 0) }

    var pendingTextBytes: Int { pending.textBytes + (committing?.textBytes ?? 0) }

    /// Bytes that the spool has or will have: what waits in memory is counted with its size there.
    var spoolBytes: Int64 { spool.bytes + Int64(pendingPoints * 16 + pendingTextBytes) }

    /// Whether there is something to commit.
    var hasPending: Bool { pending.points > 0 || !catalogue.newColumns.isEmpty }

    /// Notes that something waits for a commit; whether it is the first.
    mutating func notePending() -> Bool {
        guard pendingSince == 0 else { return false }
        pendingSince = max(1, monotonicNanoseconds())
        return true
    }
}
