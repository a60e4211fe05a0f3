import Databus
import Glibc
import Synchronization
import UnixSignals

/// One run of a site's field, from the first connection to the last word.
struct Emulation {
    let description: SiteDescription
    let options: MQTTClientOptions
    let clock: FieldClock
    let historyDays: Int
    let seconds: Double?
    let statisticsSeconds: Double

    /// How long a connected field waits for the host to tell its clock.
    private static let patience = Duration.seconds(1)

    /// Plays until a signal, or for the time that was given.
    /// - Throws: `DatabusError` where the databus refuses the devices, ``EmulationError`` where the site can't be played.
    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let (events, queue) = AsyncStream.makeStream(of: FieldPlayer.Event.self)
        let fleet = Fleet(description, options: options, clock: clock) { queue.yield($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in signals { return } }
            group.addTask { try await fleet.run() }
            group.addTask { try await play(events, queue, fleet) }
            if let seconds { group.addTask { try await Task.sleep(for: .seconds(seconds)) } }
            defer { group.cancelAll() }
            // Whoever ends first ends the others: a signal, the time, or a refusal.
            try await group.next()
        }
        say("ended: \(fleet.counters.published.load(ordering: .relaxed)) messages published")
    }

    private func play(_ events: AsyncStream<FieldPlayer.Event>, _ queue: AsyncStream<FieldPlayer.Event>.Continuation, _ fleet: Fleet) async throws {
        try await waitForClock(fleet)
        let player = try FieldPlayer(description, fleet: fleet, clock: clock)
        say("\(fleet.names.count) devices, \(description.allAssets.count) assets\(trouble(player)); \(options.host):\(options.port) at \(clock.speed) times real time")
        if historyDays > 0 { try await tellPast(player) }
        player.begin()
        // Ticks that would pile up while the field is calculated are one.
        let isTickPending = FlagBox()
        let ticking = Task {
            while !Task.isCancelled {
                if isTickPending.set() { queue.yield(.tick) }
                try? await Task.sleep(for: .seconds(max(0.02, min(1, description.stepSeconds / clock.speed))))
            }
        }
        defer { ticking.cancel() }
        var report = StatisticsLine(every: statisticsSeconds)
        for await event in events {
            player.take(event)
            if case .tick = event { isTickPending.clear() }
            if let line = report.next(fleet, player) { say(line) }
        }
    }

    /// The clock comes with the first connection, if it comes.
    private func waitForClock(_ fleet: Fleet) async throws {
        while fleet.counters.connected.load(ordering: .relaxed) == 0 { try await Task.sleep(for: .milliseconds(20)) }
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline, !clock.isTold { try await Task.sleep(for: .milliseconds(20)) }
    }

    private func tellPast(_ player: FieldPlayer) async throws {
        say("publishing the past of \(historyDays) days")
        try await player.publishPast(days: historyDays)
        try await player.waitUntilTold()
    }

    private func trouble(_ player: FieldPlayer) -> String {
        let text = player.misbehaviour.summary
        return text.isEmpty ? "" : " of which \(text)"
    }

    /// What there is to play, for `--check`.
    static func summary(of description: SiteDescription) throws -> String {
        let field = try Field(description, beginning: 1_780_000_000)
        let clock = FieldClock(begin: nil, speed: 1)
        let fleet = Fleet(description, options: MQTTClientOptions(), clock: clock) { _ in }
        return "\(fleet.names.count) devices, \(description.customers.count) customers, \(field.assets.count) assets, "
            + "\(description.instruments.pmus.count) PMUs, \(description.instruments.units.count) remote units: in order"
    }
}

/// A flag of two tasks.
final class FlagBox: Sendable {
    private let flag = Atomic(false)
    /// - Returns: whether it was not set.
    func set() -> Bool { !flag.exchange(true, ordering: .acquiring) }
    func clear() { flag.store(false, ordering: .releasing) }
}

/// Writes a line to the standard output at once.
func say(_ line: String) {
    _ = (line + "\n").withCString { write(STDOUT_FILENO, $0, strlen($0)) }
}

/// What a person sees every few seconds.
struct StatisticsLine {
    private let seconds: Double
    private var last = ContinuousClock.now
    private var published = 0
    private var setPoints = 0

    init(every seconds: Double) { self.seconds = seconds }

    /// The line, if it is time for one.
    mutating func next(_ fleet: Fleet, _ player: FieldPlayer) -> String? {
        let now = ContinuousClock.now
        let passed = Double((now - last).components.seconds) + Double((now - last).components.attoseconds) / 1e18
        guard passed >= seconds else { return nil }
        last = now
        let counters = fleet.counters
        let (messages, orders) = (counters.published.load(ordering: .relaxed), counters.setPoints.load(ordering: .relaxed))
        defer { (published, setPoints) = (messages, orders) }
        let dropped = counters.dropped.load(ordering: .relaxed), loss = counters.takeLoss()
        return "\(player.status): \(counters.connected.load(ordering: .relaxed)) of \(fleet.names.count) connected, "
            + "\(Int(Double(messages - published) / passed)) messages/s, \(Int(Double(orders - setPoints) / passed)) set-points/s, \(fleet.backlog) waiting"
            + (dropped > 0 ? ", \(dropped) forgotten" : "") + (loss.isEmpty ? "" : " (\(loss))")
    }
}
