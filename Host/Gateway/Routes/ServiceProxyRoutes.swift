import HTTPTypes
import Hummingbird
import NIOCore

/// Hands `/api/<service>/…` to the services.
struct ServiceProxyRoutes: Sendable {
    let requests: any ServiceRequests
    let administration: any ServiceAdministration

    var routes: [Route] {
        ["/api/{service}", "/api/{service}/{path...}"].map { path in
            Route(
                method: .get, path: path, access: .role(.viewer), takesAnyMethod: true, exceptions: Gateway.reservedServiceNames,
                documentation: RouteDocumentation(
                    tag: "Services", summary: "A service's own route", success: (200, "As the service documents it.", nil), isHidden: true),
                handler: forward)
        }
    }

    @Sendable private func forward(_ call: Call) async throws -> Response {
        let service = call.parameter("service")
        let method = call.request.method == .head ? .get : call.request.method
        let request = ServiceRequest(
            method: method.rawValue, path: "/" + call.parameter("path"), query: call.request.uri.query ?? "",
            contentType: call.request.headers[.contentType] ?? "", body: try await call.body(), caller: try call.caller)
        let answer: ServiceResponse
        do {
            answer = try await requests.forward(request, to: service)
        } catch let error as GatewayError where error.status == .notFound {
            throw await missing(service, call) ?? error
        }
        guard (200..<600).contains(answer.status) else {
            throw GatewayError.inner("service '\(service)' answered with the status \(answer.status): expected 200 to 599")
        }
        if answer.status == 404, let error = await missing(service, call) { throw error }
        return Reply.bytes(
            answer.body, type: Self.headerValue(answer.contentType), status: HTTPResponse.Status(code: answer.status),
            headers: Self.allow(answer))
    }

    /// The refusal of a path whose service does not exist: the caller may have meant a route of the host. Nil when there is the service.
    private func missing(_ service: String, _ call: Call) async -> GatewayError? {
        guard await administration.service(named: service) == nil else { return nil }
        return .notFound("there is no route \(call.request.uri.path.prefix(200)) and no service '\(service.prefix(100))'")
    }

    /// The methods of a path that has not the one asked for (RFC 9110, section 15.5.6).
    private static func allow(_ answer: ServiceResponse) -> HTTPFields {
        guard answer.status == 405, !answer.allowedMethods.isEmpty else { return [:] }
        return [.allow: answer.allowedMethods.joined(separator: ", ")]
    }

    /// A service's Content-Type, unless it could not stand in a header.
    private static func headerValue(_ text: String) -> String {
        let isValid = !text.isEmpty && text.utf8.count <= 200 && text.utf8.allSatisfy { (0x20..<0x7f).contains($0) }
        return isValid ? text : "application/octet-stream"
    }
}
