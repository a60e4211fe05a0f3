@testable import Runtime

/// SplitMix64: the same numbers for the same seed.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func milliseconds(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &self) * 1_000_000 }

    mutating func happens(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }
}

/// What goes wrong in a simulation, and how often.
struct Adversity: Sendable {
    /// The rate of each host's clock lies within 1 ± this.
    var drift = 0.0
    /// Extremes of a message's way, ms.
    var delay: ClosedRange<Int64> = 1...20
    /// How likely a message takes `spike` instead, and all behind it on the same connection too.
    var spikes = 0.0
    var spike: ClosedRange<Int64> = 500...9_000
    /// How likely a heartbeat is delivered twice.
    var duplicates = 0.0
    /// How wrong a host's time of day is at its start, s.
    var timeOfDay: Int64 = 0
    /// How long after a take-over the broker ends the connection of the one before, ms.
    var kick: ClosedRange<Int64> = 0...0
    /// Whether retained messages are there for who subscribes; a broker of several nodes may not have them, or old ones.
    var retention = Retention.kept

    enum Retention: Sendable, CaseIterable { case kept, lost, stale }
}

/// Hosts, a broker and the ways between them on one simulated time line; each host drives one real `Lease`.
///
/// Connections deliver in order or break, as TCP does. A broken one is noticed by its two ends at different times. A cut host's messages
/// wait until the cut is over, unless the connection breaks before.
final class SimulatedHosts {
    final class Connection {
        let host: Int
        let isSession: Bool
        var isOpenAtBroker = false
        var isClosedAtBroker = false
        var isOpenAtHost = true
        var lastToBroker: Int64 = 0
        var lastToHost: Int64 = 0

        init(host: Int, isSession: Bool) { (self.host, self.isSession) = (host, isSession) }
    }

    struct Host {
        let name: String
        let rate: Double
        let offset: Int64
        var lease: Lease
        var run = 0
        var isUp = true
        var isPaused = false
        var isCut = false
        var watch: Connection?
        var session: Connection?
        /// What happened to the process while it was paused, in order.
        var missed: [() -> Void] = []
        var isRunning = false
        var fence: Int64 = .min
        var terms: [UInt64] = []
    }

    private struct Item {
        let time: Int64
        let order: Int
        let work: () -> Void
    }

    var hosts: [Host] = []
    private(set) var now: Int64 = 0
    private var queue: [Item] = []
    private var count = 0
    var numbers: SeededNumbers
    var adversity: Adversity
    let timing: LeaseTiming
    private var isBrokerUp = true
    private var sessionOwner: Connection?
    private var watchers: [Connection] = []
    private var retained: LeaseHeartbeat?
    private var stale: LeaseHeartbeat?
    private var waiting: [Int: [() -> Void]] = [:]
    /// Sentences about moments at which two hosts worked at once.
    private(set) var violations: [String] = []
    /// Begins of terms: who, which, when.
    private(set) var begins: [(host: Int, term: UInt64, time: Int64)] = []
    /// How long the services of a host take to end, ms.
    var ending: ClosedRange<Int64> = 5...400

    init(count: Int, timing: LeaseTiming = LeaseTiming(ttl: 5_000_000_000), adversity: Adversity = Adversity(), seed: UInt64) {
        self.timing = timing
        self.adversity = adversity
        numbers = SeededNumbers(seed: seed)
        for index in 0..<count {
            let rate = 1 + Double.random(in: -1...1, using: &numbers) * adversity.drift
            let offset = Int64.random(in: 0...1_000_000_000_000, using: &numbers)
            let host = Host(name: "host-\(index)", rate: rate, offset: offset, lease: Self.lease(timing, index, run: 0, timeOfDay: 0, now: offset))
            hosts.append(host)
        }
        for index in 0..<count { boot(index) }
    }

    private static func lease(_ timing: LeaseTiming, _ index: Int, run: Int, timeOfDay: Int64, now: Int64) -> Lease {
        let standback = Lease.Standback(lapsed: Int64(index) * timing.ttl / 12, released: Int64(index) * timing.ttl / 25)
        return Lease(timing: timing, host: "host-\(index)", run: "\(index).\(run)", standback: standback, timeOfDay: timeOfDay, now: now)
    }

    func clock(_ index: Int) -> Int64 { hosts[index].offset + Int64(Double(now) * hosts[index].rate) }

    func at(_ delay: Int64, _ work: @escaping () -> Void) {
        count += 1
        let item = Item(time: now + delay, order: count, work: work)
        var low = 0, high = queue.count
        while low < high {
            let middle = (low + high) / 2
            if (queue[middle].time, queue[middle].order) > (item.time, item.order) { low = middle + 1 } else { high = middle }
        }
        queue.insert(item, at: low)
    }

