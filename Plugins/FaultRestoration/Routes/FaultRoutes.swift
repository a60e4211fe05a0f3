import PluginAPI

/// What the service answers over REST, below `/api/<service>`.
enum FaultRoutes: UInt32, CaseIterable {
    case faults = 1, fault, approve, reject, replan, stop, undo, repaired, simulate, screening, optimise

    private var method: String { [.faults, .fault, .screening].contains(self) ? "GET" : "POST" }

    private var path: String {
        switch self {
        case .faults: "/faults"
        case .fault: "/faults/{fault}"
        case .approve: "/faults/{fault}/approve"
        case .reject: "/faults/{fault}/reject"
        case .replan: "/faults/{fault}/plans"
        case .stop: "/faults/{fault}/stop"
        case .undo: "/faults/{fault}/undo"
        case .repaired: "/faults/{fault}/repaired"
        case .simulate: "/simulate"
        case .screening: "/screening"
        case .optimise: "/optimise"
        }
    }

    private var leastRole: Role {
        switch self {
        case .faults, .fault, .simulate, .screening, .optimise: .viewer
        default: .operator
        }
    }

    private var summary: String {
        switch self {
        case .faults: "The card of every fault, the latest first."
        case .fault: "A fault with its location, its plan, every step with the power flow after it, and its history."
        case .approve: "Approves the present proposal; with enough approvals it is switched, step by step."
        case .reject: "Rejects the present proposal."
        case .replan: "Makes another plan from the grid as it is now, without switches that failed."
        case .stop: "Lets no further step go out."
        case .undo: "Proposes the transfers backwards, to the isolated fault."
        case .repaired: "Says that the fault is repaired, and proposes the way back to the positions before it."
        case .simulate: "What would happen, and be planned, if this failed now. Nothing is switched."
        case .screening: "The N-1 screening: what a fault on each line and transformer would leave without voltage, the worst first."
        case .optimise: "The open points with the least losses, and the way there. Nothing is switched."
        }
    }

    private var requestSchema: String? {
        switch self {
        case .approve: "approval"
        case .reject: "rejection"
        case .simulate: "simulation"
        case .optimise: "optimisation"
        default: nil
        }
    }

    private var answerSchema: String {
        switch self {
        case .faults: "faults"
        case .simulate: "simulated"
        case .screening: "screening"
        case .optimise: "optimised"
        default: "fault"
        }
    }

    /// Registers all routes with their OpenAPI operations.
    static func add(to http: HTTPRoutes, service: String) throws(ServiceError) {
        for route in allCases {
            try http.add(route.rawValue, route.method, route.path, leastRole: route.leastRole, operation: route.operation(service))
        }
        try http.setSchemas(FaultSchemas.json(service))
    }

    private func operation(_ service: String) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.member("summary", summary)
        if let requestSchema {
            json.key("requestBody")
            json.beginObject()
            json.member("required", self == .simulate)
            Self.content(&json, schema: "\(service)_\(requestSchema)")
            json.endObject()
        }
        json.key("responses")
        json.beginObject()
        Self.answer(&json, "200", "The answer.", schema: "\(service)_\(answerSchema)")
        if requestSchema != nil { Self.answer(&json, "400", "The body is malformed, or names what the grid does not have.") }
        if path.contains("{fault}") { Self.answer(&json, "404", "There is no such fault.") }
        if leastRole == .operator { Self.answer(&json, "409", "The fault is in a state in which this can't be done; the sentence says which.") }
        json.endObject()
        json.endObject()
        return json.string
    }

    private static func answer(_ json: inout JSONWriter, _ status: String, _ description: String, schema: String? = nil) {
        json.key(status)
        json.beginObject()
        json.member("description", description)
        if let schema { content(&json, schema: schema) }
        json.endObject()
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
