import Glibc

/// Files of this repository, and programs that tests start.
enum Repository {
    /// The repository's folder, found from this file, through symbolic links.
    static let root: String = {
        guard let real = realpath(#filePath, nil) else { return "." }
        defer { free(real) }
        return String(cString: real).split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    }()

    /// The bytes of a file; nil if it can't be read.
    static func bytes(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk.prefix(count) }
        return bytes
    }

    /// The text of a file; nil if it can't be read.
    static func text(_ path: String) -> String? { bytes(path).map { String(decoding: $0, as: UTF8.self) } }

    /// A new folder for one test, for `body`, then removed with what is in it.
    static func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        var template = Array("/tmp/dsotp-test-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure(description: "no temporary folder: error \(errno)") }
        let folder = String(cString: made)
        defer { _ = try? run(["rm", "-rf", folder]) }
        return try body(folder)
    }

    /// Runs a program and waits for it; both of its outputs come back together.
    static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure(description: "no pipe: error \(errno)") }
        // The child must not hold the ends itself, nor may another test's child.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var child = pid_t()
        let failure = posix_spawnp(&child, arguments[0], &actions, nil, &words, environ)
        close(ends[1])
        defer { close(ends[0]) }
        guard failure == 0 else { throw Failure(description: "\(arguments[0]) cannot be started: error \(failure)") }
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = read(ends[0], &chunk, chunk.count), count > 0 { output += chunk.prefix(count) }
        var status: Int32 = 0
        waitpid(child, &status, 0)
        return (status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F, String(decoding: output, as: UTF8.self))
    }

    struct Failure: Error, CustomStringConvertible { let description: String }
}
