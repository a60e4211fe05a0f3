import ArgumentParser
import Databus
import Glibc
import PluginAPI
import Runtime

/// `dsotp emulate site SITE`: the host's executable starts this one.
@main
struct SiteEmulator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dsotp emulate site",
        abstract: "Plays the field of a site: its devices as MQTT clients of their own, from its grid model and its emulation.yaml.",
        discussion: """
            Goes by the site's clock, which `dsotp run --speed N --begin TIME` tells on the databus, and by real time without it. Reconnects when the \
            host restarts; ends in order on Ctrl-C and SIGTERM.
            """)

    @Argument(help: "The site's folder.")
    var site: String
    @Option(help: "Host of the databus; by default where site.yaml says.")
    var host: String?
    @Option(help: "Port of the databus; by default where site.yaml says.")
    var port: Int?
    @Option(help: "User at the databus; by default as emulation.yaml says.")
    var user: String?
    @Option(help: "Password at the databus; by default as emulation.yaml says.")
    var password: String?
    @Option(help: "How many times as fast as real time, where the host does not say.")
    var speed = 1.0
    @Option(help: "The time in UTC at which the field begins, as 2026-06-01T05:30:00Z, where the host does not say.")
    var begin: String?
    @Option(help: "First publish so many days of the past: meter readings and weather forecasts, to learn from.")
    var history = 0
    @Option(help: "End after so many seconds.")
    var seconds: Double?
    @Option(help: "Seconds between lines of statistics.")
    var statistics = 5.0
    @Flag(help: "Check emulation.yaml against the grid, say what there is, and end.")
    var check = false

    func validate() throws {
        guard speed > 0, speed <= 100_000 else { throw ValidationError("--speed must be above 0 and at most 100000, got \(speed)") }
        guard (0...1100).contains(history) else { throw ValidationError("--history must be 0 … 1100 days, got \(history)") }
        guard statistics >= 0.1 else { throw ValidationError("--statistics must be 0.1 s or more, got \(statistics)") }
        if let begin, Self.time(begin) == nil { throw ValidationError("--begin is '\(begin)', expected a time such as 2026-06-01T05:30:00Z") }
    }

    func run() async throws {
        do {
            let description = try SiteDescription(folder: site)
            if check { return print(try Emulation.summary(of: description)) }
            try await emulation(description).run()
        } catch is CancellationError {
            return
        } catch {
            let lines = "\(error)".split(separator: "\n").map { "dsotp emulate site: \($0)\n" }.joined()
            _ = lines.withCString { write(STDERR_FILENO, $0, strlen($0)) }
            throw ExitCode.failure
        }
    }

    private func emulation(_ description: SiteDescription) throws -> Emulation {
        let listen = host == nil || port == nil ? try SiteFolder.load(site).databus.listen : nil
        var address = host ?? listen?.host ?? "127.0.0.1"
        if address == "0.0.0.0" || address == "::" { address = "127.0.0.1" }
        let options = MQTTClientOptions(
            host: address, port: port ?? listen?.port ?? 1883, user: user ?? description.user, password: password ?? description.password)
        return Emulation(
            description: description, options: options, clock: FieldClock(begin: begin.flatMap(Self.time), speed: speed), historyDays: history, seconds: seconds,
            statisticsSeconds: statistics)
    }

    private static func time(_ text: String) -> Timestamp? {
        let whole = text.count == 10 ? text + "T00:00:00Z" : text
        return Array(whole.utf8).withUnsafeBytes { Timestamp(iso8601: $0, offsetIfMissing: 0) }
    }
}
