public import PluginAPI

/// What is offered for a request.
public struct Offer: Hashable, Sendable {
    /// Deviation from the baseline in each settlement period, kW.
    public let kilowatts: [Double]
    /// For a kWh delivered.
    public let pricePerKWh: Double
    /// The smallest factor by which the whole offer may be reduced in the order.
    public let minimumActivationFactor: Double
    /// Not to be accepted after this time.
    public let expires: Timestamp

    public init(kilowatts: [Double], pricePerKWh: Double, minimumActivationFactor: Double, expires: Timestamp) {
        (self.kilowatts, self.pricePerKWh) = (kilowatts, pricePerKWh)
        (self.minimumActivationFactor, self.expires) = (minimumActivationFactor, expires)
    }

    func write(_ json: inout JSONWriter) {
        json.beginObject()
        json.numbers("kw", kilowatts)
        json.member("price", pricePerKWh)
        json.member("min_activation_factor", minimumActivationFactor)
        json.member("expires", expires.description)
        json.endObject()
    }

    init?(_ json: JSONValue?) {
        guard let json, let expires = json["expires"]?.text.flatMap({ Timestamp(text: $0) }) else { return nil }
        self.init(
            kilowatts: json.numbers("kw"), pricePerKWh: json["price"]?.number ?? 0, minimumActivationFactor: json["min_activation_factor"]?.number ?? 1,
            expires: expires)
    }
}

/// What was ordered of an offer.
public struct Order: Hashable, Sendable {
    /// Who ordered, when, under what reference.
    public let by: String
    public let time: Timestamp
    public let reference: String
    /// By how much the offer is reduced, 0.01 … 1.
    public let activationFactor: Double
    /// Deviation from the baseline in each settlement period, kW; cut further where the grid turned out not to carry it.
    public var kilowatts: [Double]
    /// What was ordered before the grid made it less; nil if it never did.
    public var uncutKW: [Double]?
    /// What each community or asset is to do of it, kW by period.
    public var shares: [String: [Double]]
    public let pricePerKWh: Double

    public init(by: String, time: Timestamp, reference: String, activationFactor: Double, kilowatts: [Double], shares: [String: [Double]], pricePerKWh: Double) {
        (self.by, self.time, self.reference, self.activationFactor) = (by, time, reference, activationFactor)
        (self.kilowatts, self.shares, self.pricePerKWh) = (kilowatts, shares, pricePerKWh)
    }

    func write(_ json: inout JSONWriter) {
        json.beginObject()
        json.member("by", by)
        json.member("time", time.description)
        json.member("reference", reference)
        json.member("activation_factor", activationFactor)
        json.numbers("kw", kilowatts)
        if let uncutKW { json.numbers("uncut_kw", uncutKW) }
        json.member("price", pricePerKWh)
        json.key("shares")
        json.beginObject()
        for (resource, kilowatts) in shares.sorted(by: { $0.key < $1.key }) { json.numbers(resource, kilowatts) }
        json.endObject()
        json.endObject()
    }

    init?(_ json: JSONValue?) {
        guard let json, let time = json["time"]?.text.flatMap({ Timestamp(text: $0) }) else { return nil }
        var shares: [String: [Double]] = [:]
        for (resource, _) in json["shares"]?.members ?? [] { shares[resource] = json["shares"]?.numbers(resource) ?? [] }
        self.init(
            by: json["by"]?.text ?? "", time: time, reference: json["reference"]?.text ?? "", activationFactor: json["activation_factor"]?.number ?? 1,
            kilowatts: json.numbers("kw"), shares: shares, pricePerKWh: json["price"]?.number ?? 0)
        if json["uncut_kw"] != nil { uncutKW = json.numbers("uncut_kw") }
    }
}

extension JSONWriter {
    /// Numbers under a key, null for what is not finite.
    public mutating func numbers(_ key: String, _ values: [Double]) {
        self.key(key)
        beginArray()
        for number in values { value(number) }
        endArray()
    }
}

extension JSONValue {
    /// The numbers of a list under a key, NaN for what is none.
    func numbers(_ key: String) -> [Double] { (self[key]?.elements ?? []).map { $0.number ?? .nan } }
}
