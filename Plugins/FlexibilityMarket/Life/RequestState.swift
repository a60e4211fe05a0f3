/// Where a request stands.
public enum RequestState: String, CaseIterable, Sendable {
    case received, checked, offered, accepted, activating, active, completed, verified, settled
    case rejected, expired, cancelled, failed

    /// Whether nothing follows.
    public var isFinal: Bool { [.settled, .rejected, .expired, .cancelled, .failed].contains(self) }
    /// Whether flexibility is promised for it: from acceptance to the end of its activation.
    public var isCommitted: Bool { [.accepted, .activating, .active].contains(self) }
    /// Whether resources are told what to do for it now.
    public var isUnderWay: Bool { self == .activating || self == .active }
    /// Whether a higher revision may take its place.
    public var isReplaceable: Bool { [.received, .checked, .offered, .rejected, .expired].contains(self) }

    /// The states that may follow.
    public var successors: Set<RequestState> {
        switch self {
        case .received: [.checked, .rejected, .expired, .cancelled]
        case .checked: [.checked, .offered, .rejected, .expired, .cancelled]
        case .offered: [.checked, .accepted, .rejected, .expired, .cancelled]
        case .accepted: [.activating, .cancelled, .failed]
        case .activating: [.active, .completed, .cancelled, .failed]
        case .active: [.completed, .cancelled, .failed]
        case .completed: [.verified, .failed]
        case .verified: [.settled, .failed]
        case .settled, .rejected, .expired, .cancelled, .failed: []
        }
    }
}
