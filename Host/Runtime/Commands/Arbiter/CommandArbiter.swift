/// Decides who may act on which device: pure, without input or output, on the times that it is given.
///
/// Whoever drives it gives it commands, the time and what devices report, and carries out its effects in their order. Times are
/// nanoseconds since 1970-01-01T00:00:00Z and don't go back. The rules stand in `Commands/README.md`.
struct CommandArbiter {
    /// Bounds of its memory.
    struct Limits: Sendable {
        /// Commands that have not ended.
        var active = 100_000
        /// Of these, of one source.
        var activePerSource = 20_000
        /// Commands before their time, and commands that wait, of one device.
        var queuedPerDevice = 64
        /// Commands that have ended and are still known, of each class.
        var recentPerClass = 1_000
    }

    let limits: Limits
    /// Whether nothing at all is published.
    private(set) var isDryRun: Bool
    var active: [UInt64: Command] = [:]
    var slots: [String: DeviceSlot] = [:]
    var effects: [CommandEffect] = []
    var due = DueQueue()
    /// Commands that wait for a report, by its topic.
    var expecting: [String: Set<UInt64>] = [:]
    private(set) var recent = RecentCommands()
    private var keys: [Key: UInt64] = [:]
    private var activeOf: [CommandSource: Int] = [:]
    private var nextNumber: UInt64

    private struct Key: Hashable {
        let source: CommandSource
        let key: String
    }

    /// - Parameter firstNumber: larger than every number that was given before in this site.
    init(firstNumber: UInt64 = 1, isDryRun: Bool = false, limits: Limits = Limits()) {
        self.isDryRun = isDryRun
        nextNumber = firstNumber
        self.limits = limits
    }

    /// The effects since the last time, in their order.
    mutating func takeEffects() -> [CommandEffect] {
        defer { effects.removeAll(keepingCapacity: true) }
        return effects
    }

    /// A command that is known, ended or not.
    func command(_ number: UInt64) -> Command? { active[number] ?? recent[number] }

    /// Decides about a new command.
    mutating func submit(_ request: CommandRequest, now: Int64) -> CommandDecision {
        if let known = known(request) { return Self.decision(of: known) }
        let start = max(request.notBefore, now)
        var command = Command(
            number: takeNumber(), request: request, submitted: now,
            expires: request.expires == 0 ? start.saturatingAdd(CommandRequest.defaultPatience) : request.expires,
            isDryRun: isDryRun || request.isDryRun, changed: now)
        remember(key: request, command.number)
        if let refusal = refusal(of: command, now: now) { return refuse(&command, refusal, now: now, isAnswer: true) }
        if request.notBefore > now {
            enter(&command)
            command.stage = .scheduled
            slots[command.device, default: DeviceSlot()].scheduled += 1
            tell(&command, .accepted, "it is published at \(TimeOfDay.text(request.notBefore)) at the earliest", isAnswer: true, now: now)
            keep(command)
            return Self.decision(of: command)
        }
        switch verdict(on: command) {
        case .refuse(let refusal): return refuse(&command, refusal, now: now, isAnswer: true)
        case .wait(let sentence):
            enter(&command)
            wait(&command, sentence, isAnswer: true, now: now)
        case .grant:
            enter(&command)
            tell(&command, .accepted, "", isAnswer: true, now: now)
            grant(&command, now: now)
        }
        return Self.decision(of: self.command(command.number) ?? command)
    }

    /// Refuses a command that its source may not give, so that it is recorded like every other.
    mutating func refuse(_ request: CommandRequest, _ sentence: String, now: Int64) -> CommandDecision {
        var command = Command(
            number: takeNumber(), request: request, submitted: now, expires: request.expires, isDryRun: isDryRun || request.isDryRun, changed: now)
        return refuse(&command, Refusal(sentence), now: now, isAnswer: true)
    }

    /// Switches the dry run of the whole site.
    mutating func setDryRun(_ isOn: Bool) {
        isDryRun = isOn
        effects.append(.rememberDryRun(isOn))
    }

    /// What bounds and times say against a command.
    private func refusal(of command: Command, now: Int64) -> Refusal? {
        if command.expires <= now {
            return Refusal("it expired at \(TimeOfDay.text(command.expires)), before it came (expected a time in the future)")
        }
        if command.expires <= command.request.notBefore {
            return Refusal("it expires before it may be published (expected expires after not_before)")
        }
        if active.count >= limits.active || activeOf[command.source, default: 0] >= limits.activePerSource {
            return Refusal("too many commands are under way (expected at most \(limits.activePerSource) of one source)", isRetryable: true)
        }
        if command.request.notBefore > now, slots[command.device]?.scheduled ?? 0 >= limits.queuedPerDevice {
            return Refusal(
                "the device '\(command.device)' has \(limits.queuedPerDevice) commands before their time (expected fewer)", isRetryable: true)
        }
        return nil
    }

