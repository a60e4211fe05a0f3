import Hummingbird
import Logging

/// The OpenAPI document, composed anew for each request since services come and go.
struct DocumentRoutes: Sendable {
    let requests: any ServiceRequests
    let logger: Logger

    /// The routes; `all` gives the table that they are part of.
    func routes(documenting all: @escaping @Sendable () -> [Route]) -> [Route] {
        [
            Route(
                method: .get, path: "/openapi.json", access: .open,
                documentation: RouteDocumentation(
                    tag: "Documents", summary: "This document, with each service's part", success: (200, "OpenAPI 3.1.", .json("Document"))),
                handler: { _ in
                    var document = OpenAPIDocument(routes: all())
                    document.schemas.append(("Document", .object([("type", .string("object"))])))
                    for fragment in await requests.openAPIFragments() {
                        if let refusal = document.merge(fragment) { logger.warning("\(refusal)") }
                    }
                    return Reply.text(document.json.text, type: "application/json")
                })
        ]
    }
}
