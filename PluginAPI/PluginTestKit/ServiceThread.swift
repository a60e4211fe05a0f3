import Glibc

/// One OS thread on which all callbacks of a service run, as in the real host, whatever thread the test runs on.
/// @unchecked: `work`, `isDone` and `isEnding` are guarded by `mutex`.
final class ServiceThread: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var work: (() -> Void)?
    private var isEnding = false
    private var thread = pthread_t()

    init() throws(HarnessError) {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
        let failure = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<ServiceThread>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        guard failure == 0 else { throw HarnessError("the service's thread cannot be made: error \(failure)") }
    }

    deinit {
        mutex.deallocate()
        changed.deallocate()
    }

    /// Whether the caller runs on this thread.
    var isCurrent: Bool { pthread_equal(pthread_self(), thread) != 0 }

    /// Runs `body` on the thread and waits for it.
    func perform<Result>(_ body: () throws -> Result) throws -> Result {
        var result: Swift.Result<Result, any Error>?
        withoutActuallyEscaping(body) { body in
            pthread_mutex_lock(mutex)
            work = { result = Swift.Result { try body() } }
            pthread_cond_broadcast(changed)
            while work != nil { pthread_cond_wait(changed, mutex) }
            pthread_mutex_unlock(mutex)
        }
        guard let result else { throw HarnessError("the service's thread has ended") }
        return try result.get()
    }

    /// Ends the thread and waits until it has.
    func end() {
        pthread_mutex_lock(mutex)
        isEnding = true
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
        pthread_join(thread, nil)
    }

    private func run() {
        pthread_mutex_lock(mutex)
        while true {
            if let job = work {
                pthread_mutex_unlock(mutex)
                job()
                pthread_mutex_lock(mutex)
                work = nil
                pthread_cond_broadcast(changed)
            } else if isEnding {
                break
            } else {
                pthread_cond_wait(changed, mutex)
            }
        }
        pthread_mutex_unlock(mutex)
    }
}
