internal import Access
internal import Gateway
internal import Logging
internal import Runtime

/// The gateway's view of commands: the runtime's desk, in the name of the user who asks.
struct CommandsBridge: CommandAdministration {
    let desk: CommandDesk
    /// Where a site has several hosts: one of them decides about devices.
    let placement: Placement?

    /// Refuses to decide on a host that does not decide about devices.
    private func requireDesk() throws(GatewayError) {
        if let sentence = placement?.commandsElsewhere { throw .conflict(sentence) }
    }

    func commands(_ query: CommandQuery) async throws -> [String] {
        var filter = CommandDesk.Filter()
        filter.device = query.device
        filter.source = query.service
        filter.isActive = query.isActive
        filter.limit = query.limit
        if let word = query.commandClass { filter.commandClass = try Self.word(word, "class") }
        if let word = query.outcome { filter.outcome = try Self.word(word, "outcome") }
        return desk.list(filter)
    }

    private static func word<Word: RawRepresentable<String> & CaseIterable>(_ text: String, _ name: String) throws(GatewayError) -> Word {
        if let word = Word(rawValue: text) { return word }
        throw .badRequest("\(name) is '\(text.prefix(40))': expected one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
    }

    func command(_ number: UInt64) async -> String? { desk.view(number) }

    func submit(_ order: CommandOrder, by caller: Caller) async throws -> String {
        try requireDesk()
        guard let device = order.device ?? order.topic.flatMap(desk.device(ofTopic:)) else {
            throw GatewayError.badRequest("'\(order.topic ?? "")' is no command topic of the site")
        }
        let content: CommandRequest.Content =
            order.payload.map { .json($0) } ?? .setPoint(value: order.value ?? .nan, unit: order.unit)
        var request = CommandRequest(
            source: .user(caller.name), commandClass: .operator_, device: device, topic: order.topic ?? "setpoints/\(device)", content: content)
        request.hold = Self.nanoseconds(order.holdSeconds)
        if let seconds = order.expiresInSeconds { request.expires = desk.now + Self.nanoseconds(seconds) }
        (request.reason, request.key) = (String(order.reason.prefix(512)), String(order.key.prefix(128)))
        request.isDryRun = order.isDryRun
        if order.isDespiteLock { request.passes = caller.role < .engineer ? .own : .any }
        request.confirmation = try order.confirmation.map(Self.confirmation)
        do { return try desk.submit(request) } catch { throw GatewayError(error) }
    }

    private static func confirmation(_ given: CommandOrder.Confirmation) throws(GatewayError) -> CommandConfirmation {
        guard let expected = CommandConfirmation.Expected(json: given.value, tolerance: given.tolerance) else {
            throw .badRequest("the value of confirm is '\(given.value.prefix(80))': expected a text, a number, true or false, with a tolerance of 0 or more")
        }
        return CommandConfirmation(topic: given.topic, field: given.field, expected: expected, within: nanoseconds(given.withinSeconds))
    }

    private static func nanoseconds(_ seconds: Double) -> Int64 { Int64(max(0, min(seconds, 604_800)) * 1e9) }

    func cancel(_ number: UInt64, by caller: Caller) async throws -> String? {
        try requireDesk()
        return desk.cancel(number, by: caller.name)
    }

    func devices(limit: Int) async -> CommandDevicePage {
        let page = desk.devices(limit: limit)
        return CommandDevicePage(devices: page.devices, held: page.held, locked: page.locked, waiting: page.waiting)
    }

    func device(_ name: String) async -> String { desk.device(named: name) }

    func lock(_ device: String, note: String, by caller: Caller) async throws {
        try requireDesk()
        do { try await desk.lock(device, note: note, by: caller.name) } catch { throw GatewayError(error) }
    }

    func unlock(_ device: String, by caller: Caller) async throws {
        try requireDesk()
        let isReleased: Bool
        // Who works at a device decides when it is released: another operator does not.
        do { isReleased = try await desk.unlock(device, by: caller.name, mayOverride: caller.role >= .engineer) } catch { throw GatewayError(error) }
        if !isReleased { throw GatewayError.notFound("the device '\(device)' is not blocked") }
    }

    func isDryRun() async -> Bool { desk.isDryRun }

    func setDryRun(_ isOn: Bool, by caller: Caller) async throws {
        try requireDesk()
        do { try await desk.setDryRun(isOn) } catch { throw GatewayError(error) }
    }
}

extension GatewayError {
    fileprivate init(_ refusal: CommandRefusal) {
        self =
            switch refusal.kind {
            case .malformed: .badRequest(refusal.description)
            case .refused: .conflict(refusal.description)
            case .forbidden: .forbidden(refusal.description)
            case .notDurable: .unavailable(refusal.description)
            }
    }
}

/// What was commanded, into the audit trail.
struct CommandAuditBridge: CommandAudit {
    let trail: AuditTrail
    let logger: Logger

    func record(_ entries: [CommandRecord]) {
        do {
            try trail.record(
                entries.map { AuditEntry(who: $0.who, role: nil, what: $0.what, subject: $0.subject, outcome: $0.outcome, from: "host") })
        } catch {
            logger.error("the audit trail cannot be written: \(error)")
        }
    }
}
