public import PluginAPI
internal import SiteCalendar

/// Writes requests, offers, orders and settlements as messages of the USEF Flex Trading Protocol.
public struct UFTPWriting: Sendable {
    public let periods: SettlementPeriods
    /// Who sends, who receives: domains, as UFTP names its parties.
    public let sender: String
    public let recipient: String

    public init(_ periods: SettlementPeriods, sender: String, recipient: String) {
        (self.periods, self.sender, self.recipient) = (periods, sender, recipient)
    }

    /// A FlexRequest for each local day that the request touches.
    /// - Throws: ``Status/invalidState`` where intervals are no settlement periods, or set-points, which UFTP does not have.
    public func request(_ request: FlexibilityRequest, at now: Timestamp) throws(ServiceError) -> [UFTPElement] {
        guard !request.isSetPoint else { throw .invalidState("the request '\(request.id)' is a set-point: UFTP knows deviations from a baseline alone") }
        var steps: [(start: Timestamp, end: Timestamp, value: [String])] = []
        for interval in request.intervals {
            let one = FlexibilityRequest(id: request.id, location: request.location, intervals: [.init(start: interval.start, end: interval.end, kilowatts: interval.kilowatts)])
            let value = [interval.isRequested ? "Requested" : "Available", "\(Self.watts(interval.kilowatts.lowerBound))", "\(Self.watts(interval.kilowatts.upperBound))"]
            steps += one.steps(minutes: periods.minutes).map { ($0.start, $0.end, value) }
        }
        return days(try periods.runs(steps)).map { day, runs in
            var attributes = common("FlexRequest", request.id, day, request.location, now, version: "\(request.revision)")
            attributes["Revision"] = "\(request.revision)"
            attributes["ExpirationDateTime"] = request.lastAcceptance.description
            return UFTPElement("FlexRequest", attributes, runs.map { _, first, count, value in
                UFTPElement("ISP", ["Disposition": value[0], "MinPower": value[1], "MaxPower": value[2], "Start": "\(first)", "Duration": "\(count)"])
            })
        }
    }

    /// A FlexOffer for each local day; prices are of the whole day's energy.
    public func offer(_ record: RequestRecord, currency: String, at now: Timestamp) throws(ServiceError) -> [UFTPElement] {
        guard let offer = record.offer else { throw .notFound("nothing was offered for '\(record.request.id)'") }
        return try powers(record, offer.kilowatts).map { day, isps, energy in
            var attributes = common("FlexOffer", record.request.id, day, record.request.location, now)
            attributes["MessageID"] = Self.offerMessageID(record, offer, day)
            attributes["ExpirationDateTime"] = offer.expires.description
            if !record.request.reference.isEmpty { attributes["FlexRequestMessageID"] = record.request.reference }
            attributes["Currency"] = currency
            let option = UFTPElement(
                "OfferOption", [
                    "OptionReference": Self.optionReference, "Price": Self.amount(energy * offer.pricePerKWh),
                    // A factor has two digits: never below what was asked for.
                    "MinActivationFactor": Self.factor(max(0.01, (offer.minimumActivationFactor * 100 - 1e-9).rounded(.up) / 100)),
                ], isps)
            return UFTPElement("FlexOffer", attributes, [option])
        }
    }

    /// A FlexOrder for each local day, its periods as offered.
    public func order(_ record: RequestRecord, currency: String, at now: Timestamp) throws(ServiceError) -> [UFTPElement] {
        guard let order = record.order, let offer = record.offer else { throw .notFound("nothing was ordered of '\(record.request.id)'") }
        return try powers(record, offer.kilowatts).map { day, isps, energy in
            var attributes = common("FlexOrder", record.request.id, day, record.request.location, now, version: order.reference)
            attributes["FlexOfferMessageID"] = Self.offerMessageID(record, offer, day)
            attributes["OptionReference"] = Self.optionReference
            attributes["OrderReference"] = order.reference
            attributes["Price"] = Self.amount(energy * order.pricePerKWh * order.activationFactor)
            attributes["Currency"] = currency
            attributes["ActivationFactor"] = Self.factor(order.activationFactor)
            if let baseline = record.baseline { attributes["BaselineReference"] = "\(baseline.method.rawValue) \(baseline.reference)" }
            return UFTPElement("FlexOrder", attributes, isps)
        }
    }

