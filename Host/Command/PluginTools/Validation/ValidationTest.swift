/// One named test of a library; it runs in a process of its own.
struct ValidationTest: Sendable {
    /// How it is asked for: `dsotp plugin validate-one NAME`.
    let name: String
    /// What it looks at and why that matters.
    let prose: String
    let run: @Sendable (ValidationSubject) throws -> Verdict

    /// All tests, in the order in which they are run.
    static let all: [ValidationTest] = entryTests + lifeTests + configurationTests + messageTests + enduranceTests

    static func named(_ name: String) -> ValidationTest? { all.first { $0.name == name } }
}

/// A wrong answer of a library, to be thrown inside a test.
struct Finding: Error {
    let verdict: Verdict

    init(_ verdict: Verdict) { self.verdict = verdict }

    static func failed(_ sentence: String) -> Finding { Finding(.failed(sentence)) }
    static func skipped(_ sentence: String) -> Finding { Finding(.skipped(sentence)) }
}
