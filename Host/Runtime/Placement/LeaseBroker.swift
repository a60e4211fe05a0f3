/// The broker that leases are held at; the host's `Command` bridges it to an MQTT client.
public protocol LeaseBroker: Sendable {
    /// Connects with a clean session.
    ///
    /// - Parameters:
    ///   - silence: after which either side may think that the other is gone.
    ///   - onMessage: told of each message, in their order.
    ///   - onClose: told once that the connection is over.
    /// - Throws: a sentence, if the broker can't be reached or refuses.
    func connect(
        client: String, silence: Duration, onMessage: @escaping @Sendable (LeaseMessage) -> Void,
        onClose: @escaping @Sendable () -> Void
    ) async throws -> any LeaseConnection
}

/// A message that came on a connection.
public struct LeaseMessage: Sendable {
    public let topic: String
    public let payload: [UInt8]
    /// Whether the broker had kept it from before the subscription.
    public let isRetained: Bool

    public init(topic: String, payload: [UInt8], isRetained: Bool) {
        self.topic = topic
        self.payload = payload
        self.isRetained = isRetained
    }
}

/// A connection to the broker. Any thread may call it.
public protocol LeaseConnection: AnyObject, Sendable {
    /// Subscribes at QoS 1: all filters of a connection at the same one, since a broker keeps the order of one quality only.
    func subscribe(_ filters: [String]) async throws

    /// Publishes at QoS 1 and returns when the broker has acknowledged it.
    func publish(topic: String, payload: [UInt8], isRetained: Bool) async throws

    /// Says goodbye and closes.
    func disconnect() async
}