    /// One FlexSettlement of verified requests, with a FlexOrderSettlement for each of them and local day. Its price is that of what was ordered; what
    /// is not paid of it for want of delivery is in the penalty. Periods of which nothing is known are left out: UFTP has no word for them.
    public func settlement(_ records: [RequestRecord], currency: String, at now: Timestamp) throws(ServiceError) -> UFTPElement {
        var settlements: [UFTPElement] = [], days: [CivilDate] = []
        for record in records {
            guard let order = record.order, let result = record.settlement else { continue }
            let verified = (record.verification ?? []).filter { $0.quality != .unverified }
            var lines: [(start: Timestamp, end: Timestamp, value: [Int])] = []
            for step in verified {
                lines.append((step.start, step.end, [step.baselineKW, step.orderedKW, step.actualKW, step.deliveredKW, step.deficiencyKW].map { Self.watts($0 ?? 0) }))
            }
            for (day, runs) in self.days(try periods.runs(lines)) {
                days.append(day)
                let ofDay = verified.filter { periods.period(at: $0.start)?.day == day }
                let found = Settlement(ofDay, pricePerKWh: order.pricePerKWh, penaltyPerKWh: result.penaltyPerKWh, currency: currency, time: now)
                let (price, net) = (Self.rounded(found.orderedKWh * found.pricePerKWh), Self.rounded(found.net))
                settlements.append(UFTPElement(
                    "FlexOrderSettlement", [
                        "OrderReference": order.reference, "Period": day.description, "CongestionPoint": Self.address(record.request.location),
                        "BaselineReference": record.baseline.map { "\($0.method.rawValue) \($0.reference)" } ?? "", "Price": Self.amount(price),
                        "Penalty": Self.amount(price - net), "NetSettlement": Self.amount(net),
                    ],
                    runs.map { _, first, count, values in
                        UFTPElement("ISP", [
                            "Start": "\(first)", "Duration": "\(count)", "BaselinePower": "\(values[0])", "OrderedFlexPower": "\(values[1])",
                            "ActualPower": "\(values[2])", "DeliveredFlexPower": "\(values[3])", "PowerDeficiency": "\(values[4])",
                        ])
                    }))
            }
        }
        guard let first = days.min(), let last = days.max() else { throw .notFound("nothing that was asked for is settled yet") }
        return UFTPElement(
            "FlexSettlement", [
                "Version": "3.0.0", "SenderDomain": sender, "RecipientDomain": recipient, "TimeStamp": now.description,
                "MessageID": NameUUID.text("FlexSettlement \(first) \(last) \(now)"), "ConversationID": NameUUID.text("FlexSettlement \(first) \(last)"), "Result": "Accepted",
                "PeriodStart": first.description, "PeriodEnd": last.description, "Currency": currency,
            ], settlements)
    }

    /// The answer to a message: taken, or why not.
    public static func response(to message: UFTPElement, rejected: String?, at now: Timestamp) -> UFTPElement {
        let given = message.attributes["MessageID"] ?? ""
        var answer = UFTPElement("\(message.name)Response", [
            "Version": "3.0.0", "SenderDomain": message.attributes["RecipientDomain"] ?? "", "RecipientDomain": message.attributes["SenderDomain"] ?? "",
            "TimeStamp": now.description, "MessageID": NameUUID.text("\(message.name)Response \(given) \(now)"), "ConversationID": message.attributes["ConversationID"] ?? "",
            "\(message.name)MessageID": given, "Result": rejected == nil ? "Accepted" : "Rejected",
        ])
        answer.attributes["RejectionReason"] = rejected
        return answer
    }

