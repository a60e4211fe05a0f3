/// The external broker that a databus is linked to, and the link's limits.
public struct LinkOptions: Sendable {
    /// A place where the broker, or a node of its cluster, is reached.
    public struct Address: Sendable, Hashable, CustomStringConvertible {
        /// Name or address.
        public let host: String
        /// TCP port.
        public let port: Int

        /// A place.
        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    /// Where the broker is reached; tried in turn, beginning anew after a pause. At least one.
    public var addresses: [Address]
    /// MQTT client identifier, fixed: the broker keeps under it what arrives while this host is away. Two hosts must not share one.
    public var clientIdentifier: String
    /// User name, nil for none.
    public var user: String?
    /// Password, nil for none.
    public var password: String?
    /// How the broker is made sure of; nil for plain TCP.
    public var tls: MQTTTLS?
    /// What stands for a dot in topics at the broker, for RabbitMQ, which takes a dot for a slash; nil for brokers that don't.
    public var dot: String?
    /// Seconds of silence after which the link proves that it lives; a broker that does not answer for that long is given up. Default 30.
    public var keepAliveSeconds: UInt16 = 30
    /// Seconds to connect, and again to be answered by CONNACK. Default 5.
    public var connectTimeoutSeconds = 5.0
    /// QoS 1 publications sent and not acknowledged; further ones wait. Default 1,024.
    public var maximumInFlight = 1_024
    /// Publications that wait for the broker, or for its acknowledgement; at the limit services are not taken more from. Default 100,000.
    public var maximumQueuedMessages = 100_000
    /// Bytes of those publications. Default 64 MiB.
    public var maximumQueuedBytes = 64 << 20
    /// Bytes of the largest packet accepted from the broker. Default 16 MiB.
    public var maximumPacketBytes = 16 << 20
    /// Seconds before the first new attempt; doubled with each further one, each shortened at random by up to a half. Default 0.25.
    public var firstPauseSeconds = 0.25
    /// The longest pause between two attempts, in seconds. Default 10.
    public var longestPauseSeconds = 10.0
    /// Remembers the filters subscribed to beyond the end of this process; nil for none.
    public var memory: LinkMemory?

    /// Options for a broker.
    public init(addresses: [Address], clientIdentifier: String, user: String? = nil, password: String? = nil) {
        self.addresses = addresses
        self.clientIdentifier = clientIdentifier
        self.user = user
        self.password = password
    }
}

/// A session at the external broker for one local subscriber alone: what is published at QoS 1 while nobody is connected under its identifier waits
/// there for whoever is next, on this host or another.
public struct LinkSession: Sendable {
    /// MQTT client identifier, the same on all hosts that may have the subscriber. Whoever connects under it ends the connection before.
    public let clientIdentifier: String
    /// Whether the session is this host's at the moment. Asked on the broker's event loop before each connection, and before anything that comes
    /// over it is delivered or acknowledged; must not block.
    public let isHeld: @Sendable () -> Bool
    /// Remembers its filters; nil for none.
    public var memory: LinkMemory?

    /// A session.
    public init(clientIdentifier: String, memory: LinkMemory? = nil, isHeld: @escaping @Sendable () -> Bool) {
        self.clientIdentifier = clientIdentifier
        self.memory = memory
        self.isHeld = isHeld
    }
}

/// Keeps the filters of a session at the external broker, so that a later run of this host can unsubscribe from what nobody here wants any
/// more. A lost memory does no harm but needless traffic.
public struct LinkMemory: Sendable {
    /// The filters as last saved; called once.
    public let load: @Sendable () -> [String]
    /// Saves the filters; called on the broker's event loop and must not block.
    public let save: @Sendable ([String]) -> Void

    /// A memory.
    public init(load: @escaping @Sendable () -> [String], save: @escaping @Sendable ([String]) -> Void) {
        self.load = load
        self.save = save
    }
}
