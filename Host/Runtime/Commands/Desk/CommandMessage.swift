/// What is published of commands, as JSON.
enum CommandMessage {
    /// What goes to the device.
    static func payload(of command: Command) -> String {
        switch command.request.content {
        case .json(let text): return text
        case .setPoint(let value, let unit):
            var members: [ConfigValue.Member] = [.init(key: "value", value: .number(value))]
            if !unit.isEmpty { members.append(.init(key: "unit", value: .text(unit))) }
            members += [
                .init(key: "command", value: number(command.number)), .init(key: "source", value: .text(command.source.name)),
                .init(key: "class", value: .text(command.commandClass.rawValue)),
            ]
            if command.request.hold > 0 { members.append(.init(key: "hold_seconds", value: .number(Double(command.request.hold) / 1e9))) }
            if !command.request.reason.isEmpty { members.append(.init(key: "reason", value: .text(command.request.reason))) }
            return ConfigValue.object(members).json
        }
    }

    static func number(_ number: UInt64) -> ConfigValue { .integer(Int64(clamping: number)) }

    /// A time as text, or null for none.
    static func time(_ nanoseconds: Int64) -> ConfigValue { nanoseconds > 0 ? .text(TimeOfDay.text(nanoseconds)) : .null }

    static func source(_ source: CommandSource) -> ConfigValue {
        switch source {
        case .service(let name): .object([.init(key: "service", value: .text(name))])
        case .user(let name): .object([.init(key: "user", value: .text(name))])
        }
    }

    /// An event, as it is on `commands/<device>/events`.
    static func event(_ event: CommandEvent) -> String {
        var members: [ConfigValue.Member] = [
            .init(key: "command", value: number(event.number)), .init(key: "outcome", value: .text(event.outcome.rawValue)),
            .init(key: "time", value: time(event.time)), .init(key: "final", value: .boolean(event.isFinal)),
            .init(key: "device", value: .text(event.device)), .init(key: "topic", value: .text(event.topic)),
            .init(key: "source", value: source(event.source)), .init(key: "class", value: .text(event.commandClass.rawValue)),
            .init(key: "dry_run", value: .boolean(event.isDryRun)),
        ]
        func add(_ key: String, _ text: String) { if !text.isEmpty { members.append(.init(key: key, value: .text(text))) } }
        add("sentence", event.sentence)
        add("key", event.key)
        add("reason", event.reason)
        add("by", event.by)
        add("by_class", event.byClass?.rawValue ?? "")
        if !event.reported.isEmpty { members.append(.init(key: "reported", value: reported(event.reported))) }
        if event.until > 0 { members.append(.init(key: "until", value: time(event.until))) }
        return ConfigValue.object(members).json
    }

    /// What a device reported: a JSON value, or the text of one that was cut.
    static func reported(_ text: String) -> ConfigValue { (try? JSONReader.parse(Array(text.utf8))) ?? .text(text) }

    /// A command, as REST lists it.
    static func view(_ command: Command) -> ConfigValue {
        var members: [ConfigValue.Member] = [
            .init(key: "command", value: number(command.number)), .init(key: "device", value: .text(command.device)),
            .init(key: "topic", value: .text(command.request.topic)), .init(key: "payload", value: reported(payload(of: command))),
            .init(key: "source", value: source(command.source)), .init(key: "class", value: .text(command.commandClass.rawValue)),
            .init(key: "stage", value: .text(command.stage.rawValue)), .init(key: "active", value: .boolean(command.stage != .ended)),
            .init(key: "outcome", value: .text(command.outcome.rawValue)), .init(key: "sentence", value: .text(command.sentence)),
            .init(key: "dry_run", value: .boolean(command.isDryRun)), .init(key: "reason", value: .text(command.request.reason)),
            .init(key: "key", value: .text(command.request.key)), .init(key: "submitted", value: time(command.submitted)),
            .init(key: "dispatched", value: time(command.dispatched)), .init(key: "changed", value: time(command.changed)),
            .init(key: "held_until", value: time(command.heldUntil)), .init(key: "expires", value: time(command.expires)),
        ]
        if !command.reported.isEmpty { members.append(.init(key: "reported", value: reported(command.reported))) }
        return .object(members)
    }

    /// A device: who holds it, who waits, who blocked it.
    static func device(_ device: String, in arbiter: CommandArbiter) -> ConfigValue {
        let slot = arbiter.slots[device] ?? DeviceSlot()
        let lock: ConfigValue =
            slot.lock.map { lock in
                .object([
                    .init(key: "user", value: .text(lock.user)), .init(key: "note", value: .text(lock.note)),
                    .init(key: "since", value: time(lock.since)),
                ])
            } ?? .null
        return .object([
            .init(key: "device", value: .text(device)),
            .init(key: "holder", value: slot.holder.flatMap { arbiter.active[$0] }.map(view) ?? .null),
            .init(key: "dry_run_holder", value: slot.dryHolder.flatMap { arbiter.active[$0] }.map(view) ?? .null),
            .init(key: "waiting", value: .list(slot.waiting.compactMap { arbiter.active[$0] }.map(view))),
            .init(key: "scheduled", value: .integer(Int64(slot.scheduled))), .init(key: "lock", value: lock),
        ])
    }

    static func state(of device: String, in arbiter: CommandArbiter) -> String { Self.device(device, in: arbiter).json }
}
