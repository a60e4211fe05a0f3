/// What happens to commands after the decision.
extension CommandArbiter {
    /// The command, if it still has its device and is to be published now; `nil` if something took its place meanwhile.
    func beginDispatch(_ number: UInt64) -> Command? {
        guard let command = active[number], command.stage == .dispatching, slots[command.device]?.holder == number else { return nil }
        return command
    }

    /// It is about to be published: what the device reports from now on counts.
    mutating func expectReport(_ number: UInt64) {
        guard let topic = active[number]?.request.confirmation?.topic else { return }
        expecting[topic, default: []].insert(number)
    }

    /// It is published.
    mutating func dispatched(_ number: UInt64, now: Int64) {
        guard var command = active[number], command.stage == .dispatching else { return }
        command.stage = .holding
        command.dispatched = now
        command.confirmUntil = command.request.confirmation.map { now.saturatingAdd($0.within) }
        command.heldUntil = now.saturatingAdd(command.request.reach)
        let isOver = command.request.reach == 0
        tell(&command, .dispatched, "", isFinal: isOver, now: now)
        if isOver { return leave(&command, now: now) }
        keep(command)
        effects.append(.remember(device: command.device))
    }

    /// It could not be published.
    mutating func dispatchFailed(_ number: UInt64, _ sentence: String, now: Int64) {
        guard var command = active[number], command.stage == .dispatching else { return }
        end(&command, .failed, sentence, now: now)
    }

    /// A device reports.
    mutating func report(_ topic: String, _ document: ConfigValue, now: Int64) {
        for number in (expecting[topic] ?? []).sorted() {
            guard var command = active[number], command.stage == .holding, let confirmation = command.request.confirmation,
                let value = confirmation.value(in: document)
            else { continue }
            command.reported = String(value.json.prefix(256))
            guard confirmation.fits(value, command: number) else {
                active[number] = command
                continue
            }
            stopExpecting(&command)
            command.heldUntil = command.dispatched.saturatingAdd(command.request.hold)
            let isOver = command.heldUntil <= now
            tell(&command, .confirmed, "", isFinal: isOver, now: now)
            if isOver {
                leave(&command, now: now)
            } else {
                keep(command)
                effects.append(.remember(device: command.device))
            }
        }
    }

    /// When time itself changes something next; `nil` if never.
    var nextDue: Int64? { due.earliest }

    /// Lets the time come: what is due becomes so, in the order of its times.
    mutating func advance(to now: Int64) {
        while let (number, time) = due.take(until: now) {
            guard let command = active[number], command.due == time else { continue }
            become(due: command, now: now)
        }
    }

    private mutating func become(due command: Command, now: Int64) {
        var command = command
        switch command.stage {
        case .scheduled:
            if command.expires <= now { return end(&command, .expired, "its time passed before it could be published", now: now) }
            begin(&command, now: now)
        case .waiting:
            end(&command, .expired, "the device was not free in time", now: now)
        case .holding:
            if let until = command.confirmUntil, until <= now { notConfirmed(&command, now: now) } else {
                end(&command, .expired, "its hold ended", now: now)
            }
        case .deciding, .dispatching, .ended: break
        }
    }

    private mutating func begin(_ command: inout Command, now: Int64) {
        slots[command.device]?.scheduled -= 1
        command.stage = .deciding
        command.isDryRun = command.isDryRun || isDryRun
        switch verdict(on: command) {
        case .grant: grant(&command, now: now)
        case .wait(let sentence): wait(&command, sentence, isAnswer: false, now: now)
        case .refuse(let refusal): _ = refuse(&command, refusal, now: now, isAnswer: false)
        }
    }

    private mutating func notConfirmed(_ command: inout Command, now: Int64) {
        let topic = command.request.confirmation?.topic ?? ""
        stopExpecting(&command)
        let got = command.reported.isEmpty ? "it reported nothing" : "it reported \(command.reported)"
        command.heldUntil = command.dispatched.saturatingAdd(command.request.hold)
        let isOver = command.heldUntil <= now
        tell(&command, .notConfirmed, "the device did not report on '\(topic)' what was expected: \(got)", isFinal: isOver, now: now)
        if isOver { return leave(&command, now: now) }
        keep(command)
        effects.append(.remember(device: command.device))
    }
}
