/// A source of publications: a client's connection or a queue of local batches.
///
/// It can be held back. While it is, it hands out nothing and its transport stops reading, which is how back-pressure
/// travels from a receiver to the device that feeds it.
class Publisher {
    /// Why a publisher may be held back.
    struct Holds: OptionSet {
        let rawValue: UInt8
        /// The client's password is being checked.
        static let authentication = Holds(rawValue: 1)
        /// A local subscriber has no room for the publication at hand.
        static let localSubscriber = Holds(rawValue: 2)
        /// A receiving session's queue is at its limit.
        static let session = Holds(rawValue: 4)
        /// Too many publications wait for an acknowledgement of a local subscriber.
        static let acknowledgements = Holds(rawValue: 8)
        /// The client does not read what it is answered.
        static let output = Holds(rawValue: 16)
        /// The broker is about to stop.
        static let shutdown = Holds(rawValue: 32)
        /// The link to an external broker has no room.
        static let link = Holds(rawValue: 64)
    }

    /// A publication that some local subscriber had no room for; the others have it and must not get it twice.
    struct Parked {
        var delivered: [LocalSession]
    }

    /// Which local subscribers its publications are for.
    enum Reach {
        case everyone
        /// Those that have no session of their own at the external broker.
        case withoutOwnSession
        /// The one with this identifier.
        case only(Int)
    }

    /// Broken by the core when it forgets the publisher.
    let core: BrokerCore
    private let reach: Reach
    private(set) var holds: Holds = []
    /// Whether the publication at hand was retained before the subscription began; only an external broker hands such on.
    var isRetained: Bool { false }
    /// The state of the publication at hand while it is parked.
    var parked: Parked?
    /// Sessions at their limit that this publisher waits for.
    private var congestedSessions = 0

    init(core: BrokerCore, reach: Reach = .everyone) {
        self.core = core
        self.reach = reach
    }

    /// Whether its publications are for a local subscriber whose filters match.
    @inline(__always)
    final func reaches(_ session: LocalSession) -> Bool {
        switch reach {
        case .everyone: true
        case .withoutOwnSession: session.own == nil
        case .only(let identifier): session.id == identifier
        }
    }

    /// Whether the broker in this process keeps its retained messages, for whoever subscribes later.
    @inline(__always)
    final var isForMany: Bool { if case .only = reach { false } else { true } }

    /// Called at the end of a tick after the last hold has gone: continue.
    func resume() {}

    /// Prepares the acknowledgement of the QoS 1 or 2 publication at hand to wait for a local subscriber, and returns
    /// its token; nil when this publisher has nobody to acknowledge to.
    func openAcknowledgement(of packet: PublishPacket) -> LocalAcknowledgement? { nil }

    /// One more local subscriber will acknowledge the publication at hand.
    /// - Parameter holder: the local session that has taken it; nil when it is queued until its subscriber returns.
    func expectAcknowledgement(from holder: Int?) {}

    func hold(_ reason: Holds) { holds.insert(reason) }

    func release(_ reason: Holds) {
        guard !holds.isDisjoint(with: reason) else { return }
        holds.subtract(reason)
        if holds.isEmpty { core.resumeLater(self) }
    }

    func wait(for session: Session) {
        congestedSessions += 1
        session.waiting.append(self)
        hold(.session)
    }

    func sessionHasRoom() {
        congestedSessions -= 1
        if congestedSessions == 0 { release(.session) }
    }
}
