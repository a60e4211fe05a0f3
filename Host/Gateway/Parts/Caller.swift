/// What a caller may do, in rising order: each role may do all that the ones before it may.
public enum CallerRole: String, Codable, Sendable, CaseIterable, Comparable {
    /// Reads measurements, results and the state of services.
    case viewer
    /// Also writes measurements.
    case `operator`
    /// Also enables, disables and restarts services.
    case engineer
    /// Also manages users and databases.
    case admin

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .operator: 1
        case .engineer: 2
        case .admin: 3
        }
    }

    public static func < (left: CallerRole, right: CallerRole) -> Bool { left.rank < right.rank }
}

/// Who makes a request, verified.
public struct Caller: Hashable, Sendable {
    /// The user's name.
    public let name: String
    /// What the user may do.
    public let role: CallerRole

    /// A verified caller.
    public init(name: String, role: CallerRole) {
        self.name = name
        self.role = role
    }
}
