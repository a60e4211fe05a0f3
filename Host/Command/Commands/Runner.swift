import ArgumentParser
import Runtime

/// `dsotp runner`: not for people, so it is not shown. The host starts it to run one service in a process of its own.
struct RunService: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runner", abstract: "Runs one service for a host, which starts this itself.", shouldDisplay: false)

    func run() async throws {
        Terminal.complain(await Runner.run())
        throw ExitCode.failure
    }
}
