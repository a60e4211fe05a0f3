internal import Synchronization

/// The routes of one instance and the schemas that their descriptions use.
final class RouteTable: Sendable {
    private struct State {
        var routes: [Route] = []
        var schemas: String?
    }
    private let state = Mutex(State())

    static let limit = 1_024

    enum Match {
        case found(Route, parameters: [(name: String, value: String)])
        /// The path has these methods only.
        case otherMethods([String])
        case none
    }

    /// Adds a route; false if one with the same method and pattern exists or there are too many.
    func add(_ route: Route) -> Bool {
        state.withLock { state in
            guard state.routes.count < Self.limit,
                !state.routes.contains(where: { $0.method == route.method && $0.isSamePattern(as: route) })
            else { return false }
            state.routes.append(route)
            return true
        }
    }

    func setSchemas(_ json: String) { state.withLock { $0.schemas = json } }

    func removeAll() { state.withLock { $0 = State() } }

    func match(method: String, path: String) -> Match {
        let routes = state.withLock { $0.routes }
        var methods: [String] = []
        var best: (route: Route, parameters: [(name: String, value: String)])?
        for route in routes {
            guard let parameters = route.match(path) else { continue }
            methods.append(route.method)
            guard route.method == method, route.literalCount > best?.route.literalCount ?? -1 else { continue }
            best = (route, parameters)
        }
        if let best { return .found(best.route, parameters: best.parameters) }
        return methods.isEmpty ? .none : .otherMethods(methods)
    }

    /// The service's part of the site's OpenAPI document, or `nil` without routes.
    func openAPI(service: String, description: String) -> OpenAPIFragment? {
        let (routes, schemas) = state.withLock { ($0.routes, $0.schemas) }
        guard !routes.isEmpty else { return nil }
        let operations = routes.map { route in
            OpenAPIFragment.Operation(
                path: "/api/\(service)\(route.path == "/" ? "" : route.path)", method: route.method.lowercased(),
                leastRole: route.leastRole,
                json: route.operation ?? Self.minimalOperation(route, service: service))
        }
        return OpenAPIFragment(service: service, description: description, operations: operations, schemasJSON: schemas)
    }

    private static func minimalOperation(_ route: Route, service: String) -> String {
        let parameters = route.parameterNames.map { name in
            ConfigValue.object([
                .init(key: "name", value: .text(name)), .init(key: "in", value: .text("path")),
                .init(key: "required", value: .boolean(true)),
                .init(key: "schema", value: .object([.init(key: "type", value: .text("string"))])),
            ])
        }
        return ConfigValue.object([
            .init(key: "operationId", value: .text("\(service)-\(route.method.lowercased())-\(route.number)")),
            .init(key: "summary", value: .text("\(route.method) \(route.path) of the service \(service)")),
            .init(key: "tags", value: .list([.text(service)])),
            .init(key: "parameters", value: .list(parameters)),
            .init(
                key: "responses",
                value: .object([
                    .init(key: "default", value: .object([.init(key: "description", value: .text("The service's answer."))]))
                ])),
        ]).json
    }
}

/// What one service adds to the site's OpenAPI 3.1 document.
public struct OpenAPIFragment: Sendable {
    public let service: String
    public let description: String
    public let operations: [Operation]
    /// The JSON object for `components.schemas`, or `nil`.
    public let schemasJSON: String?

    /// One operation of a path.
    public struct Operation: Sendable {
        /// The whole path: `/api/<service>/…`.
        public let path: String
        /// Lower case, as OpenAPI has it.
        public let method: String
        public let leastRole: SiteRole
        /// An Operation Object: a JSON object, well-formed.
        public let json: String
    }
}
