/// The link to an external broker, as the REST interface shows it.
public struct DatabusLinkStatus: Encodable, Sendable {
    /// Whether the broker has accepted the connection.
    public var isConnected = false
    /// Seconds since it has, or has not.
    public var stateSeconds = 0.0
    /// The place connected to, or tried last.
    public var address = ""
    /// The MQTT client identifier of this host.
    public var client = ""
    /// Why there is no connection, or what the broker refuses; nil while all is well.
    public var problem: String?
    /// Connections accepted.
    public var connections: UInt64 = 0
    /// Attempts that failed, and connections lost.
    public var failures: UInt64 = 0
    /// Filters subscribed to.
    public var subscriptions = 0
    /// Publications sent and not acknowledged.
    public var inFlight = 0
    /// Publications that wait to be sent.
    public var queued = 0
    /// Bytes of both.
    public var queuedBytes = 0
    /// Publications sent.
    public var sent: UInt64 = 0
    /// Publications received.
    public var received: UInt64 = 0
    /// QoS 0 publications dropped while the broker was away.
    public var dropped: UInt64 = 0
    /// Publications received whose acknowledgement waits for services.
    public var unacknowledged = 0

    /// Services of this host with a session of their own at the broker.
    public var sessions: [DatabusSessionStatus] = []

    /// A link that was never connected.
    public init() {}

    enum CodingKeys: String, CodingKey {
        case address, client, problem, connections, failures, subscriptions, queued, sent, received, dropped, unacknowledged, sessions
        case isConnected = "connected"
        case stateSeconds = "state_seconds"
        case inFlight = "in_flight"
        case queuedBytes = "queued_bytes"
    }
}

/// The session at an external broker that a service has for itself, because it goes with it from host to host.
public struct DatabusSessionStatus: Encodable, Sendable {
    /// The service.
    public var service: String
    /// The MQTT client identifier, the same on all hosts.
    public var client: String
    /// Whether the broker has accepted the connection.
    public var isConnected: Bool
    /// Seconds since it has, or has not.
    public var stateSeconds: Double
    /// Why there is no connection, or what the broker refuses; nil while all is well.
    public var problem: String?
    /// Connections accepted since the service started here.
    public var connections: UInt64
    /// Filters subscribed to.
    public var subscriptions: Int
    /// Publications received.
    public var received: UInt64
    /// Publications received whose acknowledgement waits for the service.
    public var unacknowledged: Int

    /// A session.
    public init(
        service: String, client: String, isConnected: Bool, stateSeconds: Double, problem: String?, connections: UInt64, subscriptions: Int,
        received: UInt64, unacknowledged: Int
    ) {
        self.service = service
        self.client = client
        self.isConnected = isConnected
        self.stateSeconds = stateSeconds
        self.problem = problem
        self.connections = connections
        self.subscriptions = subscriptions
        self.received = received
        self.unacknowledged = unacknowledged
    }

    enum CodingKeys: String, CodingKey {
        case service, client, problem, connections, subscriptions, received, unacknowledged
        case isConnected = "connected"
        case stateSeconds = "state_seconds"
    }
}
