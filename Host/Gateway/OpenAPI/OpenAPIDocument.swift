import HTTPTypes

/// The OpenAPI 3.1 document of the host's routes. What is registered is what is documented: both come from the same table.
struct OpenAPIDocument: Sendable {
    var paths: [(String, JSONValue)] = []
    var schemas: [(String, JSONValue)] = OpenAPISchemas.all + OpenAPISchemas.revisions
    var tags: [(name: String, description: String)] = [
        ("Session", "Log-in and log-out."), ("Services", "The services of the site, and what each answers itself."),
        ("Commands", "Commands of devices, and who may act on which."), ("Databus", "The MQTT databus."), ("InfluxDB 1.x", "The time-series store, as clients of InfluxDB 1.x speak to it."),
        ("Monitoring", "Health and metrics."), ("Documents", "This document."),
    ]

    init(routes: [Route]) {
        var operations: [String: [(String, JSONValue)]] = [:]
        var order: [String] = []
        for route in routes where !route.documentation.isHidden {
            if operations[route.path] == nil { order.append(route.path) }
            operations[route.path, default: []].append((route.method.rawValue.lowercased(), Self.operation(route)))
        }
        paths = order.map { ($0, .object(operations[$0] ?? [])) }
    }

    /// The whole document as JSON.
    var json: JSONValue {
        .object([
            ("openapi", .string("3.1.0")),
            (
                "info",
                .object([
                    ("title", .string("DSO Technical Platform")), ("version", .string("1.0")),
                    (
                        "description",
                        .string(
                            "Administration, measurements and services of one site. Roles in rising order: viewer, operator, engineer, "
                                + "admin. Every error is a body {\"error\": sentence}.")
                    ),
                ])
            ),
            ("tags", .array(tags.map { .object([("name", .string($0.name)), ("description", .string($0.description))]) })),
            ("paths", .object(paths)),
            ("components", .object([("schemas", .object(schemas)), ("securitySchemes", Self.securitySchemes)])),
        ])
    }

    private static let securitySchemes: JSONValue = .object([
        ("basic", .object([("type", .string("http")), ("scheme", .string("basic"))])),
        ("bearer", .object([("type", .string("http")), ("scheme", .string("bearer"))])),
        (
            "session",
            .object([("type", .string("apiKey")), ("in", .string("cookie")), ("name", .string(SessionCookie.name))])
        ),
    ])

    /// Any one of the ways to prove who one is.
    static let security: JSONValue = .array(["basic", "bearer", "session"].map { .object([($0, .array([]))]) })

    private static func operation(_ route: Route) -> JSONValue {
        let documentation = route.documentation
        var members: [(String, JSONValue)] = [
            ("operationId", .string(operationID(route))), ("tags", .array([.string(documentation.tag)])),
            ("summary", .string(documentation.summary)),
        ]
        switch route.access {
        case .open: members.append(("security", .array([])))
        case .role(let role):
            members.append(("description", .string("Needs the role \(role.rawValue).")))
            members.append(("security", security))
        case .roleUnlessLoopback(let role):
            members.append(("description", .string("Open on the platform's own machine; else needs the role \(role.rawValue).")))
            members.append(("security", security))
        }
        if !documentation.parameters.isEmpty { members.append(("parameters", .array(documentation.parameters.map(parameter)))) }
        if let content = documentation.requestBody {
            members.append(("requestBody", .object([("required", .bool(true)), ("content", media(content))])))
        }
        members.append(("responses", .object(responses(route))))
        return .object(members)
    }

    private static func operationID(_ route: Route) -> String {
        let words = route.path.split { !($0.isLetter || $0.isNumber) }.map { $0.prefix(1).uppercased() + $0.dropFirst() }
        return route.method.rawValue.lowercased() + words.joined()
    }

    private static func parameter(_ parameter: RouteDocumentation.Parameter) -> JSONValue {
        var schema: [(String, JSONValue)] = [("type", .string("string"))]
        if let length = parameter.minimumLength { schema.append(("minLength", .integer(length))) }
        return .object([
            ("name", .string(parameter.name)), ("in", .string(parameter.isInPath ? "path" : "query")),
            ("required", .bool(parameter.isRequired)), ("description", .string(parameter.description)), ("schema", .object(schema)),
        ])
    }

    private static func media(_ content: RouteDocumentation.Content) -> JSONValue {
        let schema = content.schema.map(OpenAPISchemas.reference) ?? .object([("type", .string("string"))])
        return .object(content.types.map { ($0, .object([("schema", schema)])) })
    }

    private static func responses(_ route: Route) -> [(String, JSONValue)] {
        let success = route.documentation.success
        var members: [(String, JSONValue)] = [("description", .string(success.description))]
        if let content = success.content { members.append(("content", media(content))) }
        var responses: [(String, JSONValue)] = [(String(success.status), .object(members))]
        var failures = Set(route.documentation.failures)
        if case .open = route.access {} else { failures.formUnion([401, 403, 429]) }
        for status in failures.sorted() {
            let error: JSONValue = .object([
                ("description", .string(meaning(status))),
                ("content", .object([("application/json", .object([("schema", OpenAPISchemas.reference("Error"))]))])),
            ])
            responses.append((String(status), error))
        }
        return responses
    }

    private static func meaning(_ status: Int) -> String {
        switch status {
        case 400: "The request is malformed."
        case 401: "Not logged in, or the credentials are wrong."
        case 403: "The role does not suffice, or the request comes from another site's page."
        case 404: "There is no such thing."
        case 409: "The state does not allow it."
        case 413: "The body is too large."
        case 415: "The body's type or encoding is not accepted."
        case 500: "The platform failed; its log says why. Try again later."
        case 429: "Too many failed log-ins: see Retry-After."
        default: "Not available now: try again later."
        }
    }
}
