internal import Glibc
internal import Synchronization

/// A child process that runs one service: the host's end of it. Any thread may use it.
///
/// The thread that makes it must live as long as the child: the kernel kills the child when that thread ends.
final class RunnerProcess: Sendable {
    let pid: pid_t
    let pidfd: Int32
    /// Callbacks go out here, and their ends come in.
    let control: Int32
    /// The service's calls come in here.
    let calls: Int32
    /// What the child writes to its standard output and error comes in here.
    let output: Int32
    /// Where the child's backtrace would be, or `nil`.
    let backtrace: String?

    private struct State {
        var cause = RunnerEnd.Cause.itself
        var end: RunnerEnd?
        var tail: [UInt8] = []
        /// Bytes of memory that it had at most, as far as it was looked at.
        var peakMemory = 0
    }
    private let state = Mutex(State())
    private let monitor = Monitor()
    private static let tailLimit = 16_384

    /// Starts the child.
    init(_ launch: RunnerLaunch, name: String) throws(ServiceFault) {
        var descriptors = Descriptors()
        do throws(ServiceFault) {
            try descriptors.open()
            backtrace = launch.backtraceFolder.map { "\($0)/\(name)-\(MachineClock.read(CLOCK_REALTIME)).json" }
            pid = try Self.spawn(launch, descriptors, backtrace: backtrace)
        } catch {
            descriptors.closeAll()
            throw error
        }
        descriptors.closeChilds()
        (control, calls, output) = (descriptors.control.host, descriptors.calls.host, descriptors.output.host)
        pidfd = LinuxCalls.pidfd(of: pid)
        // A runner that stops in the middle of a call must not hold the host's thread for ever.
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(calls, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(calls, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        _ = fcntl(output, F_SETFL, O_NONBLOCK)
    }

    deinit {
        for descriptor in [control, calls, output, pidfd] where descriptor >= 0 { close(descriptor) }
    }

    /// Kills the child and those it forked. The first cause counts.
    func kill(_ cause: RunnerEnd.Cause) {
        state.withLock { state in
            // Once it is collected the number may belong to another process.
            guard state.end == nil else { return }
            if case .itself = state.cause { state.cause = cause }
            Glibc.kill(-pid, SIGKILL)
            Glibc.kill(pid, SIGKILL)
        }
    }

    /// How it ended, or `nil` while it lives.
    var end: RunnerEnd? { state.withLock { $0.end } }

    /// Waits for its end, no longer than until the monotonic time `deadline` (ns).
    func waitForEnd(until deadline: Int64) -> RunnerEnd? {
        monitor.withLock {
            while true {
                if let end { return end }
                guard MachineClock.monotonic() < deadline else { return nil }
                monitor.wait(until: deadline)
            }
        }
    }

    /// Takes what the child wrote, and keeps the last of it.
    func readOutput() {
        withUnsafeTemporaryAllocation(byteCount: 4_096, alignment: 1) { buffer in
            for _ in 0..<16 {
                let count = read(output, buffer.baseAddress, buffer.count)
                guard count > 0 else { return }
                state.withLock { state in
                    state.tail.append(contentsOf: buffer[..<count])
                    if state.tail.count > Self.tailLimit { state.tail.removeFirst(state.tail.count - Self.tailLimit) }
                }
            }
        }
    }

    /// Collects the child after its end, and tells those who wait.
    func collect(memoryLimit: Int?) {
        readOutput()
        state.withLock { state in
            guard state.end == nil else { return }
            var status: Int32 = 0
            var usage = rusage()
            while wait4(pid, &status, 0, &usage) < 0, errno == EINTR {}
            // What it forked belongs to its group and goes with it.
            Glibc.kill(-pid, SIGKILL)
            // What the system counted is that of the largest process: after a crash the one that wrote the backtrace may be it.
            let peak = backtrace.map(HostFiles.isFile) == true ? state.peakMemory : max(state.peakMemory, usage.ru_maxrss * 1_024)
            if case .itself = state.cause, let memoryLimit, peak > memoryLimit, status != 0 { state.cause = .memory(limit: memoryLimit) }
            let signal = status & 0x7F
            state.end = RunnerEnd(
                cause: state.cause, signal: signal == 0 ? nil : signal, exitCode: signal == 0 ? (status >> 8) & 0xFF : nil,
                peakMemory: peak, output: String(decoding: state.tail, as: UTF8.self))
        }
        // Whoever waits for the child on the control channel learns that nothing comes any more.
        shutdown(control, Int32(SHUT_RDWR))
        monitor.withLock { monitor.wakeAll() }
    }

    /// Whether Swift's runtime has started its backtracer there, or that has written: the process has crashed and is about to end.
    var hasCrashed: Bool {
        guard let backtrace else { return false }
        if HostFiles.isFile(backtrace) { return true }
        guard let threads = try? HostFiles.names(in: "/proc/\(pid)/task") else { return false }
        return threads.contains { thread in
            let children = (try? HostFiles.read("/proc/\(pid)/task/\(thread)/children", limit: 65_536)) ?? []
            return String(decoding: children, as: UTF8.self).split(separator: " ").contains { child in
                (try? HostFiles.read("/proc/\(child)/comm", limit: 4_096)).map { $0.starts(with: "swift-backtrace".utf8) } ?? false
            }
        }
    }

    /// Looks at how much memory the child had at most (proc(5), status: VmHWM, in KiB).
    func notePeakMemory() {
        guard let status = try? HostFiles.read("/proc/\(pid)/status", limit: 65_536),
            let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kibibytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return }
        state.withLock { $0.peakMemory = max($0.peakMemory, kibibytes << 10) }
    }

    /// Bytes of memory that the child has now (proc(5), statm: the second number, in pages).
    var residentMemory: Int {
        guard let text = try? HostFiles.read("/proc/\(pid)/statm", limit: 4_096) else { return 0 }
        let fields = String(decoding: text, as: UTF8.self).split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(getpagesize()) : 0
    }
}

extension RunnerProcess {
    /// Both ends of what connects host and child.
    private struct Descriptors {
        var control = (host: Int32(-1), child: Int32(-1))
        var calls = (host: Int32(-1), child: Int32(-1))
        var output = (host: Int32(-1), child: Int32(-1))