    private func powers(_ record: RequestRecord, _ kilowatts: [Double]) throws(ServiceError) -> [(CivilDate, [UFTPElement], energyKWh: Double)] {
        let steps = zip(record.steps, kilowatts).map { (start: $0.start, end: $0.end, value: "\(Self.watts($1))") }
        return days(try periods.runs(steps)).map { day, runs in
            let isps = runs.map { _, first, count, power in UFTPElement("ISP", ["Power": power, "Start": "\(first)", "Duration": "\(count)"]) }
            let energy = zip(record.steps, kilowatts).reduce(0) { periods.period(at: $1.0.start)?.day == day ? $0 + abs($1.1) * $1.0.hours : $0 }
            return (day, isps, energy)
        }
    }

    private func days<Value>(_ runs: [(CivilDate, Int, Int, Value)]) -> [(CivilDate, [(CivilDate, Int, Int, Value)])] {
        Dictionary(grouping: runs) { $0.0 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private func common(
        _ kind: String, _ id: String, _ day: CivilDate, _ location: FlexibilityRequest.Location, _ now: Timestamp, version: String = ""
    ) -> [String: String] {
        [
            "Version": "3.0.0", "SenderDomain": sender, "RecipientDomain": recipient, "TimeStamp": now.description,
            "MessageID": NameUUID.text("\(kind) \(id) \(day) \(version)"), "ConversationID": Self.conversation(id), "ISP-Duration": periods.duration, "TimeZone": periods.zone.name,
            "Period": day.description, "CongestionPoint": Self.address(location),
        ]
    }

    /// The conversation that messages about a request belong to: its id, or, of one that is none of UFTP, a UUID made of it.
    public static func conversation(_ id: String) -> String { NameUUID.isUUID(id) ? id : NameUUID.text(id) }

    /// There is one option in each offer.
    static let optionReference = "1"

    /// The message of an offer is another one as soon as anything in it is.
    static func offerMessageID(_ record: RequestRecord, _ offer: Offer, _ day: CivilDate) -> String {
        let terms = "\(offer.pricePerKWh) \(offer.minimumActivationFactor) \(offer.expires) \(offer.kilowatts)"
        return NameUUID.text("FlexOffer \(record.request.id) \(record.request.revision) \(day) \(terms)")
    }

    private static func address(_ location: FlexibilityRequest.Location) -> String {
        switch location {
        case .congestionPoint(let name), .community(let name), .asset(let name), .connection(let name): name
        case .nodes(let names): names.joined(separator: ",")
        }
    }

    /// Whole watts; none for what is no power.
    static func watts(_ kilowatts: Double) -> Int { Int(exactly: (kilowatts * 1000).rounded()) ?? 0 }
    private static func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }

    /// An amount of money, four digits at most.
    static func amount(_ value: Double) -> String { "\(rounded(value))" }
    private static func factor(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}

/// UUIDs that are made of a name, always the same, so that a message told twice is one message.
enum NameUUID {
    /// RFC 9562, version 8 (custom): two 64-bit FNV-1a hashes of the name.
    static func text(_ name: String) -> String {
        func hash(_ seed: UInt64) -> UInt64 { name.utf8.reduce(seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 } }
        let high = hash(0xCBF2_9CE4_8422_2325) & ~0xF000 | 0x8000, low = hash(0x8422_2325_CBF2_9CE4) & ~(3 << 62) | 2 << 62
        let digits = hexadecimal(high) + hexadecimal(low)
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }

    static func isUUID(_ text: String) -> Bool {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        return groups.map(\.utf8.count) == [8, 4, 4, 4, 12] && groups.allSatisfy { $0.allSatisfy(\.isHexDigit) }
    }

    private static func hexadecimal(_ value: UInt64) -> [Character] {
        let digits = Array(String(value, radix: 16))
        return [Character](repeating: "0", count: 16 - digits.count) + digits
    }
}
