internal import CPluginAPI

extension CommandRequest {
    /// The command that a plugin lends, with empty texts where the host completes it.
    init(_ given: dsotp_command, of service: String) throws(ServiceFault) {
        guard let commandClass = CommandClass(number: given.command_class) else {
            throw .invalid("command: the class is unknown (expected 1 … 5; got \(given.command_class))")
        }
        guard given.flags & ~UInt32(DSOTP_COMMAND_WAIT | DSOTP_COMMAND_DRY_RUN) == 0 else {
            throw .invalid("command: a flag is unknown (expected DSOTP_COMMAND_WAIT and DSOTP_COMMAND_DRY_RUN; got \(given.flags))")
        }
        let device = try HostCall.text(given.device, "command: the device", 0...256)
        let topic = try HostCall.text(given.topic, "command: the topic", 0...4_096)
        guard !device.isEmpty || !topic.isEmpty else { throw .invalid("command: neither a device nor a topic is given (expected one of them)") }
        let payload = try HostCall.text(given.payload, "command: the payload", 0...65_536)
        let unit = try HostCall.text(given.unit, "command: the unit", 0...32)
        self.init(
            source: .service(service), commandClass: commandClass, device: device, topic: topic,
            content: payload.isEmpty ? .setPoint(value: given.value, unit: unit) : .json(payload))
        waits = given.flags & UInt32(DSOTP_COMMAND_WAIT) != 0
        isDryRun = given.flags & UInt32(DSOTP_COMMAND_DRY_RUN) != 0
        key = try HostCall.text(given.key, "command: the key", 0...128)
        reason = try HostCall.text(given.reason, "command: the reason", 0...512)
        guard given.not_before >= 0, given.expires >= 0 else { throw .invalid("command: a time is negative (expected 0 or a time since 1970)") }
        (notBefore, expires, hold) = (given.not_before, given.expires, given.hold)
        if let confirmation = given.confirmation { self.confirmation = try CommandConfirmation(confirmation.pointee) }
    }
}

extension CommandConfirmation {
    init(_ given: dsotp_command_confirmation) throws(ServiceFault) {
        try HostCall.require(size: given.size, atLeast: MinimumSize.commandConfirmation, "command: dsotp_command_confirmation")
        let topic = try HostCall.text(given.topic, "command: the topic of the confirmation", 1...4_096)
        let field = try HostCall.text(given.field, "command: the field of the confirmation", 0...256)
        let value = try HostCall.text(given.value, "command: the value of the confirmation", 0...1_024)
        guard let expected = Expected(json: value, tolerance: given.tolerance) else {
            throw .invalid(
                "command: the value of the confirmation can't be used (expected a JSON text, number, true or false, with a tolerance of 0 or more; "
                    + "got '\(value.prefix(80))')")
        }
        self.init(topic: topic, field: field, expected: expected, within: given.within)
    }
}

extension CommandConfirmation.Expected {
    /// The scalar that a JSON text is; the empty text stands for the command's number.
    public init?(json: String, tolerance: Double) {
        guard tolerance >= 0, tolerance.isFinite else { return nil }
        if json.isEmpty {
            self = .identifier
            return
        }
        switch try? JSONReader.parse(Array(json.utf8)) {
        case .text(let text): self = .text(text)
        case .boolean(let value): self = .boolean(value)
        case .integer(let value): self = .number(Double(value), tolerance: tolerance)
        case .number(let value): self = .number(value, tolerance: tolerance)
        default: return nil
        }
    }

    /// As ``init(json:tolerance:)`` takes it.
    var json: (text: String, tolerance: Double) {
        switch self {
        case .text(let text): (ConfigValue.text(text).json, 0)
        case .boolean(let value): (value ? "true" : "false", 0)
        case .number(let value, let tolerance): ("\(value)", tolerance)
        case .identifier: ("", 0)
        }
    }
}
