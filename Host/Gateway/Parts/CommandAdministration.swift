/// Commands of devices and their arbiter; what the gateway needs of the runtime. Commands and devices are JSON objects in the form of the
/// schemas `Command` and `CommandDevice`. What throws, throws `GatewayError` with a sentence.
public protocol CommandAdministration: Sendable {
    /// Commands that are known, the latest change first.
    func commands(_ query: CommandQuery) async throws -> [String]
    /// One command, or nil.
    func command(_ number: UInt64) async -> String?
    /// Commands a device in the name of a user. Throws `.badRequest` for what is malformed, `.conflict` for what the arbiter refuses.
    func submit(_ order: CommandOrder, by caller: Caller) async throws -> String
    /// Cancels a command of whomever; nil if there is none that has not ended.
    func cancel(_ number: UInt64, by caller: Caller) async throws -> String?
    /// Devices that are held, waited for or blocked, at most so many: the blocked ones first, then those of the higher class.
    func devices(limit: Int) async -> CommandDevicePage
    /// One device; one that nobody commands is free.
    func device(_ name: String) async -> String
    /// Blocks a device for work. Durable when it returns.
    func lock(_ device: String, note: String, by caller: Caller) async throws
    /// Releases a device. Durable when it returns.
    func unlock(_ device: String, by caller: Caller) async throws
    /// Whether commands are only rehearsed.
    func isDryRun() async -> Bool
    /// Switches the dry run of the site. Durable when it returns.
    func setDryRun(_ isOn: Bool, by caller: Caller) async throws
}

/// Which commands are listed; nil for all.
public struct CommandQuery: Hashable, Sendable {
    public var device: String?
    /// A service's or a user's name.
    public var service: String?
    /// A word such as `flisr`.
    public var commandClass: String?
    /// A word such as `not-confirmed`.
    public var outcome: String?
    /// Those that have not ended, or those that have.
    public var isActive: Bool?
    public var limit = 200

    /// All commands.
    public init() {}
}

/// Devices, and how many there are in all.
public struct CommandDevicePage: Sendable {
    /// Each as a JSON object.
    public let devices: [String]
    /// Devices that a command holds.
    public let held: Int
    /// Devices that are blocked.
    public let locked: Int
    /// Commands that wait for a device.
    public let waiting: Int

    /// A page.
    public init(devices: [String], held: Int, locked: Int, waiting: Int) {
        self.devices = devices
        self.held = held
        self.locked = locked
        self.waiting = waiting
    }
}

/// A command as a person gives it.
public struct CommandOrder: Sendable {
    /// What is acted on; nil for the one that the topic names.
    public var device: String?
    /// A command topic; nil for `setpoints/<device>`.
    public var topic: String?
    /// JSON; nil for a set-point.
    public var payload: String?
    /// The set-point.
    public var value: Double?
    /// The set-point's unit.
    public var unit: String
    /// How long it holds the device after the publishing.
    public var holdSeconds: Double
    /// If it can't be published within so many seconds, it expires; nil for the usual minute.
    public var expiresInSeconds: Double?
    public var reason: String
    public var key: String
    public var isDryRun: Bool
    /// Acts on a device although it is blocked.
    public var isDespiteLock: Bool
    public var confirmation: Confirmation?

    /// What the device is to report.
    public struct Confirmation: Sendable {
        public let topic: String
        /// Members joined by dots.
        public let field: String
        /// A JSON text, number, true or false; empty for the command's number.
        public let value: String
        public let tolerance: Double
        public let withinSeconds: Double
    }
}
