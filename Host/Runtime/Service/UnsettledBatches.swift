internal import Synchronization

/// Counts batches whose points are not durable yet, for those who want to wait for them.
final class UnsettledBatches: Sendable {
    private let count = Mutex(0)
    private let monitor = Monitor()

    func begin() { count.withLock { $0 += 1 } }

    func end() {
        count.withLock { $0 -= 1 }
        monitor.withLock { monitor.wakeAll() }
    }

    /// Waits until there are none, no longer than until the monotonic time `deadline` (ns).
    func wait(until deadline: Int64) {
        monitor.withLock {
            while count.withLock({ $0 }) > 0, MachineClock.monotonic() < deadline { monitor.wait(until: deadline) }
        }
    }
}
