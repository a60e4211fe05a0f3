import Hummingbird

/// Who may call a route.
enum RouteAccess: Sendable {
    /// Anybody.
    case open
    /// Callers of at least this role.
    case role(CallerRole)
    /// Anybody on this machine, others with at least this role.
    case roleUnlessLoopback(CallerRole)
}

/// How a route writes errors and which credentials it takes.
enum RouteDialect: Sendable {
    /// `{"error": sentence}`.
    case platform
    /// As InfluxDB 1.x: also `X-Influxdb-*` headers, a line feed after JSON, and the parameters `u` and `p`.
    case influx
}

/// One method of one path: who may call it, what it answers, and how it is documented.
struct Route: Sendable {
    let method: HTTPRequest.Method
    /// Segments, where `{name}` stands for one segment and a last `{name...}` for all that follow, at least one.
    let path: String
    let access: RouteAccess
    var dialect = RouteDialect.platform
    var bodyLimit = Route.standardBodyLimit
    /// Whether the route takes requests of every method, so that its handler says which there are.
    var takesAnyMethod = false
    /// First captures that the route leaves to other routes.
    var exceptions: Set<String> = []
    let documentation: RouteDocumentation
    let handler: @Sendable (Call) async throws -> Response

    static let standardBodyLimit = 1 << 20
}

/// What the OpenAPI document says of a route.
struct RouteDocumentation: Sendable {
    struct Parameter: Sendable {
        let name: String
        let isInPath: Bool
        let isRequired: Bool
        let description: String
        var minimumLength: Int?

        static func path(_ name: String, _ description: String) -> Parameter {
            Parameter(name: name, isInPath: true, isRequired: true, description: description)
        }
        static func query(_ name: String, _ description: String, required: Bool = false, minimumLength: Int? = nil) -> Parameter {
            Parameter(name: name, isInPath: false, isRequired: required, description: description, minimumLength: minimumLength)
        }
    }

    /// What a body looks like.
    struct Content: Sendable {
        let types: [String]
        /// A name in `OpenAPISchemas`; nil for a plain string.
        let schema: String?

        static func json(_ schema: String) -> Content { Content(types: ["application/json"], schema: schema) }
        static func text(_ type: String) -> Content { Content(types: [type], schema: nil) }
    }

    let tag: String
    /// One line that says what the route does.
    let summary: String
    var parameters: [Parameter] = []
    var requestBody: Content?
    /// The status of success, its meaning and its body.
    let success: (status: Int, description: String, content: Content?)
    /// Statuses of failure beside those that every route of its kind has.
    var failures: [Int] = []
    /// Part of the console or a catch-all, and so not in the document.
    var isHidden = false
}
