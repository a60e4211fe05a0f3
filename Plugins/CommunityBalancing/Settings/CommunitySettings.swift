import Balancing
import PluginAPI
import SiteCalendar

/// What the configuration says of one community.
struct CommunitySettings {
    let name: String
    /// Limits of the transformer, kW; nil for what the estimated grid says of its branch.
    let importLimitKW: Double?
    let exportLimitKW: Double?
    /// The transformer's branch in the estimated grid, whose rating limits it too.
    let transformerBranch: String?
    /// Whose clocks the daily schedule and the hours of the tariff go by.
    let zone: SiteZone
    /// The component of a PMU message whose active power is the exchange; nil takes all of them.
    let exchangeComponent: String?
    /// Another topic of the measured exchange than the community's own.
    let exchangeTopic: String?
    /// Series of what nobody controls: its load, and its generation.
    let loadSeries: String?
    let generationSeries: String?
    var assets: [AssetDescription] = []
    /// Whether devices that nobody described may join by announcing themselves.
    let takesAnnounced: Bool
    var lines: [Line] = []
    let period: Duration
    let steps: Int
    let stepHours: Double
    let prices: BalancingPrices
    /// Quantiles of the forecast between which the reserve is kept; nil for none.
    let reserveQuantiles: (low: String, high: String)?
    let importTariff: [Double]
    let exportTariff: [Double]
    /// An asset that did not report for this long is planned around.
    let silentSeconds: Double
    /// An asset that does not follow its set-point for this long is planned around.
    let followSeconds: Double
    /// A set-point is told again after this time.
    let repeatSeconds: Double
    /// How long an asset may take to acknowledge.
    let acknowledgeSeconds: Double
    /// What a deviation has to be beyond, kW; nil for half a per cent of the transformer's limit.
    let toleranceKW: Double?
    let planSeconds: Double
    let gap: Double
    var schedule: [DailyTrigger] = []

    /// A line of the community's feeders, and the branch of the estimated grid that it is, if any.
    struct Line {
        let section: FeederSection
        let branch: String?
    }

    static let keys = [
        "name", "time_zone", "transformer", "exchange", "forecasts", "assets", "announced", "lines", "period", "horizon_hours", "step_minutes", "prices", "reserve", "tariff",
        "watch", "planning", "schedule",
    ]

    /// - Parameter announced: the name of a community that announced itself and is otherwise as the template says.
    /// - Throws: ``Status/invalidConfiguration`` with the place and what was expected.
    init(_ object: ConfigurationObject, announced: String? = nil) throws(ServiceError) {
        try object.allow(Self.keys)
        guard let name = announced == nil ? try object.text("name") : announced, !name.contains("/"), !name.contains("+"), !name.contains("#") else {
            throw .invalidConfiguration("\(object.path).name is missing or no topic level, expected a name without / + #")
        }
        self.name = name
        guard let transformer = try object.object("transformer") else {
            throw .invalidConfiguration("\(object.path).transformer is missing, expected {import_kw, export_kw}, or {branch} of the estimated grid")
        }
        try transformer.allow(["import_kw", "export_kw", "branch"])
        importLimitKW = try transformer.number("import_kw", in: 0...1e6)
        exportLimitKW = try transformer.number("export_kw", in: 0...1e6) ?? importLimitKW
        transformerBranch = try transformer.text("branch")
        guard importLimitKW != nil || transformerBranch != nil else {
            throw .invalidConfiguration("\(object.path).transformer has neither import_kw nor branch: one of them must say its limit")
        }
        zone = try Self.zone(object)
        let exchange = try object.object("exchange")
        try exchange?.allow(["topic", "component"])
        (exchangeTopic, exchangeComponent) = (try exchange?.text("topic"), try exchange?.text("component"))
        let forecasts = try object.object("forecasts")
        try forecasts?.allow(["load", "generation"])
        (loadSeries, generationSeries) = (try forecasts?.text("load"), try forecasts?.text("generation"))
        takesAnnounced = try object.boolean("announced") ?? true
        period = .nanoseconds(Int64((try object.number("period", in: 0.1...3_600) ?? 10) * 1e9))
        let minutes = try object.number("step_minutes", in: 1...60) ?? 15
        stepHours = minutes / 60
        steps = Int((try object.number("horizon_hours", in: 1...72) ?? 24) * 60 / minutes)
        prices = try Self.prices(try object.object("prices"))
        let reserve = try object.object("reserve")
        try reserve?.allow(["low", "high"])
        reserveQuantiles = reserve == nil ? nil : (try reserve?.text("low") ?? "q10", try reserve?.text("high") ?? "q90")
        let tariff = try object.object("tariff")
        try tariff?.allow(["import", "export"])
        (importTariff, exportTariff) = (try Self.hourly(tariff, "import"), try Self.hourly(tariff, "export"))
        let watch = try object.object("watch")
        try watch?.allow(["silent_seconds", "follow_seconds", "repeat_seconds", "acknowledge_seconds", "tolerance_kw"])
        silentSeconds = try watch?.number("silent_seconds", in: 1...86_400) ?? 60
        followSeconds = try watch?.number("follow_seconds", in: 1...86_400) ?? 60
        repeatSeconds = try watch?.number("repeat_seconds", in: 1...86_400) ?? 60
        acknowledgeSeconds = try watch?.number("acknowledge_seconds", in: 0.1...3_600) ?? 5
        toleranceKW = try watch?.number("tolerance_kw", in: 0.001...1e6)
        let planning = try object.object("planning")
        try planning?.allow(["seconds", "gap_percent"])
        planSeconds = try planning?.number("seconds", in: 0.1...600) ?? 30
        gap = (try planning?.number("gap_percent", in: 0...100) ?? 0.5) / 100
        for one in try object.objects("assets") ?? [] { assets.append(try AssetDescription(one)) }
        for one in try object.objects("lines") ?? [] { lines.append(try Self.line(one)) }
        for one in try object.objects("schedule") ?? [] { schedule.append(try DailyTrigger(one)) }
    }