    /// Lets time pass.
    func run(milliseconds: Int64) {
        let end = now + milliseconds * 1_000_000
        while let item = queue.last, item.time <= end {
            queue.removeLast()
            now = item.time
            item.work()
            check()
        }
        now = end
    }

    /// Hosts whose services work and can be heard.
    var working: [Int] { hosts.indices.filter { hosts[$0].isRunning && hosts[$0].isUp && clock($0) < hosts[$0].fence } }

    private func check() {
        let working = working
        if working.count > 1, violations.count < 3 { violations.append("\(now / 1_000_000) ms: \(working.map { "\(hosts[$0].name) in term \(hosts[$0].lease.term)" })") }
    }

    private func boot(_ index: Int) {
        let run = hosts[index].run
        let timeOfDay = now - clock(index) + Int64.random(in: -adversity.timeOfDay...adversity.timeOfDay, using: &numbers) * 1_000_000_000
        hosts[index].lease = Self.lease(timing, index, run: run, timeOfDay: timeOfDay, now: clock(index))
        deliver(.offer(true), to: index)
        connectWatch(index)
        tick(index, run)
    }

    private func tick(_ index: Int, _ run: Int) {
        at(40_000_000) { [self] in
            guard hosts[index].run == run, hosts[index].isUp else { return }
            if !hosts[index].isPaused { deliver(.tick, to: index) }
            tick(index, run)
        }
    }

    /// Gives an event to a host's lease and does what it says; a paused host gets it when it goes on.
    func deliver(_ event: LeaseEvent, to index: Int) {
        guard hosts[index].isUp else { return }
        let run = hosts[index].run
        if hosts[index].isPaused {
            return hosts[index].missed.append { [self] in if hosts[index].run == run { deliver(event, to: index) } }
        }
        for action in hosts[index].lease.handle(event, at: clock(index)) { perform(action, of: index) }
    }

    private func perform(_ action: LeaseAction, of index: Int) {
        switch action {
        case .probe(let number): if let watch = hosts[index].watch { toBroker(watch) { [self] in echo(number, watch) } }
        case .openSession: openSession(index)
        case .closeSession:
            guard let session = hosts[index].session else { return }
            hosts[index].session = nil
            session.isOpenAtHost = false
            toBroker(session) { [self] in brokerCloses(session, tellsHost: false) }
        case .publish(let heartbeat): if let session = hosts[index].session { toBroker(session) { [self] in accept(heartbeat, session) } }
        case .fence(let until): hosts[index].fence = until
        case .begin(let term):
            hosts[index].isRunning = true
            hosts[index].terms.append(term)
            begins.append((index, term, now))
        case .end:
            let run = hosts[index].run
            at(numbers.milliseconds(ending)) { [self] in
                guard hosts[index].run == run else { return }
                let stop = { [self] in
                    hosts[index].isRunning = false
                    deliver(.ended, to: index)
                }
                if hosts[index].isPaused { hosts[index].missed.append(stop) } else { stop() }
            }
        }
    }
}

/// The broker and the network.
extension SimulatedHosts {
    private func way() -> Int64 {
        numbers.happens(adversity.spikes) ? numbers.milliseconds(adversity.spike) : numbers.milliseconds(adversity.delay)
    }

    private func toBroker(_ connection: Connection, _ work: @escaping () -> Void) {
        connection.lastToBroker = max(connection.lastToBroker, now + way())
        at(connection.lastToBroker - now) { [self] in pass(connection.host) { [self] in if isBrokerUp, !connection.isClosedAtBroker { work() } } }
    }

    private func toHost(_ connection: Connection, _ event: LeaseEvent) {
        connection.lastToHost = max(connection.lastToHost, now + way())
        at(connection.lastToHost - now) { [self] in
            pass(connection.host) { [self] in if connection.isOpenAtHost { deliver(event, to: connection.host) } }
        }
    }

    /// Now, or when the host's cut is over.
    private func pass(_ index: Int, _ work: @escaping () -> Void) {
        if hosts[index].isCut { waiting[index, default: []].append(work) } else { work() }
    }

