import Glibc
import Synchronization

/// One thread that does what takes long, one piece after the other. What a piece makes is taken by the service's own thread when it next looks.
///
/// Sendable: all that changes is behind the mutex.
final class Workshop: Sendable {
    /// A piece of work: runs on the workshop's thread and returns what the service's own thread is to do with the outcome.
    typealias Work = @Sendable (_ isCancelled: @escaping @Sendable () -> Bool) -> Outcome
    /// Runs on the service's own thread.
    typealias Outcome = @Sendable (Forecasting) -> Void

    private struct Piece {
        let work: Work
        let isKept: Bool
    }

    private struct State {
        var waiting: [Piece] = []
        var outcomes: [Outcome] = []
        var isBusy = false
        var isEnding = false
    }

    private let state = Mutex(State())
    private let signal = Signal()
    /// Whether `submit` returns only when the work is done.
    private let waits: Bool
    private let niceness: Int32

    /// - Parameters:
    ///   - waits: for replays on virtual time, where the time that work takes must not show.
    ///   - niceness: above 0 the thread gives way to others of the machine.
    init(waits: Bool, niceness: Int32) {
        self.waits = waits
        self.niceness = niceness
    }

    /// Begins the thread.
    /// - Returns: false if the system has no thread left.
    func start() -> Bool {
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Workshop>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        guard failure == 0 else {
            Unmanaged.passUnretained(self).release()
            return false
        }
        signal.thread = thread
        return true
    }

    /// - Parameter isKept: whether it is done even where the thread is to end meanwhile.
    func submit(isKept: Bool = false, _ work: @escaping Work) {
        state.withLock { $0.waiting.append(Piece(work: work, isKept: isKept)) }
        signal.broadcast()
        if waits { signal.wait { self.state.withLock { $0.waiting.isEmpty && !$0.isBusy || $0.isEnding } } }
    }

    /// How many pieces wait for their turn.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Whether there is something to be done or to be taken.
    var isActive: Bool { state.withLock { $0.isBusy || !$0.waiting.isEmpty || !$0.outcomes.isEmpty } }

    /// What was made since the last call.
    func takeOutcomes() -> [Outcome] {
        state.withLock { state in
            defer { state.outcomes = [] }
            return state.outcomes
        }
    }

    /// Ends the thread: work that has begun is cancelled, what waits is forgotten unless it is to be kept.
    func end() {
        state.withLock { state in
            state.isEnding = true
            state.waiting.removeAll { !$0.isKept }
        }
        signal.broadcast()
        if let thread = signal.thread { pthread_join(thread, nil) }
        signal.thread = nil
    }

    private func run() {
        // Linux has priorities for each thread.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
        while let work = next() {
            let outcome = work { [self] in state.withLock { $0.isEnding } }
            state.withLock { state in
                state.outcomes.append(outcome)
                state.isBusy = false
            }
            signal.broadcast()
        }
    }

    private func next() -> Work? {
        signal.wait { self.state.withLock { !$0.waiting.isEmpty || $0.isEnding } }
        return state.withLock { state in
            guard !state.waiting.isEmpty else { return nil }
            state.isBusy = true
            return state.waiting.removeFirst().work
        }
    }
}

/// Lets threads wait for a condition that others change.
/// @unchecked: the mutex and the condition variable stay where they are; `thread` belongs to who begins and ends the workshop.
private final class Signal: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    var thread: pthread_t?

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
        changed.deallocate()
    }

    func broadcast() {
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }

    func wait(_ condition: () -> Bool) {
        pthread_mutex_lock(mutex)
        while !condition() { pthread_cond_wait(changed, mutex) }
        pthread_mutex_unlock(mutex)
    }
}