    private static func prices(_ object: ConfigurationObject?) throws(ServiceError) -> BalancingPrices {
        var prices = BalancingPrices()
        guard let object else { return prices }
        let known: [(String, WritableKeyPath<BalancingPrices, Double>)] = [
            ("exchange", \.exchange), ("peak", \.peak), ("curtailment", \.curtailment), ("throughput", \.throughput), ("task_shortfall", \.taskShortfall),
            ("heat_shortfall", \.heatShortfall), ("overload", \.overload), ("deviation", \.deviation), ("residual", \.residual), ("package", \.package),
            ("battery_window", \.batteryWindow), ("reserve", \.reserve), ("stored_energy", \.storedEnergy),
        ]
        try object.allow(known.map(\.0))
        for (name, path) in known { if let price = try object.number(name, in: 0...1e6) { prices[keyPath: path] = price } }
        return prices
    }

    private static func zone(_ object: ConfigurationObject) throws(ServiceError) -> SiteZone {
        let name = try object.text("time_zone") ?? "UTC"
        guard let zone = SiteZone(name) else {
            throw .invalidConfiguration("\(object.path).time_zone is '\(name)', which the system's database of zones does not have: expected a name such as Europe/Berlin")
        }
        return zone
    }

    /// Prices of the local hours of a day: one for all, or twenty-four; empty for none.
    private static func hourly(_ object: ConfigurationObject?, _ key: String) throws(ServiceError) -> [Double] {
        guard let object, object.keys.contains(key) else { return [] }
        guard object.isList(key) else { return [Double](repeating: try object.number(key, in: -1e3...1e3) ?? 0, count: 24) }
        let prices = try object.numbers(key, in: -1e3...1e3) ?? []
        guard prices.count == 24 else { throw .invalidConfiguration("\(object.path).\(key) has \(prices.count) prices, expected one, or one for each of the 24 hours") }
        return prices
    }

    private static func line(_ object: ConfigurationObject) throws(ServiceError) -> Line {
        try object.allow(["id", "members", "limit_kw", "branch"])
        guard let id = try object.text("id"), let members = try object.texts("members"), case let branch = try object.text("branch"),
            case let stated = try object.number("limit_kw", in: 0...1e6), let limit = stated ?? (branch == nil ? nil : .infinity)
        else { throw .invalidConfiguration("\(object.path) needs id, members, and limit_kw or the branch of the estimated grid that says it") }
        return Line(section: FeederSection(id: id, members: Set(members), limitKW: limit), branch: branch)
    }
}
