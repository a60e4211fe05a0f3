public import Logging
internal import Synchronization

/// Holds the leases of a host and starts and ends its services by them: gives the `Lease` of each its events, and does what it says.
public actor Placement {
    enum Event: Sendable {
        case tick
        /// Connections are numbered, since what is told of one may come when the next one is up.
        case watching(Int, any LeaseConnection)
        case watchLost(Int)
        case message(LeaseMessage)
        case opened(lease: String, generation: Int, (any LeaseConnection)?)
        case lost(lease: String, generation: Int)
        case acknowledged(lease: String, generation: Int, sequence: UInt64)
        case ended(lease: String)
    }

    let supervisor: ServiceSupervisor
    let broker: any LeaseBroker
    let rules: PlacementRules
    let topics: LeaseTopics
    let logger: Logger
    /// Distinguishes this process from one of the same name before it.
    let run: String
    var groups: [String: LeaseGroup] = [:]
    var watch: (any LeaseConnection)?
    private var watchNumber = 0
    private var lostWatch = 0
    private var isReleasing = false
    private let events: AsyncStream<Event>
    nonisolated let post: AsyncStream<Event>.Continuation
    /// What `statistics` tells, kept where any thread may read it.
    nonisolated let figures = Mutex(PlacementStatistics())

    /// The placement of a site that says that there are other hosts; `nil` if it does not.
    ///
    /// - Parameter broker: where the leases are held.
    public init?(site: Site, supervisor: ServiceSupervisor, broker: any LeaseBroker, logger: Logger) {
        guard let rules = supervisor.placement else { return nil }
        self.supervisor = supervisor
        self.broker = broker
        self.rules = rules
        self.logger = logger
        run = String(UInt64.random(in: 1 << 60 ... .max), radix: 16)
        topics = LeaseTopics(site: site.name)
        (events, post) = AsyncStream.makeStream(of: Event.self)
    }

    /// This host's name among the hosts.
    public nonisolated var host: String { rules.host }

    /// Holds leases until the task is cancelled. What is held then lapses; call ``release()`` before to give it back at once.
    public func run() async {
        let pause = Duration.nanoseconds(min(max(rules.ttl / 50, 20_000_000), 100_000_000))
        let post = post
        let ticker = Task {
            while (try? await Task.sleep(for: pause)) != nil { post.yield(.tick) }
        }
        let watcher = Task { await keepWatching() }
        defer {
            ticker.cancel()
            watcher.cancel()
        }
        logger.notice("host '\(rules.host)' stands by for the site's services, with leases of \(Quantities.describe(nanoseconds: rules.ttl))")
        for await event in events {
            if Task.isCancelled { break }
            take(event)
        }
        await watch?.disconnect()
    }

    /// Ends the services under leases, each with its drain, and gives the leases back, so that other hosts go on at once.
    public func release() async {
        isReleasing = true
        while groups.values.contains(where: \.isBusy), (try? await Task.sleep(for: .milliseconds(20))) != nil {}
    }

    private func take(_ event: Event) {
        switch event {
        case .tick:
            refresh()
            for name in groups.keys { advance(name, .offer(!isReleasing && mayTake(name))) }
        case .watching(let number, let connection):
            guard number > lostWatch else { return }
            (watch, watchNumber) = (connection, number)
            for name in groups.keys { advance(name, .watching) }
        case .watchLost(let number):
            lostWatch = number
            guard watch != nil, number == watchNumber else { return }
            watch = nil
            for name in groups.keys { advance(name, .watchLost) }
        case .message(let message): took(message)
        case .opened(let name, let generation, let connection):
            guard groups[name]?.generation == generation else {
                if let connection { Task { await connection.disconnect() } }
                return
            }
            groups[name]?.session = connection
            advance(name, connection == nil ? .sessionLost : .sessionOpened)
        case .lost(let name, let generation):
            guard groups[name]?.generation == generation else { return }
            groups[name]?.session = nil
            advance(name, .sessionLost)
        case .acknowledged(let name, let generation, let sequence):
            if groups[name]?.generation == generation { advance(name, .acknowledged(sequence)) }
        case .ended(let name): advance(name, .ended)
        }
    }

    private func took(_ message: LeaseMessage) {
        if message.topic == topics.probes(run) {
            let words = String(decoding: message.payload, as: UTF8.self).split(separator: " ")
            guard !message.isRetained, words.count == 2, let number = UInt64(words[1]) else { return }
            advance(String(words[0]), .probed(number))
        } else if let name = topics.lease(of: message.topic), let heartbeat = LeaseHeartbeat(json: message.payload) {
            advance(name, .heard(heartbeat, isRetained: message.isRetained))
            note(name)
        }
    }

    /// Gives an event to a lease and does what it says.
    private func advance(_ name: String, _ event: LeaseEvent) {
        guard let actions = groups[name]?.lease.handle(event, at: MachineClock.sinceBoot()) else { return }
        for action in actions { perform(action, name) }
        if !actions.isEmpty { note(name) }
    }

    /// Watches heartbeats, over one connection after another.
    private func keepWatching() async {
        let post = post
        var attempts = 0, told = ""
        while !Task.isCancelled {
            attempts += 1
            let number = attempts
            do {
                let (closed, hasClosed) = AsyncStream.makeStream(of: Void.self)
                let connection = try await broker.connect(
                    client: topics.watcher(rules.host, run), silence: .nanoseconds(rules.ttl / 2),
                    onMessage: { post.yield(.message($0)) },
                    onClose: {
                        post.yield(.watchLost(number))
                        hasClosed.finish()
                    })
                do {
                    try await connection.subscribe([topics.allLeases, topics.probes(run)])
                } catch {
                    await connection.disconnect()
                    throw error
                }
                post.yield(.watching(number, connection))
                told = ""
                for await _ in closed {}
                if !Task.isCancelled { logger.warning("the connection to the broker on which leases are watched is lost") }
            } catch {
                if !Task.isCancelled, told != "\(error)" { logger.warning("leases can't be watched: \(error); trying again until it works") }
                told = "\(error)"
            }
            try? await Task.sleep(for: .nanoseconds(min(rules.ttl / 20, 500_000_000)))
        }
    }
}
