import CPluginAPI
public import PluginAPI

extension ServiceHarness {
    /// All commands that the service submitted, those that were refused among them. What was granted is in ``published`` too.
    public var commands: [SubmittedCommand] { memory.withState { $0.commands.submitted } }

    /// Lets somebody else take a device: a command of the service that holds it is superseded.
    @discardableResult public func take(
        _ device: String, by holder: String, as commandClass: CommandClass, for duration: Duration
    ) throws -> ServiceHarness {
        memory.withState { $0.commands.take(device, by: holder, commandClass, until: $0.now + duration, now: $0.now) }
        return try tellOutcomes()
    }

    /// Blocks a device for work, or releases it (nil): a command of the service that holds it is superseded.
    @discardableResult public func lock(_ device: String, note: String?) throws -> ServiceHarness {
        memory.withState { state in
            state.commands.locks[device] = note
            if note != nil { state.commands.end(device, .superseded, by: "operator", byClass: .operator, now: state.now) }
        }
        return try tellOutcomes()
    }

    /// Lets the site only rehearse commands from now on.
    @discardableResult public func rehearse(_ isDryRun: Bool) -> ServiceHarness {
        memory.withState { $0.commands.isDryRun = isDryRun }
        return self
    }

    /// A device reports something on a topic that the host watches; the service itself gets it only by ``publish(_:_:qos:)``.
    @discardableResult public func report(_ topic: String, _ payload: String) throws -> ServiceHarness {
        memory.withState { $0.commands.report(topic, Array(payload.utf8), now: $0.now) }
        return try tellOutcomes()
    }

    /// Lets the commands become due that are due at a time; true.
    func becomeDue(at time: Timestamp) throws -> Bool {
        let isDue = memory.withState { state in
            guard state.commands.nextDue != nil else { return false }
            state.now = max(state.now, time)
            state.commands.advance(to: state.now)
            return true
        }
        try tellOutcomes()
        return isDue
    }

    /// Tells the service what became of its commands, until nothing more follows.
    @discardableResult func tellOutcomes() throws -> ServiceHarness {
        while true {
            let outcomes = memory.withState { state in
                state.publishCommands()
                return state.commands.takeOutcomes()
            }
            guard !outcomes.isEmpty, let table = try commandOutcomes() else { return self }
            try call("on_outcomes") { error in lend(outcomes) { table.pointee.on_outcomes?(currentInstance, $0, error) ?? 0 } }
        }
    }

    private func commandOutcomes() throws -> UnsafePointer<dsotp_command_outcomes>? {
        guard let getExtension = service.get_extension else { return nil }
        return try memory.thread.perform {
            DSOTP_EXT_COMMAND_OUTCOMES.withPluginBytes { getExtension(currentInstance, dsotp_host_bytes($0.buffer)) }
        }?.assumingMemoryBound(to: dsotp_command_outcomes.self)
    }

    /// Lends outcomes further apart than the first revision has them, and overwrites their texts when the call ends.
    private func lend(_ outcomes: [MemoryArbiter.Outcome], _ body: (UnsafePointer<dsotp_command_outcome_batch>) -> dsotp_status) -> dsotp_status {
        let stride = MemoryLayout<dsotp_command_outcome>.stride + 16
        let place = UnsafeMutableRawPointer.allocate(byteCount: outcomes.count * stride, alignment: 8)
        defer { place.deallocate() }
        var texts: [Lent] = []
        func lent(_ text: String) -> dsotp_host_bytes {
            let copy = Lent(Array(text.utf8))
            texts.append(copy)
            return dsotp_host_bytes(UnsafeRawBufferPointer(copy.bytes))
        }
        for (index, outcome) in outcomes.enumerated() {
            (place + index * stride).storeBytes(
                of: dsotp_command_outcome(
                    size: UInt32(stride), outcome: outcome.kind.rawValue, command: outcome.number, is_final: outcome.isFinal ? 1 : 0,
                    by_class: outcome.byClass?.rawValue ?? 0, device: lent(outcome.device), key: lent(outcome.key), sentence: lent(outcome.sentence),
                    by: lent(outcome.by), reported: lent(outcome.reported), time: outcome.time.nanoseconds, until: outcome.until?.nanoseconds ?? 0),
                as: dsotp_command_outcome.self)
        }
        return withExtendedLifetime(texts) {
            var batch = dsotp_command_outcome_batch(
                size: UInt32(MemoryLayout<dsotp_command_outcome_batch>.size), count: UInt32(outcomes.count), stride: UInt64(stride),
                outcomes: UnsafePointer(place.assumingMemoryBound(to: dsotp_command_outcome.self)), dropped: 0)
            return body(&batch)
        }
    }
}
