internal import CPluginAPI
internal import Synchronization

/// `dsotp.command/1`.
enum CommandTable {
    static var table: dsotp_command_table {
        dsotp_command_table(
            size: UInt32(MemoryLayout<dsotp_command_table>.size), reserved: 0,
            submit: { host, commands, count, stride, decisions, decisionStride, error in
                HostCall.run(host, error) { context throws(ServiceFault) in
                    try Self.submit(context, commands, count, stride, decisions, decisionStride)
                }
            },
            renew: { host, command, hold, error in
                HostCall.run(host, error) { context throws(ServiceFault) in
                    guard (0...CommandRequest.longestHold).contains(hold) else {
                        throw .invalid("command: the hold is out of range (expected 0 … 7d; got \(hold) ns)")
                    }
                    if let remote = context.remote { return try remote.host.renewCommand(command, hold: hold) }
                    let desk = try Self.desk(of: context).desk
                    guard desk.renew(command, of: context.manifest.service, hold: hold) else { throw Self.unknown(command) }
                }
            },
            cancel: { host, command, error in
                HostCall.run(host, error) { context throws(ServiceFault) in
                    if let remote = context.remote { return try remote.host.cancelCommand(command) }
                    let desk = try Self.desk(of: context).desk
                    guard desk.cancel(command, of: context.manifest.service) else { throw Self.unknown(command) }
                }
            },
            device: { host, device, state, error in
                HostCall.run(host, error) { context throws(ServiceFault) in
                    guard let state else { throw .invalid("command: the place for the device's state is NULL") }
                    try HostCall.require(size: state.pointee.size, atLeast: MinimumSize.commandDevice, "command: dsotp_command_device")
                    let name = try HostCall.text(device, "command: the device", 1...256)
                    if let remote = context.remote { return try remote.host.commandDevice(name).fill(state) }
                    CommandDeviceState(try Self.desk(of: context).desk, name).fill(state)
                }
            })
    }

    /// The desk, and what the manifest permits there.
    private static func desk(of context: ServiceContext) throws(ServiceFault) -> (desk: CommandDesk, permissions: CommandPermissions) {
        guard let desk = context.bridges.commands else {
            throw ServiceFault(status: dsotp_status(DSOTP_UNSUPPORTED), sentence: "command: this host has no arbiter for commands")
        }
        if let fence = context.bridges.fence, !fence.isOpen {
            throw ServiceFault(status: dsotp_status(DSOTP_TRY_AGAIN), isRetryable: true, sentence: "command: \(LeaseFence.sentence)")
        }
        guard let permissions = context.manifest.commands else {
            throw context.notPermitted("commanding devices", remedy: "add 'commands' with class and topics to the manifest")
        }
        return (desk, permissions)
    }

    private static func unknown(_ command: UInt64) -> ServiceFault {
        ServiceFault(
            status: dsotp_status(DSOTP_NOT_FOUND), sentence: "command: the command \(command) is not the service's, or holds nothing any more")
    }

    private static let most: UInt64 = 10_000

    private static func submit(
        _ context: ServiceContext, _ commands: UnsafePointer<dsotp_command>?, _ count: UInt64, _ stride: UInt64,
        _ decisions: UnsafeMutablePointer<dsotp_command_decision>?, _ decisionStride: UInt64
    ) throws(ServiceFault) {
        if count == 0 { return }
        guard let commands, count <= most, stride >= UInt64(MinimumSize.command), stride <= 1 << 16, stride % 8 == 0 else {
            throw .invalid(
                "command: the commands are malformed (expected a pointer, at most \(most) and a stride of at least \(MinimumSize.command); got "
                    + "\(count) with stride \(stride))")
        }
        guard let decisions, decisionStride >= UInt64(MinimumSize.commandDecision), decisionStride <= 1 << 16, decisionStride % 8 == 0 else {
            throw .invalid(
                "command: the places for decisions are malformed (expected a pointer and a stride of at least \(MinimumSize.commandDecision); got "
                    + "stride \(decisionStride))")
        }
        var requests: [CommandRequest] = []
        requests.reserveCapacity(Int(count))
        for index in 0..<Int(count) {
            let command = (UnsafeRawPointer(commands) + index * Int(stride)).assumingMemoryBound(to: dsotp_command.self)
            let place = (UnsafeMutableRawPointer(decisions) + index * Int(decisionStride)).assumingMemoryBound(to: dsotp_command_decision.self)
            try HostCall.require(size: command.pointee.size, atLeast: MinimumSize.command, "command: dsotp_command")
            try HostCall.require(size: place.pointee.size, atLeast: MinimumSize.commandDecision, "command: dsotp_command_decision")
            requests.append(try CommandRequest(command.pointee, of: context.manifest.service))
        }
        let made = try decide(context, requests)
        for (index, decision) in made.enumerated() {
            let place = (UnsafeMutableRawPointer(decisions) + index * Int(decisionStride)).assumingMemoryBound(to: dsotp_command_decision.self)
            place.pointee.outcome = UInt32(decision.isAccepted ? DSOTP_COMMAND_ACCEPTED : DSOTP_COMMAND_REFUSED)
            place.pointee.command = decision.number
            place.pointee.retryable = decision.isRetryable ? 1 : 0
            place.pointee.sentence = dsotp_owned_bytes(copying: decision.sentence)
        }
    }

    private static func decide(_ context: ServiceContext, _ requests: [CommandRequest]) throws(ServiceFault) -> [CommandDecision] {
        if let remote = context.remote { return try remote.host.submit(requests) }
        let (desk, permissions) = try Self.desk(of: context)
        var complete: [CommandRequest] = []
        complete.reserveCapacity(requests.count)
        for request in requests {
            var request = request
            if request.device.isEmpty { request.device = desk.topics.device(of: request.topic) ?? "" }
            if request.topic.isEmpty { request.topic = "setpoints/\(request.device)" }
            do throws(CommandRefusal) { try desk.check(request) } catch { throw .invalid("command: \(error)") }
            complete.append(request)
        }
        let decisions = desk.submit(complete, of: context.manifest, permissions)
        let refused = decisions.count { !$0.isAccepted && (!$0.isRetryable || $0.number == 0) }
        if refused > 0 { context.counters.refused.wrappingAdd(UInt64(refused), ordering: .relaxed) }
        return decisions
    }
}

/// The state of a device as it crosses to a service.
struct CommandDeviceState: Sendable {
    var commandClass: UInt32 = 0
    var command: UInt64 = 0
    var until: Int64 = 0
    var isLocked = false
    var waiting = 0
    var holder = ""
    var lock = ""

    init() {}

    init(_ desk: CommandDesk, _ device: String) {
        let found = desk.device(device)
        if let command = found.holder {
            commandClass = command.commandClass.number
            self.command = command.number
            until = command.heldUntil
            holder = command.source.name
        }
        waiting = found.waiting
        if let lock = found.lock {
            isLocked = true
            self.lock = "\(lock.user): \(lock.note)"
        }
    }

    func fill(_ state: UnsafeMutablePointer<dsotp_command_device>) {
        state.pointee.command_class = commandClass
        state.pointee.command = command
        state.pointee.until = until
        state.pointee.is_locked = isLocked ? 1 : 0
        state.pointee.waiting = UInt32(clamping: waiting)
        state.pointee.holder = dsotp_owned_bytes(copying: holder)
        state.pointee.lock = dsotp_owned_bytes(copying: lock)
    }
}
