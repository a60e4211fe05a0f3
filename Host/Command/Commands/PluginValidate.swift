import ArgumentParser
import Glibc
import Runtime
import Trust

/// `dsotp plugin validate FILE`.
struct PluginValidate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Tests a library against the rules of the ABI, each test in a process of its own.",
        discussion: """
            Statuses: passed, warning, failed, crashed (it ended the process, or did not come back), skipped. Exit code 0 if no test \
            failed or crashed, else 1. Give the service's manifest: without one most libraries can't be configured, and tests are skipped.
            """)

    @Argument(help: "The library's file.")
    var file: String

    @OptionGroup var options: ValidationOptions

    @Option(help: "Run this test alone. May be given more than once.")
    var test: [String] = []

    @Option(help: "Seconds after which a test that has not come back is ended.")
    var patience = 120

    @Flag(help: "Print one JSON object.")
    var json = false

    @Flag(help: "Print the tests and what they look at, and run none.")
    var list = false

    func run() throws {
        try orComplain {
            let tests = try chosen()
            if list { return tests.forEach { print("\($0.name): \($0.prose)") } }
            let subject = try options.subject(file)
            // What can't be loaded here at all is told at once, and better than a child could.
            let report = try LibraryReport(path: subject.path, keys: [])
            guard report.obstacles.isEmpty else { throw PlatformError("\(file): \(report.obstacles.joined(separator: "; "))") }
            var verdicts: [(test: ValidationTest, verdict: Verdict)] = []
            for test in tests {
                let child = ValidationChild(
                    test: test, subject: subject, manifestPath: options.manifest, patience: .seconds(max(1, patience)))
                let verdict = child.verdict()
                verdicts.append((test, verdict))
                if !json { print(text(test, verdict)) }
            }
            print(json ? document(subject, verdicts).json : summary(verdicts))
            guard verdicts.allSatisfy(\.verdict.isAcceptable) else { throw ExitCode.failure }
        }
    }

    private func chosen() throws -> [ValidationTest] {
        guard !test.isEmpty else { return ValidationTest.all }
        return try test.map { name in
            guard let test = ValidationTest.named(name) else {
                throw PlatformError("there is no test '\(name)' (expected one of \(ValidationTest.all.map(\.name).joined(separator: ", ")))")
            }
            return test
        }
    }

    private func text(_ test: ValidationTest, _ verdict: Verdict) -> String {
        let status = verdict.status.rawValue
        return "\(status)\(String(repeating: " ", count: 8 - status.utf8.count)) \(test.name): \(test.prose)\n         \(verdict.sentence)"
    }

    private func summary(_ verdicts: [(test: ValidationTest, verdict: Verdict)]) -> String {
        let counts = Verdict.Status.allCases.map { status in (status, verdicts.count { $0.verdict.status == status }) }
        return counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0.rawValue)" }.joined(separator: ", ")
    }

    private func document(_ subject: ValidationSubject, _ verdicts: [(test: ValidationTest, verdict: Verdict)]) -> ConfigValue {
        .object([
            .init(key: "file", value: .text(file)),
            .init(key: "seed", value: .text(String(subject.seed))),
            .init(key: "acceptable", value: .boolean(verdicts.allSatisfy(\.verdict.isAcceptable))),
            .init(
                key: "tests",
                value: .list(
                    verdicts.map { test, verdict in
                        .object([
                            .init(key: "name", value: .text(test.name)), .init(key: "prose", value: .text(test.prose)),
                            .init(key: "status", value: .text(verdict.status.rawValue)), .init(key: "sentence", value: .text(verdict.sentence)),
                        ])
                    })),
        ])
    }
}

/// What the children of a validation are told as well.
struct ValidationOptions: ParsableArguments {
    @Option(help: "The service's manifest: its config, subscriptions and permissions are those of the tests.")
    var manifest: String?

    @Option(help: "The seed of what is made at random.")
    var seed: UInt64 = 1

    func subject(_ file: String) throws -> ValidationSubject {
        try ValidationSubject(file: file, manifest: manifest, seed: seed)
    }
}

extension ValidationSubject {
    /// - Parameter manifest: path of the service's manifest.
    /// - Throws: a sentence if there is no such file, or the errors of the manifest.
    init(file: String, manifest: String?, seed: UInt64 = 1) throws {
        guard let resolved = realpath(file, nil) else { throw PlatformError("\(file) is not there (give the path of a library)") }
        defer { free(resolved) }
        self.init(
            path: String(cString: resolved), manifest: try manifest.map { path in try ServiceManifestFile.load(path) }, seed: seed)
    }
}

/// `dsotp plugin validate-one NAME FILE`: the child of a validation. Tells its verdict on a descriptor that its parent opened, or on
/// standard output where a person starts it, in a debugger for example.
struct PluginValidateOne: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate-one", abstract: "Runs one test of a validation in this very process.", shouldDisplay: false)

    @Argument(help: "The test's name.")
    var name: String

    @Argument(help: "The library's file.")
    var file: String

    @OptionGroup var options: ValidationOptions

    func run() throws {
        guard let test = ValidationTest.named(name) else { throw ValidationError("there is no test '\(name)'") }
        let verdict: Verdict
        do { verdict = try test.run(try options.subject(file)) } catch let finding as Finding { verdict = finding.verdict } catch {
            verdict = .failed("\(error)")
        }
        let isChild = fcntl(ValidationChild.verdictDescriptor, F_GETFD) >= 0
        Terminal.write(verdict.line, to: isChild ? ValidationChild.verdictDescriptor : STDOUT_FILENO)
        // Without the exit handlers of a library that has said all that it was asked.
        _exit(0)
    }
}
