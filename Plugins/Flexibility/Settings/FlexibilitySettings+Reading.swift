import Congestion
import FlexibilityMarket
import LiveGrid
import PluginAPI
import SiteCalendar

extension FlexibilitySettings {
    private static let keys = [
        "grid", "name", "site", "switches", "estimates", "topics", "resources", "congestion_points", "injections", "period_minutes", "limits", "quantiles", "market",
        "activation", "baseline", "need", "store",
    ]

    /// - Throws: ``Status/invalidConfiguration`` with a sentence that says where.
    init(_ configuration: Configuration, service: String) throws(ServiceError) {
        let root: JSONValue
        do throws(JSONError) { root = try JSONValue(configuration.json) } catch { throw .invalidConfiguration("config is not JSON, \(error)") }
        let object = try ConfigurationObject(root, at: "config")
        try object.allow(Self.keys)
        files = object.keys.contains("grid") ? try GridFiles(object) : nil
        name = try object.text("name") ?? service
        (zone, holidays) = try Self.site(try object.object("site"))
        let switches = try object.object("switches")
        try switches?.allow(["topic"])
        switchTopic = try SwitchTopic(try switches?.text("topic") ?? "switches/+", at: "config.switches.topic")
        let estimates = try object.object("estimates")
        try estimates?.allow(["topic"])
        estimateTopic = try estimates?.text("topic") ?? "estimates/\(name)"
        topics = try Self.topics(try object.object("topics"))
        let minutes = try object.integer("period_minutes", in: 1...60) ?? 15
        guard 60 % minutes == 0 else { throw .invalidConfiguration("config.period_minutes is \(minutes), expected a part of an hour, such as 15") }
        periods = SettlementPeriods(zone: zone, minutes: minutes)
        (limits, checksOutages) = try Self.limits(try object.object("limits"))
        quantiles = try Self.quantiles(try object.texts("quantiles") ?? ["q10", "q50", "q90"])
        market = try Self.market(try object.object("market"))
        activation = try Self.activation(try object.object("activation"))
        (baseline, verification) = try Self.baseline(try object.object("baseline"))
        need = try Self.need(try object.object("need"))
        let store = try object.object("store")
        try store?.allow(["database"])
        database = store == nil ? nil : try store?.text("database") ?? "dsotp"
        for one in try object.objects("resources") ?? [] { resources.append(
            try ResourceSettings(one, usualPrice: market.pricePerKWh, periodMinutes: minutes, waitSeconds: baseline.waitSeconds))
        }
        // A grid without flexibility of its own has needs and tariffs all the same.
        guard !resources.isEmpty || need != nil else {
            throw .invalidConfiguration("config.resources is missing: list the communities and assets whose flexibility is dealt in, or need for tariffs alone")
        }
        if let twice = resources.first(where: { one in resources.filter { $0.id == one.id }.count > 1 }) {
            throw .invalidConfiguration("config.resources names '\(twice.id)' twice")
        }
        if files != nil, let lost = resources.first(where: { $0.place == nil }) {
            throw .invalidConfiguration("config.resources: '\(lost.id)' has no place, the node of the grid model where it is connected")
        }
        for one in try object.objects("injections") ?? [] { injections.append(try InjectionSettings(one)) }
        for one in try object.objects("congestion_points") ?? [] {
            try one.allow(["id", "places"])
            guard let id = try one.text("id"), FlexibilityRequest.isName(id), let places = try one.texts("places"), !places.isEmpty else {
                throw .invalidConfiguration("\(one.path) needs id, a name without / + #, and places, the nodes, lines or transformers that it means")
            }
            guard congestionPoints[id] == nil else { throw .invalidConfiguration("config.congestion_points names '\(id)' twice") }
            congestionPoints[id] = places
        }
    }

    private static func site(_ object: ConfigurationObject?) throws(ServiceError) -> (SiteZone, HolidayCalendar?) {
        try object?.allow(["time_zone", "country", "region"])
        let name = try object?.text("time_zone") ?? "UTC"
        guard let zone = SiteZone(name) else {
            throw .invalidConfiguration("config.site.time_zone is '\(name)', which the system's database of zones does not have, expected one such as Europe/Berlin")
        }
        guard let country = try object?.text("country") else { return (zone, nil) }
        guard let calendar = HolidayCalendar(country: country, region: try object?.text("region")) else {
            throw .invalidConfiguration("config.site.country is '\(country)', of which no holidays are known: leave it out, or give one of those that Plugins/SiteCalendar knows")
        }
        return (zone, calendar)
    }

    private static func topics(_ object: ConfigurationObject?) throws(ServiceError) -> Topics {
        var topics = Topics()
        guard let object else { return topics }
        try object.allow(["base", "communities", "forecasts", "assets"])
        topics.base = try object.text("base") ?? topics.base
        topics.communities = try object.text("communities") ?? topics.communities
        topics.forecasts = try object.text("forecasts") ?? topics.forecasts
        topics.assets = try object.text("assets") ?? topics.assets
        _ = try SwitchTopic(topics.assets, at: "config.topics.assets", of: "asset")
        return topics
    }

    private static func limits(_ object: ConfigurationObject?) throws(ServiceError) -> (CongestionLimits, Bool) {
        try object?.allow(["voltage_low", "voltage_high", "loading_percent", "outage_loading_percent", "n_minus_1", "ratings_amperes"])
        let low = try object?.number("voltage_low", in: 0.5...1) ?? 0.9, high = try object?.number("voltage_high", in: 1...1.5) ?? 1.1
        let loading = try object?.number("loading_percent", in: 1...200) ?? 100
        var ratings: [String: Double] = [:]
        if let given = try object?.object("ratings_amperes") { for key in given.keys { ratings[key] = try given.number(key, in: 1...1e5) } }
        let limits = CongestionLimits(
            voltageBand: low...high, highestLoading: loading / 100,
            highestLoadingAfterOutage: (try object?.number("outage_loading_percent", in: 1...300) ?? 100) / 100, ratedAmperes: ratings)
        return (limits, try object?.boolean("n_minus_1") ?? false)
    }

    private static func quantiles(_ names: [String]) throws(ServiceError) -> [(name: String, level: Double)] {
        var found: [(name: String, level: Double)] = []
        for name in names {
            guard name.hasPrefix("q"), name.utf8.count == 3, let percent = Int(name.dropFirst()), percent > 0 else {
                throw .invalidConfiguration("config.quantiles has '\(name)', expected names of quantiles in forecasts such as q10")
            }
            found.append((name, Double(percent) / 100))
        }
        found.sort { $0.level < $1.level }
        guard found.contains(where: { $0.level == 0.5 }), zip(found, found.dropFirst()).allSatisfy({ $0.level < $1.level }) else {
            throw .invalidConfiguration("config.quantiles are \(names.joined(separator: ", ")), expected different ones, q50 among them")
        }
        return found
    }
}
