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
            guard let first = try element.integer("Start"), let low = try element.integer("MinPower"), let high = try element.integer("MaxPower") else {
                throw .invalidArgument("an ISP of the FlexRequest has no Start, MinPower or MaxPower")
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
        return FlexibilityRequest(
            id: try message.required("ConversationID"), revision: try message.integer("Revision") ?? 1, source: .dso,
            location: .congestionPoint(try message.required("CongestionPoint")), intervals: intervals, expires: expires,
            reference: message.attributes["MessageID"] ?? "")
    }

    /// What a FlexOrder orders: factor and reference; its periods must be those that were offered.
    /// - Throws: ``Status/invalidArgument`` where they are not, as UFTP asks for.
    public func order(_ message: UFTPElement, of record: RequestRecord) throws(ServiceError) -> (factor: Double, reference: String) {
        guard message.name == "FlexOrder" else { throw .invalidArgument("the message is a \(message.name), expected a FlexOrder") }
        guard let offer = record.offer else { throw .invalidState("nothing was offered for '\(record.request.id)'") }
        let day = try day(message)
        var ordered: [Int64: Int] = [:]
        for element in message.children("ISP") {
            guard let first = try element.integer("Start"), let power = try element.integer("Power") else {
                throw .invalidArgument("an ISP of the FlexOrder has no Start or Power")
            }
            for number in first..<first + (try element.integer("Duration") ?? 1) {
                ordered[try periods.span(day, first: number, count: 1).start.nanoseconds] = power
            }
        }
        for (step, kilowatts) in zip(record.steps, offer.kilowatts) where periods.period(at: step.start)?.day == day {
            let watts = Int((kilowatts * 1000).rounded())
            guard ordered.removeValue(forKey: step.start.nanoseconds) ?? 0 == watts else {
                throw .invalidArgument("the FlexOrder's power of the period from \(step.start) is not the \(watts) W that were offered: copy the ISPs of the offer")
            }
        }
        guard ordered.isEmpty else { throw .invalidArgument("the FlexOrder has \(ordered.count) periods that were not offered") }
        return (try message.decimal("ActivationFactor") ?? 1, try message.required("OrderReference"))
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
