/// One lease as one host sees it: a state machine without input and output, driven by events that carry the host's monotonic time.
///
/// The lease is an MQTT session whose client identifier is named after it. A broker allows one connection per client identifier, so that only
/// the session's owner can publish heartbeats on it. That alone is not enough, for who lost the session may not know it; the rule of
/// ``LeaseTiming`` is what keeps two hosts from working at once:
///
/// - The holder works while the last heartbeat acknowledged *in time* was sent less than `fenceAfter` ago. It does not renew a lease
///   that has lapsed.
/// - Another host takes it when it has received no heartbeat for `ttl` and then a probe, a message to itself sent after that, came back:
///   a broker delivers in order, so no heartbeat is on its way that was accepted before the probe. One accepted later was acknowledged after
///   its sender had lapsed and counts for nothing.
/// - Two that take it at once both open the session; the later one ends the other's connection. It waits `settling`, probes again and
///   sees the other's claim, if there was one, before it makes its own.
///
/// A lost session alone says nothing about another holder: a broker that restarts ends all of them. The holder probes, and opens the session
/// again if no newer term is known, all within the time that it has.
///
/// What a broker had retained tells a newcomer the holder and the term; no wait is shortened by it, since brokers of several nodes may keep
/// one such message a node. Nor by a will: a broker that lost a connection does not know that the host has stopped.
struct Lease: Sendable {
    enum Phase: Hashable, Sendable {
        /// Another host has it, or nobody yet.
        case standby
        /// Nothing was heard for long enough: is anything on its way?
        case proving(probe: UInt64, sent: Int64)
        case opening(since: Int64)
        case settling(until: Int64)
        case confirming(probe: UInt64, sent: Int64)
        /// A heartbeat of the next term is on its way.
        case claiming(sent: Int64)
        case holding
        /// The services end so that it can be given back, while it is held.
        case releasing
        /// They have ended, and a heartbeat says so.
        case saying(sent: Int64, sequence: UInt64)
        /// The services end, and it is held no more.
        case ending
    }

    /// The session while the lease is held.
    enum Session: Hashable, Sendable {
        case open
        case doubted(probe: UInt64)
        case opening(since: Int64)
        case lost
    }

    struct Sent: Hashable, Sendable {
        let sequence: UInt64
        let time: Int64
    }

    let timing: LeaseTiming
    let host: String
    let run: String
    /// How long this host lets others go first: where a lease lapsed, and where it was given back.
    let standback: Standback

    struct Standback: Hashable, Sendable {
        var lapsed: Int64 = 0
        var released: Int64 = 0
    }

    var phase = Phase.standby
    var session = Session.lost
    var isOffered = false
    var isWatching = false
    /// Since when there was no sign of life of any holder.
    var silentSince: Int64
    /// The newest that was heard, by its term.
    var last: LeaseHeartbeat?
    /// The latest sign of life, as long as nothing can have been missed since it came.
    var latest: LeaseHeartbeat?
    /// Whether the one before it came from the same holder.
    private var isInRow = false
    /// The newest of each holder.
    private var newestOfRun: [String: LeaseHeartbeat] = [:]
    /// The greatest term that is known.
    var highestTerm: UInt64 = 0
    /// What has to be added to the host's monotonic time for the time of day, ns since 1970.
    let timeOfDay: Int64
    /// The term of this host's claim.
    var term: UInt64 = 0
    var sequence: UInt64 = 0
    /// When the last heartbeat was sent that was acknowledged in time.
    var validFrom: Int64 = 0
    var sent: [Sent] = []
    var nextRenewal: Int64 = 0
    /// Not before this another attempt is made.
    var notBefore: Int64
    var probes: UInt64 = 0
    var actions: [LeaseAction] = []

    /// - Parameters:
    ///   - run: distinguishes this process from any other, also of the same name.
    ///   - timeOfDay: what has to be added to the monotonic time for nanoseconds since 1970.
    init(timing: LeaseTiming, host: String, run: String, standback: Standback = Standback(), timeOfDay: Int64 = 0, now: Int64) {
        self.timing = timing
        self.host = host
        self.run = run
        self.standback = standback
        self.timeOfDay = timeOfDay
        silentSince = now
        notBefore = now
    }

    /// Until when the services may work, by the clock of this host; `nil` if they may not at all.
    var fencedAt: Int64? {
        switch phase {
        case .holding, .releasing: validFrom + timing.fenceAfter
        default: nil
        }
    }

    /// Takes an event and says what is to be done, in this order.
    mutating func handle(_ event: LeaseEvent, at now: Int64) -> [LeaseAction] {
        actions = []
        switch event {
        case .tick: break
        case .watching:
            watchLost(now)
            isWatching = true
            silentSince = now
        case .watchLost: watchLost(now)
        case .heard(let heartbeat, let isRetained): heard(heartbeat, isRetained, now)
        case .probed(let number): probed(number, now)
        case .sessionOpened: sessionOpened(now)
        case .sessionLost: sessionLost(now)
        case .acknowledged(let number): acknowledged(number, now)
        case .offer(let isOffered): self.isOffered = isOffered
        case .ended: ended(now)
        }
        advance(now)
        return actions
    }

