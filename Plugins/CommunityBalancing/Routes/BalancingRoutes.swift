import PluginAPI

/// What the service answers over REST, below `/api/<service>`.
enum BalancingRoutes: UInt32, CaseIterable {
    case communities = 1, community, plan, mode, runs, report, whatIf, pymfm

    private var method: String {
        switch self {
        case .mode: "PUT"
        case .whatIf, .pymfm: "POST"
        default: "GET"
        }
    }

    private var path: String {
        switch self {
        case .communities: "/communities"
        case .community: "/communities/{community}"
        case .plan: "/communities/{community}/plan"
        case .mode: "/communities/{community}/mode"
        case .runs: "/communities/{community}/runs"
        case .report: "/communities/{community}/runs/{run}/report"
        case .whatIf: "/plan"
        case .pymfm: "/pymfm"
        }
    }

    private var summary: String {
        switch self {
        case .communities: "All communities: mode, target, measured exchange, flexibility."
        case .community: "A community with its assets (what they do, whether they follow) and what happened lately."
        case .plan: "The plan that is followed: powers of every asset, exchange, packages, violated wishes, binding limits with their shadow prices."
        case .mode: "Begins a mode: 0 stop, 1 virtual islanding, 2 set-point, 3 supply in packages, 4 export in packages, 5 least import."
        case .runs: "Runs that have ended, with their indicators."
        case .report: "The report of a run (`current` for the one that runs): `format` csv, html or json."
        case .whatIf: "A plan for a problem in the form community-balancing-1, without any effect."
        case .pymfm: "A request of pymfm, answered in its form with the physics right."
        }
    }

    /// Registers all routes with their OpenAPI operations.
    static func add(to http: HTTPRoutes, service: String) throws(ServiceError) {
        for route in allCases {
            try http.add(route.rawValue, route.method, route.path, leastRole: route == .mode ? .operator : .viewer, operation: route.operation(service))
        }
        try http.setSchemas(BalancingSchemas.json(service))
    }

    private func operation(_ service: String) -> String {
        let body: String =
            switch self {
            case .mode: Self.body("\(service)_mode")
            case .whatIf, .pymfm: #""requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object"}}}}, "#
            default: ""
            }
        let refused = body.isEmpty ? "" : #", "400": {"description": "What is wrong, in a sentence."}"#
        var parameters: [String] = []
        for name in ["community", "run"] where path.contains("{\(name)}") {
            parameters.append(#"{"name": "\#(name)", "in": "path", "required": true, "schema": {"type": "string"}}"#)
        }
        if self == .report { parameters.append(#"{"name": "format", "in": "query", "schema": {"type": "string", "enum": ["csv", "html", "json"]}}"#) }
        let list = parameters.isEmpty ? "" : #""parameters": [\#(parameters.joined(separator: ", "))], "#
        return #"{"summary": "\#(summary)", \#(list)\#(body)"responses": {"200": {"description": "The answer.", "content": {"application/json": {"schema": \#(schema(service))}}}\#(refused)}}"#
    }

    private static func body(_ schema: String) -> String {
        ##""requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/\##(schema)"}}}}, "##
    }

    private func schema(_ service: String) -> String {
        let name: String? =
            switch self {
            case .community, .mode: "community"
            case .plan, .whatIf: "plan"
            case .runs: "runs"
            default: nil
            }
        return name.map { ##"{"$ref": "#/components/schemas/\##(service)_\##($0)"}"## } ?? #"{"type": "object"}"#
    }
}

/// The schemas that the operations name, for the host's OpenAPI document.
enum BalancingSchemas {
    static func json(_ service: String) -> String {
        "{" + [("mode", mode), ("community", community), ("plan", plan), ("runs", runs)].map { #""\#(service)_\#($0.0)": \#($0.1)"# }.joined(separator: ", ") + "}"
    }

    private static let number = #"{"type": ["number", "null"]}"#
    private static let text = #"{"type": "string"}"#
    private static let series = #"{"type": "array", "items": {"type": "number"}}"#

    private static func object(_ properties: String) -> String { #"{"type": "object", "properties": {\#(properties)}}"# }
    private static func list(_ properties: String) -> String { #"{"type": "array", "items": \#(object(properties))}"# }

    private static let mode = """
        {"type": "object", "required": ["mode"], "properties": {"mode": {"type": "integer", "minimum": 0, "maximum": 5}, "target_kw": \(number), "resume": {"type": "boolean"}, \
        "intervals": \(list(#""start": \#(text), "end": \#(text), "duration_minutes": \#(number), "target_kw": \#(number)"#)), "start": \(text), \
        "end": \(text), "duration_minutes": {"type": "number"}, "slots": \(list(#""id": \#(text), "start": \#(text), "end": \#(text), "power_kw": \#(number), "energy_kwh": \#(number)"#)), \
        "packages": \(list(#""id": \#(text), "earliest": \#(text), "latest_end": \#(text), "duration_minutes": \#(number), "minimum_kw": \#(number), "maximum_kw": \#(number), "quantum_kw": \#(number)"#))}}
        """

    private static let community = object(
        """
        "community": \(text), "time": \(text), "mode": {"type": "integer"}, "use_case": \(text), "target_kw": \(number), "exchange_kw": \(number), \
        "state": {"type": "string", "enum": ["stopped", "planning", "schedule", "following", "limited", "exhausted"]}, "residual_kw": \(number), "up_kw": \(number), \
        "down_kw": \(number), "up_kwh": \(number), "down_kwh": \(number), "exchange_measured": {"type": "boolean"}, "stored_kwh": \(number), "capacity_kwh": \(number), \
        "import_limit_kw": \(number), "export_limit_kw": \(number), "begin": \(text), "end": \(text), "then": \(text), "indicators": {"type": "object"}, "exhausted_in_seconds": \(number), "sentence": \(text), \
        "members": \(list(#""id": \#(text), "kind": \#(text), "state": \#(text), "power_kw": \#(number), "set_point_kw": \#(number), "acknowledged": {"type": "boolean"}"#)), \
        "events": \(list(#""time": \#(text), "kind": \#(text), "asset": \#(text), "sentence": \#(text)"#))
        """)

    private static let plan = object(
        """
        "start": \(text), "step_minutes": \(number), "objective": \(number), "gap": \(number), "proved": {"type": "boolean"}, "exchange_kw": \(series), \
        "price_of_energy": \(series), "batteries": {"type": "array", "items": \(text)}, "stored_kwh": {"type": "array", "items": \(series)}, "powers_kw": {"type": "object"}, "packages": \(list(#""id": \#(text), "start_step": \#(number), "steps": \#(number), "power_kw": \#(number)"#)), \
        "violations": \(list(#""kind": \#(text), "subject": \#(text), "wanted": \#(number), "planned": \#(number), "unit": \#(text), "because": \#(text), "sentence": \#(text)"#)), \
        "binding": \(list(#""limit": \#(text), "shadow_price": \#(number), "unit": \#(text)"#))
        """)

    private static let runs = object(
        #""runs": \#(list(#""run": \#(number), "mode": \#(number), "begin": \#(text), "end": \#(text), "reason": \#(text), "indicators": {"type": "object"}"#))"#)
}
