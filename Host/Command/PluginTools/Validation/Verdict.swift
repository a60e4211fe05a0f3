internal import Runtime

/// What a validation test found.
struct Verdict: Equatable {
    /// Five statuses; ``Status/crashed`` is given by the parent alone.
    enum Status: String, CaseIterable {
        /// As it should be.
        case passed
        /// It can be run, and an author would want to know.
        case warning
        /// It breaks a rule of the ABI.
        case failed
        /// It ended the process, or did not come back.
        case crashed
        /// The test has nothing to look at.
        case skipped
    }

    let status: Status
    /// What was seen, for a person.
    let sentence: String

    static func passed(_ sentence: String) -> Verdict { Verdict(status: .passed, sentence: sentence) }
    static func warning(_ sentence: String) -> Verdict { Verdict(status: .warning, sentence: sentence) }
    static func failed(_ sentence: String) -> Verdict { Verdict(status: .failed, sentence: sentence) }
    static func crashed(_ sentence: String) -> Verdict { Verdict(status: .crashed, sentence: sentence) }
    static func skipped(_ sentence: String) -> Verdict { Verdict(status: .skipped, sentence: sentence) }

    /// Whether the library may be used.
    var isAcceptable: Bool { status != .failed && status != .crashed }

    /// The line that a child tells its parent.
    var line: String { "\(status.rawValue) \(sentence.replacing("\n", with: " "))\n" }

    init(status: Status, sentence: String) {
        self.status = status
        self.sentence = sentence
    }

    /// Reads ``line``.
    init?(line: Substring) {
        let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let status = Status(rawValue: String(parts[0])) else { return nil }
        self.init(status: status, sentence: String(parts[1]))
    }
}
