import Crypto
import FoundationEssentials
import Glibc
import Synchronization

/// One change, as the trail keeps it.
public struct AuditEntry: Codable, Hashable, Sendable {
    /// Who did it: a user name, or `host` for what the platform does by itself.
    public let who: String
    /// The role under which it was done, if any.
    public let role: String?
    /// What was done, as a verb phrase with its object's kind: `service.disable`, `session.login`.
    public let what: String
    /// What it was done to.
    public let subject: String
    /// `done`, or a sentence that says why not.
    public let outcome: String
    /// The address it came from.
    public let from: String

    /// An entry; the trail adds time and number.
    public init(who: String, role: String?, what: String, subject: String, outcome: String, from: String) {
        self.who = who
        self.role = role
        self.what = what
        self.subject = subject
        self.outcome = outcome
        self.from = from
    }
}

/// An append-only file of JSON lines, one for each change, each on disk before `record` returns.
///
/// Each line carries a running number and, as `previous`, a digest of all lines before it, so that a line that is missing, added or
/// changed afterwards shows: see ``firstBreak(in:)``. The digest of a line is the SHA-256 of the digest before it and the line.
public final class AuditTrail: Sendable {
    private struct Line: Encodable {
        let number: Int
        let time: String
        let previous: String
        let entry: AuditEntry

        enum CodingKeys: CodingKey {
            case number, time, previous
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(number, forKey: .number)
            try container.encode(time, forKey: .time)
            try container.encode(previous, forKey: .previous)
            try entry.encode(to: encoder)
        }
    }
    private struct State {
        let file: Int32
        var nextNumber: Int
        /// The digest of all lines, empty before the first.
        var previous: String
        /// Whether a failed write may have left a line without its end.
        var endsOpen = false
    }

    /// Where the lines go.
    public let path: String
    private let state: Mutex<State>

    /// Opens or creates the file (mode 0600). A last line that a crash cut off is ended, so that later lines stay readable.
    public init(path: String) throws(AccessError) {
        self.path = path
        let isNew = access(path, F_OK) != 0
        let file = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw .file("the audit trail \(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        if isNew { DurableFile.synchroniseFolder(of: path) }
        let found = Self.survey(file)
        if found.endsOpen { _ = DurableFile.write([UInt8(ascii: "\n")], to: file) }
        state = Mutex(State(file: file, nextNumber: found.lines + (found.endsOpen ? 2 : 1), previous: found.digest))
    }

    deinit { state.withLock { _ = close($0.file) } }

    /// Appends an entry and synchronises the file; takes a disk's write time.
    public func record(_ entry: AuditEntry) throws(AccessError) { try record([entry]) }

    /// Appends entries in their order and synchronises the file once.
    public func record(_ entries: [AuditEntry]) throws(AccessError) {
        guard !entries.isEmpty else { return }
        let time = Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        let failure: String? = state.withLock { state in
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            var bytes: [UInt8] = state.endsOpen ? [UInt8(ascii: "\n")] : []
            var (number, previous) = (state.nextNumber, state.previous)
            for entry in entries {
                guard let line = try? encoder.encode(Line(number: number, time: time, previous: previous, entry: entry)) else {
                    return "the entry is not text"
                }
                bytes += line
                bytes.append(UInt8(ascii: "\n"))
                number += 1
                previous = Self.digest(previous, line)
            }
            guard DurableFile.write(bytes, to: state.file), fdatasync(state.file) == 0 else {
                state.endsOpen = true
                // What of it is in the file is not known: the chain goes on from what is there.
                let found = Self.survey(state.file)
                state.previous = found.digest
                return String(cString: strerror(errno))
            }
            state.endsOpen = false
            (state.nextNumber, state.previous) = (number, previous)
            return nil
        }
        if let failure { throw .file("the audit trail \(path) cannot be written: \(failure)") }
    }

    /// The first line, counted from 1, whose `previous` is not the digest of the lines before it, or nil if the chain is whole.
    public static func firstBreak(in path: String) throws(AccessError) -> Int? {
        guard let content = FileManager.default.contents(atPath: path) else {
            throw .file("the audit trail \(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        struct Chained: Decodable {
            let previous: String?
        }
        var previous = ""
        for (index, line) in content.split(separator: UInt8(ascii: "\n")).enumerated() {
            // A line that a crash cut off can't be read, and is held by those after it.
            if let chained = try? JSONDecoder().decode(Chained.self, from: line), chained.previous != previous { return index + 1 }
            previous = digest(previous, line)
        }
        return nil
    }

    private static func digest(_ previous: String, _ line: Data) -> String {
        var hash = SHA256()
        hash.update(data: Data(previous.utf8))
        hash.update(data: line)
        return text(hash.finalize())
    }

    private static func text(_ digest: SHA256.Digest) -> String {
        digest.reduce(into: "") { text, byte in text += (byte < 16 ? "0" : "") + String(byte, radix: 16) }
    }

    /// How many lines the file has, the digest of them all, and whether the last one lacks its end.
    private static func survey(_ file: Int32) -> (lines: Int, digest: String, endsOpen: Bool) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var lines = 0
        var digest = ""
        var line = SHA256()
        var isOpen = false
        var offset: off_t = 0
        while true {
            let count = pread(file, &buffer, buffer.count, offset)
            guard count > 0 else { break }
            var rest = buffer[..<count]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                lines += 1
                line.update(data: rest[..<end])
                // An empty line holds nothing.
                if isOpen || end > rest.startIndex { digest = text(line.finalize()) }
                (line, isOpen) = (SHA256(), false)
                line.update(data: Data(digest.utf8))
                rest = rest[(end + 1)...]
            }
            if !rest.isEmpty {
                line.update(data: rest)
                isOpen = true
            }
            offset += off_t(count)
        }
        return (lines, isOpen ? text(line.finalize()) : digest, isOpen)
    }
}
