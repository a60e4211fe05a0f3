internal import Synchronization

/// Batches whose points are not durable yet: counted for those who want to wait for them, kept for another attempt where the store
/// failed. With them messages given up that the databus had no room for, for another attempt too.
final class UnsettledBatches: Sendable {
    /// Messages that wait for the points up to a ticket.
    struct Batch: Sendable {
        let ticket: UInt64
        let tokens: [UInt64]
    }

    private struct State {
        var count = 0
        var failed: [Batch] = []
        var letters: [PoisonTopic.Letter] = []
        var isEmpty: Bool { failed.isEmpty && letters.isEmpty }
        /// Monotonic ns.
        var nextAttempt: Int64 = 0
    }
    private let state = Mutex(State())
    private let monitor = Monitor()
    private static let pause: Int64 = 1_000_000_000

    func begin() { state.withLock { $0.count += 1 } }

    func end() {
        state.withLock { $0.count -= 1 }
        monitor.withLock { monitor.wakeAll() }
    }

    /// Keeps a batch that the store could not make durable for another attempt.
    func failed(_ batch: Batch) {
        state.withLock { state in
            if state.isEmpty { state.nextAttempt = MachineClock.monotonic() + Self.pause }
            state.failed.append(batch)
        }
    }

    /// Keeps a message that was given up and found no room for another attempt.
    func keep(_ letter: PoisonTopic.Letter) {
        state.withLock { state in
            if state.isEmpty { state.nextAttempt = MachineClock.monotonic() + Self.pause }
            state.letters.append(letter)
        }
    }

    /// Whether the store failed on some.
    var hasFailures: Bool { state.withLock { !$0.failed.isEmpty } }

    /// When to try again, monotonic ns; `nil` if there is nothing to try.
    var nextAttempt: Int64? { state.withLock { $0.isEmpty ? nil : $0.nextAttempt } }

    /// What to try again, if it is time to.
    func takeDue(at now: Int64) -> (failed: [Batch], letters: [PoisonTopic.Letter]) {
        state.withLock { state in
            guard !state.isEmpty, now >= state.nextAttempt else { return ([], []) }
            defer { (state.failed, state.letters) = ([], []) }
            return (state.failed, state.letters)
        }
    }

    /// Waits until there are none, no longer than until the monotonic time `deadline` (ns).
    func wait(until deadline: Int64) {
        monitor.withLock {
            while state.withLock({ $0.count }) > 0, MachineClock.monotonic() < deadline { monitor.wait(until: deadline) }
        }
    }
}
