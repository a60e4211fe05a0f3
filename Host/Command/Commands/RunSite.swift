import ArgumentParser
import Runtime

/// `dsotp run SITE`.
struct RunSite: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs a site: databus, storage, gateway and the services of its manifests.",
        discussion: """
            SITE is a folder with site.yaml and services/*.yaml, for example manifests/demo. What is stored goes to the folder named by \
            DSOTP_DATA (default ./data). Ends in order on SIGTERM or SIGINT.
            """)

    @Argument(help: "The site's folder.")
    var site: String

    @Option(help: "Where the databus listens instead of where site.yaml says, as host:port; port 0 takes a free one.")
    var databus: AddressArgument?

    @Option(help: "Where the gateway listens instead of where site.yaml says, as host:port; port 0 takes a free one.")
    var gateway: AddressArgument?

    @Option(help: "This host's name among the hosts of the site, instead of what site.yaml or the machine says.")
    var hostName: String?

    @Option(help: "Publish like emulated devices too, over TCP: pmu.")
    var emulate: EmulatedDevice?

    @Option(help: "Emulated devices.")
    var emulateDevices = 5

    @Option(help: "Frames a second of each emulated device.")
    var emulateRate = 10.0

    @Option(
        help: ArgumentHelp(
            "How many times as fast as real time the site's clock goes.",
            discussion: """
                For rehearsals, with emulated devices that follow the clock told on the databus topic $SYS/dsotp/clock: services, commands and \
                now() in queries go by it. Give it a data folder of its own: what is stored bears the site's time.
                """))
    var speed: Double?

    @Option(
        help: """
            The time in UTC at which the site's clock begins, as 2026-06-01 or 2026-06-01T05:30:00Z; else where the last such run in the data folder \
            ended, or now.
            """)
    var begin: String?

    func run() async throws {
        do {
            if emulate != nil, speed != nil || begin != nil {
                throw PlatformError("--emulate pmu goes by real time: with --speed or --begin run 'dsotp emulate site' beside this")
            }
            let clock = try SiteClock.make(speed: speed, begin: begin, memory: SiteClockMemory(dataFolder: SiteFolder.dataFolder))
            let platform = try await Platform.start(
                PlatformRequest(
                    siteFolder: site, dataFolder: SiteFolder.dataFolder, databusAddress: databus?.address, gatewayAddress: gateway?.address, clock: clock,
                    hostName: hostName))
            try await platform.runUntilSignalled(
                emulating: emulate.map { _ in EmulatorSettings(devices: emulateDevices, framesPerSecond: emulateRate) })
        } catch {
            Terminal.complain("\(error)")
            throw ExitCode.failure
        }
    }
}

/// Devices that can be emulated.
enum EmulatedDevice: String, ExpressibleByArgument, CaseIterable {
    case pmu
}

/// `host:port` on the command line.
struct AddressArgument: ExpressibleByArgument {
    let address: ListenAddress

    init?(argument: String) {
        guard let address = ListenAddress(argument) else { return nil }
        self.address = address
    }
}
