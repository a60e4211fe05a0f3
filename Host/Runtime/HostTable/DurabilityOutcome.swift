internal import Synchronization

/// What one waiter learns about the durability of its points.
final class DurabilityOutcome: Sendable {
    private let monitor = Monitor()
    private let outcome = Mutex<ServiceTimeSeriesError??>(nil)

    func settle(_ error: ServiceTimeSeriesError?) {
        outcome.withLock { $0 = .some(error) }
        monitor.withLock { monitor.wakeAll() }
    }

    /// The outcome (`nil` inside is success), or `nil` if there is none at the monotonic time `deadline` (ns).
    func wait(until deadline: Int64) -> ServiceTimeSeriesError?? {
        monitor.withLock {
            while true {
                if let settled = outcome.withLock({ $0 }) { return .some(settled) }
                guard MachineClock.monotonic() < deadline else { return nil }
                monitor.wait(until: deadline)
            }
        }
    }
}
