import ArgumentParser
import Databus

/// `dsotp emulate …`.
struct Emulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Publishes like field devices, as a real MQTT client over TCP.", subcommands: [EmulatePMU.self, EmulateSite.self])
}

/// `dsotp emulate pmu`.
struct EmulatePMU: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pmu", abstract: "Phasor measurement units: three phases of voltage and current, frequency and its rate of change.")

    @Option(help: "Number of devices.")
    var devices = 10
    @Option(help: "Frames a second of each device.")
    var rate = 50.0
    @Option(help: "End after so many frames of each device.")
    var frames: Int?
    @Option(help: "Host of the databus.")
    var host = "127.0.0.1"
    @Option(help: "Port of the databus.")
    var port = 1883
    @Option(help: "User at the databus.")
    var user = "admin"
    @Option(help: "Password at the databus.")
    var password = "admin"
    @Option(help: "Quality of service: 0 or 1.")
    var qos: UInt8 = 0
    @Option(help: "Topic; {device} stands for the device's name.")
    var topic = "/pmu/{device}"
    @Option(help: "The same seed gives the same readings.")
    var seed: UInt64 = 1

    func validate() throws {
        guard (1...100_000).contains(devices) else { throw ValidationError("--devices must be 1 … 100000, got \(devices)") }
        guard rate > 0, rate <= 1000 else { throw ValidationError("--rate must be above 0 and at most 1000 frames a second, got \(rate)") }
        guard qos <= 1 else { throw ValidationError("--qos must be 0 or 1, got \(qos)") }
        guard frames ?? 1 > 0 else { throw ValidationError("--frames must be 1 or more") }
        guard !topic.contains("+"), !topic.contains("#") else { throw ValidationError("--topic must not contain the wildcards + and #") }
    }

    func run() async throws {
        var settings = EmulatorSettings()
        settings.devices = devices
        settings.framesPerSecond = rate
        settings.frames = frames
        settings.host = host
        settings.port = port
        settings.user = user
        settings.password = password
        settings.qos = qos
        settings.topic = topic
        settings.seed = seed
        do {
            let published = try await PMUFleet(settings: settings).run()
            print("published \(published) frames of \(devices) devices")
        } catch let error as DatabusError {
            Terminal.complain("dsotp emulate: \(error.description)")
            throw ExitCode.failure
        }
    }
}
