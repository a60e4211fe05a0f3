/// A caller whose credentials were verified.
public struct Identity: Hashable, Sendable {
    /// The user's name, unique in the site.
    public let name: String
    /// What the user may do.
    public let role: Role

    /// An identity as a verifier of credentials states it.
    public init(name: String, role: Role) {
        self.name = name
        self.role = role
    }
}

/// What came of a log-in attempt.
public enum AuthenticationOutcome: Hashable, Sendable {
    /// The credentials are right.
    case accepted(Identity)
    /// The user is unknown or the password is wrong; which of the two is not said.
    case refused
    /// Too many failures of this user from this address, or too many verifications at once: try again after so many seconds.
    case throttled(retryAfterSeconds: Int)

    /// The verified caller, if any.
    public var identity: Identity? {
        if case .accepted(let identity) = self { identity } else { nil }
    }
}
