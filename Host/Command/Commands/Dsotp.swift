import ArgumentParser

/// The DSO Technical Platform, in one executable.
@main
struct Dsotp: AsyncParsableCommand {
    /// The version of the platform; also what services and InfluxDB clients are told.
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "dsotp",
        abstract: "The DSO Technical Platform: databus, time-series store, gateway and services in one process.",
        version: version,
        subcommands: [
            RunSite.self, CheckSite.self, HashPassword.self, Emulate.self, Record.self, Replay.self, Plugin.self, RunService.self,
        ]
    )
}
