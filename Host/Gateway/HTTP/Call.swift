import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

/// What Hummingbird makes for each request.
struct GatewayContext: InitializableFromSource, Sendable {
    let channel: any Channel

    init(source: ApplicationRequestContextSource) { channel = source.channel }

    /// The peer's address without its port; `unknown` for a socket without one.
    var address: String { channel.remoteAddress?.ipAddress ?? "unknown" }

    /// Whether the peer is on this machine.
    var isLoopback: Bool {
        guard let address = channel.remoteAddress?.ipAddress else { return false }
        return address == "::1" || address.hasPrefix("127.") || address.hasPrefix("::ffff:127.")
    }
}

/// One request on its way through a route.
struct Call: Sendable {
    let request: Request
    let context: GatewayContext
    let route: Route
    let parameters: [String: String]
    /// The fields of the query; for an InfluxDB form also those of the body.
    var form: Form
    /// Set once the body is read.
    var collected: ByteBuffer?
    /// How the caller proved to be who it is; nil on open routes.
    var credential: Credential?
    /// Who calls; nil on open routes.
    var verifiedCaller: Caller?

    /// Who calls. Only to be asked on routes that need a role.
    var caller: Caller {
        get throws(GatewayError) {
            guard let verifiedCaller else { throw .unauthorized("log in first") }
            return verifiedCaller
        }
    }

    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    /// The whole body, at most as long as the route allows.
    func body() async throws -> ByteBuffer {
        if let collected { return collected }
        if let text = request.headers[.contentLength], let length = Int(text), length > route.bodyLimit {
            throw GatewayError.tooLarge(limit: route.bodyLimit)
        }
        do {
            return try await request.body.collect(upTo: route.bodyLimit)
        } catch is NIOTooManyBytesError {
            throw GatewayError.tooLarge(limit: route.bodyLimit)
        }
    }

    /// Adds the fields of a POST's body to the form, before those of the query, if the body is a form.
    mutating func readForm() async throws {
        let type = mediaType
        guard request.method == .post, type == "application/x-www-form-urlencoded" || type == "multipart/form-data" else { return }
        let body = try await body()
        collected = body
        if type == "application/x-www-form-urlencoded" {
            form = Form(parsing: String(buffer: body)[...]).merged(with: form)
        } else {
            guard let fields = Form(multipart: body.readableBytesView, contentType: request.headers[.contentType] ?? "") else {
                throw GatewayError.badRequest("the Content-Type multipart/form-data lacks a boundary of 1 to 70 characters")
            }
            form = fields.merged(with: form)
        }
    }

    /// The Content-Type without its parameters, in small letters.
    var mediaType: String {
        let text = request.headers[.contentType] ?? ""
        return String(text.prefix { $0 != ";" }).lowercased().filter { $0 != " " }
    }
}

/// How a caller proved to be who it is.
enum Credential: Sendable {
    case password
    case bearer(String)
    /// The session's cookie, which a browser sends by itself: changes need more proof than that.
    case cookie(String)

    /// The session's token, if there is a session.
    var token: String? {
        switch self {
        case .password: nil
        case .bearer(let token), .cookie(let token): token
        }
    }
}
