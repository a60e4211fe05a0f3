import Glibc

/// A state that threads share, with a lock and a way to wait for the state to change.
final class Monitor<State>: @unchecked Sendable {
    // @unchecked: `state` is only touched while `mutex` is held.
    private var state: State
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// What a waiting thread does next.
    enum Decision<Result> {
        case proceed(Result)
        /// Wait for a change, at longest until this monotonic time (ns).
        case wait(until: UInt64?)
    }

    init(_ state: State) {
        self.state = state
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    func withLock<R, E>(_ body: (inout State) throws(E) -> R) throws(E) -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// Calls `decide` under the lock, again after each change, until it says to proceed.
    func wait<R>(_ decide: (inout State) -> Decision<R>) -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            switch decide(&state) {
            case .proceed(let result): return result
            case .wait(until: nil): pthread_cond_wait(changed, mutex)
            case .wait(until: let deadline?):
                var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
                pthread_cond_timedwait(changed, mutex, &time)
            }
        }
    }

    /// Wakes all threads that wait for a change.
    func announceChange() { pthread_cond_broadcast(changed) }
}

/// Nanoseconds on a clock that is never set.
func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Nanoseconds since 1970-01-01T00:00:00Z.
func wallClockNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
