internal import Synchronization
internal import Topics

/// What people command and order, over REST.
extension CommandDesk {
    /// Which commands are listed; `nil` for all.
    public struct Filter: Sendable {
        public var device: String?
        /// A service's or a user's name.
        public var source: String?
        public var commandClass: CommandClass?
        /// The latest outcome.
        public var outcome: CommandOutcome?
        /// Those that have not ended, or those that have.
        public var isActive: Bool?
        public var limit = 200

        public init() {}
    }

    /// Commands that are known, the latest change first, each as a JSON object.
    public func list(_ filter: Filter) -> [String] {
        let commands = state.withLock { state in
            func fits(_ command: Command) -> Bool {
                (filter.device == nil || command.device == filter.device) && (filter.source == nil || command.source.name == filter.source)
                    && (filter.commandClass == nil || command.commandClass == filter.commandClass)
                    && (filter.outcome == nil || command.outcome == filter.outcome)
            }
            var found: [Command] = []
            if filter.isActive != false { found += state.arbiter.active.values.filter(fits) }
            if filter.isActive != true { found += state.arbiter.recent.all.filter(fits) }
            return found
        }
        return commands.sorted { ($0.changed, $0.number) > ($1.changed, $1.number) }.prefix(filter.limit).map { CommandMessage.view($0).json }
    }

    /// A command as a JSON object, or `nil`.
    public func view(_ number: UInt64) -> String? { state.withLock { $0.arbiter.command(number) }.map { CommandMessage.view($0).json } }

    /// Decides about an operator's command; returns it as a JSON object.
    /// - Throws: a sentence if it is malformed or refused.
    public func submit(_ request: CommandRequest) throws(CommandRefusal) -> String {
        try check(request)
        let (decision, command) = decide { state, now in
            let decision = state.arbiter.submit(request, now: now)
            return (decision, state.arbiter.command(decision.number))
        }
        guard decision.isAccepted, let command else { throw .refused(decision.sentence) }
        return CommandMessage.view(command).json
    }

    /// The device of a command topic, or `nil` if it is none.
    public func device(ofTopic topic: String) -> String? { topics.device(of: topic) }

    /// Cancels any command; returns it as a JSON object, or `nil` if there is none that has not ended.
    public func cancel(_ number: UInt64, by user: String) -> String? {
        decide { state, now -> Command? in
            guard state.arbiter.cancel(number, of: nil, by: .user(user), now: now) != nil else { return nil }
            return state.arbiter.command(number)
        }.map { CommandMessage.view($0).json }
    }

    /// Devices that are held, waited for or blocked, each as a JSON object, at most so many: those that are blocked first, then those of
    /// the higher class; and how many there are in all.
    public func devices(limit: Int) -> (devices: [String], held: Int, locked: Int, waiting: Int) {
        let arbiter = state.withLock { $0.arbiter }
        func rank(_ slot: DeviceSlot) -> UInt32 {
            if slot.lock != nil { return 0 }
            return 10 - ((slot.holder ?? slot.dryHolder).flatMap { arbiter.active[$0] }?.commandClass.number ?? 0)
        }
        let sorted = arbiter.slots.map { (rank: rank($0.value), device: $0.key) }.sorted { ($0.rank, $0.device) < ($1.rank, $1.device) }
        return (
            sorted.prefix(limit).map { CommandMessage.device($0.device, in: arbiter).json },
            arbiter.slots.values.count { $0.holder != nil }, arbiter.slots.values.count { $0.lock != nil },
            arbiter.slots.values.reduce(0) { $0 + $1.waiting.count }
        )
    }

    /// A device as a JSON object.
    public func device(named name: String) -> String { CommandMessage.device(name, in: state.withLock { $0.arbiter }).json }

    /// Blocks a device for work; durable when this returns. A block of another user is not taken over: it is released first.
    /// - Throws: if another user blocked it, or if it could not be written: it then holds until the host ends.
    public func lock(_ device: String, note: String, by user: String) async throws(CommandRefusal) {
        guard CommandDevice.isName(device) else { throw .malformed(Self.malformed(device: device)) }
        guard (1...512).contains(note.utf8.count) else { throw .malformed("a block needs a note of 1 … 512 bytes that says what work it is for") }
        let outcome = await decideDurably { state, now in
            state.arbiter.lock(device, DeviceLock(user: user, note: note, since: now), now: now)
        }
        if let standing = outcome.result {
            throw .refused("\(CommandArbiter.locked(device, standing).sentence) (\(standing.user), or an engineer, releases it first)")
        }
        publishState(of: device)
        if !outcome.isDurable { throw .notDurable("the block of '\(device)' holds, but could not be written: until that succeeds it ends with the host") }
    }

    /// Releases a device that `user` blocked, or anybody if `mayOverride`; false if it was not blocked.
    /// - Throws: if another user blocked it, or if it could not be written: it is then blocked again after a restart.
    public func unlock(_ device: String, by user: String, mayOverride: Bool) async throws(CommandRefusal) -> Bool {
        let outcome = await decideDurably { state, now in state.arbiter.unlock(device, by: user, mayOverride: mayOverride, now: now) }
        switch outcome.result {
        case .wasFree: return false
        case .isOf(let standing):
            throw .forbidden("\(CommandArbiter.locked(device, standing).sentence): ask \(standing.user), or an engineer, to release it")
        case .released: break
        }
        publishState(of: device)
        if !outcome.isDurable {
            throw .notDurable("the device '\(device)' is free, but that could not be written: until that succeeds it is blocked again after a restart")
        }
        return true
    }

