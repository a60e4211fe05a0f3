/// A link to an external broker as it stands.
public struct LinkStatus: Sendable {
    /// The local subscriber whose own session it is; nil for the host's.
    public let subscriber: String?
    /// The links of subscribers with a session of their own, beside the host's.
    public let sessions: [LinkStatus]
    /// Whether the broker has accepted the connection.
    public let isConnected: Bool
    /// Whether the broker has also answered the subscriptions with which the connection began: what is published from then on arrives.
    public let isSubscribed: Bool
    /// Seconds since it was connected, or since it is not.
    public let stateSeconds: Double
    /// The place connected to, or tried last.
    public let address: String
    /// MQTT client identifier.
    public let clientIdentifier: String
    /// Why there is no connection, or what the broker refuses; nil while all is well. A sentence.
    public let problem: String?
    /// Connections accepted, the first one included.
    public let connections: UInt64
    /// Attempts that failed, and connections lost.
    public let failures: UInt64
    /// Filters subscribed to at the broker.
    public let subscriptions: Int
    /// Publications sent and not acknowledged.
    public let inFlight: Int
    /// Publications that wait to be sent for the first time.
    public let queued: Int
    /// Bytes of those and of what is in flight.
    public let queuedBytes: Int
    /// Publications sent, repetitions included.
    public let sent: UInt64
    /// Publications received.
    public let received: UInt64
    /// QoS 0 publications dropped because the broker was away for long.
    public let dropped: UInt64
    /// Publications received whose acknowledgement waits for services.
    public let unacknowledged: Int
}
