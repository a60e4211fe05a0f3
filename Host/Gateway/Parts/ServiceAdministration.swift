/// Lists and switches the services; what the gateway needs of the runtime.
public protocol ServiceAdministration: Sendable {
    /// All services of the site, by name.
    func services() async -> [ServiceStatus]
    /// One service, or nil.
    func service(named name: String) async -> ServiceStatus?
    /// Enables a service and remembers it. Throws `GatewayError` with a sentence: `.notFound`, `.conflict`.
    func enable(_ name: String) async throws
    /// Disables a service and remembers it. Returns when it no longer takes messages. Throws as `enable`.
    func disable(_ name: String) async throws
    /// Stops and starts a service. Throws as `enable`.
    func restart(_ name: String) async throws
    /// What a service did that it must not do, newest first, each as a JSON object; nil if there is no such service.
    func incidents(of name: String) async -> [String]?
}

/// A service as it stands.
public struct ServiceStatus: Encodable, Sendable {
    /// The name in the site's manifest.
    public var name: String
    /// One of the platform's words: running, degraded, disabled, refused, backoff, …
    public var state: String
    /// A sentence on the state: what is wrong and what to do, or empty.
    public var detail: String
    /// Whether the site wants it to run.
    public var enabled: Bool
    /// The shared library it comes from.
    public var library: String
    /// The version that the library states.
    public var version: String
    /// Topic filters that it subscribes to.
    public var subscribes: [String]
    /// Topic filters that it may publish to.
    public var publishes: [String]
    /// Totals since the host started.
    public var counters: ServiceCounters
    /// What waits for it.
    public var queue: ServiceQueue
    /// Rates over the last seconds.
    public var rates: ServiceRates
    /// How often it was restarted since the host started.
    public var restarts: Int
    /// Since when it is in this state.
    public var since: Timestamp
    /// Which revision runs, and which would.
    public var revision: ServiceRevision
    /// Words of its manifest for grouping it; `console: grid` shows it in the console's grid view.
    public var labels: [String: String] = [:]
    /// One line for a person, from its manifest.
    public var description = ""
    /// File and line of its manifest.
    public var manifest = ""
    /// Where it runs: `in-process`, `process`, …
    public var isolation = ""
    /// Why it runs there although its manifest says otherwise, or empty.
    public var isolationDetail = ""
    /// The identifier that the library states, reverse DNS.
    public var identifier = ""
    /// How many incidents are kept of it.
    public var incidents = 0
    /// On how many hosts of the site it runs: `1` or `each`.
    public var replicas = "1"
    /// Who holds the lease that it runs under, where the site has several hosts.
    public var lease: ServiceLease?
    /// When the newest of them happened.
    public var lastIncident: Timestamp?

    enum CodingKeys: String, CodingKey {
        case name, state, detail, enabled, library, version, subscribes, publishes, counters, queue, rates, restarts, since
        case labels, description, manifest, isolation, identifier, incidents, revision, replicas, lease
        case isolationDetail = "isolation_detail"
        case lastIncident = "last_incident"
    }

    /// A status.
    public init(
        name: String, state: String, detail: String, enabled: Bool, library: String, version: String, subscribes: [String],
        publishes: [String], counters: ServiceCounters, queue: ServiceQueue, rates: ServiceRates, restarts: Int, since: Timestamp,
        revision: ServiceRevision = ServiceRevision()
    ) {
        self.name = name
        self.state = state
        self.detail = detail
        self.enabled = enabled
        self.library = library
        self.version = version
        self.subscribes = subscribes
        self.publishes = publishes
        self.counters = counters
        self.queue = queue
        self.rates = rates
        self.restarts = restarts
        self.since = since
        self.revision = revision
    }
}

/// The lease of a service that runs on one host of several.
public struct ServiceLease: Encodable, Sendable {
    /// The lease's name.
    public var name: String
    /// The host that holds it; absent if none is known to.
    public var host: String?
    /// Whether it is this host.
    public var here: Bool
    /// Grows with each change of the holder.
    public var term: UInt64
    /// When this host learnt of that.
    public var since: Timestamp

    /// A lease.
    public init(name: String, host: String?, here: Bool, term: UInt64, since: Timestamp) {
        self.name = name
        self.host = host
        self.here = here
        self.term = term
        self.since = since
    }
}

/// What a service has done since the host started.
public struct ServiceCounters: Encodable, Sendable {
    /// Messages put into its queue.
    public var received = 0
    /// Messages lost because its queue was full.
    public var dropped = 0
    /// Publications, writes and requests that its manifest does not allow.
    public var refused = 0
    /// Messages it has processed.
    public var processed = 0
    /// Errors it reported.
    public var errors = 0
    /// Messages it has published.
    public var published = 0
    /// Points it has written.
    public var pointsWritten = 0
    /// Messages put on the disk because its queue was full.
    public var spilled = 0
    /// Messages that waited on the disk when it ended, and were delivered after.
    public var replayed = 0

    /// All zero.
    public init() {}

    enum CodingKeys: String, CodingKey {
        case received, dropped, refused, processed, errors, published, spilled, replayed
        case pointsWritten = "points_written"
    }
}

/// The queue in front of a service.
public struct ServiceQueue: Encodable, Sendable {
    /// Messages waiting.
    public var messages: Int
    /// Bytes waiting.
    public var bytes: Int
    /// How many bytes may wait.
    public var capacityBytes: Int
    /// How many messages may wait.
    public var capacityMessages = 0
    /// What happens to a message that does not fit: block, drop-oldest, drop-newest or spill.
    public var overflow: String
    /// Messages waiting on the disk.
    public var spilledMessages: Int
    /// Bytes of the files that they are in.
    public var spilledBytes: Int
    /// How many bytes those may take.
    public var capacitySpillBytes: Int

    /// A queue's fill.
    public init(
        messages: Int, bytes: Int, capacityBytes: Int, overflow: String = "block", spilledMessages: Int = 0, spilledBytes: Int = 0,
        capacitySpillBytes: Int = 0
    ) {
        self.messages = messages
        self.bytes = bytes
        self.capacityBytes = capacityBytes
        self.overflow = overflow
        self.spilledMessages = spilledMessages
        self.spilledBytes = spilledBytes
        self.capacitySpillBytes = capacitySpillBytes
    }

    enum CodingKeys: String, CodingKey {
        case messages, bytes, overflow
        case capacityBytes = "capacity_bytes"
        case capacityMessages = "capacity_messages"
        case spilledMessages = "spilled_messages"
        case spilledBytes = "spilled_bytes"
        case capacitySpillBytes = "capacity_spill_bytes"
    }
}

/// Rates of a service, per second.
public struct ServiceRates: Encodable, Sendable {
    /// Messages received per second.
    public var received: Double
    /// Messages processed per second.
    public var processed: Double
    /// Messages published per second.
    public var published: Double
    /// Points written per second.
    public var pointsWritten: Double

    /// Rates.
    public init(received: Double = 0, processed: Double = 0, published: Double = 0, pointsWritten: Double = 0) {
        self.received = received
        self.processed = processed
        self.published = published
        self.pointsWritten = pointsWritten
    }

    enum CodingKeys: String, CodingKey {
        case received, processed, published
        case pointsWritten = "points_written"
    }
}
