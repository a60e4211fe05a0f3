import PluginAPI

/// What kind of asset it is, and what it is able to do: from the manifest, or from what a device announces of itself.
struct AssetDescription {
    enum Kind: String, CaseIterable {
        case battery, vehicle, heater, photovoltaics, load
    }

    let id: String
    let kind: Kind
    /// The household or line member that it belongs to.
    let household: String?
    /// Largest power into it and out of it, kW.
    let maximumKW: Double
    let feedKW: Double
    let minimumKW: Double
    /// Energy of a battery, or heat of a store, kWh.
    let capacityKWh: Double
    /// Window and wish at the end of the horizon, parts of the capacity.
    let window: ClosedRange<Double>
    let finalPart: Double
    let chargeEfficiency: Double
    let dischargeEfficiency: Double
    let lossPerHour: Double
    /// Heat per electricity of a heater, and what it supplies, kW.
    let performance: Double
    let demandKW: Double
    let isOnOff: Bool
    let reducibleFraction: Double
    let pricePerKWh: Double
    let rampKWPerSecond: Double
    let intervalSeconds: Double
    /// Whether it takes part in the fast loop; batteries do unless said otherwise, and photovoltaics in so far as the loop curtails them for an
    /// ordered set-point where nothing else has room left.
    let tracks: Bool
    /// Series of its forecast, kW.
    let series: String?

    static let keys = [
        "id", "kind", "household", "maximum_kw", "feed_kw", "minimum_kw", "capacity_kwh", "soc_min_percent", "soc_max_percent", "soc_final_percent",
        "charge_efficiency", "discharge_efficiency", "loss_per_hour", "cop", "demand_kw", "on_off", "reducible_percent", "price", "ramp_kw_per_second",
        "interval_seconds", "tracks", "forecast",
    ]

    init(_ object: ConfigurationObject) throws(ServiceError) {
        try object.allow(Self.keys)
        guard let id = try object.text("id"), !id.contains("/"), !id.contains("+"), !id.contains("#") else {
            throw .invalidConfiguration("\(object.path).id is missing or no topic level, expected a name without / + #")
        }
        try self.init(object, id: id)
    }

    /// - Throws: ``Status/invalidConfiguration`` with the place and what was expected.
    init(_ object: ConfigurationObject, id: String) throws(ServiceError) {
        self.id = id
        guard let kind = try object.choice("kind", Kind.self) else {
            throw .invalidConfiguration("\(object.path).kind is missing, expected one of \(Kind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self.kind = kind
        household = try object.text("household")
        guard let most = try object.number("maximum_kw", in: 0...1e6) else { throw .invalidConfiguration("\(object.path).maximum_kw is missing, expected kW from 0") }
        maximumKW = most
        feedKW = try object.number("feed_kw", in: 0...1e6) ?? (kind == .battery || kind == .photovoltaics ? most : 0)
        minimumKW = try object.number("minimum_kw", in: 0...max(0, most)) ?? 0
        capacityKWh = try object.number("capacity_kwh", in: 0...1e7) ?? 0
        guard capacityKWh > 0 || (kind != .battery && kind != .heater) else { throw .invalidConfiguration("\(object.path).capacity_kwh is missing, which a \(kind.rawValue) needs") }
        let (low, high) = (try object.number("soc_min_percent", in: 0...100) ?? (kind == .battery ? 5 : 0), try object.number("soc_max_percent", in: 0...100) ?? 100)
        guard low < high else { throw .invalidConfiguration("\(object.path).soc_min_percent is \(low), expected below soc_max_percent, \(high)") }
        window = (low / 100)...(high / 100)
        finalPart = (try object.number("soc_final_percent", in: 0...100) ?? (kind == .heater ? 50 : low)) / 100
        chargeEfficiency = try object.number("charge_efficiency", in: 0.01...1) ?? 0.95
        dischargeEfficiency = try object.number("discharge_efficiency", in: 0.01...1) ?? 0.95
        lossPerHour = try object.number("loss_per_hour", in: 0...0.99) ?? 0
        performance = try object.number("cop", in: 0.1...20) ?? 1
        demandKW = try object.number("demand_kw", in: 0...1e6) ?? 0
        isOnOff = try object.boolean("on_off") ?? false
        reducibleFraction = (try object.number("reducible_percent", in: 0...100) ?? 0) / 100
        pricePerKWh = try object.number("price", in: 0...1e6) ?? 5
        rampKWPerSecond = try object.number("ramp_kw_per_second", in: 1e-6...1e6) ?? .infinity
        intervalSeconds = try object.number("interval_seconds", in: 0...86_400) ?? 0
        tracks = try object.boolean("tracks") ?? (kind == .battery || kind == .photovoltaics)
        series = try object.text("forecast")
    }
}
