/// Who goes before whom.
extension CommandArbiter {
    enum Verdict {
        case grant
        case wait(String)
        case refuse(Refusal)
    }

    /// What the present state of the device says to a command that is due.
    func verdict(on command: Command) -> Verdict {
        guard let slot = slots[command.device] else { return .grant }
        if let lock = slot.lock, command.commandClass != .protection, !command.request.passes(lock) {
            return .refuse(Self.locked(command.device, lock))
        }
        // A dry run is judged against what really holds the device, and against the other dry runs.
        let rivals = command.isDryRun ? [slot.holder, slot.dryHolder] : [slot.holder]
        for case let number? in rivals {
            guard let rival = active[number], rival.source != command.source, command.commandClass != .protection else { continue }
            if command.commandClass > rival.commandClass { continue }
            let held = "the device '\(command.device)' is held by \(Self.name(rival)) \(Self.until(rival))"
            if command.commandClass == rival.commandClass {
                return .refuse(Refusal("\(held), of the same class: try again when it is free", isRetryable: true))
            }
            if command.request.waits, slot.waiting.count < limits.queuedPerDevice { return .wait("\(held), of a higher class: it waits") }
            return .refuse(Refusal("\(held), of a higher class: wait for the device, or leave it", isRetryable: true))
        }
        return .grant
    }

    static func locked(_ device: String, _ lock: DeviceLock) -> Refusal {
        Refusal("the device '\(device)' is blocked by \(lock.user) since \(TimeOfDay.text(lock.since)): \(lock.note)", isRetryable: true)
    }

    /// `the service 'flisr' (flisr, command 12)`.
    static func name(_ command: Command) -> String { "\(command.source) (\(command.commandClass.rawValue), command \(command.number))" }

    private static func until(_ command: Command) -> String {
        command.heldUntil > 0 ? "until \(TimeOfDay.text(command.heldUntil))" : "while it is being published"
    }

    /// Ends a command that is not granted.
    mutating func refuse(_ command: inout Command, _ refusal: Refusal, now: Int64, isAnswer: Bool) -> CommandDecision {
        tell(&command, .refused, refusal.sentence, isFinal: true, isAnswer: isAnswer, now: now)
        close(&command)
        return CommandDecision(number: command.number, isAccepted: false, isRetryable: refusal.isRetryable, sentence: refusal.sentence)
    }

    /// Lets a command wait for its device, in the place of the one of the same source that waits already.
    mutating func wait(_ command: inout Command, _ sentence: String, isAnswer: Bool, now: Int64) {
        let earlier = slots[command.device]?.waiting.first { active[$0]?.source == command.source && active[$0]?.isDryRun == command.isDryRun }
        if let earlier { supersede(earlier, by: command, now: now) }
        command.stage = .waiting
        tell(&command, .accepted, sentence, isAnswer: isAnswer, now: now)
        keep(command)
        var waiting = slots[command.device]?.waiting ?? []
        let place = waiting.firstIndex { (active[$0]?.commandClass ?? .optimisation) < command.commandClass } ?? waiting.endIndex
        waiting.insert(command.number, at: place)
        slots[command.device, default: DeviceSlot()].waiting = waiting
    }

    /// Gives a command its device, at the expense of who has it.
    mutating func grant(_ command: inout Command, now: Int64) {
        let slot = slots[command.device] ?? DeviceSlot()
        if let loser = command.isDryRun ? slot.dryHolder : slot.holder { supersede(loser, by: command, now: now) }
        if command.isDryRun {
            slots[command.device, default: DeviceSlot()].dryHolder = command.number
            return rehearse(&command, now: now)
        }
        slots[command.device, default: DeviceSlot()].holder = command.number
        command.stage = .dispatching
        keep(command)
        effects.append(.remember(device: command.device))
        effects.append(.dispatch(command.number))
    }

    /// A dry run: the device is held among the dry runs, and nothing is published.
    private mutating func rehearse(_ command: inout Command, now: Int64) {
        command.stage = .holding
        command.dispatched = now
        command.heldUntil = now.saturatingAdd(command.request.hold)
        let isOver = command.request.hold == 0
        let rival = slots[command.device]?.holder.flatMap { active[$0] }
        let instead = rival.map { $0.source == command.source ? "" : ", in the place of \(Self.name($0))" } ?? ""
        tell(&command, .dryRun, "it would be published to '\(command.request.topic)'\(instead)", isFinal: isOver, now: now)
        if isOver { leave(&command, now: now) } else { keep(command) }
    }

    private mutating func supersede(_ number: UInt64, by winner: Command, now: Int64) {
        guard var loser = active[number] else { return }
        let until = now.saturatingAdd(winner.request.reach)
        let sentence = "\(Self.name(winner)) took its place\(winner.request.reach > 0 ? ", until \(TimeOfDay.text(until))" : "")"
        end(&loser, .superseded, sentence, by: winner.source.name, byClass: winner.commandClass, until: until, promotes: false, now: now)
    }

    /// Ends a command wherever it is on its way.
    mutating func end(
        _ command: inout Command, _ outcome: CommandOutcome, _ sentence: String, by: String = "", byClass: CommandClass? = nil, until: Int64 = 0,
        promotes: Bool = true, now: Int64
    ) {
        tell(&command, outcome, sentence, isFinal: true, by: by, byClass: byClass, until: until, now: now)
        leave(&command, promotes: promotes, now: now)
    }

    /// Takes a command that has ended away from its device, and lets the next one have it.
    mutating func leave(_ command: inout Command, promotes: Bool = true, now: Int64) {
        var slot = slots[command.device] ?? DeviceSlot()
        var isFreed = false
        switch command.stage {
        case .scheduled: slot.scheduled -= 1
        case .waiting: slot.waiting.removeAll { $0 == command.number }
        case .dispatching, .holding:
            isFreed = true
            if slot.holder == command.number {
                slot.holder = nil
                effects.append(.remember(device: command.device))
            }
            if slot.dryHolder == command.number { slot.dryHolder = nil }
        case .deciding, .ended: break
        }
        slots[command.device] = slot
        close(&command)
        if isFreed, promotes { promote(command.device, now: now) }
    }

    /// Gives a device to the first of those who wait for it and may have it.
    mutating func promote(_ device: String, now: Int64) {
        for number in slots[device]?.waiting ?? [] {
            guard var command = active[number], command.stage == .waiting, case .grant = verdict(on: command) else { continue }
            slots[device]?.waiting.removeAll { $0 == number }
            command.stage = .deciding
            command.isDryRun = command.isDryRun || isDryRun
            grant(&command, now: now)
            if slots[device]?.holder != nil { return }
        }
    }
}
