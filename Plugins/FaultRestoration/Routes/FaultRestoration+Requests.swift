import PluginAPI
import Restoration

extension FaultRestoration {
    func respond(to request: Request) throws {
        guard let route = FaultRoutes(rawValue: request.route), let desk, let settings else {
            throw ServiceError.invalidState("the service is not running")
        }
        let answer: JSONWriter
        switch route {
        case .faults: answer = cards(desk, settings)
        case .fault: answer = try incident(request, desk).details(desk.model)
        case .simulate: answer = try simulate(try body(request), desk)
        case .screening: answer = try screening(desk)
        case .optimise: answer = try optimise(try body(request), desk)
        case .approve, .reject, .replan, .stop, .undo, .repaired:
            let incident = try incident(request, desk)
            defer { carryOut() }
            try act(route, on: incident, request, desk)
            answer = incident.details(desk.model)
        }
        try host.http.respond(to: request.number, with: .json(answer))
    }

    private func act(_ route: FaultRoutes, on incident: Incident, _ request: Request, _ desk: IncidentDesk) throws(ServiceError) {
        let (body, now) = (try body(request), host.clock.now)
        switch route {
        case .approve:
            try desk.approve(incident, by: request.user, revision: body["proposal"]?.integer.map { Int(clamping: $0) }, now: now)
        case .reject: try desk.reject(incident, by: request.user, reason: String((body["reason"]?.text ?? "").prefix(500)), now: now)
        case .replan: try desk.replan(incident, by: request.user, now: now)
        case .stop: try desk.halt(incident, by: request.user, now: now)
        case .undo: try desk.proposeUndo(incident, now)
        case .repaired: try desk.proposeReturn(incident, by: request.user, now)
        default: throw .unsupported("route \(request.route) does not act on a fault")
        }
    }

    private func incident(_ request: Request, _ desk: IncidentDesk) throws(ServiceError) -> Incident {
        let id = request.pathParameter("fault") ?? ""
        guard let incident = desk.incident(id) else { throw .notFound("there is no fault '\(id)'") }
        return incident
    }

    private func body(_ request: Request) throws(ServiceError) -> JSONValue {
        guard !request.body.isEmpty else { return .object([]) }
        let json: JSONValue
        do throws(JSONError) { json = try JSONValue(request.body) } catch { throw .invalidArgument("the body is not JSON, \(error)") }
        guard json.members != nil else { throw .invalidArgument("the body is \(json.kind), expected an object") }
        return json
    }

    private func cards(_ desk: IncidentDesk, _ settings: FaultSettings) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("mode", settings.mode.rawValue)
        json.member("approvals_needed", settings.approvals)
        json.list("faults", desk.incidents.reversed()) { $1.writeCard(&$0, desk.model) }
        json.endObject()
        return json
    }
}
