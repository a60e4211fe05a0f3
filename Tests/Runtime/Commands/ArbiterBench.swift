@testable import Runtime

/// An arbiter with its driver in a few lines: publishes at once, keeps what was told and published, and a clock of seconds.
struct ArbiterBench {
    var arbiter: CommandArbiter
    var now: Int64 = 1_800_000_000_000_000_000
    /// `device outcome`, with ` .` for the last word on a command, in their order.
    private(set) var told: [String] = []
    private(set) var events: [CommandEvent] = []
    /// `device by source`.
    private(set) var published: [String] = []
    var databusIsFull = false

    init(limits: CommandArbiter.Limits = .init()) { arbiter = CommandArbiter(limits: limits) }

    static let second: Int64 = 1_000_000_000

    /// A set-point of a service; times in seconds from now.
    func request(
        _ service: String, _ commandClass: CommandClass, _ device: String = "battery", hold: Int64 = 60, waits: Bool = false, dry: Bool = false,
        after: Int64 = 0, expires: Int64 = 0, key: String = "", confirm: Int64 = 0
    ) -> CommandRequest {
        var request = CommandRequest(
            source: .service(service), commandClass: commandClass, device: device, topic: "setpoints/\(device)", content: .setPoint(value: 1, unit: "kW"))
        (request.waits, request.isDryRun, request.key, request.hold) = (waits, dry, key, hold * Self.second)
        request.notBefore = after > 0 ? now + after * Self.second : 0
        request.expires = expires > 0 ? now + expires * Self.second : 0
        if confirm > 0 {
            request.confirmation = CommandConfirmation(
                topic: "setpoints/\(device)/ack", field: "state.value", expected: .number(1, tolerance: 0.1), within: confirm * Self.second)
        }
        return request
    }

    @discardableResult
    mutating func submit(_ request: CommandRequest) -> CommandDecision {
        let decision = arbiter.submit(request, now: now)
        carryOut()
        return decision
    }

    mutating func wait(_ seconds: Int64) {
        now += seconds * Self.second
        arbiter.advance(to: now)
        carryOut()
    }

    mutating func report(_ json: String, from device: String = "battery") {
        guard let document = try? JSONReader.parse(Array(json.utf8)) else { return }
        arbiter.report("setpoints/\(device)/ack", document, now: now)
        carryOut()
    }

    mutating func order(_ body: (inout CommandArbiter, Int64) -> Void) {
        body(&arbiter, now)
        carryOut()
    }

    /// What was told since the last time.
    mutating func take() -> [String] {
        defer { told = [] }
        return told
    }

    func holder(_ device: String = "battery") -> Command? { arbiter.slots[device]?.holder.flatMap { arbiter.active[$0] } }

    private mutating func carryOut() {
        var effects = arbiter.takeEffects()
        while !effects.isEmpty {
            for effect in effects {
                switch effect {
                case .tell(let event):
                    events.append(event)
                    told.append("\(event.device) \(event.source.name) \(event.outcome.rawValue)\(event.isFinal ? " ." : "")")
                case .dispatch(let number):
                    guard let command = arbiter.beginDispatch(number) else { continue }
                    arbiter.expectReport(number)
                    if databusIsFull {
                        arbiter.dispatchFailed(number, "the databus was full", now: now)
                    } else {
                        published.append("\(command.device) by \(command.source.name)")
                        arbiter.dispatched(number, now: now)
                    }
                case .remember, .rememberDryRun, .stopWatching: break
                }
            }
            effects = arbiter.takeEffects()
        }
    }
}
