import CPluginAPI
import PluginAPI

let commandTable = dsotp_command_table(
    size: UInt32(MemoryLayout<dsotp_command_table>.size), reserved: 0,
    submit: { host, commands, count, stride, decisions, decisionStride, error in
        hostCall(host, error, .command, "submit") { host throws(ServiceError) in
            guard count == 0 || (commands != nil && stride >= UInt64(MemoryLayout<dsotp_command>.size)), count <= 10_000 else {
                throw .invalidArgument("submit is called with a stride of \(stride) bytes, with more than 10,000 commands or without any")
            }
            guard count == 0 || (decisions != nil && decisionStride >= UInt64(MemoryLayout<dsotp_command_decision>.size)) else {
                throw .invalidArgument("submit is called with a stride of \(decisionStride) bytes for decisions, or without a place for them")
            }
            var given: [DeviceCommand] = []
            for index in 0..<Int(count) {
                guard let place = UnsafeRawPointer(commands)?.advanced(by: index * Int(stride)) else { return }
                given.append(try DeviceCommand(place.assumingMemoryBound(to: dsotp_command.self).pointee))
            }
            for (index, decision) in try host.submit(given).enumerated() {
                guard let place = UnsafeMutableRawPointer(decisions)?.advanced(by: index * Int(decisionStride)) else { return }
                let filled = place.assumingMemoryBound(to: dsotp_command_decision.self)
                filled.pointee.outcome = UInt32(decision.isAccepted ? DSOTP_COMMAND_ACCEPTED : DSOTP_COMMAND_REFUSED)
                filled.pointee.command = decision.command
                filled.pointee.retryable = decision.isRetryable ? 1 : 0
                filled.pointee.sentence = dsotp_owned_bytes(owning: decision.sentence)
            }
        }
    },
    renew: { host, command, hold, error in
        hostCall(host, error, .command, "renew") { host throws(ServiceError) in
            let isFound = host.withState { state in
                guard let device = state.commands.device(of: command) else { return false }
                state.commands.holds[device]?.until = state.now + .nanoseconds(hold)
                return true
            }
            if !isFound { throw .notFound("the command \(command) is not the service's, or holds nothing") }
        }
    },
    cancel: { host, command, error in
        hostCall(host, error, .command, "cancel") { host throws(ServiceError) in
            let isFound = host.withState { state in
                guard let device = state.commands.device(of: command) else { return false }
                state.commands.end(device, .cancelled, by: "service", now: state.now)
                return true
            }
            if !isFound { throw .notFound("the command \(command) is not the service's, or has ended") }
        }
    },
    device: { host, device, state, error in
        hostCall(host, error, .command, "device") { host throws(ServiceError) in
            guard let place = state, Int(place.pointee.size) >= MemoryLayout<dsotp_command_device>.size else {
                throw .invalidArgument("device is called without a place for the state, or with one smaller than that of dsotp.command/1")
            }
            let name = String(device)
            let (hold, lock) = host.withState { ($0.commands.holds[name], $0.commands.locks[name]) }
            place.pointee.command_class = hold?.commandClass.rawValue ?? 0
            place.pointee.command = hold?.number ?? 0
            place.pointee.until = hold?.until.nanoseconds ?? 0
            place.pointee.is_locked = lock == nil ? 0 : 1
            place.pointee.waiting = 0
            place.pointee.holder = dsotp_owned_bytes(owning: hold?.holder ?? "")
            place.pointee.lock = dsotp_owned_bytes(owning: lock ?? "")
        }
    })

extension MemoryArbiter {
    /// The device that a command of the service holds.
    func device(of command: UInt64) -> String? { holds.first { $0.value.number == command && $0.value.command != nil }?.key }
}

extension MemoryHost {
    fileprivate func submit(_ commands: [DeviceCommand]) throws(ServiceError) -> [CommandDecision] {
        guard let highest = permissions.highestCommandClass else {
            throw .notPermitted("the service may not command devices: add `commands` to the manifest")
        }
        return withState { state in
            let decisions = commands.map { command in
                guard command.commandClass <= highest else {
                    return CommandDecision(
                        isAccepted: false, command: 0, isRetryable: false, sentence: "the class \(command.commandClass) is not permitted by the manifest")
                }
                return state.commands.submit(command, now: state.now)
            }
            state.publishCommands()
            return decisions
        }
    }
}

extension HostState {
    /// Publishes what the arbiter granted.
    mutating func publishCommands() {
        for message in commands.publications {
            let publication = Publication(topic: message.topic, payload: Array(message.payload.utf8), qos: 1, retain: false, time: now)
            published.append(publication)
            if keepsEvents { events.append(.published(publication)) }
        }
        commands.publications = []
    }
}

extension DeviceCommand {
    /// The command that a plugin lends, completed as the host does it.
    fileprivate init(_ given: dsotp_command) throws(ServiceError) {
        guard Int(given.size) >= MemoryLayout<dsotp_command>.size, let commandClass = CommandClass(rawValue: given.command_class) else {
            throw .invalidArgument("a command of \(given.size) bytes is of the class \(given.command_class)")
        }
        let device = String(given.device), topic = String(given.topic), payload = String(given.payload)
        guard !device.isEmpty || !topic.isEmpty else { throw .invalidArgument("a command names neither a device nor a topic") }
        if payload.isEmpty {
            guard given.value.isFinite else { throw .invalidArgument("the set-point of a command is not finite") }
            self.init(commandClass, setPoint: given.value, unit: String(given.unit), of: device, hold: .nanoseconds(given.hold))
        } else {
            guard (try? JSONValue(given.payload.buffer)) != nil else { throw .invalidArgument("the payload of a command is not JSON") }
            self.init(commandClass, publishing: payload, to: topic)
        }
        hold = .nanoseconds(given.hold)
        self.topic = topic.isEmpty ? "setpoints/\(device)" : topic
        // As the standard topics have it: `setpoints/<device>`, `switches/<device>/command`.
        self.device = device.isEmpty ? topic.split(separator: "/").dropFirst().first.map(String.init) ?? topic : device
        waits = given.flags & UInt32(DSOTP_COMMAND_WAIT) != 0
        isDryRun = given.flags & UInt32(DSOTP_COMMAND_DRY_RUN) != 0
        (key, reason) = (String(given.key), String(given.reason))
        notBefore = given.not_before > 0 ? Timestamp(nanoseconds: given.not_before) : nil
        expires = given.expires > 0 ? Timestamp(nanoseconds: given.expires) : nil
        guard let expected = given.confirmation?.pointee else { return }
        confirmation = Confirmation(
            topic: String(expected.topic), field: String(expected.field), value: String(expected.value), tolerance: expected.tolerance,
            within: .nanoseconds(expected.within))
    }
}
