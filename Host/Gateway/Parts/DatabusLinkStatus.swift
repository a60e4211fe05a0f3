/// The link to an external broker, as the REST interface shows it.
public struct DatabusLinkStatus: Encodable, Sendable {
    /// Whether the broker has accepted the connection.
    public var isConnected = false
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

    /// A link that was never connected.
    public init() {}

    enum CodingKeys: String, CodingKey {
        case address, client, problem, connections, failures, subscriptions, queued, sent, received, dropped, unacknowledged
        case isConnected = "connected"
        case inFlight = "in_flight"
        case queuedBytes = "queued_bytes"
    }
}
