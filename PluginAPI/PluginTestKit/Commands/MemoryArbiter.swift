public import PluginAPI

/// A command that the service submitted.
public struct SubmittedCommand: Sendable {
    /// Its number.
    public let number: UInt64
    /// What was asked.
    public let command: DeviceCommand
    /// When.
    public let time: Timestamp
    /// What the arbiter said.
    public let decision: CommandDecision
}

/// The arbiter's rules as far as one service sees them: its own commands, and what a test says that others hold and block.
struct MemoryArbiter {
    struct Hold {
        /// Nil for somebody else's.
        var command: DeviceCommand?
        let number: UInt64
        let holder: String
        let commandClass: CommandClass
        var until: Timestamp
        var confirmUntil: Timestamp?
        var reported = ""
    }

    var submitted: [SubmittedCommand] = []
    var holds: [String: Hold] = [:]
    var locks: [String: String] = [:]
    var isDryRun = false
    /// Commands of the service that wait, by device.
    private var waiting: [String: (number: UInt64, command: DeviceCommand)] = [:]
    private(set) var outcomes: [Outcome] = []
    var publications: [(topic: String, payload: String)] = []
    private var nextNumber: UInt64 = 1

    struct Outcome {
        var kind: CommandOutcome.Kind
        let number: UInt64
        let device: String
        let key: String
        var isFinal = false
        var by = ""
        var byClass: CommandClass?
        var sentence = ""
        var reported = ""
        var time: Timestamp
        var until: Timestamp?
    }

    mutating func takeOutcomes() -> [Outcome] {
        defer { outcomes = [] }
        return outcomes
    }

    mutating func submit(_ given: DeviceCommand, now: Timestamp) -> CommandDecision {
        let number = nextNumber
        nextNumber += 1
        let decision = decide(number, given, now: now)
        submitted.append(SubmittedCommand(number: number, command: given, time: now, decision: decision))
        return decision
    }

    private mutating func decide(_ number: UInt64, _ command: DeviceCommand, now: Timestamp) -> CommandDecision {
        func decision(_ isAccepted: Bool, _ sentence: String = "") -> CommandDecision {
            CommandDecision(isAccepted: isAccepted, command: number, isRetryable: !isAccepted, sentence: sentence)
        }
        if let note = locks[command.device], command.commandClass != .protection {
            return decision(false, "the device '\(command.device)' is blocked: \(note)")
        }
        if let hold = holds[command.device], hold.command == nil, command.commandClass != .protection, command.commandClass <= hold.commandClass {
            let sentence = "the device '\(command.device)' is held by \(hold.holder) (\(hold.commandClass))"
            guard command.waits, command.commandClass < hold.commandClass else { return decision(false, sentence) }
            waiting[command.device] = (number, command)
            return decision(true, sentence + ": it waits")
        }
        grant(number, command, now: now)
        return decision(true)
    }

    private mutating func grant(_ number: UInt64, _ command: DeviceCommand, now: Timestamp) {
        let reach = max(command.hold, command.confirmation?.within ?? .zero)
        if let loser = holds[command.device], loser.command != nil {
            end(command.device, .superseded, by: "service", byClass: command.commandClass, until: now + reach, now: now)
        }
        let isRehearsal = isDryRun || command.isDryRun
        var hold = Hold(
            command: command, number: number, holder: "service", commandClass: command.commandClass,
            until: now + (isRehearsal ? command.hold : reach))
        if !isRehearsal {
            hold.confirmUntil = command.confirmation.map { now + $0.within }
            publications.append((command.topic, Self.payload(number, command)))
        }
        holds[command.device] = hold
        let isOver = hold.until <= now
        tell(hold, isRehearsal ? .dryRun : .dispatched, isFinal: isOver, now: now)
        if isOver { holds[command.device] = nil }
    }

    static func payload(_ number: UInt64, _ command: DeviceCommand) -> String {
        switch command.content {
        case .json(let text): return text
        case .setPoint(let value, let unit):
            let unit = unit.isEmpty ? "" : ",\"unit\":\"\(unit)\""
            return "{\"value\":\(value)\(unit),\"command\":\(number),\"source\":\"service\",\"class\":\"\(command.commandClass)\"}"
        }
    }

