/// Who may connect, publish and subscribe. What the broker needs of access control; `Command` satisfies it.
public protocol DatabusAuthority: Sendable {
    /// Judges a CONNECT.
    ///
    /// Called on the broker's event loop and must return at once; `completion` is called exactly once, from any
    /// thread, when the (slow) password hash has been computed. Until then nothing more is read from that client.
    /// - Parameters:
    ///   - clientIdentifier: as sent, or made up by the broker when the client sent none.
    ///   - user: nil when the client sent none.
    ///   - password: raw bytes, nil when the client sent none.
    ///   - remoteAddress: the peer's address as text, for logs and rate limits.
    func authenticate(
        clientIdentifier: String, user: String?, password: [UInt8]?, remoteAddress: String,
        completion: @escaping @Sendable (AuthenticationOutcome) -> Void)

    /// Whether the user may publish to the topic name. Called on the event loop, answered at once; the broker keeps
    /// the answer per session until `Broker.rightsChanged()`.
    func mayPublish(user: String?, clientIdentifier: String, topic: String) -> Bool

    /// Whether the user may subscribe to the topic filter. Called on the event loop, answered at once, asked on every
    /// SUBSCRIBE.
    func maySubscribe(user: String?, clientIdentifier: String, filter: String) -> Bool
}

/// The answer to a CONNECT.
public enum AuthenticationOutcome: Sendable, Equatable {
    /// The client is who it says.
    case accepted
    /// CONNACK 4.
    case badUserNameOrPassword
    /// CONNACK 5.
    case notAuthorized
    /// CONNACK 3: nobody can judge at the moment.
    case unavailable

    var returnCode: ConnectReturnCode {
        switch self {
        case .accepted: .accepted
        case .badUserNameOrPassword: .badUserNameOrPassword
        case .notAuthorized: .notAuthorized
        case .unavailable: .serverUnavailable
        }
    }
}

/// Lets everybody do everything: for tests, and for brokers that listen on loopback alone.
public struct OpenAuthority: DatabusAuthority {
    /// An authority that refuses nothing.
    public init() {}

    /// Accepts at once.
    public func authenticate(
        clientIdentifier: String, user: String?, password: [UInt8]?, remoteAddress: String,
        completion: @escaping @Sendable (AuthenticationOutcome) -> Void
    ) { completion(.accepted) }

    /// Always.
    public func mayPublish(user: String?, clientIdentifier: String, topic: String) -> Bool { true }

    /// Always.
    public func maySubscribe(user: String?, clientIdentifier: String, filter: String) -> Bool { true }
}
