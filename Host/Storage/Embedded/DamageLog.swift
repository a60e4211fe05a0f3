import Synchronization

/// What the store had to pass over or could not do, told once each.
final class DamageLog: Sendable {
    private struct State {
        var count: UInt64 = 0
        var told: Set<String> = []
    }

    private static let mostTold = 1_000
    private let state = Mutex(State())
    private let log: @Sendable (String) -> Void

    init(_ log: @escaping @Sendable (String) -> Void) { self.log = log }

    /// Pieces of data passed over because they are damaged.
    var count: UInt64 { state.withLock { $0.count } }

    /// Counts and tells of a damaged piece, unless that was done before.
    func damaged(_ what: String, _ why: any Error) {
        let sentence = "\(what) is damaged (\(why)); it is passed over, everything else stays readable."
        let isNew = state.withLock { state in
            guard state.told.count < Self.mostTold, state.told.insert(sentence).inserted else { return false }
            state.count += 1
            return true
        }
        if isNew { log(sentence) }
    }

    /// Tells of something that failed and will be tried again.
    func failed(_ sentence: String) { log(sentence) }
}
