import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// Mirrors the broker in this process to an external one: what is subscribed here is subscribed there, what comes from there is routed here,
/// what is published here goes there, and comes back from there to whoever subscribed.
///
/// Confined to the broker's event loop.
final class Link {
    private enum State { case idle, connecting, connected, pausing, stopped }

    let options: LinkOptions
    private unowned let core: BrokerCore
    private let tls: (options: MQTTTLS, context: NIOSSLContext)?
    private let logger: Logger
    private var state = State.idle
    private(set) var connection: LinkConnection?
    let topics: LinkTopics
    private(set) var outbox: LinkOutbox
    private(set) var subscriptions: LinkSubscriptions
    private var subscriptionsAreOutdated = false
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
        self.core = core
        self.logger = logger
        address = first
        topics = LinkTopics(dot: options.dot)
        outbox = LinkOutbox(options)
        subscriptions = LinkSubscriptions(remembered: options.memory?.load() ?? [])
        attempt = LinkAttempts(options)
        if let tls = options.tls { self.tls = (tls, try tls.makeContext()) } else { tls = nil }
    }

    var connectPacket: ConnectPacket {
        var packet = ConnectPacket()
        packet.clientIdentifier = options.clientIdentifier
        packet.cleanSession = false
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
        state = .connected
        connection.isAccepted = true
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
        tell(loss.sentence(connection.address, options) + attempt.failed(wasAccepted: connection.isAccepted, stuckOn: outbox.oldestTopic))
        let isRoundOver = nextAddress % options.addresses.count == 0 || connection.isAccepted
        let seconds = isRoundOver ? attempt.nextPauseSeconds() : 0
        state = .pausing
        let bound = NIOLoopBound(self, eventLoop: core.eventLoop)
        pause = core.eventLoop.scheduleTask(in: .nanoseconds(Int64(seconds * 1e9))) {
            if bound.value.state == .pausing { bound.value.connect() }
        }
    }

    private func tell(_ sentence: String) {
        problem = sentence
        guard told.insert(sentence).inserted else { return }
        logger.warning("\(sentence); trying again until it works")
    }

    /// Local filters have changed.
    func subscriptionsChanged() {
        guard !core.isStopping else { return }
        subscriptionsAreOutdated = true
        connection?.flushLater()
    }

    private func updateSubscriptions(_ connection: LinkConnection) {
        subscriptionsAreOutdated = false
        var wanted: Set<LinkSubscriptions.Interest> = []
        for local in core.locals.values {
            for entry in local.filters { wanted.insert(.init(session: local.id, filter: topics.outgoing(entry.filter), qos: entry.qos)) }
        }
        if subscriptions.update(wanted, to: &connection.output) { options.memory?.save(subscriptions.held.keys.sorted()) }
        if subscriptions.isSettled { hasSubscribed = true }
    }

    /// SUBACK.
    func subscriptionsAnswered(_ packet: SubackPacket) {
        let refused = subscriptions.answered(packet)
        if subscriptions.isSettled { hasSubscribed = true }
        for filter in refused {
            logger.warning("the broker at \(address) refuses the subscription to '\(filter)': give \(options.user ?? "this client") the right to read it")
        }
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
    func refuseUnacknowledged(id: Int, name: String) {
        guard let connection, connection.acknowledgements.waits(for: id) else { return }
        lost(connection, .notStored(service: name))
    }

    /// Succeeds when everything published is acknowledged, or the link has stopped.
    func drained() -> EventLoopFuture<Void> {
        let promise = core.eventLoop.makePromise(of: Void.self)
        if outbox.isEmpty || state != .connected { promise.succeed(()) } else { drainWaiters.append(promise) }
        return promise.futureResult
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
        endDraining()
        connection?.end(disconnecting: true)
        connection = nil
    }

    var status: LinkStatus {
        let refusal = subscriptions.refused.min().map { "the broker refuses the subscription to '\($0)'" }
        return LinkStatus(
            isConnected: state == .connected, isSubscribed: state == .connected && hasSubscribed, address: "\(address)", clientIdentifier: options.clientIdentifier,
            problem: state == .connected ? refusal : problem ?? "not connected yet", connections: connections, failures: failures,
            subscriptions: subscriptions.held.count, inFlight: outbox.inFlight, queued: outbox.waiting, queuedBytes: outbox.byteCount, sent: sent,
            received: received, dropped: dropped, unacknowledged: connection?.acknowledgements.count ?? 0)
    }
}
