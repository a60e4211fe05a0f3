/// A command for a device, as a service asks for it; see `dsotp/extensions/command.h` for the rules of the arbiter.
public struct DeviceCommand: Sendable {
    /// At most what the manifest permits.
    public var commandClass: CommandClass
    /// An asset or the mRID of a switch; empty for the one that ``topic`` names.
    public var device: String
    /// A command topic of the site that names the device; empty for `setpoints/<device>`.
    public var topic: String
    /// What is published.
    public var content: Content
    /// Wait behind a higher class instead of being refused.
    public var waits = false
    /// Decide, record and tell, but do not publish.
    public var isDryRun = false
    /// Idempotency key, unique within the service: a command with a known key is not made again. Empty for none.
    public var key = ""
    /// Why, for people and for the record.
    public var reason = ""
    /// Not published before, at most 366 days ahead; nil: at once.
    public var notBefore: Timestamp?
    /// Expires if it can't be published until then, at most 366 days ahead; nil: a minute after its time.
    public var expires: Timestamp?
    /// How long it holds the device after the publishing; zero: until it is confirmed or not, or not at all.
    public var hold: Duration = .zero
    /// What the device is to report.
    public var confirmation: Confirmation?

    /// What is published.
    public enum Content: Sendable {
        /// JSON, as it is.
        case json(String)
        /// A number with its unit, as `{"value", "unit", …}`.
        case setPoint(Double, unit: String)
    }

    /// What a device is expected to report on a topic that the site watches.
    public struct Confirmation: Sendable {
        /// A topic name, for example `switches/<mRID>`.
        public var topic: String
        /// Member of the reported JSON object, members of members joined by dots; empty: the whole payload.
        public var field: String
        /// The expected JSON text, number, true or false, for example `"open"` in quotes; empty: the number of the command itself.
        public var value: String
        /// By how much a number may differ.
        public var tolerance: Double
        /// How long it may take after the publishing.
        public var within: Duration

        /// A report to wait for.
        public init(topic: String, field: String, value: String, tolerance: Double = 0, within: Duration) {
            self.topic = topic
            self.field = field
            self.value = value
            self.tolerance = tolerance
            self.within = within
        }
    }

    /// A set-point for an asset, to `setpoints/<asset>`.
    public init(_ commandClass: CommandClass, setPoint value: Double, unit: String, of asset: String, hold: Duration) {
        self.commandClass = commandClass
        device = asset
        topic = ""
        content = .setPoint(value, unit: unit)
        self.hold = hold
    }

    /// JSON to a command topic.
    public init(_ commandClass: CommandClass, publishing json: String, to topic: String) {
        self.commandClass = commandClass
        device = ""
        self.topic = topic
        content = .json(json)
    }
}

/// Priority classes of commands.
public enum CommandClass: UInt32, CaseIterable, Comparable, Sendable {
    case optimisation = 1, balancing, flisr, `operator`, protection

    public static func < (left: CommandClass, right: CommandClass) -> Bool { left.rawValue < right.rawValue }
}

/// The arbiter's first word on a command.
public struct CommandDecision: Hashable, Sendable {
    /// Whether it is published now, or waits.
    public let isAccepted: Bool
    /// The command's number.
    public let command: UInt64
    /// Whether the same command may be accepted later without a change by a person.
    public let isRetryable: Bool
    /// Why it was refused, or what it waits for; may be empty.
    public let sentence: String

    package init(isAccepted: Bool, command: UInt64, isRetryable: Bool, sentence: String) {
        self.isAccepted = isAccepted
        self.command = command
        self.isRetryable = isRetryable
        self.sentence = sentence
    }
}

/// Who may act on a device.
public struct CommandedDevice: Hashable, Sendable {
    /// Class of the command that holds it; nil if it is free.
    public let commandClass: CommandClass?
    /// That command, 0 if it is free.
    public let command: UInt64
    /// Until when it is held, as far as is known.
    public let until: Timestamp?
    /// Service or user that holds it, empty if it is free.
    public let holder: String
    /// How many commands wait for it.
    public let waiting: Int
    /// Who blocked it and why; nil if it is not blocked.
    public let lock: String?
}
