import Glibc
import Storage
import Testing

/// A process of `StorageCrashWriter`, which the build puts beside the tests.
private struct CrashWriter {
    let process: pid_t
    private let output: Int32

    init(folder: String, from: Int64) throws {
        var ends: [Int32] = [0, 0]
        let piped = pipe(&ends)
        try #require(piped == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        let path = try Self.executable()
        var arguments: [UnsafeMutablePointer<CChar>?] = [path, folder, String(from)].map { (text: String) in strdup(text) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var started = pid_t()
        let spawned = posix_spawn(&started, path, &actions, nil, &arguments, environ)
        try #require(spawned == 0)
        close(ends[1])
        process = started
        output = ends[0]
    }

    /// Lets it run until it acknowledged something and for a while longer, kills it, gives the last number acknowledged.
    func kill(afterMicroseconds delay: UInt32) -> Int64 {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let first = read(output, &buffer, buffer.count)
        if first > 0 { text += buffer.prefix(first) }
        usleep(delay)
        Glibc.kill(process, SIGKILL)
        while case let count = read(output, &buffer, buffer.count), count > 0 { text += buffer.prefix(count) }
        close(output)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { Int64($0) }.max() ?? 0
    }

    private static func executable() throws -> String {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let own = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folders = ([own] + CommandLine.arguments).map { path in
            path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        }
        let found = folders.map { $0 + "/StorageCrashWriter" }.first { access($0, X_OK) == 0 }
        return try #require(found, "StorageCrashWriter is not built")
    }
}

@Suite struct CrashTests {
    @Test("no acknowledged point is lost by kill -9, at fifteen moments in the life of one store")
    func killed() throws {
        let folder = TemporaryFolder()
        var random = Seeded(2_026)
        var next: Int64 = 0
        for _ in 0..<15 {
            let writer = try CrashWriter(folder: folder.path, from: next)
            let acknowledged = writer.kill(afterMicroseconds: UInt32.random(in: 0...60_000, using: &random))
            #expect(acknowledged > next)
            let told = Told()
            let store = try EmbeddedStore(folder: folder.path, log: told.log)
            for column in try store.columns(in: "crash", measurement: "pmu") {
                let points = try store.points(column.handle)
                #expect(points.count >= acknowledged)
                #expect(points.map(\.time) == (0..<Int64(points.count)).map { $0 })
                #expect(points.allSatisfy { $0.float == Double($0.time) / 4 })
            }
            #expect(try store.columns(in: "crash", measurement: "pmu").count == 5)
            store.close()
            #expect(told.all == [])
            next = acknowledged
        }
    }
}
