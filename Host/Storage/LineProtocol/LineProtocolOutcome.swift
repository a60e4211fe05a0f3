/// What became of a write: its good lines are stored even if others are not.
public struct LineProtocolOutcome: Sendable, Hashable {
    /// Lines stored.
    public var stored = 0
    /// Values stored: the fields of the stored lines, but those called `time`, which InfluxDB ignores.
    public var values = 0
    /// Lines not stored, whether they could not be parsed or were refused.
    public var dropped = 0
    /// The answer for the client if a line was dropped: the sentence of InfluxDB 1.x for the first such line. Its `dropped=N`
    /// counts the lines that could be parsed but were refused, as InfluxDB counts.
    public var firstError: String?
    /// The points are durable when this is; `nil` if nothing was stored.
    public var ticket: CommitTicket?

    public init() {}
}

/// Collects why lines were dropped, and makes the sentence of it.
struct LineProtocolRefusals: Sendable {
    private(set) var unparsable = 0
    private(set) var refused = 0
    private var firstUnparsable: String?
    private var firstReason: String?

    /// The longest part of a line that a sentence quotes, in bytes.
    static let quotedBytes = 4_096

    /// A line that is not line protocol.
    mutating func cannotParse(_ line: UnsafeBufferPointer<UInt8>, _ fault: LineProtocolFault) {
        unparsable += 1
        guard firstUnparsable == nil else { return }
        let quoted = String(decoding: line.prefix(Self.quotedBytes), as: UTF8.self)
        firstUnparsable = "unable to parse '\(quoted)\(line.count > Self.quotedBytes ? "…" : "")': \(fault.sentence(in: line))"
    }

    /// A line that the store does not take. `reason` is asked for the first one only.
    mutating func refuse<E: Error>(_ reason: () throws(E) -> String) throws(E) {
        refused += 1
        if firstReason == nil { firstReason = try reason() }
    }

    /// The sentence for the client, or `nil` if no line was dropped.
    func sentence(parsedLines: Int) -> String? {
        if let firstUnparsable, parsedLines == 0 { return firstUnparsable }
        if let firstReason { return "partial write: \(firstReason) dropped=\(refused)" }
        return firstUnparsable.map { "partial write: \($0) dropped=0" }
    }
}
