import ArgumentParser
import Glibc
import PluginAPI
import Runtime
import Trust

/// `dsotp plugin replay FILE --library LIBRARY`.
struct PluginReplay: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Gives a recording to a service on virtual time, and prints what it published, wrote and logged.",
        discussion: """
            The service runs in an in-memory host, in a process of its own; the recording's times are those of its clock, and its timers fire \
            in between, so that a day takes seconds and the same recording gives the same lines, byte for byte. Exit code 0, or 1 with \
            --expect where something differs, or if the library crashed, hung or broke a rule of the ABI.
            """)

    @OptionGroup var options: ReplayOptions

    @Option(help: "Write the lines to this file instead of standard output.")
    var output: String?
    @Option(help: "Compare with the lines of this file, and print the first difference alone.")
    var expect: String?
    @Option(help: "How much numbers may differ from those expected: relative above 1, absolute below; whole numbers not at all. Also inside payloads that are JSON.")
    var tolerance = 0.0
    @Option(help: "Print these events alone: published, wrote, logged, failed, ended. May be given more than once.")
    var only: [String] = []
    @Option(help: "Seconds after which a library that does nothing is ended.")
    var patience = 60

    func run() throws {
        try orComplain {
            let expected = try expect.map { try Self.lines(of: $0) }
            let into = try output.map { path in
                let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
                guard descriptor >= 0 else { throw PlatformError("\(path) can't be written: \(String(cString: strerror(errno)))") }
                return descriptor
            }
            var kept: [String] = []
            var violations = false
            let child = ReplayChild(arguments: options.words, patience: .seconds(max(1, patience)))
            defer { if let into { close(into) } }
            try child.run { line in
                if line.tells("ended"), !line.hasSuffix("\"violations\":[]}") { violations = true }
                guard isWanted(line) else { return }
                if expected != nil { kept.append(line) }
                if into != nil || expected == nil { Terminal.write(line + "\n", to: into ?? STDOUT_FILENO) }
            }
            if let expected, let difference = ReplayComparison(tolerance: tolerance).firstDifference(expected: expected, got: kept) {
                throw PlatformError("it is not as expected, \(difference)")
            }
            guard !violations else { throw PlatformError("the service broke rules of the ABI: see 'violations' in the last line") }
            if let expected { print("as expected: \(expected.count) lines") }
        }
    }

    private func isWanted(_ line: String) -> Bool {
        only.isEmpty || only.contains { line.tells($0) }
    }

    private static func lines(of path: String) throws -> [String] {
        let text = String(decoding: try FileContents(path, limit: 1 << 30).bytes, as: UTF8.self)
        return text.split(separator: "\n").map(String.init)
    }
}

extension String {
    /// Whether this line of a replay tells of an event of that name. A year has millions of lines, so bytes are compared.
    fileprivate func tells(_ event: String) -> Bool {
        withCString { line in "\"event\":\"\(event)\"".withCString { strstr(line, $0) != nil } }
    }
}

/// What the child of a replay is told as well.
struct ReplayOptions: ParsableArguments {
    @Argument(help: "A recording made by dsotp record.")
    var file: String
    @Option(help: "The service's library.")
    var library: String
    @Option(help: "The service's manifest: its config, subscriptions and permissions.")
    var manifest: String?
    @Option(help: "Seconds of virtual time after the last message, for what timers still do.")
    var tail = 0.0

    var words: [String] {
        ["replay-one", file, "--library", library, "--tail", String(tail)] + (manifest.map { ["--manifest", $0] } ?? [])
    }
}

/// `dsotp plugin replay-one`: the child of a replay.
struct PluginReplayOne: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay-one", abstract: "Runs a replay in this very process.", shouldDisplay: false)

    @OptionGroup var options: ReplayOptions

    func run() throws {
        let isChild = fcntl(ReplayChild.linesDescriptor, F_GETFD) >= 0
        let output = LineBuffer(isChild ? ReplayChild.linesDescriptor : STDOUT_FILENO)
        guard let place = ReplayPlace(isChild ? ReplayPlace.descriptor : ReplayPlace.shared()?.descriptor ?? -1) else { throw ExitCode.failure }
        do {
            let subject = try ValidationSubject(file: options.library, manifest: options.manifest)
            var replay = try ServiceReplay(subject, recording: options.file, place: place) { output.take($0) }
            try replay.run(tail: .seconds(max(0, options.tail)))
            output.flush()
        } catch {
            output.flush()
            Terminal.complain("dsotp plugin replay: \(error)")
            _exit(ReplayChild.refused)
        }
        place.enter(.done)
        // Without the exit handlers of a library that has done all that it was asked.
        _exit(0)
    }
}

/// Gathers lines, since a system call for each would be most of the time.
private final class LineBuffer {
    private let descriptor: Int32
    private var text = ""
    private var lastWrite = ContinuousClock.now

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    func take(_ line: String) {
        text += line + "\n"
        if text.utf8.count > 1 << 16 || ContinuousClock.now - lastWrite > .seconds(1) { flush() }
    }

    func flush() {
        Terminal.write(text, to: descriptor)
        text = ""
        lastWrite = .now
    }
}
