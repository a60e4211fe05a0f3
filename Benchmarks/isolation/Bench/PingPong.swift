import Foundation
import Glibc

/// The floor of the machine: a byte there and back between two processes over a bare socketpair, one way being half of it.
enum PingPong {
    /// The other side: sends back each byte that comes on descriptor 3.
    static func echo() {
        var byte: UInt8 = 0
        while read(3, &byte, 1) == 1, write(3, &byte, 1) == 1 {}
    }

    /// One-way times in nanoseconds, sorted; one exchange each `tick`, so that both sides sleep in between as they do under load.
    static func oneWay(count: Int, tick: UInt64 = 100_000) -> [UInt64] {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else { return [] }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 3)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        var pid = pid_t()
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("IsolationBench"), strdup("echo"), nil]
        let code = posix_spawn(&pid, "/proc/self/exe", &actions, nil, &arguments, environ)
        posix_spawn_file_actions_destroy(&actions)
        for text in arguments { free(text) }
        close(ends[1])
        defer {
            close(ends[0])
            if code == 0 { waitpid(pid, nil, 0) }
        }
        guard code == 0 else { return [] }
        var times: [UInt64] = []
        var byte: UInt8 = 1
        for index in 0..<count + 100 {
            let begin = Ticker.wait(until: monotonicNanoseconds() + tick)
            guard write(ends[0], &byte, 1) == 1, read(ends[0], &byte, 1) == 1 else { return [] }
            if index >= 100 { times.append((monotonicNanoseconds() - begin) / 2) }
        }
        return times.sorted()
    }
}
