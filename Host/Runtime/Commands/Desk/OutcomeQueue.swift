internal import Synchronization

/// Outcomes on their way to a service's thread, bounded: a service that does not take them loses the oldest, and is told how many.
final class OutcomeQueue: Sendable {
    private struct State {
        var events: [CommandEvent] = []
        var dropped: UInt64 = 0
    }
    private let state = Mutex(State())
    private let count = Atomic<Int>(0)
    private let signal: WorkSignal
    private static let limit = 65_536
    /// How many a service gets at once.
    static let batch = 4_096

    init(signal: WorkSignal) { self.signal = signal }

    var isEmpty: Bool { count.load(ordering: .acquiring) == 0 }

    func append(_ events: [CommandEvent]) {
        state.withLock { state in
            state.events += events
            let excess = state.events.count - Self.limit
            if excess > 0 {
                state.events.removeFirst(excess)
                state.dropped += UInt64(excess)
            }
            count.store(state.events.count, ordering: .releasing)
        }
        signal.wake()
    }

    /// Takes the next ones, and how many were lost before them.
    func take() -> (events: [CommandEvent], dropped: UInt64)? {
        guard !isEmpty else { return nil }
        return state.withLock { state in
            let taken = Array(state.events.prefix(Self.batch))
            state.events.removeFirst(taken.count)
            count.store(state.events.count, ordering: .releasing)
            defer { state.dropped = 0 }
            return (taken, state.dropped)
        }
    }
}
