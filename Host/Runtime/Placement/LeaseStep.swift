/// What happens to a lease, told by whoever talks to the broker and to the services.
enum LeaseEvent: Hashable, Sendable {
    /// Time has passed.
    case tick
    /// The connection on which heartbeats are watched is up and subscribed.
    case watching
    /// It is lost.
    case watchLost
    /// A heartbeat came on it, this host's own included; `isRetained` if the broker had kept it from before.
    case heard(LeaseHeartbeat, isRetained: Bool)
    /// A message that this host sent itself on the topic that it alone watches came back: all that the broker had accepted before has come.
    case probed(UInt64)
    /// The session of the lease is this host's.
    case sessionOpened
    /// It could not be opened, or is lost.
    case sessionLost
    /// The broker has acknowledged the heartbeat with this sequence number.
    case acknowledged(UInt64)
    /// This host wants the lease, or does not any more.
    case offer(Bool)
    /// The services have ended.
    case ended
}

/// What is to be done for a lease.
enum LeaseAction: Hashable, Sendable {
    /// Send a message with this number to oneself, on the connection on which heartbeats are watched.
    case probe(UInt64)
    /// Connect with the lease's client identifier: whoever had the session loses it.
    case openSession
    /// Disconnect it.
    case closeSession
    /// Publish, retained, at QoS 1, on the lease's session.
    case publish(LeaseHeartbeat)
    /// The services may work, and what they send may leave, until this moment of the monotonic clock.
    case fence(until: Int64)
    /// Start the services.
    case begin(term: UInt64)
    /// End them, and say so with ``LeaseEvent/ended``.
    case end(LeaseEnd)
}

/// Why a host ends the services of a lease.
enum LeaseEnd: Hashable, Sendable {
    /// It gives the lease back of its own accord: the services drain, and the lease lasts until they have.
    case released
    /// The broker has not acknowledged a heartbeat for too long. Another host will take the lease: at once, without a drain.
    case lapsed
    /// Another host has the lease, against the rules: at once.
    case superseded(host: String)
}
