/// Verifies credentials and keeps sessions; what the gateway needs of access control.
public protocol Authenticator: Sendable {
    /// Verifies a user's password, given the address that the request came from.
    func authenticate(user: String, password: String, address: String) async -> AuthenticationResult
    /// Opens a session for a verified caller.
    func openSession(for caller: Caller) async -> Session
    /// The caller whose token this is, or nil when it is unknown, expired or revoked.
    func caller(forToken token: String) async -> Caller?
    /// Ends a session.
    func closeSession(token: String) async
}

/// What came of verifying a password.
public enum AuthenticationResult: Sendable {
    case accepted(Caller)
    case refused
    /// Too many failures: try again after so many seconds.
    case throttled(retryAfterSeconds: Int)
}

/// A session just opened.
public struct Session: Sendable {
    /// The bearer token, also the value of the session cookie.
    public let token: String
    /// How long it is valid, in seconds.
    public let lifetimeSeconds: Int

    /// A session.
    public init(token: String, lifetimeSeconds: Int) {
        self.token = token
        self.lifetimeSeconds = lifetimeSeconds
    }
}
