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
/// Each line carries a running number, so that a missing line shows; a chain of hashes fits in as one more field.
public final class AuditTrail: Sendable {
    private struct Line: Encodable {
        let number: Int
        let time: String
        let entry: AuditEntry

        enum CodingKeys: CodingKey {
            case number, time
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(number, forKey: .number)
            try container.encode(time, forKey: .time)
            try entry.encode(to: encoder)
        }
    }
    private struct State {
        let file: Int32
        var nextNumber: Int
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
        let (lines, endsOpen) = Self.survey(file)
        if endsOpen { _ = DurableFile.write([UInt8(ascii: "\n")], to: file) }
        state = Mutex(State(file: file, nextNumber: lines + (endsOpen ? 2 : 1)))
    }

    deinit { state.withLock { _ = close($0.file) } }

    /// Appends an entry and synchronises the file; takes a disk's write time.
    public func record(_ entry: AuditEntry) throws(AccessError) {
        let time = Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        let failure: String? = state.withLock { state in
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            guard let line = try? encoder.encode(Line(number: state.nextNumber, time: time, entry: entry)) else {
                return "the entry is not text"
            }
            let lineFeed = [UInt8(ascii: "\n")]
            guard DurableFile.write((state.endsOpen ? lineFeed : []) + Array(line) + lineFeed, to: state.file),
                fdatasync(state.file) == 0
            else {
                state.endsOpen = true
                return String(cString: strerror(errno))
            }
            state.endsOpen = false
            state.nextNumber += 1
            return nil
        }
        if let failure { throw .file("the audit trail \(path) cannot be written: \(failure)") }
    }

    /// How many lines the file has, and whether its last line lacks its end.
    private static func survey(_ file: Int32) -> (lines: Int, endsOpen: Bool) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var lines = 0
        var last = UInt8(ascii: "\n")
        var offset: off_t = 0
        while true {
            let count = pread(file, &buffer, buffer.count, offset)
            guard count > 0 else { break }
            for byte in buffer[..<count] where byte == UInt8(ascii: "\n") { lines += 1 }
            last = buffer[count - 1]
            offset += off_t(count)
        }
        return (lines, last != UInt8(ascii: "\n"))
    }
}
