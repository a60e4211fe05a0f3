import ArgumentParser
import Glibc
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

    @Option(help: "Publish like emulated devices too, over TCP: pmu.")
    var emulate: EmulatedDevice?

    @Option(help: "Emulated devices.")
    var emulateDevices = 5

    @Option(help: "Frames a second of each emulated device.")
    var emulateRate = 10.0

    func run() async throws {
        let data = getenv("DSOTP_DATA").map { String(cString: $0) } ?? "./data"
        do {
            let platform = try await Platform.start(
                PlatformRequest(siteFolder: site, dataFolder: data, databusAddress: databus?.address, gatewayAddress: gateway?.address))
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
