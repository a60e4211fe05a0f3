internal import CPluginAPI

extension CallServer {
    private static let commands = CommandTable.table

    /// `u32` count; commands as `FrameWriter` writes them. Answers for each `u64` number, `u32` accepted, `u32` retryable, sentence.
    func submitCommands(_ body: inout FrameReader, _ reply: FrameWriter) throws(MalformedFrame) {
        let count = try body.listCount(ofAtLeast: 64)
        var given: [dsotp_command] = []
        var confirmations: [dsotp_command_confirmation?] = []
        for _ in 0..<count {
            let (command, confirmation) = try Self.command(&body)
            given.append(command)
            confirmations.append(confirmation)
        }
        var decisions = [dsotp_command_decision](repeating: dsotp_command_decision(), count: count)
        for index in decisions.indices { decisions[index].size = UInt32(MemoryLayout<dsotp_command_decision>.size) }
        let expected = confirmations.map { $0 ?? dsotp_command_confirmation() }
        let isDone = answer(reply) { error in
            expected.withUnsafeBufferPointer { expected in
                for index in given.indices where confirmations[index] != nil { given[index].confirmation = expected.baseAddress.map { $0 + index } }
                return decisions.withUnsafeMutableBufferPointer { decisions in
                    Self.commands.submit?(
                        context.host, given, UInt64(count), UInt64(MemoryLayout<dsotp_command>.stride), decisions.baseAddress,
                        UInt64(MemoryLayout<dsotp_command_decision>.stride), error)
                }
            }
        }
        guard isDone else { return }
        for decision in decisions {
            reply.append(decision.command)
            reply.append(UInt32(decision.outcome == UInt32(DSOTP_COMMAND_ACCEPTED) ? 1 : 0))
            reply.append(decision.retryable)
            reply.append(decision.sentence.take())
        }
    }

    private static func command(_ body: inout FrameReader) throws(MalformedFrame) -> (dsotp_command, dsotp_command_confirmation?) {
        var command = dsotp_command()
        command.size = UInt32(MemoryLayout<dsotp_command>.size)
        command.command_class = try body.number()
        command.flags = try body.number()
        command.device = try body.counted().given
        command.topic = try body.counted().given
        command.payload = try body.counted().given
        command.value = try body.real()
        command.unit = try body.counted().given
        command.key = try body.counted().given
        command.reason = try body.counted().given
        command.not_before = try body.number()
        command.expires = try body.number()
        command.hold = try body.number()
        guard try body.number(UInt32.self) == 1 else { return (command, nil) }
        var confirmation = dsotp_command_confirmation()
        confirmation.size = UInt32(MemoryLayout<dsotp_command_confirmation>.size)
        confirmation.topic = try body.counted().given
        confirmation.field = try body.counted().given
        confirmation.value = try body.counted().given
        confirmation.tolerance = try body.real()
        confirmation.within = try body.number()
        return (command, confirmation)
    }

    func renewCommand(_ body: inout FrameReader, _ reply: FrameWriter) throws(MalformedFrame) {
        let command: UInt64 = try body.number()
        let hold: Int64 = try body.number()
        answer(reply) { Self.commands.renew?(context.host, command, hold, $0) }
    }

    func cancelCommand(_ body: inout FrameReader, _ reply: FrameWriter) throws(MalformedFrame) {
        let command: UInt64 = try body.number()
        answer(reply) { Self.commands.cancel?(context.host, command, $0) }
    }

    /// Answers `u32` class, `u64` command, `i64` until, `u32` locked, `u32` waiting, holder, lock.
    func commandDevice(_ body: inout FrameReader, _ reply: FrameWriter) throws(MalformedFrame) {
        let name = try body.counted().given
        var state = dsotp_command_device()
        state.size = UInt32(MemoryLayout<dsotp_command_device>.size)
        guard answer(reply, { Self.commands.device?(context.host, name, &state, $0) }) else { return }
        reply.append(state.command_class)
        reply.append(state.command)
        reply.append(state.until)
        reply.append(state.is_locked)
        reply.append(state.waiting)
        reply.append(state.holder.take())
        reply.append(state.lock.take())
    }
}
