public import Foreign
public import Topics

/// What a file under `services/` says about one service: its library, what it may touch, and its limits.
public struct ServiceManifest: Sendable {
    /// The service's name: lower-case letters, digits and hyphens; part of its routes, topics and metrics.
    public let service: String
    /// A library name (`DatabaseAdapter`), a file name (`libDatabaseAdapter.so`) or a path.
    public let library: String
    /// One line for a person.
    public let description: String
    /// Whether it starts with the site, unless a person decided otherwise since.
    public let isEnabled: Bool
    public internal(set) var isolation: Isolation
    /// Subscriptions in the order of the manifest: the index comes back in `dsotp_message.subscription`.
    public internal(set) var subscriptions: [ServiceSubscription]
    /// Topics it may publish to.
    public let publish: [TopicFilter]
    public let timeSeries: TimeSeriesPermissions
    /// What it may command; nil for nothing.
    public var commands: CommandPermissions?
    public internal(set) var queue: QueueLimits
    /// How long a callback may take.
    public let deadline: Duration
    /// How long a stopping service may work off what it has.
    public let drain: Duration
    /// Bytes of keys and values that it may remember.
    public internal(set) var memoryQuota: Int
    /// What it may take of the machine and the databus.
    public let limits: ServiceLimits
    /// How often its process may be started again.
    public let restart: RestartPolicy
    /// How another revision takes its place.
    public let upgrade: UpgradePolicy
    /// On how many of the site's hosts it runs at a time.
    public let replicas: Replicas
    /// The hosts that it may run on, the preferred ones first; empty for all.
    public let hosts: [HostPattern]
    /// Free words for selecting and grouping services.
    public let labels: [(key: String, value: String)]
    /// The free part, an object.
    public internal(set) var config: ConfigValue
    /// Where the manifest begins.
    public let place: ManifestPlace
    /// Where the library is named.
    public let libraryPlace: ManifestPlace
    /// Where the topics to publish to are listed.
    public let publishPlace: ManifestPlace
    /// Where the free part begins.
    public let configPlace: ManifestPlace
    /// The digest that the library must have, `sha256:` and hexadecimal digits, or nil.
    public let digest: String?
    /// What it says of a library that knows nothing of the platform; nil unless `isolation` is foreign.
    public let foreign: ForeignDescription?
    /// The bytes that all this was read from, for signatures and digests.
    public var source: [UInt8] = []

    /// Where a service runs.
    public enum Isolation: String, CaseIterable, Sendable {
        /// In the host's process: fast, and trusted.
        case inProcess = "in-process"
        /// In a process of its own: whatever it does, the host goes on.
        case process
        /// A library that is no service of its own accord, in a process of its own, as `foreign` describes it.
        case foreign
    }

    /// On how many hosts of a site a service runs.
    public enum Replicas: String, CaseIterable, Sendable {
        /// On one, which holds the lease for it.
        case one = "1"
        /// On each that it may run on.
        case each
    }

    /// The lease that it runs under. Services that command devices share one: there is one arbiter of commands.
    public var lease: String { commands == nil ? service : Self.commandsLease }

    /// The lease of the host that decides about devices, for services and for operators.
    static let commandsLease = "commands"

    /// Whether it runs in a process of its own.
    var runsInRunner: Bool { isolation != .inProcess }

    /// Whether a session outlives the service's being disabled.
    public var keepsSession: Bool { subscriptions.contains { $0.session == .persistent } }
}

/// One entry under `subscribe`.
public struct ServiceSubscription: Hashable, Sendable {
    public let filter: TopicFilter
    /// The highest quality of service of deliveries: 0 or 1.
    public let qos: UInt8
    public let session: Session
    public let acknowledge: Acknowledge
    /// Where it is written, for refusals.
    public let place: ManifestPlace

    public init(
        filter: TopicFilter, qos: UInt8 = 0, session: Session = .clean, acknowledge: Acknowledge = .received, place: ManifestPlace
    ) {
        self.filter = filter
        self.qos = qos
        self.session = session
        self.acknowledge = acknowledge
        self.place = place
    }

    /// What happens to messages while the service is disabled.
    public enum Session: String, CaseIterable, Sendable {
        /// They are not kept.
        case clean
        /// Those with QoS 1 are kept and delivered when it is enabled again.
        case persistent
    }

    /// When the databus acknowledges a QoS 1 message to its publisher.
    public enum Acknowledge: String, CaseIterable, Sendable {
        /// When the host has it.
        case received
        /// When the points that the service made of it are durable.
        case stored
    }
}

/// Which measurements a service may read and write; nothing by default.
public struct TimeSeriesPermissions: Sendable {
    public var read: [MeasurementPattern] = []
    public var write: [MeasurementPattern] = []

    func mayRead(database: String, measurement: String) -> Bool { read.contains { $0.matches(database, measurement) } }
    func mayWrite(database: String, measurement: String) -> Bool { write.contains { $0.matches(database, measurement) } }
}

/// A measurement of a database, or all of its measurements.
public struct MeasurementPattern: Hashable, Sendable, CustomStringConvertible {
    public let database: String
    /// `*` for all.
    public let measurement: String

    func matches(_ database: String, _ measurement: String) -> Bool {
        database == self.database && (self.measurement == "*" || measurement == self.measurement)
    }

    /// Whether some measurement fits both.
    func overlaps(_ other: MeasurementPattern) -> Bool {
        database == other.database && (measurement == "*" || other.measurement == "*" || measurement == other.measurement)
    }

    /// `database.measurement`.
    public var description: String { "\(database).\(measurement)" }
}

/// The bounds of a service's mailbox and what happens at them.
public struct QueueLimits: Hashable, Sendable {
    public var messages = 65_536
    /// Bytes of topics and payloads. One message is taken however large it is when the mailbox is empty.
    public var bytes = 16 << 20
    public var overflow = Overflow.block
    /// Bytes that spilled messages may take on the disk.
    public var spill = 1 << 30

    public init(messages: Int = 65_536, bytes: Int = 16 << 20, overflow: Overflow = .block, spill: Int = 1 << 30) {
        self.messages = messages
        self.bytes = bytes
        self.overflow = overflow
        self.spill = spill
    }

    /// What happens to a message that does not fit.
    public enum Overflow: String, CaseIterable, Sendable {
        /// It waits in the databus, which slows its publishers when their sessions are full too.
        case block
        /// It takes the place of the oldest message.
        case dropOldest = "drop-oldest"
        /// It is dropped.
        case dropNewest = "drop-newest"
        /// It waits on the disk, and so does what comes after it until the service has caught up.
        case spill
    }
}
