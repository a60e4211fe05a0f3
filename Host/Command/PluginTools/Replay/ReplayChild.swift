internal import Glibc

/// A process of its own for a replay, so that whatever the library does is told and not shared.
struct ReplayChild {
    /// The descriptor on which a child writes its lines; what the library prints goes to standard error.
    static let linesDescriptor: Int32 = 198

    /// The words after `dsotp plugin` that make a process the child.
    let arguments: [String]
    /// After which a child that has said nothing new is ended.
    let patience: Duration

    /// Runs the child and hands over its lines as they come.
    /// - Throws: ``PlatformError`` if the process could not be made, ended otherwise than it should, or did not come back.
    func run(_ take: (String) -> Void) throws(PlatformError) {
        guard let (place, memory) = ReplayPlace.shared() else { throw PlatformError("there is no memory for the replay: \(String(cString: strerror(errno)))") }
        defer { close(memory) }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw PlatformError("there is no pipe for the replay: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let child = spawn(lines: ends[1], memory: memory)
        close(ends[1])
        defer { close(ends[0]) }
        guard let child else { throw PlatformError("the replay could not be started: \(String(cString: strerror(errno)))") }
        let cameToEnd = hear(ends[0], take)
        if !cameToEnd { kill(-child, SIGKILL) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        kill(-child, SIGKILL)
        guard cameToEnd else { throw PlatformError("the library did not come back within \(patience.components.seconds) s, \(place.words)") }
        let signal = status & 0x7F
        guard signal == 0 else {
            throw PlatformError("the library ended the process by signal \(signal), \(String(cString: strsignal(signal))), \(place.words)")
        }
        let code = status >> 8 & 0xFF
        guard place.isDone, code == 0 else {
            // Of its own accord the child says why on standard error before it ends so.
            throw PlatformError(code == Self.refused ? "the replay can't be run" : "the library ended the process with exit code \(code), \(place.words)")
        }
    }

    /// The exit code of a child that has told why it can't run.
    static let refused: Int32 = 65

    private func spawn(lines: Int32, memory: Int32) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, lines, Self.linesDescriptor)
        posix_spawn_file_actions_adddup2(&actions, memory, ReplayPlace.descriptor)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, 2, 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        posix_spawnattr_setpgroup(&attributes, 0)
        var words: [UnsafeMutablePointer<CChar>?] = (["dsotp", "plugin"] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var environment: [UnsafeMutablePointer<CChar>?] = ChildEnvironment.words.map { strdup($0) } + [nil]
        defer { environment.forEach { free($0) } }
        var child = pid_t()
        errno = posix_spawn(&child, "/proc/self/exe", &actions, &attributes, &words, &environment)
        return errno == 0 ? child : nil
    }

    /// Takes lines until the child closes its end; false if it said nothing for too long.
    private func hear(_ end: Int32, _ take: (String) -> Void) -> Bool {
        var rest: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            var wish = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
            let ready = poll(&wish, 1, Int32(clamping: patience.components.seconds * 1_000))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { return false }
            let count = read(end, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return true }
            rest += chunk[..<count]
            var begin = rest.startIndex
            while let feed = rest[begin...].firstIndex(of: UInt8(ascii: "\n")) {
                take(String(decoding: rest[begin..<feed], as: UTF8.self))
                begin = feed + 1
            }
            rest.removeSubrange(..<begin)
        }
    }
}