    /// The time that commands go by: nanoseconds since 1970-01-01T00:00:00Z.
    public var now: Int64 { clock.now() }

    /// Whether the whole site only rehearses.
    public var isDryRun: Bool { state.withLock { $0.arbiter.isDryRun } }

    /// Switches the dry run of the site; durable when this returns.
    public func setDryRun(_ isOn: Bool) async throws(CommandRefusal) {
        let outcome = await decideDurably { state, _ in state.arbiter.setDryRun(isOn) }
        if !outcome.isDurable {
            throw .notDurable("the dry run is \(isOn ? "on" : "off"), but that could not be written: until that succeeds it ends with the host")
        }
    }

    /// All metrics of commands in Prometheus' text format.
    public func metricsText() -> String {
        let (active, held, locked, isDryRun) = state.withLock { state in
            (
                state.arbiter.active.values.reduce(into: [CommandClass: Int]()) { $0[$1.commandClass, default: 0] += 1 },
                state.arbiter.slots.values.count { $0.holder != nil }, state.arbiter.slots.values.count { $0.lock != nil }, state.arbiter.isDryRun
            )
        }
        return statistics.text(active: active, held: held, locked: locked, isDryRun: isDryRun)
    }

    static func malformed(device: String) -> String {
        "the device is malformed (expected 1 … 256 bytes without '/', '+', '#' and control characters; got '\(device.prefix(80))')"
    }

    /// Refuses what no arbiter could decide about.
    func check(_ request: CommandRequest) throws(CommandRefusal) {
        guard CommandDevice.isName(request.device) else { throw .malformed(Self.malformed(device: request.device)) }
        guard let device = topics.device(of: request.topic) else {
            let filters = MappingReader.list(topics.commands.map(\.description))
            throw .malformed("'\(request.topic.prefix(200))' is no command topic of the site (expected one that fits \(filters))")
        }
        guard device == request.device else {
            throw .malformed("the topic '\(request.topic)' is for another device (expected '\(request.device)'; got '\(device)')")
        }
        switch request.content {
        case .json(let text):
            guard text.utf8.count <= 65_536 else { throw .malformed("the payload is too long (expected at most 65536 bytes; got \(text.utf8.count))") }
            do throws(JSONReader.Malformed) { _ = try JSONReader.parse(Array(text.utf8)) } catch { throw .malformed("the payload can't be used: \(error)") }
        case .setPoint(let value, let unit):
            guard value.isFinite else { throw .malformed("the set-point is not a finite number") }
            guard unit.utf8.count <= 32 else { throw .malformed("the unit is too long (expected at most 32 bytes; got \(unit.utf8.count))") }
        }
        try check(request.notBefore, "not_before")
        try check(request.expires, "expires")
        guard (0...CommandRequest.longestHold).contains(request.hold) else {
            throw .malformed("the hold is out of range (expected 0 … 7d; got \(request.hold) ns)")
        }
        if let confirmation = request.confirmation { try check(confirmation) }
    }

    private func check(_ time: Int64, _ name: String) throws(CommandRefusal) {
        let latest = clock.now().saturatingAdd(CommandRequest.farthest)
        guard (0...max(0, latest)).contains(time) else {
            throw .malformed("\(name) is out of range (expected 0, or a time at most 366d ahead, by \(TimeOfDay.text(latest)); got \(time) ns)")
        }
    }

    private func check(_ confirmation: CommandConfirmation) throws(CommandRefusal) {
        guard topics.reports.contains(where: { $0.matches(confirmation.topic) }) else {
            let filters = MappingReader.list(topics.reports.map(\.description))
            throw .malformed(
                "the site does not watch '\(confirmation.topic.prefix(200))' for confirmations (expected a topic that fits \(filters); add it to "
                    + "'confirmations' of 'commands' in site.yaml)")
        }
        guard (1...CommandRequest.longestConfirmation).contains(confirmation.within) else {
            throw .malformed("the time for a confirmation is out of range (expected more than 0, at most 1h; got \(confirmation.within) ns)")
        }
    }
}

/// Why a command or an order is not carried out; `description` is a sentence for a person.
public struct CommandRefusal: Error, Sendable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// It could never be carried out.
        case malformed
        /// The arbiter does not grant it now.
        case refused
        /// It is for another to order.
        case forbidden
        /// It is carried out, and not on the disk.
        case notDurable
    }
    public let kind: Kind
    public let description: String

    static func malformed(_ sentence: String) -> Self { Self(kind: .malformed, description: sentence) }
    static func refused(_ sentence: String) -> Self { Self(kind: .refused, description: sentence) }
    static func forbidden(_ sentence: String) -> Self { Self(kind: .forbidden, description: sentence) }
    static func notDurable(_ sentence: String) -> Self { Self(kind: .notDurable, description: sentence) }
}
