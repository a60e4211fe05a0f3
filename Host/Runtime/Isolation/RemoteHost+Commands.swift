internal import CPluginAPI

/// The arbiter of commands.
extension RemoteHost {
    func submit(_ requests: [CommandRequest]) throws(ServiceFault) -> [CommandDecision] {
        try call(.submitCommands) { frame in
            frame.append(UInt32(requests.count))
            for request in requests { frame.append(request) }
        } result: { body throws(MalformedFrame) in
            var decisions: [CommandDecision] = []
            for _ in requests {
                let number: UInt64 = try body.number()
                let isAccepted = try body.number(UInt32.self) == 1, isRetryable = try body.number(UInt32.self) == 1
                decisions.append(CommandDecision(number: number, isAccepted: isAccepted, isRetryable: isRetryable, sentence: try body.text()))
            }
            return decisions
        }
    }

    func renewCommand(_ command: UInt64, hold: Int64) throws(ServiceFault) {
        try call(.renewCommand) { frame in
            frame.append(command)
            frame.append(hold)
        } result: { _ in }
    }

    func cancelCommand(_ command: UInt64) throws(ServiceFault) { try call(.cancelCommand) { $0.append(command) } result: { _ in } }

    func commandDevice(_ name: String) throws(ServiceFault) -> CommandDeviceState {
        try call(.commandDevice) { $0.append(name) } result: { body throws(MalformedFrame) in
            var state = CommandDeviceState()
            state.commandClass = try body.number()
            state.command = try body.number()
            state.until = try body.number()
            state.isLocked = try body.number(UInt32.self) == 1
            state.waiting = Int(try body.number(UInt32.self))
            state.holder = try body.text()
            state.lock = try body.text()
            return state
        }
    }
}

extension FrameWriter {
    /// `u32` class, `u32` flags, device, topic, payload, `f64` value, unit, key, reason, `i64` not before, `i64` expires, `i64` hold, `u32`
    /// whether a confirmation follows: topic, field, value, `f64` tolerance, `i64` within.
    func append(_ request: CommandRequest) {
        append(request.commandClass.number)
        append(UInt32((request.waits ? DSOTP_COMMAND_WAIT : 0) | (request.isDryRun ? DSOTP_COMMAND_DRY_RUN : 0)))
        append(request.device)
        append(request.topic)
        switch request.content {
        case .json(let text):
            append(text)
            append(UInt64(0))
            append("")
        case .setPoint(let value, let unit):
            append("")
            append(value.bitPattern)
            append(unit)
        }
        append(request.key)
        append(request.reason)
        append(request.notBefore)
        append(request.expires)
        append(request.hold)
        append(UInt32(request.confirmation == nil ? 0 : 1))
        guard let confirmation = request.confirmation else { return }
        append(confirmation.topic)
        append(confirmation.path.joined(separator: "."))
        let (text, tolerance) = confirmation.expected.json
        append(text)
        append(tolerance.bitPattern)
        append(confirmation.within)
    }
}
