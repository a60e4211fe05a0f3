import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// The way of one request: find its route, verify the caller, keep other sites' pages out, let the route answer, and turn whatever is
/// thrown into a body `{"error": sentence}`.
struct GatewayResponder: HTTPResponder {
    typealias Context = GatewayContext

    let table: RouteTable
    let gate: Gate
    let logger: Logger

    func respond(to request: Request, context: GatewayContext) async throws -> Response {
        let path = request.uri.path
        var dialect = RouteDialect.platform
        var response: Response
        do {
            let match = try table.route(request.method, path: path)
            dialect = match.route.dialect
            response = try await answer(match, request: request, context: context)
        } catch let error as GatewayError {
            response = Reply.error(error, dialect: dialect)
            if error.status == .unauthorized { response.headers[.wwwAuthenticate] = challenge(for: request, dialect: dialect) }
        } catch is CancellationError {
            response = Reply.error(.unavailable("the platform is shutting down: try again later"), dialect: dialect)
        } catch {
            logger.error("a request failed", metadata: ["path": "\(path.prefix(200))", "error": "\(error)"])
            response = Reply.error(.inner("the platform could not answer: see its log"), dialect: dialect)
        }
        SecurityHeaders.add(to: &response.headers)
        return request.method == .head ? response.withoutBody() : response
    }

    private func answer(_ match: RouteTable.Match, request: Request, context: GatewayContext) async throws -> Response {
        var call = Call(
            request: request, context: context, route: match.route, parameters: match.parameters,
            form: Form(parsing: (request.uri.query ?? "")[...]))
        // Credentials of an InfluxDB form may stand in its body.
        if match.route.dialect == .influx, match.route.bodyLimit == Route.standardBodyLimit { try await call.readForm() }
        try await gate.admit(&call)
        return try await match.route.handler(call)
    }

    /// Browsers answer a challenge for Basic with a prompt of their own, which must not cover the console, and then send the password with
    /// each request, whichever page makes it. Without TLS they send no `Sec-Fetch-Site`, but all call themselves Mozilla.
    private func challenge(for request: Request, dialect: RouteDialect) -> String {
        let isBrowser = request.headers[.secFetchSite] != nil || request.headers[.userAgent]?.hasPrefix("Mozilla/") == true
        if case .influx = dialect, !isBrowser { return #"Basic realm="InfluxDB""# }
        return #"Bearer realm="dsotp""#
    }
}

extension Response {
    /// The answer to HEAD: as to GET, without the body.
    fileprivate func withoutBody() -> Response {
        var headers = headers
        if let length = body.contentLength, status != .noContent { headers[.contentLength] = String(length) }
        return Response(status: status, headers: headers)
    }
}