        mutating func open() throws(ServiceFault) {
            control = try Self.pair()
            calls = try Self.pair()
            output = try Self.pair()
        }

        private static func pair() throws(ServiceFault) -> (host: Int32, child: Int32) {
            var ends: [Int32] = [-1, -1]
            let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw fault("a pair of sockets") }
            var size: Int32 = 1 << 20
            for end in ends { setsockopt(end, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size)) }
            return (ends[0], ends[1])
        }

        static func fault(_ what: String, code: Int32 = errno) -> ServiceFault {
            ServiceFault(
                status: -7, isRetryable: true, sentence: "a process for the service can't be started: no \(what): \(String(cString: strerror(code)))")
        }

        func closeChilds() { for end in [control.child, calls.child, output.child] where end >= 0 { close(end) } }

        func closeAll() {
            closeChilds()
            for end in [control.host, calls.host, output.host] where end >= 0 { close(end) }
        }
    }

    /// Starts the program with the sockets as descriptors 3 and 4 and nothing else of the host's open.
    private static func spawn(_ launch: RunnerLaunch, _ descriptors: Descriptors, backtrace: String?) throws(ServiceFault) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // First out of the way of each other, then to their places.
        let far: Int32 = 1_000
        posix_spawn_file_actions_adddup2(&actions, descriptors.control.child, far)
        posix_spawn_file_actions_adddup2(&actions, descriptors.calls.child, far + 1)
        posix_spawn_file_actions_adddup2(&actions, descriptors.output.child, far + 2)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, far + 2, 1)
        posix_spawn_file_actions_adddup2(&actions, far + 2, 2)
        posix_spawn_file_actions_adddup2(&actions, far, 3)
        posix_spawn_file_actions_adddup2(&actions, far + 1, 4)
        guard LinuxCalls.closeFrom(5, &actions) else { throw Descriptors.fault("way to close what is the host's", code: ENOSYS) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

        var arguments: [UnsafeMutablePointer<CChar>?] = ([launch.executable] + launch.arguments).map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = Self.environment(backtrace: backtrace).map { strdup($0) } + [nil]
        defer { for text in arguments + environment { free(text) } }
        var pid = pid_t()
        let code = posix_spawn(&pid, launch.executable, &actions, &attributes, &arguments, &environment)
        guard code == 0 else {
            // What it failed at is not told: the program, or what its descriptors are opened on.
            let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard null >= 0 else { throw Descriptors.fault("/dev/null to be its input") }
            close(null)
            throw Descriptors.fault("process from \(launch.executable)", code: code)
        }
        return pid
    }

    /// What a runner needs of the host's environment, which may hold secrets of the site, and what makes Swift's runtime write a
    /// backtrace of a crash.
    private static func environment(backtrace: String?) -> [String] {
        let names = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SWIFT_ROOT"]
        let variables = names.compactMap { name in getenv(name).map { "\(name)=\(String(cString: $0))" } }
        let settings = backtrace.map { "enable=yes,format=json,color=no,interactive=no,threads=crashed,cache=no,output-to=\($0)" } ?? "enable=no"
        return variables + ["SWIFT_BACKTRACE=\(settings)", "\(LeftRunners.mark)=\(getpid())"]
    }
}
