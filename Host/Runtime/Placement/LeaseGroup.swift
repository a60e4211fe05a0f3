/// A lease with the services under it and the connection that it is held by.
struct LeaseGroup {
    var lease: Lease
    var members: [SupervisedService]
    var session: (any LeaseConnection)?
    /// Counts connections, so that what comes of an old one is known for it.
    var generation = 0
    /// The last order to the services: they are carried out one after another.
    var work: Task<Void, Never>?
    /// The last publication on the session: they leave one after another.
    var publication: Task<Void, Never>?
    var holding: LeaseHolding?

    /// Whether this host holds it or is about to end what it held.
    var isBusy: Bool {
        switch lease.phase {
        case .holding, .releasing, .saying, .ending, .claiming: true
        case .standby, .proving, .opening, .settling, .confirming: false
        }
    }
}

/// What a host's placement has done since it began.
public struct PlacementStatistics: Sendable {
    /// Terms that this host began.
    public var terms: UInt64 = 0
    /// Terms that ended because the broker did not acknowledge in time.
    public var lapses: UInt64 = 0
    /// The leases, by name.
    public var leases: [LeaseHolding] = []
}
