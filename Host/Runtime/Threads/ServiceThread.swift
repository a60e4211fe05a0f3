internal import Glibc

/// A thread of the operating system that runs one body: service code never runs on the Swift cooperative pool, which a few blocking
/// calls would stall.
enum ServiceThread {
    fileprivate final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void

        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts a detached thread; `name` is cut to the 15 bytes that Linux shows. Returns false if the system has no thread to give.
    static func start(name: String, _ run: @escaping @Sendable () -> Void) -> Bool {
        let body = Unmanaged.passRetained(Body(name: name, run: run)).toOpaque()
        if create(body) == 0 { return true }
        Unmanaged<Body>.fromOpaque(body).release()
        return false
    }

    private static func create(_ body: UnsafeMutableRawPointer) -> Int32 {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, 8 << 20)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let code = pthread_create(&thread, &attributes, serviceThreadMain, body)
        pthread_attr_destroy(&attributes)
        return code
    }

    /// Names the calling thread. A failure is of no consequence: the name is for people who look at the process.
    fileprivate static func setName(_ name: String) {
        let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        let bytes = Array(name.utf8.prefix(15))
        _ = write(descriptor, bytes, bytes.count)
        close(descriptor)
    }
}

private func serviceThreadMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let body = Unmanaged<ServiceThread.Body>.fromOpaque(argument).takeRetainedValue()
    ServiceThread.setName(body.name)
    body.run()
    return nil
}
