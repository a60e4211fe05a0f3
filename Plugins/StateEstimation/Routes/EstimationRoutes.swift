import PluginAPI

/// What the service answers over REST, below `/api/<service>`.
enum EstimationRoutes: UInt32, CaseIterable {
    case grid = 1, state, observability, residuals, violations, whatIf, topologyTest

    private var method: String { self == .whatIf ? "POST" : "GET" }

    private var path: String {
        switch self {
        case .grid: "/grid"
        case .state: "/state"
        case .observability: "/observability"
        case .residuals: "/residuals"
        case .violations: "/violations"
        case .whatIf: "/what-if"
        case .topologyTest: "/topology-test"
        }
    }

    private var summary: String {
        switch self {
        case .grid: "Busbars, lines, transformers and switches of the grid, with their places in the single-line diagram."
        case .state: "The estimated state: voltages with their standard deviation, flows, loadings, switch positions, violations."
        case .observability: "Which nodes the measurements determine, which measurements are critical alone or in pairs, and where a further meter helps most."
        case .residuals: "Every measurement beside its estimate, the worst fit first."
        case .violations: "Nodes and branches outside of their limits."
        case .topologyTest:
            "How well the measurements fit with each switch thrown, the most plausible first: which switch is not where it is said to be."
        case .whatIf: "A power flow of the estimated grid with other switch positions or loads."
        }
    }

    /// Registers all routes with their OpenAPI operations.
    static func add(to http: HTTPRoutes, service: String) throws(ServiceError) {
        for route in allCases {
            try http.add(route.rawValue, route.method, route.path, operation: route.operation(service))
        }
        try http.setSchemas(EstimationSchemas.json(service))
    }

    private func operation(_ service: String) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.member("summary", summary)
        if self == .whatIf {
            json.key("requestBody")
            json.beginObject()
            json.member("required", true)
            Self.content(&json, schema: "\(service)_what_if")
            json.endObject()
        }
        json.key("responses")
        json.beginObject()
        json.key("200")
        json.beginObject()
        json.member("description", "The answer.")
        Self.content(&json, schema: "\(service)_\(schema)")
        json.endObject()
        if self == .whatIf {
            json.key("400")
            json.beginObject()
            json.member("description", "The grid has no such switch or load, or the body is malformed.")
            json.endObject()
        }
        json.endObject()
        json.endObject()
        return json.string
    }

    private var schema: String {
        switch self {
        case .grid: "grid"
        case .state, .whatIf: "state"
        case .observability: "observability"
        case .residuals: "residuals"
        case .violations: "violations"
        case .topologyTest: "topology_test"
        }
    }

    private static func content(_ json: inout JSONWriter, schema: String) {
        json.key("content")
        json.beginObject()
        json.key("application/json")
        json.beginObject()
        json.key("schema")
        json.beginObject()
        json.member("$ref", "#/components/schemas/\(schema)")
        json.endObject()
        json.endObject()
        json.endObject()
    }
}
