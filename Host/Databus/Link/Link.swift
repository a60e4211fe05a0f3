import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// Mirrors the broker in this process to an external one: what is subscribed here is subscribed there, what comes from there is routed here,
/// what is published here goes there, and comes back from there to whoever subscribed.
///
/// A link is one session at the external broker. The host's own has all of that. A local subscriber's own session (`OwnSession`) has what that one
/// subscribes and nothing else.
///
/// Confined to the broker's event loop.
final class Link {
    private enum State { case idle, connecting, connected, pausing, stopped }

    private enum Purpose {
        case host
        case subscriber(OwnSession, id: Int, name: String)
        /// To end a subscriber's session at the broker.
        case discarding(OwnSession)
    }

    let options: LinkOptions
    private let purpose: Purpose
    private unowned let core: BrokerCore
    private let tls: (options: MQTTTLS, context: NIOSSLContext)?
    private let logger: Logger
    private var state = State.idle
    private(set) var connection: LinkConnection?
    let topics: LinkTopics
    private(set) var outbox: LinkOutbox
    private(set) var subscriptions: LinkSubscriptions
    private var subscriptionsAreOutdated = false
    /// The subscriber is gone: what it still acknowledges is passed on, then the connection ends.
    private(set) var isFinishing = false
    /// When `state` became connected, or ceased to be.
    private var changedAt = NIODeadline.now()
    /// Whether the broker has answered the subscriptions with which the connection began.
    private var hasSubscribed = false
    private var waiting: [Publisher] = []
    private var drainWaiters: [EventLoopPromise<Void>] = []
    private var nextAddress = 0
    private var attempt: LinkAttempts
    private var pause: Scheduled<Void>?
    private var answerTimer: Scheduled<Void>?
    private var problem: String?
    /// Sentences logged since the last connection, so that an outage is told once.
    private var told: Set<String> = []
    private var connections: UInt64 = 0
    private var failures: UInt64 = 0
    private var sent: UInt64 = 0
    var received: UInt64 = 0
    private var dropped: UInt64 = 0
    private var address: LinkOptions.Address

    /// - Throws: `DatabusError` when a file of the TLS options cannot be read.
    init(options: LinkOptions, core: BrokerCore, logger: Logger) throws(DatabusError) {
        guard let first = options.addresses.first else { throw .link("the link to an external broker has no address") }
        self.options = options
        purpose = .host
        self.core = core
        self.logger = logger
        address = first
        topics = LinkTopics(dot: options.dot)
        outbox = LinkOutbox(options)
        subscriptions = LinkSubscriptions(remembered: options.memory?.load() ?? [])
        attempt = LinkAttempts(options)
        if let tls = options.tls { self.tls = (tls, try tls.makeContext()) } else { tls = nil }
    }

    /// The link of a subscriber's own session, to the broker of the host's.
    convenience init(_ own: OwnSession, of subscriber: LocalSession, beside host: Link) {
        self.init(own.terms, .subscriber(own, id: subscriber.id, name: subscriber.name), beside: host)
    }

    /// A link that ends such a session.
    convenience init(discarding own: OwnSession, beside host: Link) { self.init(own.terms, .discarding(own), beside: host) }

    private init(_ terms: LinkSession, _ purpose: Purpose, beside host: Link) {
        var options = host.options
        options.clientIdentifier = terms.clientIdentifier
        options.memory = terms.memory
        self.options = options
        self.purpose = purpose
        core = host.core
        logger = host.logger
        tls = host.tls
        address = host.address
        topics = host.topics
        outbox = LinkOutbox(options)
        subscriptions = LinkSubscriptions(remembered: options.memory?.load() ?? [])
        attempt = LinkAttempts(options)
        // The cluster's node that the host found.
        nextAddress = options.addresses.firstIndex { $0 == host.address } ?? 0
    }

    /// Whom publications of this link are for.
    var reach: Publisher.Reach {
        switch purpose {
        case .host: .withoutOwnSession
        case .subscriber(_, let id, _): .only(id)
        case .discarding: .only(-1)
        }
    }

    private var own: OwnSession? {
        switch purpose {
        case .host: nil
        case .subscriber(let own, _, _), .discarding(let own): own
        }
    }

    private var isDiscarding: Bool { if case .discarding = purpose { true } else { false } }

    /// Whether the session is this host's.
    @inline(__always)
    var isHeld: Bool {
        switch purpose {
        case .host: true
        case .subscriber(let own, _, _), .discarding(let own): own.terms.isHeld()
        }
    }