    private mutating func tell(
        _ hold: Hold, _ kind: CommandOutcome.Kind, isFinal: Bool, by: String = "", byClass: CommandClass? = nil, until: Timestamp? = nil,
        sentence: String = "", now: Timestamp
    ) {
        guard let command = hold.command else { return }
        outcomes.append(
            Outcome(
                kind: kind, number: hold.number, device: command.device, key: command.key, isFinal: isFinal, by: by, byClass: byClass,
                sentence: sentence, reported: hold.reported, time: now, until: until ?? hold.until))
    }

    /// Ends what holds a device, and lets the command that waits for it have it.
    mutating func end(
        _ device: String, _ kind: CommandOutcome.Kind, by: String = "", byClass: CommandClass? = nil, until: Timestamp? = nil,
        sentence: String = "", now: Timestamp
    ) {
        guard let hold = holds.removeValue(forKey: device) else { return }
        tell(hold, kind, isFinal: true, by: by, byClass: byClass, until: until, sentence: sentence, now: now)
        guard kind != .superseded, locks[device] == nil, let next = waiting.removeValue(forKey: device) else { return }
        grant(next.number, next.command, now: now)
    }

    /// Somebody else takes a device.
    mutating func take(_ device: String, by holder: String, _ commandClass: CommandClass, until: Timestamp, now: Timestamp) {
        end(device, .superseded, by: holder, byClass: commandClass, until: until, now: now)
        holds[device] = Hold(number: 0, holder: holder, commandClass: commandClass, until: until)
    }

    /// What a device reports.
    mutating func report(_ topic: String, _ payload: [UInt8], now: Timestamp) {
        let document = (try? payload.withUnsafeBytes { try JSONValue($0) }) ?? .text(String(decoding: payload, as: UTF8.self))
        for (device, hold) in holds {
            guard let confirmation = hold.command?.confirmation, hold.confirmUntil != nil, confirmation.topic == topic,
                let value = Self.value(document, confirmation.field)
            else { continue }
            holds[device]?.reported = Self.text(value)
            guard Self.fits(value, confirmation, number: hold.number) else { continue }
            settle(device, .confirmed, now: now)
        }
    }

    /// Confirmed or not: what is left is the hold.
    private mutating func settle(_ device: String, _ kind: CommandOutcome.Kind, now: Timestamp) {
        guard var hold = holds[device], let command = hold.command, let confirmation = command.confirmation, let limit = hold.confirmUntil else { return }
        hold.confirmUntil = nil
        hold.until = limit - confirmation.within + command.hold
        holds[device] = hold
        if hold.until <= now { return end(device, kind, now: now) }
        tell(hold, kind, isFinal: false, now: now)
    }

    /// When time changes something next.
    var nextDue: Timestamp? { holds.values.map { hold in hold.confirmUntil.map { min($0, hold.until) } ?? hold.until }.min() }

    mutating func advance(to now: Timestamp) {
        for (device, hold) in holds.sorted(by: { $0.key < $1.key }) {
            if let limit = hold.confirmUntil, limit <= now {
                settle(device, .notConfirmed, now: now)
            } else if hold.confirmUntil == nil, hold.until <= now {
                end(device, .expired, now: now)
            }
        }
    }

    private static func value(_ document: JSONValue, _ field: String) -> JSONValue? {
        field.isEmpty ? document : field.split(separator: ".").reduce(Optional(document)) { $0?[String($1)] }
    }

    /// A scalar as JSON.
    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .text(let text): "\"\(text)\""
        case .number(let number, let integer): integer.map(String.init) ?? "\(number)"
        case .boolean(let truth): truth ? "true" : "false"
        case .object, .array, .null: value.kind
        }
    }

    private static func fits(_ value: JSONValue, _ confirmation: DeviceCommand.Confirmation, number: UInt64) -> Bool {
        if confirmation.value.isEmpty { return value.number == Double(number) || value.text == String(number) }
        guard let expected = try? Array(confirmation.value.utf8).withUnsafeBytes({ try JSONValue($0) }) else { return false }
        if let wanted = expected.number, let got = value.number { return abs(wanted - got) <= confirmation.tolerance }
        if let wanted = expected.text { return wanted == value.text }
        return expected.boolean != nil && expected.boolean == value.boolean
    }
}
