public import NIOCore

/// What a broker listens on and its limits. The defaults suit a site of thousands of devices on one machine.
public struct BrokerOptions: Sendable {
    /// Address to listen on. Default: loopback, which is what a demo wants; a site sets its own.
    public var host = "127.0.0.1"
    /// TCP port, 0 for any free one. Default 1883, the registered port of MQTT.
    public var port = 1883
    /// The external broker to link to; then nothing is listened on, and devices connect there. Default: none.
    public var link: LinkOptions?
    /// Shown as `$SYS/broker/version`.
    public var version = "dsotp databus"

    /// Bytes of the largest packet that a client may send; a larger one closes its connection with a warning as soon
    /// as the fixed header is read. Default 16 MiB.
    public var maximumPacketBytes = 16 << 20
    /// Connections at a time; a further one is closed at once. Default 65,536.
    public var maximumConnections = 65_536
    /// Sessions, connected or not; a further client is answered "server unavailable". Default 262,144.
    public var maximumSessions = 262_144
    /// Topic filters of one session; a further one is refused with 0x80. Default 16,384.
    public var maximumSubscriptionsPerSession = 16_384
    /// Bytes of the tree of all topic filters; at the limit a further filter is refused with 0x80. Default 256 MiB.
    public var maximumSubscriptionBytes = 256 << 20
    /// Bytes of a topic name or filter. Default 4,096.
    public var maximumTopicBytes = 4_096
    /// Levels of a topic name or filter. Default 128.
    public var maximumTopicLevels = 128
    /// Bytes of a client identifier. Default 1,024.
    public var maximumClientIdentifierBytes = 1_024
    /// Seconds from the accepted connection to a complete CONNECT. Default 10.
    public var connectTimeoutSeconds = 10.0

    /// QoS 1 and 2 messages sent to one client and not acknowledged yet. Default 1,024.
    public var maximumInFlight = 1_024
    /// QoS 1 and 2 messages waiting for one session, connected or not. Default 250,000.
    public var maximumQueuedMessages = 250_000
    /// Bytes of those messages. Default 256 MiB.
    public var maximumQueuedBytes = 256 << 20
    /// Bytes of encoded packets waiting for one client's socket; at the limit QoS 0 messages to it are dropped and
    /// counted. Default 8 MiB.
    public var maximumOutputBytes = 8 << 20
    /// What happens to a QoS 1 or 2 message for an offline session whose queue is full. Default: `endSession`,
    /// so that a client that stays away holds up nobody.
    public var offlineOverflow = OfflineOverflow.endSession
    /// Seconds that a connected receiver may hold up publishers, once its queue was full, until half of it is gone;
    /// then it is disconnected, however many single messages it has acknowledged. Default 60.
    public var slowReceiverTimeoutSeconds = 60.0
    /// Bytes of retained topics and payloads, and of the tree that holds them; beyond it a new retained message is
    /// delivered but not kept, with a warning. Default 256 MiB.
    public var maximumRetainedBytes = 256 << 20
    /// Whether a message for a persistent local session with `acknowledge: .stored` whose subscriber is away stays
    /// unacknowledged until it is back and has stored it. Then nothing acknowledged is ever lost, and devices stop at
    /// their in-flight window while a service is switched off. Default: false, acknowledged once queued in memory.
    public var withholdsForAbsentServices = false
    /// Bytes of local publications not routed yet, over all services; at the limit `publish` returns false. Default
    /// 64 MiB.
    public var maximumLocalPublicationBytes = 64 << 20

    /// Seconds between updates of `$SYS/broker/…`, 0 for none. Default 10.
    public var systemTopicsIntervalSeconds = 10.0
    /// Called on the event loop for each accepted connection, before the broker's own handler is added: the place for
    /// handlers below MQTT, such as TLS or WebSocket frames. Default: none.
    public var prepareChannel: (@Sendable (any Channel) throws -> Void)?

    /// Options with their defaults.
    public init() {}

    /// What happens when an offline session is full; nothing acknowledged is ever dropped silently.
    public enum OfflineOverflow: Sendable {
        /// The message is not acknowledged and its publisher is disconnected with a warning that names the session.
        case refusePublisher
        /// The offline session is ended with a warning; when its client returns, "session present" is 0. The session
        /// of a local subscriber is never ended; its publishers are refused as above.
        case endSession
    }

    var topicRules: TopicRules { TopicRules(maximumBytes: maximumTopicBytes, maximumLevels: maximumTopicLevels) }
}