    private func known(_ request: CommandRequest) -> Command? {
        guard !request.key.isEmpty, let number = keys[Key(source: request.source, key: request.key)] else { return nil }
        return command(number)
    }

    private mutating func remember(key request: CommandRequest, _ number: UInt64) {
        if !request.key.isEmpty { keys[Key(source: request.source, key: request.key)] = number }
    }

    private mutating func takeNumber() -> UInt64 {
        defer { nextNumber += 1 }
        return nextNumber
    }

    private static func decision(of command: Command) -> CommandDecision {
        CommandDecision(number: command.number, isAccepted: command.outcome != .refused, sentence: command.sentence)
    }
}

extension CommandArbiter {
    /// Takes a command into the books.
    mutating func enter(_ command: inout Command) {
        active[command.number] = command
        activeOf[command.source, default: 0] += 1
        slots[command.device] = slots[command.device] ?? DeviceSlot()
    }

    /// Writes a command back and plans its next time.
    mutating func keep(_ command: Command) {
        active[command.number] = command
        guard let time = command.due else { return }
        due.insert(command.number, at: time)
        // Renewed again and again a command leaves entries behind.
        if due.count > 4 * active.count + 1_024 { due.prune { [active] number, time in active[number]?.due == time } }
    }

    /// Takes a command that has ended out of the books, and keeps it among the recent ones.
    mutating func close(_ command: inout Command) {
        command.stage = .ended
        command.heldUntil = 0
        stopExpecting(&command)
        if active.removeValue(forKey: command.number) != nil, let count = activeOf[command.source] {
            activeOf[command.source] = count > 1 ? count - 1 : nil
        }
        if let forgotten = recent.add(command, limit: limits.recentPerClass), !forgotten.request.key.isEmpty {
            let key = Key(source: forgotten.source, key: forgotten.request.key)
            if keys[key] == forgotten.number { keys[key] = nil }
        }
        if slots[command.device]?.isIdle == true { slots[command.device] = nil }
    }

    mutating func stopExpecting(_ command: inout Command) {
        command.confirmUntil = nil
        guard let topic = command.request.confirmation?.topic else { return }
        guard expecting[topic]?.remove(command.number) != nil, expecting[topic]?.isEmpty == true else { return }
        expecting[topic] = nil
        effects.append(.stopWatching(topic: topic))
    }

    /// Notes what became of a command and has it told.
    mutating func tell(
        _ command: inout Command, _ outcome: CommandOutcome, _ sentence: String, isFinal: Bool = false, isAnswer: Bool = false, by: String = "",
        byClass: CommandClass? = nil, until: Int64? = nil, now: Int64
    ) {
        command.outcome = outcome
        command.sentence = sentence
        command.changed = now
        effects.append(
            .tell(
                CommandEvent(
                    number: command.number, source: command.source, commandClass: command.commandClass, device: command.device,
                    topic: command.request.topic, key: command.request.key, reason: command.request.reason, isDryRun: command.isDryRun,
                    outcome: outcome, isFinal: isFinal, isAnswer: isAnswer, sentence: sentence, by: by, byClass: byClass,
                    reported: command.reported, time: now, until: until ?? command.heldUntil)))
    }

    /// Takes up again what held and who blocked before the host ended. What was to be reported meanwhile is not known.
    mutating func restore(device: String, holder: Command?, lock: DeviceLock?, now: Int64) {
        var slot = DeviceSlot()
        slot.lock = lock
        slot.holder = holder?.number
        if !slot.isIdle { slots[device] = slot }
        guard var command = holder else { return }
        enter(&command)
        var sentence: String?
        if command.stage == .dispatching {
            // The device is held as if it were published.
            command.stage = .holding
            command.dispatched = now
            command.heldUntil = now.saturatingAdd(command.request.hold)
            sentence = "the host ended while it was being published: whether the device got it is not known"
        } else if command.request.confirmation != nil, command.outcome == .dispatched {
            sentence = "the host was started anew before the device reported: whether it acted shows its next report"
        }
        if let sentence {
            tell(&command, .notConfirmed, sentence, isFinal: command.request.hold == 0, now: now)
            if command.request.hold == 0 { return leave(&command, now: now) }
        }
        keep(command)
    }
}

/// Why a command is not granted.
struct Refusal: Sendable {
    let sentence: String
    let isRetryable: Bool

    init(_ sentence: String, isRetryable: Bool = false) {
        self.sentence = sentence
        self.isRetryable = isRetryable
    }
}
