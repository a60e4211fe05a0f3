import HTTPTypes
import Hummingbird
import NIOCore

/// Hands `/api/<service>/…` to the services.
struct ServiceProxyRoutes: Sendable {
    let requests: any ServiceRequests

    var routes: [Route] {
        [HTTPRequest.Method.get, .post, .put, .patch, .delete].flatMap { method in
            ["/api/{service}", "/api/{service}/{path...}"].map { path in
                Route(
                    method: method, path: path, access: .role(.viewer), exceptions: Gateway.reservedServiceNames,
                    documentation: RouteDocumentation(
                        tag: "Services", summary: "A service's own route", success: (200, "As the service documents it.", nil),
                        isHidden: true),
                    handler: forward)
            }
        }
    }

    @Sendable private func forward(_ call: Call) async throws -> Response {
        let service = call.parameter("service")
        let request = ServiceRequest(
            method: call.request.method.rawValue, path: "/" + call.parameter("path"), query: call.request.uri.query ?? "",
            contentType: call.request.headers[.contentType] ?? "", body: try await call.body(), caller: try call.caller)
        let answer = try await requests.forward(request, to: service)
        guard (200..<600).contains(answer.status) else {
            throw GatewayError.inner("service '\(service)' answered with the status \(answer.status): expected 200 to 599")
        }
        return Reply.bytes(
            answer.body, type: Self.headerValue(answer.contentType), status: HTTPResponse.Status(code: answer.status))
    }

    /// A service's Content-Type, unless it could not stand in a header.
    private static func headerValue(_ text: String) -> String {
        let isValid = !text.isEmpty && text.utf8.count <= 200 && text.utf8.allSatisfy { (0x20..<0x7f).contains($0) }
        return isValid ? text : "application/octet-stream"
    }
}
