public import PluginAPI

/// What is paid for an order.
public struct Settlement: Hashable, Sendable {
    public let orderedKWh: Double
    public let deliveredKWh: Double
    /// Missing beyond the tolerance.
    public let deficiencyKWh: Double
    /// Ordered in periods of which nothing is known; neither paid nor charged.
    public let unverifiedKWh: Double
    /// Prices of a kWh delivered and of a kWh missing.
    public let pricePerKWh: Double
    public let penaltyPerKWh: Double
    /// ISO 4217.
    public let currency: String
    public let time: Timestamp

    public var payment: Double { deliveredKWh * pricePerKWh }
    public var penalty: Double { deficiencyKWh * penaltyPerKWh }
    public var net: Double { payment - penalty }

    public init(
        orderedKWh: Double, deliveredKWh: Double, deficiencyKWh: Double, unverifiedKWh: Double, pricePerKWh: Double, penaltyPerKWh: Double, currency: String,
        time: Timestamp
    ) {
        (self.orderedKWh, self.deliveredKWh, self.deficiencyKWh, self.unverifiedKWh) = (orderedKWh, deliveredKWh, deficiencyKWh, unverifiedKWh)
        (self.pricePerKWh, self.penaltyPerKWh, self.currency, self.time) = (pricePerKWh, penaltyPerKWh, currency, time)
    }

    /// Adds up what was verified; energies are magnitudes.
    public init(_ steps: [VerifiedStep], pricePerKWh: Double, penaltyPerKWh: Double, currency: String, time: Timestamp) {
        func sum(_ energy: (VerifiedStep) -> Double) -> Double { steps.reduce(0) { $0 + energy($1) * $1.hours } }
        self.init(
            orderedKWh: sum { abs($0.orderedKW) }, deliveredKWh: sum { abs($0.deliveredKW ?? 0) },
            deficiencyKWh: sum { $0.isWithinTolerance ? 0 : $0.deficiencyKW ?? 0 }, unverifiedKWh: sum { $0.quality == .unverified ? abs($0.orderedKW) : 0 },
            pricePerKWh: pricePerKWh, penaltyPerKWh: penaltyPerKWh, currency: currency, time: time)
    }

    func write(_ json: inout JSONWriter) {
        json.beginObject()
        json.member("time", time.description)
        json.member("ordered_kwh", orderedKWh)
        json.member("delivered_kwh", deliveredKWh)
        json.member("deficiency_kwh", deficiencyKWh)
        json.member("unverified_kwh", unverifiedKWh)
        json.member("price", pricePerKWh)
        json.member("penalty_price", penaltyPerKWh)
        json.member("payment", payment)
        json.member("penalty", penalty)
        json.member("net", net)
        json.member("currency", currency)
        json.endObject()
    }

    init?(_ json: JSONValue?) {
        guard let json, let time = json["time"]?.text.flatMap({ Timestamp(text: $0) }) else { return nil }
        func number(_ key: String) -> Double { json[key]?.number ?? 0 }
        self.init(
            orderedKWh: number("ordered_kwh"), deliveredKWh: number("delivered_kwh"), deficiencyKWh: number("deficiency_kwh"),
            unverifiedKWh: number("unverified_kwh"), pricePerKWh: number("price"), penaltyPerKWh: number("penalty_price"),
            currency: json["currency"]?.text ?? "EUR", time: time)
    }
}

extension VerifiedStep {
    func write(_ json: inout JSONWriter) {
        json.beginObject()
        json.member("start", start.description)
        json.member("end", end.description)
        json.optional("baseline_kw", baselineKW)
        json.member("ordered_kw", orderedKW)
        json.optional("actual_kw", actualKW)
        json.optional("delivered_kw", deliveredKW)
        json.optional("deficiency_kw", deficiencyKW)
        json.member("within_tolerance", isWithinTolerance)
        json.member("quality", quality.rawValue)
        json.endObject()
    }

    init?(_ json: JSONValue) {
        guard let start = json["start"]?.text.flatMap({ Timestamp(text: $0) }), let end = json["end"]?.text.flatMap({ Timestamp(text: $0) }),
            let quality = json["quality"]?.text.flatMap(Quality.init)
        else { return nil }
        self.init(
            start: start, end: end, baselineKW: json["baseline_kw"]?.number, orderedKW: json["ordered_kw"]?.number ?? 0, actualKW: json["actual_kw"]?.number,
            deliveredKW: json["delivered_kw"]?.number, deficiencyKW: json["deficiency_kw"]?.number,
            isWithinTolerance: json["within_tolerance"]?.boolean ?? false, quality: quality)
    }
}