    var connectPacket: ConnectPacket {
        var packet = ConnectPacket()
        packet.clientIdentifier = options.clientIdentifier
        packet.cleanSession = isDiscarding
        packet.keepAliveSeconds = options.keepAliveSeconds
        packet.user = options.user
        packet.password = options.password.map { Array($0.utf8) }
        return packet
    }

    /// Begins to connect. Call it once those are subscribed whose messages the broker has kept.
    func start() {
        guard state == .idle else { return }
        connect()
    }

    private func connect() {
        // Whoever connects under a subscriber's identifier takes the session from another host: only who may have it does.
        guard isHeld else { return wait(to: .notHeld, seconds: Self.heldPauseSeconds) }
        state = .connecting
        address = options.addresses[nextAddress % options.addresses.count]
        nextAddress += 1
        let connection = LinkConnection(core: core, link: self, address: address, serial: core.makeSerial())
        self.connection = connection
        let bound = NIOLoopBound((self, connection), eventLoop: core.eventLoop)
        let (tls, host) = (tls.map { ($0.options, $0.context) }, address.host)
        let timeout = TimeAmount.nanoseconds(Int64(options.connectTimeoutSeconds * 1e9))
        ClientBootstrap(group: core.eventLoop)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 16_384, maximum: 262_144))
            .channelOption(.writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: 64 << 10, high: 512 << 10))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let (tls, context) = tls {
                        try channel.pipeline.syncOperations.addHandler(try tls.makeHandler(context, host: host))
                    }
                    try channel.pipeline.syncOperations.addHandler(bound.value.1)
                }
            }
            .connect(host: host, port: address.port)
            .whenComplete { result in
                let (link, connection) = bound.value
                switch result {
                case .success: link.awaitAnswer(connection, timeout)
                case .failure(let error): link.lost(connection, .unreachable(error))
                }
            }
    }

    /// TLS and CONNACK together have as long as the connection itself had.
    private func awaitAnswer(_ connection: LinkConnection, _ timeout: TimeAmount) {
        guard connection === self.connection, state == .connecting else { return connection.end() }
        let bound = NIOLoopBound((self, connection), eventLoop: core.eventLoop)
        answerTimer = core.eventLoop.scheduleTask(in: timeout) {
            let (link, connection) = bound.value
            link.lost(connection, .noAnswer(seconds: link.options.connectTimeoutSeconds))
        }
    }

    /// CONNACK.
    func answered(_ connection: LinkConnection, _ packet: ConnackPacket) {
        guard connection === self.connection else { return }
        answerTimer?.cancel()
        guard packet.code == .accepted else { return lost(connection, .refused(packet.code)) }
        guard isHeld else { return lost(connection, .notHeld) }
        state = .connected
        changedAt = .now()
        connection.isAccepted = true
        if isDiscarding {
            logger.notice("the session '\(options.clientIdentifier)' at the broker at \(address) is ended: nobody wants what waits in it")
            return stop()
        }
        connections += 1
        attempt.succeeded()
        problem = nil
        told = []
        let session = packet.sessionPresent ? "its session is resumed" : "its session is new"
        logger.notice("linked to the broker at \(address) as client '\(options.clientIdentifier)'; \(session)")
        hasSubscribed = false
        subscriptions.reconnected(sessionPresent: packet.sessionPresent)
        outbox.rewind()
        subscriptionsAreOutdated = true
        pump()
    }

    /// The connection could not be made or is over: the next one is tried, at another address or after a pause.
    func lost(_ connection: LinkConnection, _ loss: LinkLoss) {
        guard connection === self.connection, state != .stopped else { return }
        answerTimer?.cancel()
        self.connection = nil
        connection.end()
        failures += 1
        if isFinishing { return stop() }
        if state == .connected { changedAt = .now() }
        if case .notHeld = loss { return wait(to: loss, seconds: Self.heldPauseSeconds) }
        tell(loss.sentence(connection.address, options) + attempt.failed(wasAccepted: connection.isAccepted, stuckOn: outbox.oldestTopic))
        let isRoundOver = nextAddress % options.addresses.count == 0 || connection.isAccepted
        wait(seconds: isRoundOver ? attempt.nextPauseSeconds() : 0)
    }

    private static let heldPauseSeconds = 0.25

    private func wait(to loss: LinkLoss, seconds: Double) {
        problem = loss.sentence(address, options)
        wait(seconds: seconds)
    }

    private func wait(seconds: Double) {
        state = .pausing
        let bound = NIOLoopBound(self, eventLoop: core.eventLoop)
        pause = core.eventLoop.scheduleTask(in: .nanoseconds(Int64(seconds * 1e9))) {
            if bound.value.state == .pausing { bound.value.connect() }
        }
    }

    private func tell(_ sentence: String) {
        problem = sentence
        guard told.insert(sentence).inserted else { return }
        // An outage of the broker is told by the host's link.
        let level: Logger.Level = own == nil || core.link?.state == .connected ? .warning : .debug
        let whose = if case .subscriber(_, _, let name) = purpose { "the own session of service '\(name)': " } else { "" }
        logger.log(level: level, "\(whose)\(sentence); trying again until it works")
    }

    /// Local filters have changed.
    func subscriptionsChanged() {
        guard !core.isStopping else { return }
        subscriptionsAreOutdated = true
        connection?.flushLater()
    }

    private func updateSubscriptions(_ connection: LinkConnection) {
        subscriptionsAreOutdated = false
        // The subscriber is gone, its filters stay with the session.
        if isFinishing { return }
        var wanted: Set<LinkSubscriptions.Interest> = []
        for local in core.locals.values where isFor(local) {
            for entry in local.filters { wanted.insert(.init(session: local.id, filter: topics.outgoing(entry.filter), qos: entry.qos)) }
        }
        if subscriptions.update(wanted, to: &connection.output) { options.memory?.save(subscriptions.held.keys.sorted()) }
        if subscriptions.isSettled { hasSubscribed = true }
    }

    private func isFor(_ local: LocalSession) -> Bool {
        if case .subscriber(_, let id, _) = purpose { return local.id == id }
        return local.own == nil
    }

    /// SUBACK.
    func subscriptionsAnswered(_ packet: SubackPacket) {
        let refused = subscriptions.answered(packet)
        if subscriptions.isSettled { hasSubscribed = true }
        for filter in refused {
            logger.warning("the broker at \(address) refuses the subscription to '\(filter)': give \(options.user ?? "this client") the right to read it")
        }
    }

    /// Whether a message on the route's topic may concern what is retained.
    @inline(__always)
    func mayBeRetained(_ route: Route) -> Bool { core.hasRetained(route) || own.map { $0.retained.count > 0 } ?? false }

    /// Keeps the local copy of what the broker retains up to date, which local subscribers get that come later.
    ///
    /// A live message carries no sign of being retained. On a topic that has a retained message it is taken as the new one.
    /// - Returns: false when local subscribers have the message already: the broker repeats retained messages with each subscription.
    func mirrorRetained(_ packet: PublishPacket, _ route: Route) -> Bool {
        let store: any RetainedStore = own?.retained ?? core.retained
        let known = store.message(on: packet.topic)
        if packet.retain, known?.hasPayload(packet.payload) == true { return false }
        guard own != nil else {
            // `BrokerCore.route` does it where the flag is set.
            if !packet.retain { core.retain(packet, on: route) }
            return true
        }
        guard packet.retain || known != nil || core.hasRetained(route) else { return true }
        if packet.payload.isEmpty || store.byteCount + packet.byteCount <= core.options.maximumRetainedBytes { store.retain(packet) }
        return true
    }

    /// A message from the broker has a topic that cannot be.
    func refused(_ packet: PublishPacket, _ fault: TopicFault) {
        logger.warning("a message of the broker at \(address) is dropped: the topic name \(fault)")
        core.traffic.dropped &+= 1
    }

    /// Whether a topic stays in this process: those below `$` are each broker's own.
    @inline(__always)
    static func isLocal(_ topic: UnsafeRawBufferPointer) -> Bool { topic.first == TopicRules.dollar }

    /// Takes a local publication.
    /// - Returns: false when there is no room: the publisher is held and offers it again later.
    func publish(_ packet: PublishPacket, from publisher: Publisher) -> Bool {
        if packet.qos == 0 {
            if state == .connected, let connection, outbox.hasNoBacklog, connection.hasRoom, !subscriptionsAreOutdated {
                topics.withOutgoing(packet) { connection.output.writePublish($0, qos: 0, retain: packet.retain, packetIdentifier: 0) }
                sent &+= 1
                connection.flushLater()
                return true
            }
            // QoS 0 promises nothing: while the broker is away it does not take the room of what does.
            if state != .connected, outbox.isHalfFull {
                dropped &+= 1
                core.traffic.dropped &+= 1
                return true
            }
        }
        guard !outbox.isFull else {
            waiting.append(publisher)
            publisher.hold(.link)
            return false
        }
        topics.withOutgoing(packet) { outbox.append($0) }
        connection?.flushLater()
        return true
    }

    /// PUBACK.
    func acknowledged(_ packetIdentifier: UInt16) {
        guard outbox.complete(packetIdentifier) else { return }
        attempt.progressed()
        letPublishersGoOn()
    }

    private func letPublishersGoOn() {
        if !waiting.isEmpty, outbox.hasRoom {
            let released = waiting
            waiting = []
            for publisher in released { publisher.release(.link) }
        }
        if outbox.isEmpty, !drainWaiters.isEmpty { endDraining() }
    }

    /// Encodes what waits, as far as the socket and the window allow.
    func pump() {
        guard state == .connected, let connection else { return }
        if subscriptionsAreOutdated { updateSubscriptions(connection) }
        var isFinished = false
        while !isFinished {
            isFinished = !connection.hasRoom
            while connection.hasRoom, !isFinished {
                if outbox.writeNext(to: &connection.output) { sent &+= 1 } else { isFinished = true }
            }
            connection.flush()
            // Writing may have found the connection broken.
            guard connection === self.connection else { return }
        }
        letPublishersGoOn()
    }

    /// Called every half second.
    func sweep() { connection?.checkLife() }

    /// The connection ends, and what was not acknowledged on it comes again on the next.
    ///
    /// Where the subscriber is gone that had the session for itself, that is said by leaving: the next to come gets it.
    func refuseUnacknowledged(id: Int, name: String) {
        if isFinishing, case .subscriber(_, id, _) = purpose { return stop() }
        guard let connection, connection.acknowledgements.waits(for: id) else { return }
        lost(connection, .notStored(service: name))
    }

    /// Succeeds when everything published is acknowledged, or the link has stopped.
    func drained() -> EventLoopFuture<Void> {
        let promise = core.eventLoop.makePromise(of: Void.self)
        let isDrained = isDiscarding ? state == .stopped : outbox.isEmpty || state != .connected
        if isDrained { promise.succeed(()) } else { drainWaiters.append(promise) }
        return promise.futureResult
    }

    /// The subscriber whose session this is takes nothing more. The connection ends once it has acknowledged what it took, or gives that up.
    func finish() {
        guard state != .stopped else { return }
        isFinishing = true
        if connection?.acknowledgements.isEmpty ?? true { stop() }
    }

    /// No acknowledgement waits for a service any more.
    func nothingIsOwed() {
        if isFinishing { stop() }
    }

    private func endDraining() {
        let waiters = drainWaiters
        drainWaiters = []
        for waiter in waiters { waiter.succeed(()) }
    }

    /// Says DISCONNECT and tries no more. The broker keeps the session.
    func stop() {
        guard state != .stopped else { return }
        state = .stopped
        pause?.cancel()
        answerTimer?.cancel()
        connection?.end(disconnecting: true)
        connection = nil
        if let own, own.link === self { own.link = nil }
        endDraining()
    }

    /// The subscriber whose session this is.
    private var subscriber: String? { if case .subscriber(_, _, let name) = purpose { name } else { nil } }

    var status: LinkStatus {
        let sessions = own == nil ? core.ownSessions.values.compactMap { $0.link?.status }.sorted { $0.clientIdentifier < $1.clientIdentifier } : []
        let refusal = subscriptions.refused.min().map { "the broker refuses the subscription to '\($0)'" }
        return LinkStatus(
            subscriber: subscriber, sessions: sessions, isConnected: state == .connected, isSubscribed: state == .connected && hasSubscribed,
            stateSeconds: Double((NIODeadline.now() - changedAt).nanoseconds) / 1e9, address: "\(address)", clientIdentifier: options.clientIdentifier,
            problem: state == .connected ? refusal : problem ?? "not connected yet", connections: connections, failures: failures,
            subscriptions: subscriptions.held.count, inFlight: outbox.inFlight, queued: outbox.waiting, queuedBytes: outbox.byteCount, sent: sent,
            received: received, dropped: dropped, unacknowledged: connection?.acknowledgements.count ?? 0)
    }
}
