import Estimation
import LiveGrid
import PluginAPI
import Readings

/// What the configuration says.
struct EstimationSettings {
    let files: GridFiles
    /// The last level of the topic of estimates, and the tag `grid` of stored ones.
    let grid: String
    var sources: [Source] = []
    var classes = MeterClass.known
    var places: [Place] = []
    let switchTopic: SwitchTopic
    let commandTopic: SwitchTopic?
    let tapTopic: SwitchTopic
    /// Nil goes by the grid model.
    let calculation: Calculation?
    /// Time between estimates.
    let period: Duration
    /// What is supposed of what nobody measures.
    let suppositions: SuppositionSettings
    /// Where results go.
    let topic: String
    let componentTopic: String?
    let database: String?
    let measurement: String
    let limits: Limits
    /// A normalised residual above this is a gross error; nil leaves all in.
    let badDataThreshold: Double?
    /// Nil: the square, which gross errors are searched with.
    let robustLoss: RobustLoss?
    /// Whether switch positions are tried where the measurements contradict the grid.
    let suspectsSwitches: Bool

    /// Topics whose messages are read, and what kind of devices publish them.
    struct Source {
        let form: MessageForm
        /// Position in `classes`.
        let meterClass: Int
    }

    /// What a device's component means in the grid, where it is not called by its mRID or name.
    struct Place {
        let device: String
        /// Empty for any.
        let component: String
        let at: String
    }

    /// What is told as a violation.
    struct Limits {
        /// Voltages per unit: EN 50160 (2010), section 5.2.2.2, takes 0.9 … 1.1 in medium voltage, 95 % of the time.
        var voltageBand = 0.9...1.1
        /// Loading in per cent of the rating.
        var warningLoading = 80.0
        var loading = 100.0
        /// Negative sequence of the voltage, per cent of the positive: EN 50160 (2010), sections 4.2.4 and 5.2.4, 95 % of the time.
        var unbalance = 2.0
    }
}

extension EstimationSettings {
    private static let keys = [
        "grid", "name", "measurements", "classes", "places", "switches", "period", "profiles", "publish", "store", "limits", "bad_data",
        "calculation", "taps",
    ]

    /// - Throws: ``Status/invalidConfiguration`` with a sentence that says where.
    init(_ configuration: Configuration, service: String) throws(ServiceError) {
        let root: JSONValue
        do throws(JSONError) { root = try JSONValue(configuration.json) } catch {
            throw .invalidConfiguration("config is not JSON, \(error)")
        }
        let object = try ConfigurationObject(root, at: "config")
        try object.allow(Self.keys)
        files = try GridFiles(object)
        grid = try object.text("name") ?? service
        let described = try Self.classes(object)
        classes = described
        sources = try Self.sources(object, described)
        places = try Self.places(object)
        let switches = try object.object("switches")
        try switches?.allow(["topic", "command_topic"])
        switchTopic = try SwitchTopic(try switches?.text("topic") ?? "switches/+", at: "config.switches.topic")
        commandTopic = try switches?.text("command_topic").map { text throws(ServiceError) in
            try SwitchTopic(text, at: "config.switches.command_topic")
        }
        let taps = try object.object("taps")
        try taps?.allow(["topic"])
        tapTopic = try SwitchTopic(try taps?.text("topic") ?? "taps/+", at: "config.taps.topic", of: "tap")
        calculation = try object.text("calculation").map { text throws(ServiceError) in
            guard let calculation = Calculation(rawValue: text) else {
                throw .invalidConfiguration("config.calculation is '\(text)', expected positive-sequence or three-phase, or leave it out")
            }
            return calculation
        }
        let seconds = try object.number("period", in: 0.02...3_600) ?? 1
        period = .nanoseconds(Int64(seconds * 1e9))
        suppositions = try SuppositionSettings(try object.object("profiles"))
        let publish = try object.object("publish")
        try publish?.allow(["topic", "component_topic"])
        topic = try publish?.text("topic") ?? "estimates/\(grid)"
        componentTopic = try publish?.text("component_topic")
        let store = try object.object("store")
        try store?.allow(["database", "measurement"])
        database = store == nil ? nil : try store?.text("database") ?? "dsotp"
        measurement = try store?.text("measurement") ?? "estimate"
        limits = try Self.limits(object)
        let badData = try object.object("bad_data")
        try badData?.allow(["threshold", "enabled", "loss", "switches"])
        let enabled = try badData?.boolean("enabled") ?? true
        let threshold = try badData?.number("threshold", in: 2...100) ?? 4
        badDataThreshold = enabled ? threshold : nil
        robustLoss = enabled ? (try badData?.choice("loss", Loss.self) ?? .quadratic).robust : nil
        suspectsSwitches = try badData?.boolean("switches") ?? true
    }

