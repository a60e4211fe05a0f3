/// A snapshot of the broker.
public struct BrokerStatistics: Sendable {
    /// One client with a session.
    public struct Client: Sendable {
        /// MQTT client identifier.
        public let identifier: String
        /// User it authenticated as, nil for none.
        public let user: String?
        /// Peer's address, nil while it is away.
        public let remoteAddress: String?
        /// Whether the session ends with the connection.
        public let isClean: Bool
        /// Topic filters.
        public let subscriptions: Int
        /// Messages waiting for it.
        public let queued: Int
        /// Messages sent and not acknowledged.
        public let inFlight: Int
        /// QoS 0 messages dropped because it reads too slowly.
        public let dropped: UInt64
    }

    /// One local subscriber.
    public struct Local: Sendable {
        /// As given to `subscribeLocally`.
        public let name: String
        /// Whether its subscriber is here.
        public let isActive: Bool
        /// Messages accepted.
        public let delivered: UInt64
        /// Messages discarded by it, or queued for filters that it no longer has.
        public let dropped: UInt64
        /// Messages waiting for it in the broker.
        public let queued: Int
    }

    /// Seconds since the broker started.
    public let uptimeSeconds: Double
    /// Counters since the start.
    public let traffic: Traffic
    /// Sockets open, whether past CONNECT or not.
    public let connections: Int
    /// Topic filters, remote and local.
    public let subscriptions: Int
    /// Retained messages.
    public let retained: Int
    /// Bytes of them.
    public let retainedBytes: Int
    /// All sessions, by client identifier.
    public let clients: [Client]
    /// All local sessions, by name.
    public let locals: [Local]

    /// Sessions, connected or not.
    public var sessions: Int { clients.count }
    /// Sessions whose client is connected.
    public var connectedClients: Int { clients.count { $0.remoteAddress != nil } }
}
