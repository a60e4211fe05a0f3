internal import Synchronization

/// Who hears what became of commands: their services, the databus, the record and the metrics.
extension CommandDesk {
    func tell(_ events: [CommandEvent]) {
        tellServices(events)
        publish(events)
        let records = events.filter(CommandRecord.isKept).map(CommandRecord.init)
        if !records.isEmpty { audit.record(records) }
        statistics.count(events)
    }

    private func tellServices(_ events: [CommandEvent]) {
        var batches: [String: [CommandEvent]] = [:]
        for event in events where !event.isAnswer {
            if case .service(let name) = event.source { batches[name, default: []].append(event) }
        }
        for (name, batch) in batches { state.withLock { $0.outcomes[name] }?.append(batch) }
    }

    /// Each event on `commands/<device>/events`, and the latest state of each device, retained, on `commands/<device>/state`.
    private func publish(_ events: [CommandEvent]) {
        var messages: [OutgoingBatch.Message] = []
        var devices: Set<String> = []
        for event in events {
            messages.append(.init(topic: "commands/\(event.device)/events", payload: CommandMessage.event(event), isRetained: false))
            devices.insert(event.device)
        }
        let states = state.withLock { state in devices.sorted().map { ($0, CommandMessage.state(of: $0, in: state.arbiter)) } }
        messages += states.map { .init(topic: "commands/\($0.0)/state", payload: $0.1, isRetained: true) }
        let taken = OutgoingBatch(messages).publish(to: databus)
        if taken < messages.count { statistics.lost(messages.count - taken) }
    }

    /// The state of devices whose block changed without any command's doing.
    func publishState(of device: String) {
        let text = state.withLock { CommandMessage.state(of: device, in: $0.arbiter) }
        _ = OutgoingBatch([.init(topic: "commands/\(device)/state", payload: text, isRetained: true)]).publish(to: databus)
    }
}

/// Keeps what was commanded; the host's `Command` bridges it to the audit trail.
public protocol CommandAudit: Sendable {
    /// Keeps entries in their order; returns when they are durable. What can't be written is the keeper's to report.
    func record(_ entries: [CommandRecord])
}

/// One entry of the record.
public struct CommandRecord: Sendable {
    /// `service:<name>`, or a user's name.
    public let who: String
    /// `command.` and the outcome.
    public let what: String
    /// The device.
    public let subject: String
    /// Number, class, topic, reason and sentence.
    public let outcome: String

    init(_ event: CommandEvent) {
        switch event.source {
        case .service(let name): who = "service:\(name)"
        case .user(let name): who = name
        }
        what = "command.\(event.outcome.rawValue)"
        subject = event.device
        var text = "command \(event.number), \(event.commandClass.rawValue), to '\(event.topic)'"
        if event.isDryRun { text += ", dry run" }
        if !event.reason.isEmpty { text += ", because: \(event.reason)" }
        if !event.reported.isEmpty { text += ", reported: \(event.reported)" }
        if !event.sentence.isEmpty { text += "; \(event.sentence)" }
        outcome = text
    }

    /// Of switching and operators' commands every step is kept; of set-points, which come by the thousand, how each of them ended.
    static func isKept(_ event: CommandEvent) -> Bool { event.commandClass >= .flisr || event.isFinal || event.outcome == .notConfirmed }
}
