/// A command as it is asked for. Times are nanoseconds since 1970-01-01T00:00:00Z, durations nanoseconds.
public struct CommandRequest: Sendable {
    public var source: CommandSource
    public var commandClass: CommandClass
    /// What is acted on.
    public var device: String
    public var topic: String
    public var content: Content
    /// Waits behind a higher class instead of being refused.
    public var waits = false
    /// Decided and told, but not published.
    public var isDryRun = false
    /// Whose blocks it passes.
    public var passes = LockPass.none
    /// Idempotency key, empty for none.
    public var key = ""
    public var reason = ""
    /// 0: at once.
    public var notBefore: Int64 = 0
    /// 0: ``defaultPatience`` after its time.
    public var expires: Int64 = 0
    /// How long it holds the device after the publishing.
    public var hold: Int64 = 0
    public var confirmation: CommandConfirmation?

    /// How long a command may wait that does not say so.
    static let defaultPatience: Int64 = 60_000_000_000
    /// The longest hold.
    static let longestHold: Int64 = 7 * 86_400_000_000_000
    /// How far ahead the times of a command may be.
    static let farthest: Int64 = 366 * 86_400_000_000_000
    /// The longest time that a device may take to report.
    static let longestConfirmation: Int64 = 3_600_000_000_000

    /// Which blocks of its device a command passes.
    public enum LockPass: Sendable {
        case none
        /// Those of the user who commands.
        case own
        /// Anybody's.
        case any
    }

    /// What is published.
    public enum Content: Sendable {
        /// JSON, as it is.
        case json(String)
        /// A number with its unit, as the object that `dsotp/extensions/command.h` describes.
        case setPoint(value: Double, unit: String)
    }

    /// A command of a source for a device.
    public init(source: CommandSource, commandClass: CommandClass, device: String, topic: String, content: Content) {
        self.source = source
        self.commandClass = commandClass
        self.device = device
        self.topic = topic
        self.content = content
    }

    func passes(_ lock: DeviceLock) -> Bool {
        switch passes {
        case .none: false
        case .own: source == .user(lock.user)
        case .any: true
        }
    }

    /// How long the device is not free for others, counted from the publishing.
    var reach: Int64 { max(hold, confirmation?.within ?? 0) }
}

/// What a device is expected to report.
public struct CommandConfirmation: Sendable {
    public let topic: String
    /// Members of the reported object from the outside to the inside; empty for the whole payload.
    public let path: [String]
    public let expected: Expected
    /// How long it may take after the publishing, ns.
    public let within: Int64

    /// What the value has to be.
    public enum Expected: Sendable {
        case number(Double, tolerance: Double)
        case text(String)
        case boolean(Bool)
        /// The number of the command itself, as a number or a text.
        case identifier
    }

    /// - Parameter field: members joined by dots; empty for the whole payload.
    public init(topic: String, field: String, expected: Expected, within: Int64) {
        self.topic = topic
        path = field.isEmpty ? [] : field.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        self.expected = expected
        self.within = within
    }

    /// The value that a report has at the field, or `nil`.
    func value(in report: ConfigValue) -> ConfigValue? {
        path.reduce(Optional(report)) { value, member in value?[member] }
    }

    /// Whether a reported value is the one that is expected of the command `number`.
    func fits(_ value: ConfigValue, command number: UInt64) -> Bool {
        switch (expected, value) {
        case (.number(let wanted, let tolerance), .number(let got)): abs(got - wanted) <= tolerance
        case (.number(let wanted, let tolerance), .integer(let got)): abs(Double(got) - wanted) <= tolerance
        case (.text(let wanted), .text(let got)): wanted == got
        case (.boolean(let wanted), .boolean(let got)): wanted == got
        case (.identifier, .integer(let got)): UInt64(exactly: got) == number
        case (.identifier, .text(let got)): got == String(number)
        default: false
        }
    }
}
