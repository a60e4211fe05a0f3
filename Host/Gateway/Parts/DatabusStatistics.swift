/// What the console and the REST interface show of the databus.
public protocol DatabusStatistics: Sendable {
    /// The databus as it stands.
    func databusStatus() async -> DatabusStatus
}

/// The databus as it stands.
public struct DatabusStatus: Encodable, Sendable {
    /// `embedded` or `mqtt`.
    public var driver: String
    /// Clients with a session, connected or away.
    public var clients: [DatabusClientStatus]
    /// Sockets open.
    public var connections: Int
    /// Retained messages.
    public var retainedMessages: Int
    /// Messages received since the host started.
    public var received: UInt64
    /// Messages sent to clients since the host started.
    public var sent: UInt64
    /// Messages dropped because a client or service was too slow.
    public var dropped: UInt64
    /// Publications and subscriptions that rights forbade.
    public var refused: UInt64
    /// The link to an external broker; nil where there is none.
    public var link: DatabusLinkStatus?

    /// A status.
    public init(
        driver: String, clients: [DatabusClientStatus], connections: Int, retainedMessages: Int, received: UInt64, sent: UInt64,
        dropped: UInt64, refused: UInt64, link: DatabusLinkStatus? = nil
    ) {
        self.driver = driver
        self.clients = clients
        self.connections = connections
        self.retainedMessages = retainedMessages
        self.received = received
        self.sent = sent
        self.dropped = dropped
        self.refused = refused
        self.link = link
    }

    enum CodingKeys: String, CodingKey {
        case driver, clients, connections, received, sent, dropped, refused, link
        case retainedMessages = "retained_messages"
    }
}

/// One client with a session.
public struct DatabusClientStatus: Encodable, Sendable {
    /// The MQTT client identifier.
    public var client: String
    /// The user it connected as; empty for none.
    public var user: String
    /// Its address; nil while it is away.
    public var address: String?
    /// Whether the session ends with the connection.
    public var isClean: Bool
    /// Topic filters it subscribed to.
    public var subscriptions: Int
    /// Messages waiting for it.
    public var queued: Int
    /// Messages sent to it and not acknowledged yet.
    public var inFlight: Int
    /// Messages dropped because it was too slow.
    public var dropped: UInt64

    /// A client.
    public init(
        client: String, user: String, address: String?, isClean: Bool, subscriptions: Int, queued: Int, inFlight: Int, dropped: UInt64
    ) {
        self.client = client
        self.user = user
        self.address = address
        self.isClean = isClean
        self.subscriptions = subscriptions
        self.queued = queued
        self.inFlight = inFlight
        self.dropped = dropped
    }

    enum CodingKeys: String, CodingKey {
        case client, user, address, subscriptions, queued, dropped
        case isClean = "clean_session"
        case inFlight = "in_flight"
    }
}
