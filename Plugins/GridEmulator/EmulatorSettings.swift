import LiveGrid
import PluginAPI

/// What the configuration says: the grid, its devices, and how their time runs.
struct EmulatorSettings {
    let grid: GridFiles
    var pmus: [PMU] = []
    var scada: Reporting?
    var meters: Reporting?
    let profiles: ProfileMeters.Settings?
    /// Faults that people may provoke; nil leaves the routes away.
    var faults: Faults?
    let switchTopic: SwitchTopic
    let commandTopic: SwitchTopic
    let tapTopic: SwitchTopic
    var regulators: [Regulator] = []
    /// How long a switch takes to move.
    let switchMillis: Int
    /// Emulated seconds of the day in one second.
    let speed: Double
    /// The time of the day at which it begins, in hours; nil goes by the clock.
    let startHour: Double?
    let seed: UInt64

    /// A phasor measurement unit at a busbar.
    struct PMU {
        let device: String
        /// The mRID of the busbar.
        let at: String
    }

    /// An on-load tap changer with its voltage regulator.
    struct Regulator {
        /// The mRID of the tap changer or of its transformer.
        let tap: String
        /// The mRID of the busbar whose voltage it holds.
        let at: String
        /// Per unit: the middle of the band in which it rests, and its whole width.
        let target: Double
        let band: Double
        /// Emulated time from the moment that the voltage leaves the band to a step, and from step to step.
        let delaySeconds: Double
    }

    /// Where protection and fault passage indicators report.
    struct Faults {
        let tripTopic: SwitchTopic
        let indicatorTopic: SwitchTopic
    }

    /// Devices that report now and then.
    struct Reporting {
        let topic: String
        let period: Duration
        /// Standard deviation of what they report, of the value.
        let noise: Double
    }

    let pmuTopic: String
    let pmuPeriod: Duration
    let pmuNoise: Double
    /// Standard deviation in radian.
    let pmuAngleNoise: Double

    init(_ configuration: Configuration) throws(ServiceError) {
        let root: JSONValue
        do throws(JSONError) { root = try JSONValue(configuration.json) } catch {
            throw .invalidConfiguration("config is not JSON, \(error)")
        }
        let object = try ConfigurationObject(root, at: "config")
        try object.allow(["grid", "pmu", "scada", "meters", "profile_meters", "switches", "taps", "faults", "speed", "start_hour", "seed"])
        grid = try GridFiles(object)
        let pmu = try object.object("pmu")
        try pmu?.allow(["topic", "rate", "noise_percent", "angle_noise_degrees", "devices"])
        pmuTopic = try pmu?.text("topic") ?? "/pmu/{device}"
        pmuPeriod = .nanoseconds(Int64(1e9 / (try pmu?.number("rate", in: 0.01...100) ?? 10)))
        pmuNoise = (try pmu?.number("noise_percent", in: 0...100) ?? 0.1) / 100
        pmuAngleNoise = (try pmu?.number("angle_noise_degrees", in: 0...180) ?? 0.05) * .pi / 180
        for device in try pmu?.objects("devices") ?? [] {
            try device.allow(["device", "at"])
            guard let name = try device.text("device"), let at = try device.text("at") else {
                throw .invalidConfiguration("\(device.path) needs 'device', a name, and 'at', the mRID of a busbar")
            }
            pmus.append(PMU(device: name, at: at))
        }
        scada = try Self.reporting(object, "scada", topic: "measurements/scada/{device}", seconds: 2, noisePercent: 1)
        meters = try Self.reporting(object, "meters", topic: "measurements/meter/{device}", seconds: 900, noisePercent: 2)
        profiles = try object.object("profile_meters").map { section throws(ServiceError) in try ProfileMeters.Settings(section) }
        let switches = try object.object("switches")
        try switches?.allow(["topic", "command_topic", "operating_ms"])
        switchTopic = try SwitchTopic(try switches?.text("topic") ?? "switches/+", at: "config.switches.topic")
        commandTopic = try SwitchTopic(try switches?.text("command_topic") ?? "switches/+/command", at: "config.switches.command_topic")
        let taps = try object.object("taps")
        try taps?.allow(["topic", "regulators"])
        tapTopic = try SwitchTopic(try taps?.text("topic") ?? "taps/+", at: "config.taps.topic", of: "tap")
        for regulator in try taps?.objects("regulators") ?? [] { regulators.append(try Regulator(regulator)) }
        switchMillis = try switches?.integer("operating_ms", in: 0...600_000) ?? 100
        if let part = try object.object("faults") {
            try part.allow(["trip_topic", "indicator_topic"])
            faults = Faults(
                tripTopic: try SwitchTopic(try part.text("trip_topic") ?? "protection/+", at: "config.faults.trip_topic"),
                indicatorTopic: try SwitchTopic(try part.text("indicator_topic") ?? "indicators/+", at: "config.faults.indicator_topic"))
        }
        speed = try object.number("speed", in: 0.001...100_000) ?? 1
        startHour = try object.number("start_hour", in: 0...24)
        seed = UInt64(try object.integer("seed", in: 0...Int64.max) ?? 1)
    }

    private static func reporting(
        _ object: ConfigurationObject, _ key: String, topic: String, seconds: Double, noisePercent: Double
    ) throws(ServiceError) -> Reporting? {
        guard let part = try object.object(key) else { return nil }
        try part.allow(["topic", "period_seconds", "noise_percent"])
        return Reporting(
            topic: try part.text("topic") ?? topic,
            period: .nanoseconds(Int64(1e9 * (try part.number("period_seconds", in: 0.01...86_400) ?? seconds))),
            noise: (try part.number("noise_percent", in: 0...100) ?? noisePercent) / 100)
    }
}

extension EmulatorSettings.Regulator {
    /// - Throws: ``Status/invalidConfiguration`` with what was expected.
    init(_ object: ConfigurationObject) throws(ServiceError) {
        try object.allow(["tap", "at", "target_percent", "band_percent", "delay_seconds"])
        guard let tap = try object.text("tap"), let at = try object.text("at") else {
            throw .invalidConfiguration("\(object.path) needs 'tap', the mRID of a tap changer or transformer, and 'at', that of the busbar it holds")
        }
        self.tap = tap
        self.at = at
        target = (try object.number("target_percent", in: 50...150) ?? 100) / 100
        band = (try object.number("band_percent", in: 0.1...20) ?? 2) / 100
        delaySeconds = try object.number("delay_seconds", in: 0...3_600) ?? 60
    }
}
