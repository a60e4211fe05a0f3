import Congestion
import FlexibilityMarket
import PluginAPI

/// The operator's own need as it was found last, and what others offer for it.
struct NeedBoard {
    /// What was found, as it is told; nil before the first look.
    var latest: JSONWriter?
    var looked: Timestamp?
    /// Why the need is not known; nil while it is.
    var failure: String?
    /// Why a part of it could not be asked for; nil if all was.
    var askFailure: String?
    /// When a tariff could not be made last.
    var tariffTried: Timestamp?
    /// What others offer, by name.
    var offers: [String: ExternalOffer] = [:]
    /// Of what others offer, what the cheapest cure asks for and nobody has ordered yet.
    var proposals: [String: [ExternalOffer.Activation]] = [:]
    /// The tariff that was made last.
    var tariff: JSONWriter?
    /// The local day whose tariff was made by itself last.
    var tariffDay: String?
    /// Why there is no tariff of tomorrow yet though it is time; nil while there is.
    var tariffFailure: String?
    private var told: [String: Timestamp] = [:]

    static let mostOffers = 500

    /// Whether the availability of a place is to be told in a period; once.
    mutating func tellsAvailability(of name: String, at start: Timestamp) -> Bool {
        defer { told[name] = start }
        return told[name] != start
    }
}

/// What somebody else offers for the own need: `{"id", "provider", "place" | "connection", "start", "end", "up_kw", "down_kw", "price", "valid_until"}`.
struct ExternalOffer {
    let id: String
    let provider: String
    /// A node of the grid model.
    let place: String
    /// The connection whose meter shows what is delivered; nil: nothing is verified and settled.
    let connection: String?
    let start: Timestamp
    let end: Timestamp
    let upKW: Double
    let downKW: Double
    let pricePerKWh: Double
    let validUntil: Timestamp
    /// What was ordered of it.
    var ordered: [Activation] = []
    /// The request that the order became, by which it is metered and settled; nil without a connection.
    var request: String?

    struct Activation: Equatable {
        let start: Timestamp
        let end: Timestamp
        let kilowatts: Double
    }

    private static let keys = ["id", "provider", "place", "start", "end", "duration", "up_kw", "down_kw", "price", "valid_until", "connection"]
    /// What is kept of it beside what was offered.
    private static let keptKeys = ["ordered", "request"]

    /// - Parameters:
    ///   - isKept: whether it comes from the memory, with what was ordered of it.
    ///   - placeOf: says where a connection is; nil for one that nobody knows.
    /// - Throws: ``Status/invalidArgument`` with what is wrong.
    init(_ json: JSONValue, isKept: Bool = false, placeOf: (String) -> String?) throws(ServiceError) {
        let fields = try RequestFields(json, at: "the offer", allowing: Self.keys + (isKept ? Self.keptKeys : []))
        guard let id = try fields.text("id"), FlexibilityRequest.isName(id) else { throw .invalidArgument("id is missing or \(FlexibilityRequest.nameRule)") }
        connection = try fields.text("connection")
        let own = connection.flatMap(placeOf)
        if let connection, own == nil { throw .invalidArgument("connection is '\(connection)', which config.resources does not have with a place: leave it out, or name one that it has") }
        guard let place = try fields.text("place") ?? own else { throw .invalidArgument("place is missing, expected a node of the grid model, or a connection") }
        if let own, own != place { throw .invalidArgument("place is '\(place)', and the connection '\(connection ?? "")' is at '\(own)': leave place out") }
        guard let start = try fields.time("start") else { throw .invalidArgument("start is missing, expected a time with its zone") }
        guard let end = try fields.time("end") ?? fields["duration"]?.text.flatMap(isoDuration).map({ start + $0 }), end > start, end - start <= .seconds(32 * 86_400) else {
            throw .invalidArgument("end is missing, not after start, or more than 32 days later")
        }
        (self.id, self.place, self.start, self.end) = (id, place, start, end)
        provider = try fields.text("provider") ?? ""
        upKW = try fields.number("up_kw", in: 0...1e6) ?? 0
        downKW = try fields.number("down_kw", in: 0...1e6) ?? 0
        guard upKW > 0 || downKW > 0 else { throw .invalidArgument("the offer has neither up_kw nor down_kw above 0") }
        guard let price = try fields.number("price", in: 0...1e6) else { throw .invalidArgument("price is missing, expected that of a kWh") }
        pricePerKWh = price
        validUntil = try fields.time("valid_until") ?? start
        request = try fields.text("request")
        for one in fields["ordered"]?.elements ?? [] {
            guard let start = one["start"]?.text.flatMap({ Timestamp(text: $0) }), let end = one["end"]?.text.flatMap({ Timestamp(text: $0) }), let power = one["kw"]?.number
            else { continue }
            ordered.append(Activation(start: start, end: end, kilowatts: power))
        }
    }

    func write(_ json: inout JSONWriter) {
        json.member("id", id)
        json.member("provider", provider)
        json.member("place", place)
        if let connection { json.member("connection", connection) }
        if let request { json.member("request", request) }
        json.member("start", start.description)
        json.member("end", end.description)
        json.member("up_kw", upKW)
        json.member("down_kw", downKW)
        json.member("price", pricePerKWh)
        json.member("valid_until", validUntil.description)
        json.activations("ordered", ordered)
    }
}

extension JSONWriter {
    mutating func activations(_ key: String, _ activations: [ExternalOffer.Activation]) {
        list(key, activations) { json, one in
            json.member("start", one.start.description)
            json.member("end", one.end.description)
            json.member("kw", one.kilowatts)
        }
    }
}
