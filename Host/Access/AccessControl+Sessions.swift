import Synchronization

extension AccessControl {
    /// Opens a session for a verified caller. The token's text is not kept.
    public func issueToken(for identity: Identity) -> IssuedToken {
        state.withLock { $0.tokens.issue(for: identity.name, now: limits.monotonicMilliseconds()) }
    }

    /// The caller whose token this is, with today's role, or nil when it is unknown, expired or revoked.
    public func identity(forToken token: String) -> Identity? {
        state.withLock { state in
            guard let user = state.tokens.user(of: token, now: limits.monotonicMilliseconds()) else { return nil }
            return state.accounts[user]?.identity
        }
    }

    /// Ends a session; an unknown token is ignored.
    public func revokeToken(_ token: String) { state.withLock { $0.tokens.revoke(token) } }
}
