import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

/// Log-in, log-out, and who one is.
struct SessionRoutes: Sendable {
    let authenticator: any Authenticator
    let audit: any AuditSink
    let usesSecureCookies: Bool

    struct LoginBody: Decodable {
        let user: String
        let password: String
    }
    struct LoginReply: Encodable {
        let token: String
        let expires: Timestamp
        let user: String
        let role: CallerRole
    }
    struct SessionReply: Encodable {
        let user: String
        let role: CallerRole
    }

    var routes: [Route] {
        [
            Route(
                method: .post, path: "/api/login", access: .open,
                documentation: RouteDocumentation(
                    tag: "Session", summary: "Log in: opens a session and sets its cookie",
                    requestBody: .init(types: ["application/json", "application/x-www-form-urlencoded"], schema: "Login"),
                    success: (200, "The session, whose token is a bearer token too.", .json("OpenedSession")), failures: [400, 401, 403, 413, 415, 429]),
                handler: login),
            Route(
                method: .post, path: "/api/logout", access: .role(.viewer),
                documentation: RouteDocumentation(
                    tag: "Session", summary: "Log out: ends the session", success: (204, "The session has ended.", nil)),
                handler: logout),
            Route(
                method: .get, path: "/api/session", access: .role(.viewer),
                documentation: RouteDocumentation(
                    tag: "Session", summary: "Who one is", success: (200, "The caller.", .json("Session"))),
                handler: { call in
                    let caller = try call.caller
                    return try Reply.json(SessionReply(user: caller.name, role: caller.role))
                }),
        ]
    }

    @Sendable private func login(_ call: Call) async throws -> Response {
        let body = try await credentials(call)
        let address = call.context.address
        switch await authenticator.authenticate(user: body.user, password: body.password, address: address) {
        case .accepted(let caller):
            let session = await authenticator.openSession(for: caller)
            await record(caller.name, caller.role, "session.login", "done", address)
            let reply = LoginReply(
                token: session.token, expires: .now().adding(seconds: session.lifetimeSeconds), user: caller.name, role: caller.role)
            return try Reply.json(reply, headers: [.setCookie: SessionCookie.set(session, isSecure: usesSecureCookies)])
        case .refused:
            await record(body.user, nil, "session.login", "refused: wrong user name or password", address)
            throw GatewayError.unauthorized("the user name or the password is wrong")
        case .throttled(let seconds):
            throw GatewayError.throttled(retryAfterSeconds: seconds)
        }
    }

    private func credentials(_ call: Call) async throws -> LoginBody {
        let body = try await call.body()
        switch call.mediaType {
        case "application/x-www-form-urlencoded":
            let form = Form(parsing: String(buffer: body)[...])
            guard let user = form["user"], let password = form["password"] else {
                throw GatewayError.badRequest("the form lacks a field: expected user and password")
            }
            return LoginBody(user: user, password: password)
        case "application/json", "":
            guard let value = try? JSONDecoder().decode(LoginBody.self, from: Data(body.readableBytesView)) else {
                throw GatewayError.badRequest(#"the body is not as expected: {"user": "…", "password": "…"}"#)
            }
            return value
        default:
            throw GatewayError.unsupportedMediaType(
                "the Content-Type is \(call.mediaType.prefix(100)): expected application/json or application/x-www-form-urlencoded")
        }
    }

    @Sendable private func logout(_ call: Call) async throws -> Response {
        let caller = try call.caller
        if let token = call.credential?.token {
            await authenticator.closeSession(token: token)
            await record(caller.name, caller.role, "session.logout", "done", call.context.address)
        }
        return Reply.empty(.noContent, headers: [.setCookie: SessionCookie.cleared(isSecure: usesSecureCookies)])
    }

    private func record(_ user: String, _ role: CallerRole?, _ what: String, _ outcome: String, _ address: String) async {
        let name = String(user.prefix(64))
        await audit.record(AuditEvent(who: name, role: role?.rawValue, what: what, subject: name, outcome: outcome, address: address))
    }
}
