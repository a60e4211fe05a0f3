import Crypto

/// A token just issued; the only moment at which its text is known.
public struct IssuedToken: Sendable {
    /// 256 random bits as 43 characters of URL-safe base64.
    public let text: String
    /// How long it is valid, in seconds.
    public let lifetimeSeconds: Int
}

/// Opaque tokens of sessions. Only their SHA-256 is kept; tokens expire, can be revoked, and their number is bounded.
///
/// Not thread-safe: the owner guards it. Times are milliseconds of a monotonic clock.
struct SessionTokens: Sendable {
    private struct Session {
        let user: String
        let expires: Int64
    }

    private var sessions: [[UInt8]: Session] = [:]
    private let capacity: Int
    private let lifetimeSeconds: Int

    init(capacity: Int, lifetimeSeconds: Int) {
        self.capacity = max(1, capacity)
        self.lifetimeSeconds = lifetimeSeconds
    }

    var count: Int { sessions.count }

    mutating func issue(for user: String, now: Int64) -> IssuedToken {
        makeRoom(now: now)
        var generator = SystemRandomNumberGenerator()
        let text = Base64.encodeForURL((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        sessions[Self.digest(text)] = Session(user: user, expires: now + Int64(lifetimeSeconds) * 1000)
        return IssuedToken(text: text, lifetimeSeconds: lifetimeSeconds)
    }

    /// The user whose token this is, unless it has expired.
    mutating func user(of token: String, now: Int64) -> String? {
        let digest = Self.digest(token)
        guard let session = sessions[digest] else { return nil }
        guard now < session.expires else {
            sessions[digest] = nil
            return nil
        }
        return session.user
    }

    mutating func revoke(_ token: String) { sessions[Self.digest(token)] = nil }

    mutating func revokeAll(of user: String) { sessions = sessions.filter { $0.value.user != user } }

    private mutating func makeRoom(now: Int64) {
        guard sessions.count >= capacity else { return }
        sessions = sessions.filter { now < $0.value.expires }
        guard sessions.count >= capacity, let oldest = sessions.min(by: { $0.value.expires < $1.value.expires }) else { return }
        sessions[oldest.key] = nil
    }

    private static func digest(_ token: String) -> [UInt8] { Array(SHA256.hash(data: Array(token.utf8))) }
}
