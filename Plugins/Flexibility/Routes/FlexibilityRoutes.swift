import FlexibilityMarket
import PluginAPI

/// What the service answers over REST, below `/api/<service>`.
enum FlexibilityRoutes: UInt32, CaseIterable {
    case requests = 1, receive, request, cancel, check, accept, reject, activation, verification, baseline, requestBaseline, availability, needs, look, tariff,
        makeTariff, offers, offer, order, settlements, uftp, message

    private var method: String {
        switch self {
        case .requests, .request, .activation, .verification, .availability, .needs, .tariff, .offers, .settlements, .message: "GET"
        case .cancel: "DELETE"
        default: "POST"
        }
    }

    private var path: String {
        switch self {
        case .requests, .receive: "/requests"
        case .request, .cancel: "/requests/{request}"
        case .check: "/requests/{request}/check"
        case .accept: "/requests/{request}/accept"
        case .reject: "/requests/{request}/reject"
        case .activation: "/requests/{request}/activation"
        case .verification: "/requests/{request}/verification"
        case .baseline: "/baselines/{request}"
        case .requestBaseline: "/requests/{request}/baseline"
        case .message: "/requests/{request}/uftp"
        case .availability: "/availability"
        case .needs, .look: "/needs"
        case .tariff, .makeTariff: "/tariff"
        case .offers, .offer: "/offers"
        case .order: "/offers/{offer}/order"
        case .settlements: "/settlements"
        case .uftp: "/uftp"
        }
    }

    private var leastRole: Role { method == "GET" ? .viewer : .operator }

    private var summary: String {
        switch self {
        case .requests: "All requests with their states; `state`, `from` and `to` choose among them, `limit` the latest."
        case .receive: "Takes a request, checks it against assets and grid, and offers what is possible. The same id and revision may come again."
        case .request: "A request with its check, offer, order, baseline, verification, settlement and history."
        case .cancel: "Withdraws a request; one that is carried out goes back to its baseline. `reason` says why."
        case .check: "Checks a request anew; an offer that is not accepted is made anew."
        case .accept: "Orders what was offered, after one more check. `activation_factor` reduces all of it."
        case .reject: "Declines an offer."
        case .activation: "The set-points of a request that is carried out, and whether they are followed."
        case .verification: "Baseline, ordered, actual and delivered power of each period, and the settlement."
        case .baseline, .requestBaseline: "Gives a baseline from outside, before the acceptance."
        case .availability: "What communities and assets can do more and less, period by period, at P10, P50 and P90."
        case .needs: "Congestion that is foreseen, the cheapest flexibility that cures it, and the requests that went out for it."
        case .look: "Looks ahead now."
        case .tariff: "The network tariff that was made last: what a kWh more at each node costs the grid in each hour."
        case .makeTariff: "Makes the tariff of a local `day`."
        case .offers: "What others offer for the own need."
        case .offer: "Takes an offer of somebody else for the own need."
        case .order: "Orders what the cheapest cure asks of an offer."
        case .settlements: "Verified requests; `format` json, csv, uftp or uftp-xml; `from` and `to` choose among them."
        case .uftp: "Takes a FlexRequest or FlexOrder of the USEF Flex Trading Protocol, XML or JSON, and answers with the FlexOffer or the order's response."
        case .message: "A request's FlexRequest, FlexOffer, FlexOrder or FlexSettlement (`message`) for each local day; `format` json or xml, `day` for one."
        }
    }

    private var requestSchema: String? {
        switch self {
        case .receive: "request"
        case .accept: "acceptance"
        case .reject: "reason"
        case .baseline, .requestBaseline: "baseline"
        case .makeTariff: "day"
        case .offer: "offer"
        default: nil
        }
    }

    private var answerSchema: String? {
        switch self {
        case .requests: "requests"
        case .receive, .request, .cancel, .check, .accept, .reject, .baseline, .requestBaseline: "record"
        case .verification: "verification"
        case .availability: "availability"
        case .needs, .look: "needs"
        case .tariff, .makeTariff: "tariff"
        default: nil
        }
    }

    private var queryItems: [String] {
        switch self {
        case .requests: ["state", "from", "to", "limit"]
        case .cancel: ["reason"]
        case .availability: ["location", "from", "to"]
        case .settlements: ["format", "from", "to"]
        case .message: ["message", "format", "day"]
        default: []
        }
    }

    /// Registers all routes with their OpenAPI operations.
    static func add(to http: HTTPRoutes, service: String) throws(ServiceError) {
        for route in allCases { try http.add(route.rawValue, route.method, route.path, leastRole: route.leastRole, operation: route.operation(service)) }
        try http.setSchemas(FlexibilitySchemas.json(service))
    }

    private func operation(_ service: String) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.member("summary", summary)
        if !queryItems.isEmpty {
            json.list("parameters", queryItems) { json, name in
                json.member("name", name)
                json.member("in", "query")
                json.key("schema")
                json.beginObject()
                json.member("type", "string")
                json.endObject()
            }
        }
        if let requestSchema {
            json.key("requestBody")
            json.beginObject()
            json.member("required", self == .receive || self == .offer || self == .baseline || self == .requestBaseline)
            Self.content(&json, "\(service)_\(requestSchema)")
            json.endObject()
        }
        json.key("responses")
        json.beginObject()
        Self.answer(&json, "200", self == .receive ? "It was received before." : "The answer.", answerSchema.map { "\(service)_\($0)" })
        if self == .receive { Self.answer(&json, "201", "It is new, checked, and offered if it is possible.", "\(service)_record") }
        if method != "GET" { Self.answer(&json, "400", "What is malformed, or not there, in a sentence.", nil) }
        if path.contains("{") { Self.answer(&json, "404", "There is no such request or offer.", nil) }
        if method != "GET" { Self.answer(&json, "409", "The state does not permit it; the sentence says which.", nil) }
        json.endObject()
        json.endObject()
        return json.string
    }

    private static func answer(_ json: inout JSONWriter, _ status: String, _ description: String, _ schema: String?) {
        json.key(status)
        json.beginObject()
        json.member("description", description)
        if let schema { content(&json, schema) }
        json.endObject()
    }

    private static func content(_ json: inout JSONWriter, _ schema: String) {
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
