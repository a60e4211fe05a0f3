import ArgumentParser
import Databus
import Glibc
import PluginAPI
import Recording
import UnixSignals

/// `dsotp record FILE`.
struct Record: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Records what a databus says into a file; also tells what is in one, and turns it into text and back.",
        discussion: """
            Records as an MQTT client of a running site until a bound is reached or the command is ended (Ctrl-C, SIGTERM). The file is only \
            ever appended to: after a crash it can be read up to the last whole block. dsotp replay publishes it again, dsotp plugin replay \
            gives it to a service.
            """)

    @Argument(help: "The recording.")
    var file: String

    @Option(name: .customLong("filter"), help: "Topics to record; may be given more than once. All by default.")
    var filters: [String] = []
    @Option(help: "Quality of service of the subscription: 0, 1 or 2.")
    var qos: UInt8 = 1
    @Option(help: "End after so many seconds.")
    var duration: Double?
    @Option(help: "End after so many messages.")
    var count: Int?
    @Option(help: "End when the file has so many MiB.")
    var size: Double?
    @Flag(help: "Go on with an existing recording.")
    var append = false
    @OptionGroup var databus: DatabusOptions

    @Flag(help: "Record nothing; tell what is in the file.")
    var info = false
    @Flag(help: "Record nothing; print the file as lines of JSON.")
    var dump = false
    @Option(name: .customLong("lines"), help: ArgumentHelp("Record nothing; make the file of lines of JSON, from this file ('-': standard input).", valueName: "lines-file"))
    var lines: String?

    func validate() throws {
        guard qos <= 2 else { throw ArgumentParser.ValidationError("--qos must be 0, 1 or 2, got \(qos)") }
        guard duration ?? 1 > 0, count ?? 1 > 0, size ?? 1 > 0 else {
            throw ArgumentParser.ValidationError("--duration, --count and --size must be above 0")
        }
        guard (info ? 1 : 0) + (dump ? 1 : 0) + (lines == nil ? 0 : 1) <= 1 else {
            throw ArgumentParser.ValidationError("give one of --info, --dump and --lines")
        }
    }

    func run() async throws {
        do {
            if info { return print(try RecordingSummary(file).text) }
            if dump { return try printLines() }
            if let lines { return try make(from: lines) }
            try await record()
        } catch let exit as ExitCode { throw exit } catch {
            Terminal.complain("dsotp record: \(error)")
            throw ExitCode.failure
        }
    }

    private func record() async throws {
        let writer =
            append ? try RecordingWriter(appendingTo: file) : try RecordingWriter(create: file, began: wallClockNanoseconds())
        let filters = filters.isEmpty ? ["#"] : filters
        let recorder = Recorder(
            options: databus.client("record"), filters: filters, qos: qos, longest: duration.map { .seconds($0) }, mostMessages: count,
            largestFile: size.map { Int($0 * 1_048_576) })
        let stop = await StopFlag.whenSignalled()
        let (recorded, lost) = try await recorder.run(into: writer, until: stop) {
            Terminal.complain("recording \(filters.joined(separator: ", ")) of \(databus.host):\(databus.port) to \(file); end with Ctrl-C")
        }
        try writer.close()
        print("recorded \(recorded) messages, \(writer.fileSize) bytes")
        if lost > 0 { Terminal.complain("dsotp record: \(lost) messages were lost: the disk is slower than the databus") }
    }

    private func printLines() throws {
        let reader = try RecordingReader(file)
        Terminal.write(RecordingLines.header(began: reader.began) + "\n", to: STDOUT_FILENO)
        while let block = try reader.next() {
            Terminal.write(block.map { RecordingLines.line($0) + "\n" }.joined(), to: STDOUT_FILENO)
        }
        if reader.tornBytes > 0 { Terminal.complain("dsotp record: \(reader.tornBytes) bytes at the end of \(file) are torn and were left away") }
    }

    private func make(from source: String) throws {
        if source != "-" {
            let descriptor = open(source, O_RDONLY)
            guard descriptor >= 0, dup2(descriptor, STDIN_FILENO) >= 0 else {
                throw PlatformError("\(source) can't be read: \(String(cString: strerror(errno)))")
            }
        }
        var writer: RecordingWriter?
        var (number, messages) = (0, 0)
        while let line = readLine() {
            number += 1
            guard !line.allSatisfy(\.isWhitespace) else { continue }
            switch try RecordingLines.parse(line, number: number) {
            case .header(let began):
                guard writer == nil else { throw PlatformError("line \(number): began must be said before the first message") }
                writer = try RecordingWriter(create: file, began: began)
            case .message(let message):
                let into = try writer ?? RecordingWriter(create: file, began: RecordingLines.defaultBegan)
                writer = into
                do { try into.append(message) } catch { throw PlatformError("line \(number): \(error)") }
                messages += 1
            }
        }
        guard let writer else { throw PlatformError("\(source) has no line (expected lines as dsotp record --dump prints them)") }
        try writer.close()
        print("\(file): \(messages) messages")
    }
}

extension StopFlag {
    /// A flag that SIGINT or SIGTERM sets.
    static func whenSignalled() async -> StopFlag {
        let flag = StopFlag()
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        Task { for await _ in signals { flag.set() } }
        return flag
    }
}
