import FlexibilityMarket
import PluginAPI

extension Flexibility {
    func respond(to request: Request) throws {
        guard let route = FlexibilityRoutes(rawValue: request.route), settings != nil else { throw ServiceError.invalidState("the service is not running") }
        defer { flush() }
        try host.http.respond(to: request.number, with: try answer(route, request, host.clock.now))
    }

    private func answer(_ route: FlexibilityRoutes, _ request: Request, _ now: Timestamp) throws(ServiceError) -> Response {
        switch route {
        case .requests: return .json(try summaries(request))
        case .receive:
            let (record, isNew) = try receive(try FlexibilityRequest(try json(request)), by: request.user, now)
            return .json(record.detail(), status: isNew ? 201 : 200)
        case .request: return .json(try record(request).detail())
        case .cancel, .check, .accept, .reject, .baseline, .requestBaseline:
            let record = try record(request)
            return .json(try act(route, record, request, now))
        case .activation: return .json(activation(try record(request), now))
        case .verification: return .json(verification(try record(request)))
        case .availability: return .json(try availability(request))
        case .needs, .look:
            if route == .look { try lookNow(now) }
            guard let latest = needs.latest else { throw .notFound("nothing is known of the own need yet\(needs.failure.map { ": \($0)" } ?? "")") }
            return .json(latest)
        case .tariff, .makeTariff:
            if route == .makeTariff { try makeTariff(try tariffDay(request, now), now) }
            guard let tariff = needs.tariff else { throw .notFound("no tariff has been made yet\(needs.tariffFailure.map { ": \($0)" } ?? "")") }
            return .json(tariff)
        case .offers, .offer, .order: return .json(try offers(route, request, now))
        case .settlements: return try settlements(request, now)
        case .uftp: return try takeUFTP(request, now)
        case .message: return try message(request, now)
        }
    }

    private func act(_ route: FlexibilityRoutes, _ record: RequestRecord, _ request: Request, _ now: Timestamp) throws(ServiceError) -> JSONWriter {
        let verb: Verb? =
            switch route {
            case .cancel: .cancel
            case .accept: .accept
            case .reject: .reject
            case .baseline, .requestBaseline: .baseline
            default: nil
            }
        guard let verb else { return try look(record, request, now) }
        var body = request.body.isEmpty ? JSONValue.object([]) : try json(request)
        if let reason = request.queryItem("reason"), verb == .cancel { body = .object([("reason", .text(reason))]) }
        try carryOut(verb, record, try RequestFields(body, at: "the body", allowing: verb.keys), by: request.user, now)
        return record.detail()
    }

    /// Checks a request anew. What is decided already is only looked at: its own check stays.
    private func look(_ record: RequestRecord, _ request: Request, _ now: Timestamp) throws(ServiceError) -> JSONWriter {
        guard ![.received, .checked, .offered].contains(record.state) else {
            try examine(record, by: request.user, now)
            return record.detail()
        }
        let decided = record.check
        defer { record.check = decided }
        record.check = try check(record, now)
        return record.detail()
    }

    func record(_ request: Request) throws(ServiceError) -> RequestRecord {
        let id = request.pathParameter("request") ?? ""
        guard let record = book.records[id] else { throw .notFound("there is no request '\(id)'") }
        return record
    }

    func json(_ request: Request) throws(ServiceError) -> JSONValue {
        do throws(JSONError) { return try JSONValue(request.body) } catch { throw .invalidArgument("the body is not JSON, \(error)") }
    }

    /// Times that a query names; nil for those that it does not.
    func span(_ request: Request) throws(ServiceError) -> (from: Timestamp?, to: Timestamp?) {
        func time(_ name: String) throws(ServiceError) -> Timestamp? {
            guard let text = request.queryItem(name) else { return nil }
            guard let time = Timestamp(text: text) else { throw .invalidArgument("\(name) is '\(text.prefix(40))', expected a time with its zone such as 2026-06-01T12:00:00Z") }
            return time
        }
        return (try time("from"), try time("to"))
    }

    private func summaries(_ request: Request) throws(ServiceError) -> JSONWriter {
        let span = try span(request)
        var wanted: RequestState?
        if let text = request.queryItem("state") {
            guard let state = RequestState(rawValue: text) else {
                throw .invalidArgument("state is '\(text.prefix(40))', expected one of \(RequestState.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            wanted = state
        }
        let chosen = book.chosen { record in
            (wanted == nil || record.state == wanted) && (span.from.map { record.request.end > $0 } ?? true) && (span.to.map { record.request.begin < $0 } ?? true)
        }
        var most = Int.max
        if let text = request.queryItem("limit") {
            guard let number = Int(text), number > 0 else { throw .invalidArgument("limit is '\(text.prefix(40))', expected a whole number from 1") }
            most = number
        }
        var json = JSONWriter()
        json.beginObject()
        json.list("requests", chosen.suffix(most).reversed()) { $1.writeSummary(&$0) }
        json.member("total", chosen.count)
        json.member("open", chosen.count { !$0.state.isFinal })
        json.member("active", chosen.count { $0.state.isUnderWay })
        json.endObject()
        return json
    }

    /// Set-points of a request, and whether they are followed.
    private func activation(_ record: RequestRecord, _ now: Timestamp) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("id", record.request.id)
        json.member("state", record.state.rawValue)
        let isCarriedOut = record.state.isUnderWay && !record.isMeteredOnly
        json.list("resources", (record.order?.shares ?? [:]).sorted { $0.key < $1.key }) { json, share in
            json.member("resource", share.key)
            json.numbers("ordered_kw", share.value)
            json.optional("former_kw", record.formerPowers[share.key])
            guard isCarriedOut, let resource = resource(share.key) else { return }
            json.optional("set_point_kw", resource.told?.kilowatts)
            json.optional("power_kw", resource.powerKW)
            if let told = resource.told { json.member("until", told.until.description) }
            let status = resource.told == nil ? "waiting" : resource.told?.isRefused == true ? "refused" : resource.isOfflineTold ? "offline"
                : resource.isDeviationTold ? "deviating" : resource.deviatesSince != nil ? "sent" : "following"
            json.member("status", status)
        }
        json.list("notes", record.notes) { json, note in
            json.member("time", note.time.description)
            json.member("resource", note.resource)
            json.member("sentence", note.sentence)
        }
        json.endObject()
        return json
    }
}
