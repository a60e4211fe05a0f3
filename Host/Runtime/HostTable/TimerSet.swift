internal import Synchronization

/// The timers of one instance, kept on the monotonic clock so that a step of the time of day does not disturb them.
final class TimerSet: Sendable {
    static let limit = 1_024

    private struct Timer {
        /// When it is due, monotonic ns.
        var next: Int64
        let period: Int64
    }
    private struct State {
        var timers: [UInt64: Timer] = [:]
        var earliest: Int64?
    }
    private let state = Mutex(State())

    /// Sets or replaces a timer; false if there are too many.
    func set(_ identifier: UInt64, first: Int64, period: Int64) -> Bool {
        state.withLock { state in
            guard state.timers[identifier] != nil || state.timers.count < Self.limit else { return false }
            state.timers[identifier] = Timer(next: first, period: period)
            state.earliest = state.timers.values.map(\.next).min()
            return true
        }
    }

    func cancel(_ identifier: UInt64) {
        state.withLock { state in
            guard state.timers.removeValue(forKey: identifier) != nil else { return }
            state.earliest = state.timers.values.map(\.next).min()
        }
    }

    func removeAll() { state.withLock { $0 = State() } }

    /// When the next timer is due, monotonic ns; `nil` if none is set.
    var earliest: Int64? { state.withLock { $0.earliest } }

    /// The timer that has been due longest, moved on to its next multiple after `now`: what was missed is not made up.
    func takeDue(at now: Int64) -> UInt64? {
        state.withLock { state in
            guard let earliest = state.earliest, earliest <= now,
                let (identifier, timer) = state.timers.min(by: { ($0.value.next, $0.key) < ($1.value.next, $1.key) })
            else { return nil }
            if timer.period > 0 {
                let missed = (now - timer.next) / timer.period
                let (next, overflows) = timer.next.addingReportingOverflow((missed + 1) &* timer.period)
                state.timers[identifier]?.next = overflows ? .max : next
            } else {
                state.timers[identifier] = nil
            }
            state.earliest = state.timers.values.map(\.next).min()
            return identifier
        }
    }
}
