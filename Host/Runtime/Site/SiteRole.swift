/// What a person may do, from least to most; each includes those before it.
public enum SiteRole: String, CaseIterable, Sendable, Comparable {
    case viewer, `operator`, engineer, admin

    /// The number of the role in `dsotp.http/1` (`DSOTP_ROLE_…`).
    var number: UInt32 {
        switch self {
        case .viewer: 1
        case .operator: 2
        case .engineer: 3
        case .admin: 4
        }
    }

    public static func < (left: SiteRole, right: SiteRole) -> Bool { left.number < right.number }
}
