internal import Access
internal import Databus
internal import Gateway
internal import struct Gateway.Session
internal import Logging
internal import Runtime
internal import Synchronization
internal import Topics

extension CallerRole {
    init(_ role: Role) {
        self =
            switch role {
            case .viewer: .viewer
            case .operator_: .operator
            case .engineer: .engineer
            case .admin: .admin
            }
    }
}

extension Role {
    init(_ role: SiteRole) {
        self =
            switch role {
            case .viewer: .viewer
            case .operator: .operator_
            case .engineer: .engineer
            case .admin: .admin
            }
    }

    init(_ role: CallerRole) {
        self =
            switch role {
            case .viewer: .viewer
            case .operator: .operator_
            case .engineer: .engineer
            case .admin: .admin
            }
    }
}

/// The gateway's log-in, by the platform's access control.
struct GatewayAuthenticator: Authenticator {
    let access: AccessControl

    func authenticate(user: String, password: String, address: String) async -> AuthenticationResult {
        switch await access.authenticate(user: user, password: password, address: address) {
        case .accepted(let identity): .accepted(Caller(name: identity.name, role: CallerRole(identity.role)))
        case .refused: .refused
        case .throttled(let seconds): .throttled(retryAfterSeconds: seconds)
        }
    }

    func openSession(for caller: Caller) async -> Session {
        let token = access.issueToken(for: Identity(name: caller.name, role: Role(caller.role)))
        return Session(token: token.text, lifetimeSeconds: token.lifetimeSeconds)
    }

    func caller(forToken token: String) async -> Caller? {
        access.identity(forToken: token).map { Caller(name: $0.name, role: CallerRole($0.role)) }
    }

    func closeSession(token: String) async {
        access.revokeToken(token)
    }
}

/// The databus's question who may connect, publish and subscribe, answered by the platform's access control.
final class DatabusGuard: DatabusAuthority {
    private let access: AccessControl
    /// The rights of users that have connected, asked for each new topic of a session.
    private let rights = Mutex<[String: TopicRights]>([:])

    init(access: AccessControl) {
        self.access = access
    }

    func authenticate(
        clientIdentifier: String, user: String?, password: [UInt8]?, remoteAddress: String,
        completion: @escaping @Sendable (Databus.AuthenticationOutcome) -> Void
    ) {
        guard let user, let password else { return completion(.notAuthorized) }
        let text = String(decoding: password, as: UTF8.self)
        access.authenticate(user: user, password: text, address: Self.address(remoteAddress)) { outcome in
            switch outcome {
            case .accepted(let identity):
                self.rights.withLock { $0[user] = self.access.topicRights(of: identity) }
                completion(.accepted)
            case .refused: completion(.badUserNameOrPassword)
            case .throttled: completion(.unavailable)
            }
        }
    }

    func mayPublish(user: String?, clientIdentifier: String, topic: String) -> Bool {
        rights(of: user)?.mayPublish(topic) ?? false
    }

    func maySubscribe(user: String?, clientIdentifier: String, filter: String) -> Bool {
        guard let filter = try? TopicFilter(filter) else { return false }
        return rights(of: user)?.maySubscribe(filter) ?? false
    }

    private func rights(of user: String?) -> TopicRights? {
        user.flatMap { name in rights.withLock { $0[name] } }
    }

    /// The address without the port, so that reconnecting does not make a client a new one: `[IPv4]127.0.0.1/127.0.0.1:4711`.
    private static func address(_ remote: String) -> String {
        let text = remote.split(separator: "/").last.map(String.init) ?? remote
        guard let colon = text.lastIndex(of: ":") else { return text }
        return String(text[..<colon])
    }
}

/// The gateway's audited changes, into the audit trail.
struct GatewayAudit: AuditSink {
    let trail: AuditTrail
    let logger: Logger

    func record(_ event: AuditEvent) async {
        do {
            try trail.record(
                AuditEntry(
                    who: event.who, role: event.role, what: event.what, subject: event.subject, outcome: event.outcome,
                    from: event.address))
        } catch {
            logger.error("the audit trail cannot be written: \(error)")
        }
    }
}
