import ArgumentParser
import Databus
import Topics

/// `dsotp replay FILE`.
struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Publishes a recording to a databus, at any speed.",
        discussion: "Ends when all is published and acknowledged, or in order on Ctrl-C and SIGTERM. See dsotp plugin replay for virtual time.")

    @Argument(help: "A recording made by dsotp record.")
    var file: String
    @Option(help: "How fast: 1 as recorded, 10 ten times as fast, max as fast as the databus takes it.")
    var speed = "1"
    @Option(help: "How often; 0 goes on until it is ended.")
    var times = 1
    @Option(name: .customLong("filter"), help: "What to publish; may be given more than once. All by default.")
    var filters: [String] = []
    @Option(name: .customLong("topic"), help: ArgumentHelp("Topics that begin with OLD begin with NEW instead; may be given more than once.", valueName: "old=new"))
    var topics: [String] = []
    @Option(help: "Quality of service of all messages: 0 or 1; that of the recording by default.")
    var qos: UInt8?
    @Option(help: ArgumentHelp("Move the time in this member of JSON payloads to that of the replay, for example timestamp.", valueName: "member"))
    var shiftTime: String?
    @OptionGroup var databus: DatabusOptions

    func run() async throws {
        do {
            let published = try await replayer().run(until: await StopFlag.whenSignalled())
            print("published \(published) messages")
        } catch {
            Terminal.complain("dsotp replay: \(error)")
            throw ExitCode.failure
        }
    }

    private func replayer() throws -> Replayer {
        guard let speed = Replayer.Speed(speed) else {
            throw PlatformError("--speed is '\(speed)' (expected a number above 0, or max)")
        }
        guard times >= 0, qos ?? 0 <= 1 else { throw PlatformError("--times must be 0 or more and --qos 0 or 1") }
        var replayer = Replayer(path: file, options: databus.client("replay"), speed: speed, passes: times, qos: qos, shiftedMember: shiftTime)
        replayer.filters = filters.isEmpty ? nil : try filters.map { try TopicFilter($0) }
        replayer.rewrites = try topics.map { text in
            guard let rewrite = Replayer.Rewrite(text) else { throw PlatformError("--topic is '\(text)' (expected OLD=NEW, such as /pmu/=/test/pmu/)") }
            return rewrite
        }
        return replayer
    }
}
