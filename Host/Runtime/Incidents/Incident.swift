/// Something that a service did and must not do, and what the host knows about it.
public struct Incident: Sendable {
    /// What kind of thing happened.
    public enum Reason: String, CaseIterable, Sendable {
        /// A signal ended its process.
        case crash
        /// It ended its process itself.
        case exit
        /// A callback did not return within its deadline, and its process was killed.
        case hang
        /// It took more memory than its manifest grants.
        case memory
        /// It published more than its manifest grants, for long.
        case flood
        /// Its process sent what a runner does not send.
        case malformed
        /// The host itself ended while the service was inside a callback: its fault, or chance.
        case hostEnded = "host-ended"
    }

    public let service: String
    /// When, nanoseconds since 1970-01-01T00:00:00Z. Names the incident among those of its service.
    public let time: Int64
    public let reason: Reason
    /// What happened, in one sentence.
    public let sentence: String
    /// The callback that was under way, or empty.
    public let callback: String
    /// The signal that ended its process, or `nil`.
    public let signal: Int?
    /// The code its process exited with, or `nil`.
    public let exitCode: Int?
    /// Bytes of memory that its process had at most, 0 if unknown.
    public let peakMemory: Int
    /// Starts after the first until then.
    public let restarts: Int
    /// Topic of the last message that it was given, or empty.
    public let lastTopic: String
    /// The last log lines about the service, oldest first.
    public let log: [String]
    /// The last of what it wrote to standard output and error.
    public let output: String
    /// SHA-256 of its manifest: `sha256:` and hexadecimal digits.
    public let manifestDigest: String
    /// The backtrace that Swift's runtime wrote, a JSON document, or `nil`.
    public let backtrace: ConfigValue?

    /// All of it as a JSON object.
    public var json: String { document.json }

    var document: ConfigValue {
        func optional(_ number: Int?) -> ConfigValue { number.map { .integer(Int64($0)) } ?? .null }
        return .object([
            .init(key: "service", value: .text(service)), .init(key: "time", value: .text(TimeOfDay.text(time))), .init(key: "time_ns", value: .integer(time)),
            .init(key: "reason", value: .text(reason.rawValue)), .init(key: "sentence", value: .text(sentence)),
            .init(key: "callback", value: .text(callback)), .init(key: "signal", value: optional(signal)),
            .init(key: "exit_code", value: optional(exitCode)), .init(key: "peak_memory", value: .integer(Int64(peakMemory))),
            .init(key: "restarts", value: .integer(Int64(restarts))), .init(key: "last_topic", value: .text(lastTopic)),
            .init(key: "log", value: .list(log.map { .text($0) })), .init(key: "output", value: .text(output)),
            .init(key: "manifest_digest", value: .text(manifestDigest)), .init(key: "backtrace", value: backtrace ?? .null),
        ])
    }
}

extension Incident {
    /// Reads what ``document`` wrote; `nil` if it is something else.
    init?(_ document: ConfigValue) {
        func text(_ key: String) -> String? { if case .text(let text)? = document[key] { text } else { nil } }
        func integer(_ key: String) -> Int64? { if case .integer(let number)? = document[key] { number } else { nil } }
        guard let service = text("service"), let time = integer("time_ns"), let reason = text("reason").flatMap(Reason.init) else { return nil }
        var log: [String] = []
        if case .list(let lines)? = document["log"] {
            log = lines.compactMap { if case .text(let line) = $0 { line } else { nil } }
        }
        var backtrace = document["backtrace"]
        if backtrace == .null { backtrace = nil }
        self.init(
            service: service, time: time, reason: reason, sentence: text("sentence") ?? "", callback: text("callback") ?? "",
            signal: integer("signal").map(Int.init), exitCode: integer("exit_code").map(Int.init),
            peakMemory: Int(integer("peak_memory") ?? 0), restarts: Int(integer("restarts") ?? 0), lastTopic: text("last_topic") ?? "",
            log: log, output: text("output") ?? "", manifestDigest: text("manifest_digest") ?? "", backtrace: backtrace)
    }
}
