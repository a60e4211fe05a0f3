internal import Glibc

/// A process of its own for one test.
struct ValidationChild {
    let test: ValidationTest
    let subject: ValidationSubject
    /// The manifest's file, for the child.
    let manifestPath: String?
    /// After which a child that has said nothing is ended.
    let patience: Duration

    /// The descriptor on which a child tells its verdict: none that a library would come across by chance.
    static let verdictDescriptor: Int32 = 198

    /// Runs the test; whatever the library does, an answer comes back.
    func verdict() -> Verdict {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return .crashed("the test could not be started: no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let child = spawn(tellingTo: ends[1])
        close(ends[1])
        guard let child else { return .crashed("the test could not be started: \(String(cString: strerror(errno)))") }
        return wait(for: child, hearing: ends[0])
    }

    private func spawn(tellingTo end: Int32) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, end, Self.verdictDescriptor)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own, so that what it forks ends with it.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        posix_spawnattr_setpgroup(&attributes, 0)
        var words = ["dsotp", "plugin", "validate-one", test.name, subject.path, "--seed", String(subject.seed)]
        if let manifestPath { words += ["--manifest", manifestPath] }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var environment: [UnsafeMutablePointer<CChar>?] = ChildEnvironment.words.map { strdup($0) } + [nil]
        defer { environment.forEach { free($0) } }
        var child = pid_t()
        errno = posix_spawn(&child, "/proc/self/exe", &actions, &attributes, &arguments, &environment)
        return errno == 0 ? child : nil
    }

    private func wait(for child: pid_t, hearing end: Int32) -> Verdict {
        let clock = ContinuousClock()
        let deadline = clock.now + patience
        var heard: [UInt8] = []
        var status: Int32 = 0
        var isOpen = true
        while waitpid(child, &status, WNOHANG) == 0 {
            guard clock.now < deadline else {
                kill(-child, SIGKILL)
                waitpid(child, &status, 0)
                return .crashed("it did not come back within \(patience.components.seconds) s")
            }
            guard isOpen else {
                // It has told its verdict, or closed the descriptor, and ends.
                usleep(2_000)
                continue
            }
            isOpen = hear(end, milliseconds: 50, &heard)
        }
        // The group goes with its leader; what is in the pipe is read, but nobody is waited for.
        kill(-child, SIGKILL)
        while isOpen, hear(end, milliseconds: 0, &heard, isLast: true) {}
        return verdict(of: heard, status: status)
    }

    /// Takes what is there; false when nothing more will come.
    private func hear(_ end: Int32, milliseconds: Int32, _ heard: inout [UInt8], isLast: Bool = false) -> Bool {
        var wish = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
        guard poll(&wish, 1, milliseconds) > 0 else { return !isLast }
        var chunk = [UInt8](repeating: 0, count: 4_096)
        let count = read(end, &chunk, chunk.count)
        guard count > 0 else { return count < 0 && errno == EINTR }
        heard += chunk[..<count]
        return heard.count < 1 << 16
    }

    private func verdict(of heard: [UInt8], status: Int32) -> Verdict {
        let signal = status & 0x7F
        guard signal == 0 else { return .crashed("it ended the process by signal \(signal), \(String(cString: strsignal(signal)))") }
        let line = String(decoding: heard, as: UTF8.self).split(separator: "\n").last
        guard let line, let verdict = Verdict(line: line) else {
            return .crashed("it ended the process with exit code \(status >> 8 & 0xFF) before the test was over")
        }
        return verdict
    }
}
