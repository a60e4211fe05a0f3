import FlexibilityMarket
import PluginAPI
import SiteCalendar

/// Messages of the USEF Flex Trading Protocol.
extension Flexibility {
    /// Writes as the operator to the aggregator.
    var writing: UFTPWriting {
        UFTPWriting(
            settings?.periods ?? SettlementPeriods(zone: .utc, minutes: 15), sender: settings?.market.sender ?? "", recipient: settings?.market.recipient ?? "")
    }

    /// Takes a FlexRequest, answered with the offer, or a FlexOrder, answered with its acceptance.
    func takeUFTP(_ request: Request, _ now: Timestamp) throws(ServiceError) -> Response {
        guard let settings else { throw .invalidState("the service is not running") }
        let isXML = request.contentType.contains("xml") || request.body.first == UInt8(ascii: "<")
        let message = isXML ? try UFTPElement(xml: request.body) : try UFTPElement(try json(request))
        guard ["FlexRequest", "FlexOrder"].contains(message.name) else { throw .invalidArgument("the message is a \(message.name), expected FlexRequest or FlexOrder") }
        do throws(ServiceError) { return try take(message, isXML, request, settings, now) } catch {
            // Who speaks UFTP is answered in it.
            var answer = told([UFTPWriting.response(to: message, rejected: error.sentence, at: now)], isXML)
            answer.status = error.status == .notFound ? 404 : error.status == .invalidArgument ? 400 : 409
            return answer
        }
    }

    private func take(
        _ message: UFTPElement, _ isXML: Bool, _ request: Request, _ settings: FlexibilitySettings, _ now: Timestamp
    ) throws(ServiceError) -> Response {
        let reading = UFTPReading(settings.periods)
        switch message.name {
        case "FlexRequest":
            let (record, _) = try receive(try reading.request(message), by: message.attributes["SenderDomain"] ?? request.user, now)
            guard record.offer != nil, record.state == .offered || record.state == .accepted else {
                return told([UFTPWriting.response(to: message, rejected: record.reason, at: now)], isXML)
            }
            // An aggregator answers: sender and recipient change sides.
            let answering = UFTPWriting(settings.periods, sender: settings.market.recipient, recipient: message.attributes["SenderDomain"] ?? settings.market.sender)
            return told(try answering.offer(record, currency: settings.market.currency, at: now), isXML)
        default:
            let id = try message.required("ConversationID")
            guard let record = book.records[id] ?? book.records.values.first(where: { UFTPWriting.conversation($0.request.id) == id }) else {
                throw .notFound("no FlexRequest of the conversation '\(id)' is known")
            }
            let (factor, reference) = try reading.order(message, of: record, currency: settings.market.currency)
            try accept(record, by: message.attributes["SenderDomain"] ?? request.user, factor: factor, reference: reference, now)
            return told([UFTPWriting.response(to: message, rejected: nil, at: now)], isXML)
        }
    }

    /// A request's own messages.
    func message(_ request: Request, _ now: Timestamp) throws(ServiceError) -> Response {
        guard let settings else { throw .invalidState("the service is not running") }
        let record = try record(request), currency = settings.market.currency
        var messages: [UFTPElement]
        switch request.queryItem("message") ?? "FlexRequest" {
        case "FlexRequest": messages = try writing.request(record.request, at: now)
        case "FlexOffer": messages = try writing.offer(record, currency: currency, at: now)
        case "FlexOrder": messages = try writing.order(record, currency: currency, at: now)
        case "FlexSettlement": messages = [try writing.settlement([record], currency: currency, at: now)]
        default: throw .invalidArgument("message is '\(request.queryItem("message") ?? "")', expected FlexRequest, FlexOffer, FlexOrder or FlexSettlement")
        }
        if let day = request.queryItem("day") { messages = messages.filter { $0.attributes["Period"] == day } }
        guard !messages.isEmpty else { throw .notFound("the request does not touch that day") }
        return told(messages, request.queryItem("format") == "xml")
    }

    /// One message as it is; several, of several days, as a list, in XML one document after the other's root.
    private func told(_ messages: [UFTPElement], _ isXML: Bool) -> Response {
        if isXML {
            let root = messages.count == 1 ? messages[0] : UFTPElement("Messages", [:], messages)
            return Response(contentType: "application/xml", body: Array(root.xml.utf8))
        }
        if messages.count == 1 { return .json(messages[0].json) }
        var body: [UInt8] = Array("[".utf8)
        for (index, message) in messages.enumerated() { body += (index > 0 ? Array(",".utf8) : []) + message.json.bytes }
        return Response(contentType: "application/json", body: body + Array("]".utf8))
    }
}
