import Glibc

/// A few threads for password verification, which takes tens of milliseconds of CPU and 16 MiB each: neither event loops nor the
/// cooperative pool may do that. Waiting work is bounded; what is beyond is refused at once.
final class VerificationThreads: Sendable {
    private let queue: WorkQueue

    init(threads: Int, capacity: Int) {
        queue = WorkQueue(capacity: capacity)
        for _ in 0..<threads {
            let argument = Unmanaged.passRetained(queue)
            var thread = pthread_t()
            let status = pthread_create(
                &thread, nil,
                { argument in
                    // The argument is the retained queue that is passed below.
                    guard let argument else { return nil }
                    Unmanaged<WorkQueue>.fromOpaque(argument).takeRetainedValue().runUntilClosed()
                    return nil
                }, argument.toOpaque())
            if status == 0 { pthread_detach(thread) } else { argument.release() }
        }
    }

    deinit { queue.close() }

    /// Runs `work` on one of the threads; false when too much is waiting.
    func submit(_ work: @escaping @Sendable () -> Void) -> Bool { queue.append(work) }
}

/// A bounded queue of closures that threads wait on.
///
/// Unchecked: `waiting` and `isClosed` are only touched while `mutex` is held.
private final class WorkQueue: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [@Sendable () -> Void] = []
    private var isClosed = false
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    func append(_ work: @escaping @Sendable () -> Void) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !isClosed, waiting.count < capacity else { return false }
        waiting.append(work)
        pthread_cond_signal(changed)
        return true
    }

    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }

    /// Works until the queue is closed and empty.
    func runUntilClosed() {
        while let work = next() { work() }
    }

    private func next() -> (@Sendable () -> Void)? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while waiting.isEmpty {
            if isClosed { return nil }
            pthread_cond_wait(changed, mutex)
        }
        return waiting.removeFirst()
    }
}
