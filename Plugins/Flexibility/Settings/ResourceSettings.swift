import FlexibilityMarket
import PluginAPI

/// A community or an asset whose flexibility the service deals in, or a connection whose meter shows what others deliver.
struct ResourceSettings {
    enum Kind: Hashable {
        case community, asset, connection
    }

    /// The community's or asset's name.
    let id: String
    let kind: Kind
    /// Where it is connected: mRID or name of a node, or mRID of a load or transformer of the grid model; nil where no grid is checked.
    let place: String?
    /// Series of its forecast, load convention; nil for none.
    let series: String?
    /// What it offers flexibility for, more and less, of a kWh.
    let upPrice: Double
    let downPrice: Double
    /// Bounds of an asset that reports none, kW.
    let maximumKW: Double
    let feedKW: Double
    let capacityKWh: Double
    /// Where the store keeps the power of a connection; nil: it reports as assets do.
    let meter: MeterSettings?

    private static let keys = ["community", "asset", "connection", "place", "forecast", "price", "price_up", "price_down", "maximum_kw", "feed_kw", "capacity_kwh", "meter"]

    /// - Parameters:
    ///   - usualPrice: of a kWh, for want of another one.
    ///   - periodMinutes: length of a settlement period.
    ///   - waitSeconds: how long is waited for metering, for want of another time.
    init(_ object: ConfigurationObject, usualPrice: Double, periodMinutes: Int, waitSeconds: Double) throws(ServiceError) {
        let kinds: [(String, Kind)] = [("community", .community), ("asset", .asset), ("connection", .connection)]
        let given = kinds.filter { object.keys.contains($0.0) }
        guard given.count == 1, let id = try object.text(given[0].0), FlexibilityRequest.isName(id) else {
            throw .invalidConfiguration("\(object.path) needs either community or asset, or connection, a name without / + #")
        }
        try object.allow(given[0].1 == .connection ? ["connection", "place", "forecast", "meter"] : Self.keys.filter { $0 != "meter" })
        (self.id, kind) = (id, given[0].1)
        meter = try object.object("meter").map { (meter) throws(ServiceError) in
            try MeterSettings(meter, periodMinutes: periodMinutes, waitSeconds: waitSeconds)
        }
        place = try object.text("place")
        series = try object.text("forecast")
        let price = try object.number("price", in: 0...1e6) ?? usualPrice
        upPrice = try object.number("price_up", in: -1e6...1e6) ?? price
        downPrice = try object.number("price_down", in: -1e6...1e6) ?? price
        guard upPrice + downPrice >= 0 else {
            throw .invalidConfiguration("\(object.path): price_up and price_down together are below 0, a price for doing nothing")
        }
        maximumKW = try object.number("maximum_kw", in: 0...1e6) ?? 0
        feedKW = try object.number("feed_kw", in: 0...1e6) ?? 0
        capacityKWh = try object.number("capacity_kwh", in: 0...1e7) ?? 0
    }
}

/// The forecast that a load or generator of the grid model follows.
struct InjectionSettings {
    /// mRID or name.
    let equipment: String
    let series: String
    /// What the series is multiplied by: the equipment's part of it.
    let factor: Double

    init(_ object: ConfigurationObject) throws(ServiceError) {
        try object.allow(["load", "generator", "forecast", "factor"])
        let load = try object.text("load"), generator = try object.text("generator")
        guard (load == nil) != (generator == nil), let equipment = load ?? generator, let series = try object.text("forecast") else {
            throw .invalidConfiguration("\(object.path) needs load or generator, and forecast, the series that it follows")
        }
        (self.equipment, self.series) = (equipment, series)
        factor = try object.number("factor", in: -1e6...1e6) ?? 1
    }
}
