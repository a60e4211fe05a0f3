import Logging
import NIOCore

/// All state of the broker, confined to one event loop; there are no locks.
final class BrokerCore {
    let options: BrokerOptions
    let authority: any DatabusAuthority
    let logger: Logger
    let eventLoop: any EventLoop
    let pendingLocalBytes: PendingBytes
    let sessions: any SessionStore
    let retained: any RetainedStore
    let tree = SubscriptionTree()
    var routes: RouteCache
    var traffic = Traffic()
    /// By serial number.
    var connections: [UInt32: Connection] = [:]
    /// By identifier.
    var locals: [Int: LocalSession] = [:]
    /// To the external broker, where the options name one.
    var link: Link?
    /// Sessions at the external broker that belong to one local subscriber each, by its name.
    var ownSessions: [String: OwnSession] = [:]
    /// Those that are being ended at the external broker.
    var endingSessions: [ObjectIdentifier: OwnSession] = [:]
    var localSources: [UInt32: LocalSource] = [:]
    /// Counts half seconds; what happens within one is simultaneous to keep-alive.
    var sweep: UInt64 = 0
    /// Grows when rights change, which empties the permission caches.
    var rightsEpoch: UInt64 = 1
    /// Bytes received from clients that have left while they were held back.
    var lingeringBytes = 0
    private var nextSerial: UInt32 = 0
    private var nextLocalIdentifier = 0
    private(set) var isStopping = false
    /// Clients are not read any more.
    private(set) var isQuiescing = false
    let startedAt = NIODeadline.now()

    private var dirtyConnections: ContiguousArray<Connection> = []
    private var dirtyLocals: ContiguousArray<LocalSession> = []
    private var resuming: ContiguousArray<Publisher> = []
    private var isTickScheduled = false
    private var timers: [RepeatedTask] = []

    init(
        options: BrokerOptions, authority: any DatabusAuthority, logger: Logger, eventLoop: any EventLoop,
        pendingLocalBytes: PendingBytes, sessions: any SessionStore = SessionTable(),
        retained: any RetainedStore = RetainedTree()
    ) {
        self.options = options
        self.authority = authority
        self.logger = logger
        self.eventLoop = eventLoop
        self.pendingLocalBytes = pendingLocalBytes
        self.sessions = sessions
        self.retained = retained
        routes = RouteCache(rules: options.topicRules)
    }

    /// The receivers of a topic, resolved at most once per change of subscriptions.
    @inline(__always)
    func route(for topic: UnsafeRawBufferPointer) throws(TopicFault) -> Route {
        try routes.route(for: topic, in: tree)
    }

    func makeSerial() -> UInt32 {
        repeat { nextSerial &+= 1 } while acknowledger(nextSerial) != nil
        return nextSerial
    }

    /// The connection of a client, or of a link, that a serial number names.
    func acknowledger(_ serial: UInt32) -> (any Acknowledger)? {
        if let connection = connections[serial] { return connection }
        if let connection = link?.connection, connection.serial == serial { return connection }
        for own in ownSessions.values {
            if let connection = own.link?.connection, connection.serial == serial { return connection }
        }
        return nil
    }

    func makeClientIdentifier(serial: UInt32) -> String {
        var identifier = "auto-\(serial)"
        while sessions.session(of: identifier) != nil { identifier += "-\(UInt16.random(in: .min ... .max))" }
        return identifier
    }

    func makeLocalIdentifier() -> Int {
        nextLocalIdentifier += 1
        return nextLocalIdentifier
    }

    func flushLater(_ connection: Connection) {
        dirtyConnections.append(connection)
        scheduleTick()
    }

    func endDeliveriesLater(_ local: LocalSession) {
        dirtyLocals.append(local)
        scheduleTick()
    }

    func resumeLater(_ publisher: Publisher) {
        resuming.append(publisher)
        scheduleTick()
    }

    @inline(__always)
    private func scheduleTick() {
        if isTickScheduled { return }
        isTickScheduled = true
        eventLoop.assumeIsolated().execute { self.tick() }
    }

    /// Runs once per pass of the event loop, after all sockets that were readable have been read.
    private func tick() {
        isTickScheduled = false
        var ready: ContiguousArray<Publisher> = []
        swap(&ready, &resuming)
        for publisher in ready where publisher.holds.isEmpty { publisher.resume() }
        var index = 0
        while index < dirtyLocals.count {
            dirtyLocals[index].endDeliveries()
            index += 1
        }
        dirtyLocals.removeAll(keepingCapacity: true)
        index = 0
        while index < dirtyConnections.count {
            dirtyConnections[index].flush()
            index += 1
        }
        dirtyConnections.removeAll(keepingCapacity: true)
    }

    /// Starts what runs by the clock.
    func startTimers() {
        let loop = eventLoop.assumeIsolated()
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        timers.append(
            loop.nonisolated().scheduleRepeatedTask(initialDelay: .milliseconds(500), delay: .milliseconds(500)) { _ in
                bound.value.sweepConnections()
            })
        guard options.systemTopicsIntervalSeconds > 0 else { return }
        let interval = TimeAmount.nanoseconds(Int64(options.systemTopicsIntervalSeconds * 1e9))
        timers.append(
            loop.nonisolated().scheduleRepeatedTask(initialDelay: .zero, delay: interval) { _ in
                bound.value.publishSystemTopics()
            })
    }

    /// Holds every client for good.
    func quiesce() {
        isQuiescing = true
        for connection in connections.values { connection.hold(.shutdown) }
    }

    /// Closes everything; nothing happens afterwards.
    func stop() {
        isStopping = true
        for timer in timers { timer.cancel() }
        timers = []
        for connection in connections.values { connection.close(.shutdown) }
        link?.stop()
        for own in Array(ownSessions.values) + Array(endingSessions.values) { own.link?.stop() }
        (ownSessions, endingSessions) = ([:], [:])
        for local in locals.values { local.detach() }
        locals = [:]
        localSources = [:]
    }
}
