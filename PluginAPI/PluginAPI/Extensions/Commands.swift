import CPluginAPI

/// `dsotp.command/1`: acting on devices through the host's arbiter. What a service may command stands in the manifest's `commands`. How
/// commands fare is told to ``Service/commands(changed:lost:)``, but for what ``submit(_:)-([DeviceCommand])`` answers itself. Any thread.
public struct Commands: Sendable {
    let table: HostTable<dsotp_command_table>

    /// Submits commands in their order, at most 10,000; the decisions in the same order.
    /// - Throws: ``Status/invalidArgument`` (a malformed command: none is submitted), ``Status/notPermitted`` (the manifest has no `commands`).
    public func submit(_ commands: [DeviceCommand]) throws(ServiceError) -> [CommandDecision] {
        let functions = try table.required()
        var texts = TextArena()
        defer { texts.release() }
        let given = commands.map { command in
            let content: (json: dsotp_plugin_bytes, value: Double, unit: dsotp_plugin_bytes) =
                switch command.content {
                case .json(let text): (texts.copy(text), 0, dsotp_plugin_bytes())
                case .setPoint(let value, let unit): (dsotp_plugin_bytes(), value, texts.copy(unit))
                }
            return dsotp_command(
                size: UInt32(MemoryLayout<dsotp_command>.size), command_class: command.commandClass.rawValue,
                flags: UInt32((command.waits ? DSOTP_COMMAND_WAIT : 0) | (command.isDryRun ? DSOTP_COMMAND_DRY_RUN : 0)), reserved: 0,
                device: texts.copy(command.device), topic: texts.copy(command.topic), payload: content.json, value: content.value,
                unit: content.unit, key: texts.copy(command.key), reason: texts.copy(command.reason),
                not_before: command.notBefore?.nanoseconds ?? 0, expires: command.expires?.nanoseconds ?? 0, hold: command.hold.nanoseconds,
                confirmation: texts.copy(command.confirmation))
        }
        var decisions = [dsotp_command_decision](repeating: dsotp_command_decision(), count: given.count)
        for index in decisions.indices { decisions[index].size = UInt32(MemoryLayout<dsotp_command_decision>.size) }
        try ServiceError.check { error in
            given.withUnsafeBufferPointer { given in
                decisions.withUnsafeMutableBufferPointer { decisions in
                    functions.submit(
                        table.host, given.baseAddress, UInt64(given.count), UInt64(MemoryLayout<dsotp_command>.stride), decisions.baseAddress,
                        UInt64(MemoryLayout<dsotp_command_decision>.stride), error)
                }
            }
        }
        return decisions.indices.map { index in
            CommandDecision(
                isAccepted: decisions[index].outcome == UInt32(DSOTP_COMMAND_ACCEPTED), command: decisions[index].command,
                isRetryable: decisions[index].retryable == 1, sentence: decisions[index].sentence.take())
        }
    }

    /// Submits one command.
    public func submit(_ command: DeviceCommand) throws(ServiceError) -> CommandDecision {
        guard let decision = try submit([command]).first else { throw .internal("the host decided nothing") }
        return decision
    }

    /// Holds the device of an own command for `hold` from now on.
    /// - Throws: ``Status/notFound`` if the command is not the service's or holds nothing (any more).
    public func renew(_ command: UInt64, hold: Duration) throws(ServiceError) {
        let functions = try table.required()
        try ServiceError.check { functions.renew(table.host, command, hold.nanoseconds, $0) }
    }

    /// Takes an own command back; what was published stays so, and the device is free.
    /// - Throws: ``Status/notFound`` if the command is not the service's or has ended.
    public func cancel(_ command: UInt64) throws(ServiceError) {
        let functions = try table.required()
        try ServiceError.check { functions.cancel(table.host, command, $0) }
    }

    /// Who holds a device. One that nobody commands is free.
    public func device(_ name: String) throws(ServiceError) -> CommandedDevice {
        let functions = try table.required()
        var state = dsotp_command_device()
        state.size = UInt32(MemoryLayout<dsotp_command_device>.size)
        try name.withPluginBytes { name throws(ServiceError) in
            try ServiceError.check { functions.device(table.host, name, &state, $0) }
        }
        let lock = state.lock.take()
        return CommandedDevice(
            commandClass: CommandClass(rawValue: state.command_class), command: state.command,
            until: state.until > 0 ? Timestamp(nanoseconds: state.until) : nil, holder: state.holder.take(), waiting: Int(state.waiting),
            lock: state.is_locked == 1 ? lock : nil)
    }
}

extension TextArena {
    /// A confirmation whose memory is valid until `release`; NULL for none.
    fileprivate mutating func copy(_ confirmation: DeviceCommand.Confirmation?) -> UnsafePointer<dsotp_command_confirmation>? {
        guard let confirmation else { return nil }
        let topic = copy(confirmation.topic), field = copy(confirmation.field), value = copy(confirmation.value)
        return keep(
            dsotp_command_confirmation(
                size: UInt32(MemoryLayout<dsotp_command_confirmation>.size), reserved: 0, topic: topic, field: field, value: value,
                tolerance: confirmation.tolerance, within: confirmation.within.nanoseconds))
    }
}
