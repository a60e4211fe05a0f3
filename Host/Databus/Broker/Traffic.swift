/// What the broker has counted since it started.
public struct Traffic: Sendable, Equatable {
    /// PUBLISH packets from clients, local publications and wills.
    public internal(set) var received: UInt64 = 0
    /// PUBLISH packets encoded for clients.
    public internal(set) var sent: UInt64 = 0
    /// Deliveries dropped: QoS 0 to a slow reader, what a local subscriber discarded, retained messages over the limit.
    public internal(set) var dropped: UInt64 = 0
    /// Publications and subscriptions that rights forbade.
    public internal(set) var refused: UInt64 = 0
    /// Bytes read from clients' sockets.
    public internal(set) var bytesReceived: UInt64 = 0
    /// Bytes handed to clients' sockets.
    public internal(set) var bytesSent: UInt64 = 0
}
