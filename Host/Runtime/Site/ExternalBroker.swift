/// `databus.broker` in `site.yaml`: the external MQTT broker of `driver: mqtt`.
public struct ExternalBroker: Sendable {
    /// Where the broker, or the nodes of its cluster, are reached; tried in turn.
    public var addresses: [ListenAddress] = []
    public var user: String?
    public var password: String?
    /// The MQTT client identifier of this host; nil for one made of the names of site and machine.
    public var clientIdentifier: String?
    /// nil for plain TCP.
    public var tls: TLS?
    /// What stands for a dot in topics at the broker; nil for a dot.
    public var dot: String?
    /// Silence after which either side proves that it is there.
    public var keepAlive = Duration.seconds(30)
    /// The time that connecting may take, and again the answer to it.
    public var connectTimeout = Duration.seconds(5)
    /// The longest pause between two attempts.
    public var longestPause = Duration.seconds(10)
    /// QoS 1 messages sent and not acknowledged.
    public var inFlight = 1_024
    /// Messages of services that wait for the broker.
    public var queueMessages = 100_000
    /// Bytes of those messages.
    public var queueBytes = 64 << 20

    /// `databus.broker.tls`; files are PEM, already joined to the site's folder where they were relative.
    public struct TLS: Sendable {
        /// Certificates of the authorities that the broker's is checked against; nil for those of the system.
        public var authorities: String?
        public var certificate: String?
        public var key: String?
        /// The name that the broker's certificate is for, where that is not the host of its address.
        public var serverName: String?
    }
}
