internal import Glibc

/// The process that runs one service for a host: what `dsotp runner` does, and nothing else. The host starts it with its sockets as
/// descriptors 3 and 4.
public enum Runner {
    /// Serves the host until it is done with the service or gone. The service has a thread of its own: the caller's is left to whatever
    /// the service's library may want of the main thread.
    ///
    /// - Returns: only if this process was not started by a host: why.
    public static func run() async -> String {
        LinuxCalls.dieWithParent()
        guard let parent = getenv(LeftRunners.mark).flatMap({ pid_t(String(cString: $0)) }), getppid() == parent else {
            return "a runner is started by a host, not by a person (expected a host as the parent process; got none)"
        }
        guard let control = moveUp(3), let calls = moveUp(4) else {
            return "a runner needs the host's sockets as descriptors 3 and 4 (got none)"
        }
        // A process that the service forks must go with the runner, and has no business with the host.
        connections = (control, calls)
        _ = pthread_atfork(nil, nil, { Runner.detachFork() })
        let never = OneShot<String>()
        let hasThread = ServiceThread.start(name: "service") {
            // This thread and what it starts is all that the service's library will run on.
            _ = Confinement.begin()
            RunnerSession(control: control, calls: calls).run()
        }
        guard hasThread else { return "the system has no thread to give" }
        return await never.value(timeout: .seconds(1 << 40)) ?? ""
    }

    // Written once, before the service's library is loaded; read in forked children, which have one thread.
    private nonisolated(unsafe) static var connections: (control: Int32, calls: Int32) = (-1, -1)

    private static func detachFork() {
        LinuxCalls.dieWithParent()
        close(connections.control)
        close(connections.calls)
    }

    /// Moves a socket to a high number, where a service that closes what it believes to be its own does not find it.
    private static func moveUp(_ descriptor: Int32) -> Int32? {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let high = Int32(clamping: max(16, min(limit.rlim_cur, 4_096) - 64))
        let moved = fcntl(descriptor, F_DUPFD_CLOEXEC, high)
        guard moved >= 0 else { return nil }
        close(descriptor)
        return moved
    }

    /// Ends the process at once, without what the service's library would do at an orderly exit.
    static func leave() -> Never { _exit(0) }

    /// Ends the process because it has no connection to the host any more.
    static func leaveWithoutHost() -> Never { _exit(lostConnection) }

    /// The code that a runner exits with when its connection is gone: if the host is there, the service has closed or spoilt it.
    static let lostConnection: Int32 = 113
}
