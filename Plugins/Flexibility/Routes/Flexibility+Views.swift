import FlexibilityMarket
import PluginAPI
import SiteCalendar

/// Answers about availability, needs, tariff, offers and settlements.
extension Flexibility {
    func availability(_ request: Request) throws(ServiceError) -> JSONWriter {
        guard let settings else { throw .invalidState("the service is not running") }
        let span = try span(request)
        var wanted: [(String, [Resource])] = []
        if let name = request.queryItem("location") {
            if let resource = resource(name) { wanted = [(name, [resource])] } else { wanted = [(name, try site(.congestionPoint(name)).resources)] }
        } else {
            wanted = resources.filter(\.isDealtIn).map { ($0.id, [$0]) }
            for name in settings.congestionPoints.keys.sorted() { wanted.append((name, (try? site(.congestionPoint(name)).resources) ?? [])) }
        }
        var json = JSONWriter()
        json.beginObject()
        json.key("locations")
        json.beginArray()
        for (name, resources) in wanted { writeAvailability(resources, name: name, span.from, span.to, &json) }
        json.endArray()
        json.endObject()
        return json
    }

    func lookNow(_ now: Timestamp) throws(ServiceError) {
        guard settings?.need != nil else { throw .invalidState("config.need is missing: the service does not look ahead") }
        (needs.looked, needs.tariffTried) = (nil, nil)
        followNeed(now)
        if let failure = needs.failure { throw .invalidState("the own need is not known: \(failure)") }
    }

    /// The day that is asked for, tomorrow if none is.
    func tariffDay(_ request: Request, _ now: Timestamp) throws(ServiceError) -> String {
        if !request.body.isEmpty, let day = try RequestFields(try json(request), at: "the body", allowing: ["day"]).text("day") { return day }
        let local = settings?.zone.local(Int(now.nanoseconds / 1_000_000_000))
        return local?.day.adding(days: 1).description ?? ""
    }

    func offers(_ route: FlexibilityRoutes, _ request: Request, _ now: Timestamp) throws(ServiceError) -> JSONWriter {
        switch route {
        case .offer: try takeOffer(try json(request), by: request.user, now)
        case .order: try order(request.pathParameter("offer") ?? "", by: request.user, now)
        default: break
        }
        var json = JSONWriter()
        json.beginObject()
        json.list("offers", needs.offers.values.sorted { $0.id < $1.id }) { json, offer in
            offer.write(&json)
            json.activations("proposed", needs.proposals[offer.id] ?? [])
        }
        json.endObject()
        return json
    }

    func settlements(_ request: Request, _ now: Timestamp) throws(ServiceError) -> Response {
        guard let settings else { throw .invalidState("the service is not running") }
        let span = try span(request)
        let records = book.sorted.filter { record in
            record.settlement != nil && (span.from.map { record.request.end > $0 } ?? true) && (span.to.map { record.request.begin < $0 } ?? true)
        }
        switch request.queryItem("format") ?? "json" {
        case "csv": return Response(contentType: "text/csv; charset=utf-8", body: Array(SettlementTable.csv(records).utf8))
        case "uftp": return .json(try writing.settlement(records, currency: settings.market.currency, at: now).json)
        case "uftp-xml":
            return Response(contentType: "application/xml", body: Array(try writing.settlement(records, currency: settings.market.currency, at: now).xml.utf8))
        case "json":
            var json = JSONWriter()
            json.beginObject()
            json.list("settlements", records) { json, record in
                json.member("id", record.request.id)
                json.member("location", record.request.location.description)
                json.member("state", record.state.rawValue)
                json.member("method", record.baseline?.method.rawValue ?? "")
                record.writeVerification(&json)
            }
            json.endObject()
            return .json(json)
        default: throw .invalidArgument("format is '\(request.queryItem("format") ?? "")', expected json, csv, uftp or uftp-xml")
        }
    }
}
