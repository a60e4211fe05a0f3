/// What a user may do, in rising order: each role may do all that the ones before it may.
public enum Role: String, Codable, Sendable, CaseIterable, Comparable {
    /// Reads measurements, results and the state of services.
    case viewer
    /// Also publishes to the databus and writes measurements.
    case operator_ = "operator"
    /// Also enables, disables and restarts services.
    case engineer
    /// Also manages users.
    case admin

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .operator_: 1
        case .engineer: 2
        case .admin: 3
        }
    }

    public static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }
}
