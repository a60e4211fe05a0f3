internal import Glibc

/// Processes that runners of an earlier host made and that outlived it: a runner itself dies with its host, and what it forks with the
/// runner; but what it starts as another program keeps nothing but its environment, by which it is found here.
enum LeftRunners {
    /// The variable that names the host whose runner a process is, or descends from.
    static let mark = "DSOTP_RUNNER_PARENT"

    /// Ends those whose host is gone.
    ///
    /// - Returns: how many there were.
    static func end() -> Int {
        let ours = getuid()
        var count = 0
        for name in (try? HostFiles.names(in: "/proc")) ?? [] {
            guard let pid = pid_t(name), owner(of: pid) == ours, let host = host(of: pid), isGone(host) else { continue }
            Glibc.kill(pid, SIGKILL)
            count += 1
        }
        return count
    }

    private static func isGone(_ pid: pid_t) -> Bool { pid > 0 && Glibc.kill(pid, 0) != 0 && errno == ESRCH }

    private static func owner(of pid: pid_t) -> uid_t? {
        var status = stat()
        return stat("/proc/\(pid)", &status) == 0 ? status.st_uid : nil
    }

    private static func host(of pid: pid_t) -> pid_t? {
        guard let environment = try? HostFiles.read("/proc/\(pid)/environ", limit: 1 << 20) else { return nil }
        let prefix = Array("\(mark)=".utf8)
        for entry in environment.split(separator: 0) where entry.starts(with: prefix) {
            return pid_t(String(decoding: entry.dropFirst(prefix.count), as: UTF8.self))
        }
        return nil
    }
}
