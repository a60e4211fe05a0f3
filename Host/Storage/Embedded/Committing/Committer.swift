/// The one thread that writes files: group commits, sealing, and the making and dropping of databases.
///
/// @unchecked Sendable: `catalogue`, and the files of the shards, are used by the committer's thread only; what is shared
/// stands in `state`.
final class Committer: @unchecked Sendable {
    let storeFolder: String
    let state: Monitor<StoreState>
    let catalogue: CatalogueFile
    let options: EmbeddedStoreOptions
    let damage: DamageLog
    let readers: ReaderPool

    static let second: UInt64 = 1_000_000_000
    /// Points that are committed without waiting for the interval.
    static let urgentPoints = 1_000_000

    private enum Work {
        case request(StoreState.Request)
        case answer([StoreState.Waiter])
        case commit(CommitBatch)
        case maintain
        case stop
    }

    init(
        storeFolder: String, state: Monitor<StoreState>, catalogue: CatalogueFile, options: EmbeddedStoreOptions,
        damage: DamageLog, readers: ReaderPool
    ) {
        self.storeFolder = storeFolder
        self.state = state
        self.catalogue = catalogue
        self.options = options
        self.damage = damage
        self.readers = readers
    }

    /// Works until the store closes.
    func run() {
        var commitsWhileClosing = 0
        while true {
            switch state.wait({ decide(&$0, mayCommitAtClose: commitsWhileClosing == 0) }) {
            case .request(let request): request.reply(perform(request))
            case .answer(let waiters): for waiter in waiters { waiter.body(nil) }
            case .commit(let batch):
                commit(batch)
                maintain()
                if state.withLock({ $0.isClosing && $0.failure != nil }) { commitsWhileClosing += 1 }
            case .maintain: maintain()
            case .stop: return stop()
            }
        }
    }

    private func decide(_ state: inout StoreState, mayCommitAtClose: Bool) -> Monitor<StoreState>.Decision<Work> {
        if !state.requests.isEmpty { return .proceed(.request(state.requests.removeFirst())) }
        if !state.hasPending { state.durable = state.accepted }
        let done = state.waiters.filter { $0.sequence <= state.durable }
        if !done.isEmpty {
            state.waiters.removeAll { $0.sequence <= state.durable }
            return .proceed(.answer(done))
        }
        let now = monotonicNanoseconds()
        var due: UInt64?
        if state.hasPending {
            let mayRetry = state.failure == nil || now >= state.retryAt
            let isUrgent = !state.waiters.isEmpty || (state.pendingPoints >= Self.urgentPoints && mayRetry)
            let interval = state.pendingSince + options.commitIntervalMilliseconds * 1_000_000
            let time = state.failure == nil ? interval : state.retryAt
            if state.isClosing ? mayCommitAtClose : (isUrgent || now >= time) { return .proceed(.commit(CommitBatch(&state))) }
            due = time
        }
        if state.isClosing { return .proceed(.stop) }
        if now >= state.nextMaintenance { return .proceed(.maintain) }
        return .wait(until: min(due ?? UInt64.max, state.nextMaintenance))
    }

    private func stop() {
        let (shards, waiters, pending, requests) = state.withLock { state in
            defer {
                state.waiters = []
                state.requests = []
            }
            return (state.allShards, state.waiters, state.pendingPoints, state.requests)
        }
        for shard in shards { shard.files.close() }
        if pending > 0 { damage.failed("The store closes with \(pending) points that could not be written; they are lost.") }
        for waiter in waiters { waiter.body(.storeClosed) }
        for request in requests { request.reply(.storeClosed) }
    }
}

extension StoreState {
    var allShards: [Shard] { databases.values.flatMap { $0.shards.values } }
}