    /// What follows from the time alone.
    private mutating func advance(_ now: Int64) {
        switch phase {
        case .standby: if isFree(asOf: now), now >= notBefore { prove(now) }
        case .proving(_, let since), .confirming(_, let since), .opening(let since), .claiming(let since), .saying(let since, _):
            if now - since > timing.renewal { retreat(now) }
        case .settling(let until):
            if now >= until {
                let number = probe()
                phase = .confirming(probe: number, sent: now)
            }
        case .holding, .releasing: keep(now)
        case .ending: break
        }
    }

    /// Whether the lease is nobody's, judged by what was sent before the moment `time`.
    func isFree(asOf time: Int64) -> Bool {
        guard isOffered, isWatching else { return false }
        if let latest, latest == last {
            // What this very process said last, and no other after it, is no reason to wait: its services have ended.
            if latest.run == run, isInRow { return true }
            if latest.state == .released { return time - silentSince >= standback.released }
        }
        return time - silentSince >= max(timing.ttl, last?.ttl ?? 0) + standback.lapsed
    }

    /// Whether it is on the way to hold the lease.
    private var isSeeking: Bool {
        switch phase {
        case .proving, .opening, .settling, .confirming, .claiming: true
        case .standby, .holding, .releasing, .saying, .ending: false
        }
    }

    /// Something may have been missed from here on.
    private mutating func watchLost(_ now: Int64) {
        isWatching = false
        latest = nil
        if isSeeking { retreat(now) }
    }

    /// Back to standing by.
    mutating func retreat(_ now: Int64) {
        if session != .lost { actions.append(.closeSession) }
        session = .lost
        sent = []
        phase = .standby
        notBefore = now + timing.renewal / 2
    }

    mutating func probe() -> UInt64 {
        probes += 1
        actions.append(.probe(probes))
        return probes
    }

    private mutating func prove(_ now: Int64) {
        let number = probe()
        phase = .proving(probe: number, sent: now)
    }

    /// A heartbeat is a sign of life if its holder had not said it before, whatever its term: a host that has lost its memory may begin with
    /// a term that was there.
    private mutating func heard(_ heartbeat: LeaseHeartbeat, _ isRetained: Bool, _ now: Int64) {
        highestTerm = max(highestTerm, heartbeat.term)
        if let known = newestOfRun[heartbeat.run], !heartbeat.isNewer(than: known) { return }
        if newestOfRun.count > 100 { newestOfRun.removeAll() }
        newestOfRun[heartbeat.run] = heartbeat
        if last.map(heartbeat.isNewer) ?? true { last = heartbeat }
        silentSince = now
        isInRow = latest?.run == heartbeat.run
        latest = isRetained ? nil : heartbeat
        // What comes back was accepted: as good as an acknowledgement.
        if heartbeat.run == run { return acknowledged(heartbeat.sequence, now) }
        switch phase {
        case .holding, .releasing: if heartbeat.term >= term { give(up: .superseded(host: heartbeat.host)) }
        case .proving, .opening, .settling, .confirming, .claiming: if heartbeat.state == .held { retreat(now) }
        case .standby, .saying, .ending: break
        }
    }

    private mutating func probed(_ number: UInt64, _ now: Int64) {
        switch phase {
        case .proving(number, let sent):
            guard isFree(asOf: sent) else { return retreat(now) }
            actions.append(.openSession)
            session = .opening(since: now)
            phase = .opening(since: now)
        case .confirming(number, let sent):
            guard isFree(asOf: sent) else { return retreat(now) }
            claim(now)
        case .holding, .releasing:
            guard session == .doubted(probe: number) else { return }
            actions.append(.openSession)
            session = .opening(since: now)
        default: break
        }
    }

    private mutating func sessionOpened(_ now: Int64) {
        guard case .opening = session else { return }
        session = .open
        switch phase {
        case .opening: phase = .settling(until: now + timing.settling)
        case .holding, .releasing: nextRenewal = now
        default: break
        }
    }

    private mutating func sessionLost(_ now: Int64) {
        guard session != .lost else { return }
        // The first attempt follows at once; a broker that refuses is not asked again and again.
        if case .opening = session { notBefore = now + timing.renewal / 8 }
        session = .lost
        switch phase {
        case .opening, .settling, .confirming, .saying: retreat(now)
        // The claim may have been accepted, and come back.
        default: break
        }
    }

    private mutating func ended(_ now: Int64) {
        switch phase {
        case .releasing:
            actions.append(.fence(until: .min))
            guard session == .open else { return retreat(now) }
            sequence += 1
            publish(.released)
            phase = .saying(sent: now, sequence: sequence)
        case .ending: retreat(now)
        default: break
        }
    }
}
