import Glibc

/// An operating-system thread that runs one closure, so that its blocking calls never hold up anybody else's tasks.
final class OwnThread: Sendable {
    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private let thread: pthread_t

    /// Starts the thread; `nil` if the system has no room for one more.
    init?(_ body: @escaping @Sendable () -> Void) {
        let work = Unmanaged.passRetained(Work(body))
        var started = pthread_t()
        let status = pthread_create(
            &started, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        guard status == 0 else {
            work.release()
            return nil
        }
        thread = started
    }

    /// Waits until the closure has returned. To be called once.
    func join() { pthread_join(thread, nil) }
}