    private static func classes(_ object: ConfigurationObject) throws(ServiceError) -> [MeterClass] {
        var classes = MeterClass.known
        guard let described = try object.object("classes") else { return classes }
        for name in described.keys {
            guard let one = try described.object(name) else { continue }
            classes.removeAll { $0.name == name }
            classes.append(try MeterClass(one, name: name))
        }
        return classes
    }

    private static func sources(_ object: ConfigurationObject, _ classes: [MeterClass]) throws(ServiceError) -> [Source] {
        guard let listed = try object.objects("measurements"), !listed.isEmpty else {
            throw .invalidConfiguration("config.measurements is missing: list the topics of measurements, each with its class, for example scada")
        }
        var sources: [Source] = []
        for one in listed {
            try one.allow(MessageForm.keys + ["class"])
            let name = try one.text("class") ?? "scada"
            guard let meterClass = classes.firstIndex(where: { $0.name == name }) else {
                throw .invalidConfiguration(
                    "\(one.path).class is '\(name)', expected one of \(classes.map(\.name).joined(separator: ", ")), or describe it under classes")
            }
            sources.append(Source(form: try MessageForm(one), meterClass: meterClass))
        }
        return sources
    }

    private static func places(_ object: ConfigurationObject) throws(ServiceError) -> [Place] {
        var places: [Place] = []
        for one in try object.objects("places") ?? [] {
            try one.allow(["device", "component", "at"])
            guard let device = try one.text("device"), let at = try one.text("at") else {
                throw .invalidConfiguration("\(one.path) needs 'device' and 'at', the mRID or name of what it measures")
            }
            places.append(Place(device: device, component: try one.text("component") ?? "", at: at))
        }
        return places
    }

    private static func limits(_ object: ConfigurationObject) throws(ServiceError) -> Limits {
        var limits = Limits()
        guard let given = try object.object("limits") else { return limits }
        try given.allow(["voltage_low", "voltage_high", "loading_percent", "warning_percent", "unbalance_percent"])
        let low = try given.number("voltage_low", in: 0...2) ?? limits.voltageBand.lowerBound
        let high = try given.number("voltage_high", in: 0...2) ?? limits.voltageBand.upperBound
        guard low < high else { throw .invalidConfiguration("\(given.path).voltage_low is \(low), expected below voltage_high, \(high)") }
        limits.voltageBand = low...high
        limits.loading = try given.number("loading_percent", in: 1...1_000) ?? limits.loading
        limits.warningLoading = try given.number("warning_percent", in: 1...1_000) ?? min(limits.warningLoading, limits.loading)
        limits.unbalance = try given.number("unbalance_percent", in: 0.01...100) ?? limits.unbalance
        return limits
    }
}

/// What a residual costs.
private enum Loss: String, CaseIterable {
    case quadratic, huber, lav

    var robust: RobustLoss? {
        switch self {
        case .quadratic: nil
        case .huber: .huber()
        case .lav: .leastAbsoluteValue()
        }
    }
}
