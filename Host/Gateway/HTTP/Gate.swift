import FoundationEssentials
import HTTPTypes
import Hummingbird

/// Verifies who calls and whether that suffices.
struct Gate: Sendable {
    let authenticator: any Authenticator

    /// Fills in the caller, or throws 401, 403 or 429.
    func admit(_ call: inout Call) async throws(GatewayError) {
        switch call.route.access {
        case .open:
            // A foreign page must not log a browser in as somebody else either.
            if !call.request.method.isSafe { try CrossSiteGuard.check(call.request, credential: nil) }
        case .roleUnlessLoopback where call.context.isLoopback && call.request.headers[.forwarded] == nil
            && call.request.headers[.xForwardedFor] == nil:
            // A reverse proxy on this machine says for whom it asks; those are not from this machine.
            return
        case .role(let role), .roleUnlessLoopback(let role):
            let (caller, credential) = try await identify(call)
            guard caller.role >= role else {
                throw .forbidden("user '\(caller.name)' has the role \(caller.role.rawValue): this needs the role \(role.rawValue)")
            }
            call.verifiedCaller = caller
            call.credential = credential
            if !call.request.method.isSafe { try CrossSiteGuard.check(call.request, credential: credential) }
        }
    }

    private func identify(_ call: Call) async throws(GatewayError) -> (Caller, Credential) {
        let headers = call.request.headers
        if let text = headers[.authorization] { return try await identify(authorization: text, call) }
        if call.route.dialect == .influx, let user = call.form["u"] {
            return (try await verify(user: user, password: call.form["p"] ?? "", call), .password)
        }
        if let token = SessionCookie.token(in: headers) {
            guard let caller = await authenticator.caller(forToken: token) else {
                throw .unauthorized("the session has ended: log in again")
            }
            return (caller, .cookie(token))
        }
        switch call.route.dialect {
        case .influx: throw .unauthorized("unable to parse authentication credentials")
        case .platform: throw .unauthorized("log in first: send a session cookie, Basic credentials or a bearer token")
        }
    }

    private func identify(authorization text: String, _ call: Call) async throws(GatewayError) -> (Caller, Credential) {
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        let value = parts.count == 2 ? parts[1].filter { $0 != " " } : ""
        switch parts.first?.lowercased() {
        case "bearer":
            guard let caller = await authenticator.caller(forToken: value) else {
                throw .unauthorized("the bearer token is unknown or has expired: log in again")
            }
            return (caller, .bearer(value))
        case "basic":
            guard let bytes = Data(base64Encoded: value), let (user, password) = Gate.pair(String(decoding: bytes, as: UTF8.self)) else {
                throw .unauthorized("the Authorization header is malformed: expected Basic and base64 of user:password")
            }
            return (try await verify(user: user, password: password, call), .password)
        case "token" where call.route.dialect == .influx:
            guard let (user, password) = Gate.pair(value) else {
                throw .unauthorized("the Authorization header is malformed: expected Token user:password")
            }
            return (try await verify(user: user, password: password, call), .password)
        default:
            throw .unauthorized("the Authorization header is malformed: expected Basic or Bearer")
        }
    }

    private static func pair(_ text: String) -> (user: String, password: String)? {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }

    private func verify(user: String, password: String, _ call: Call) async throws(GatewayError) -> Caller {
        switch await authenticator.authenticate(user: user, password: password, address: call.context.address) {
        case .accepted(let caller):
            return caller
        case .refused:
            switch call.route.dialect {
            case .influx: throw .unauthorized("authorization failed")
            case .platform: throw .unauthorized("the user name or the password is wrong")
            }
        case .throttled(let seconds):
            throw .throttled(retryAfterSeconds: seconds)
        }
    }
}

extension HTTPRequest.Method {
    /// Whether the method is one that changes nothing (RFC 9110, section 9.2.1).
    var isSafe: Bool { self == .get || self == .head || self == .options }
}

extension HTTPField.Name {
    // Literals that are valid header names.
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
    static let forwarded = HTTPField.Name("Forwarded")!
    static let xForwardedFor = HTTPField.Name("X-Forwarded-For")!
    static let xRequestedWith = HTTPField.Name("X-Requested-With")!
}