    private func connectWatch(_ index: Int) {
        let connection = Connection(host: index, isSession: false)
        let run = hosts[index].run
        hosts[index].watch = connection
        toBroker(connection) { [self] in
            guard hosts[index].run == run, hosts[index].watch === connection else { return }
            connection.isOpenAtBroker = true
            watchers.append(connection)
            toHost(connection, .watching)
            let kept: LeaseHeartbeat? = switch adversity.retention {
            case .kept: retained
            case .lost: nil
            case .stale: stale
            }
            if let kept { toHost(connection, .heard(kept, isRetained: true)) }
        }
        // Who hears nothing tries again, at once where there is nobody to connect to.
        at(isBrokerUp ? 3_000_000_000 : 300_000_000) { [self] in
            if hosts[index].watch === connection, !connection.isOpenAtBroker, hosts[index].run == run, hosts[index].isUp { connectWatch(index) }
        }
    }

    private func openSession(_ index: Int) {
        let connection = Connection(host: index, isSession: true)
        hosts[index].session = connection
        toBroker(connection) { [self] in
            guard hosts[index].session === connection || !connection.isOpenAtHost else { return }
            let former = sessionOwner
            sessionOwner = connection
            connection.isOpenAtBroker = true
            toHost(connection, .sessionOpened)
            if let former, former.isOpenAtBroker {
                at(numbers.milliseconds(adversity.kick)) { [self] in brokerCloses(former, tellsHost: true) }
            }
        }
    }

    private func brokerCloses(_ connection: Connection, tellsHost: Bool) {
        connection.isOpenAtBroker = false
        connection.isClosedAtBroker = true
        watchers.removeAll { $0 === connection }
        if tellsHost { hostLoses(connection, after: way()) }
    }

    private func hostLoses(_ connection: Connection, after delay: Int64) {
        let run = hosts[connection.host].run
        at(delay) { [self] in
            pass(connection.host) { [self] in
                guard connection.isOpenAtHost, hosts[connection.host].run == run else { return }
                connection.isOpenAtHost = false
                if connection.isSession {
                    if hosts[connection.host].session === connection {
                        hosts[connection.host].session = nil
                        deliver(.sessionLost, to: connection.host)
                    }
                } else if hosts[connection.host].watch === connection {
                    deliver(.watchLost, to: connection.host)
                    if hosts[connection.host].isUp { connectWatch(connection.host) }
                }
            }
        }
    }

    private func accept(_ heartbeat: LeaseHeartbeat, _ connection: Connection) {
        if stale == nil || numbers.happens(0.05) { stale = heartbeat }
        retained = heartbeat
        for watcher in watchers {
            toHost(watcher, .heard(heartbeat, isRetained: false))
            if numbers.happens(adversity.duplicates) { toHost(watcher, .heard(heartbeat, isRetained: false)) }
        }
        toHost(connection, .acknowledged(heartbeat.sequence))
    }

    private func echo(_ number: UInt64, _ connection: Connection) { toHost(connection, .probed(number)) }
}

/// What befalls hosts.
extension SimulatedHosts {
    /// kill -9: the kernel closes its connections.
    func kill(_ index: Int) {
        hosts[index].isUp = false
        hosts[index].isRunning = false
        hosts[index].run += 1
        hosts[index].isPaused = false
        hosts[index].missed = []
        for connection in [hosts[index].watch, hosts[index].session].compactMap(\.self) {
            connection.isOpenAtHost = false
            toBroker(connection) { [self] in brokerCloses(connection, tellsHost: false) }
        }
        hosts[index].watch = nil
        hosts[index].session = nil
    }

    func restart(_ index: Int) {
        guard !hosts[index].isUp else { return }
        hosts[index].isUp = true
        hosts[index].fence = .min
        boot(index)
    }

    func pause(_ index: Int) { hosts[index].isPaused = true }

    func resume(_ index: Int) {
        guard hosts[index].isPaused else { return }
        hosts[index].isPaused = false
        let missed = hosts[index].missed
        hosts[index].missed = []
        for work in missed { work() }
    }

    func cut(_ index: Int) { hosts[index].isCut = true }

    func heal(_ index: Int) {
        hosts[index].isCut = false
        for work in waiting.removeValue(forKey: index) ?? [] { work() }
    }

    /// A connection breaks; its ends notice it at different times.
    func breakConnection(of index: Int, session: Bool) {
        guard let connection = session ? hosts[index].session : hosts[index].watch else { return }
        at(numbers.milliseconds(0...6_000)) { [self] in brokerCloses(connection, tellsHost: false) }
        hostLoses(connection, after: numbers.milliseconds(0...6_000))
    }

    /// The broker ends and comes back, without what it had retained.
    func restartBroker(after milliseconds: Int64) {
        isBrokerUp = false
        for connection in watchers + [sessionOwner].compactMap(\.self) { brokerCloses(connection, tellsHost: true) }
        (sessionOwner, retained, stale) = (nil, nil, nil)
        at(milliseconds * 1_000_000) { [self] in isBrokerUp = true }
    }
}
