public import PluginAPI
internal import SiteCalendar

/// Reads messages of the USEF Flex Trading Protocol (UFTP 3, Shapeshifter) into the terms of the platform: W → kW, period numbers → times.
///
/// Both mean the same by signs: positive is consumption; powers of FlexRequest, FlexOffer and FlexOrder are deviations from the baseline.
public struct UFTPReading: Sendable {
    public let periods: SettlementPeriods

    public init(_ periods: SettlementPeriods) { self.periods = periods }

    /// A FlexRequest as a request: its `ConversationID` is the id, so that a new revision replaces the one before.
    /// - Throws: ``Status/invalidArgument`` with what is missing, or does not fit the site's periods and zone.
    public func request(_ message: UFTPElement) throws(ServiceError) -> FlexibilityRequest {
        guard message.name == "FlexRequest" else { throw .invalidArgument("the message is a \(message.name), expected a FlexRequest") }
        let day = try day(message)
        var intervals: [FlexibilityRequest.Interval] = []
        for element in message.children("ISP") {
            guard let first = try element.integer("Start"), let low = try Self.watts(element, "MinPower"), let high = try Self.watts(element, "MaxPower") else {
                throw .invalidArgument("an ISP of the FlexRequest has no Start, MinPower or MaxPower")
            }
            if let given = element.attributes["Disposition"], given != "Requested", given != "Available" {
                throw .invalidArgument("ISP \(first) has the Disposition '\(given.prefix(40))', expected Requested or Available")
            }
            guard low <= high else { throw .invalidArgument("ISP \(first) has MinPower \(low) above MaxPower \(high)") }
            let span = try periods.span(day, first: first, count: try element.integer("Duration") ?? 1)
            let isRequested = element.attributes["Disposition"] == "Requested"
            guard !isRequested || abs(low) != abs(high) || low == high else { throw .invalidArgument("ISP \(first) requests as much up as down") }
            intervals.append(.init(start: span.start, end: span.end, kilowatts: Double(low) / 1000...Double(high) / 1000, isRequested: isRequested))
        }
        intervals.sort { $0.start < $1.start }
        if let index = intervals.indices.dropFirst().first(where: { intervals[$0].start < intervals[$0 - 1].end }) {
            throw .invalidArgument("an ISP may be addressed only once, the one from \(intervals[index].start) is addressed twice")
        }
        guard intervals.contains(where: \.isRequested) else { throw .invalidArgument("the FlexRequest has no ISP with Disposition=Requested") }
        guard let expires = try message.time("ExpirationDateTime") else { throw .invalidArgument("the FlexRequest has no ExpirationDateTime, which UFTP requires") }
        let id = try message.required("ConversationID")
        guard FlexibilityRequest.isName(id) else { throw .invalidArgument("ConversationID is \(FlexibilityRequest.nameRule)") }
        return FlexibilityRequest(
            id: id, revision: try message.integer("Revision") ?? 1, source: .dso,
            location: .congestionPoint(try message.required("CongestionPoint")), intervals: intervals, expires: expires,
            reference: message.attributes["MessageID"] ?? "")
    }

    /// A power of at most a million kW, W.
    private static func watts(_ element: UFTPElement, _ attribute: String) throws(ServiceError) -> Int? {
        guard let watts = try element.integer(attribute) else { return nil }
        guard (-1_000_000_000...1_000_000_000).contains(watts) else { throw .invalidArgument("\(element.name).\(attribute) is \(watts) W, beyond a million kW") }
        return watts
    }

    /// What a FlexOrder orders: factor and reference; its periods must be those that were offered, its price that of the offer.
    /// - Throws: ``Status/invalidArgument`` where they are not, as UFTP asks for.
    public func order(_ message: UFTPElement, of record: RequestRecord, currency: String) throws(ServiceError) -> (factor: Double, reference: String) {
        guard message.name == "FlexOrder" else { throw .invalidArgument("the message is a \(message.name), expected a FlexOrder") }
        guard let offer = record.offer else { throw .invalidState("nothing was offered for '\(record.request.id)'") }
        let day = try day(message)
        var ordered: [Int64: Int] = [:]
        for element in message.children("ISP") {
            guard let first = try element.integer("Start"), let power = try Self.watts(element, "Power") else {
                throw .invalidArgument("an ISP of the FlexOrder has no Start or Power")
            }
            let count = try element.integer("Duration") ?? 1, start = try periods.span(day, first: first, count: count).start
            for number in 0..<count { ordered[start.nanoseconds + Int64(number * periods.minutes) * 60_000_000_000] = power }
        }
        guard record.steps.allSatisfy({ periods.period(at: $0.start)?.day == day }) else {
            throw .invalidState("'\(record.request.id)' touches other days than \(day), and is ordered as a whole: order it by POST /requests/{id}/accept")
        }
        for (step, kilowatts) in zip(record.steps, offer.kilowatts) {
            let watts = UFTPWriting.watts(kilowatts)
            guard ordered.removeValue(forKey: step.start.nanoseconds) ?? 0 == watts else {
                throw .invalidArgument("the FlexOrder's power of the period from \(step.start) is not the \(watts) W that were offered: copy the ISPs of the offer")
            }
        }
        guard ordered.isEmpty else { throw .invalidArgument("the FlexOrder has \(ordered.count) periods that were not offered") }
        let factor = try message.decimal("ActivationFactor") ?? 1
        try checkTerms(message, record, offer, day, currency, factor)
        return (factor, try message.required("OrderReference"))
    }

    /// Offer, option, currency and price that an order names must be those of what was offered last.
    private func checkTerms(
        _ message: UFTPElement, _ record: RequestRecord, _ offer: Offer, _ day: CivilDate, _ currency: String, _ factor: Double
    ) throws(ServiceError) {
        if let named = message.attributes["FlexOfferMessageID"], named != UFTPWriting.offerMessageID(record, offer, day) {
            throw .invalidState("the FlexOrder is of the FlexOffer \(named.prefix(40)), which is not the one that stands: ask anew, and order that one")
        }
        if let option = message.attributes["OptionReference"], option != UFTPWriting.optionReference {
            throw .invalidArgument("OptionReference is '\(option.prefix(40))', offered was option \(UFTPWriting.optionReference) alone")
        }
        if let given = message.attributes["Currency"], given != currency { throw .invalidArgument("Currency is '\(given.prefix(10))', offered was in \(currency)") }
        guard let price = try message.decimal("Price") else { return }
        // Some name the price of the whole offer, some that of the part that they activate.
        let whole = record.energyKWh(offer.kilowatts) * offer.pricePerKWh
        guard abs(price - whole) < 0.01 || abs(price - whole * factor) < 0.01 else {
            throw .invalidArgument("Price is \(price) \(currency), offered were \(UFTPWriting.amount(whole))")
        }
    }

    private func day(_ message: UFTPElement) throws(ServiceError) -> CivilDate {
        let zone = try message.required("TimeZone"), length = try message.required("ISP-Duration")
        guard zone == periods.zone.name, isoDuration(length) == .seconds(periods.minutes * 60) else {
            throw .invalidArgument("the message speaks of \(length) in \(zone), this site of \(periods.duration) in \(periods.zone.name)")
        }
        let text = try message.required("Period")
        guard let day = SettlementPeriods.day(text) else { throw .invalidArgument("Period is '\(text)', expected a day such as 2026-03-29") }
        return day
    }
}
