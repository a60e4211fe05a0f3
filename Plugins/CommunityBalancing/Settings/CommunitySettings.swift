import Balancing
import PluginAPI

/// What the configuration says of one community.
struct CommunitySettings {
    let name: String
    let importLimitKW: Double
    let exportLimitKW: Double
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
    let toleranceKW: Double
    let planSeconds: Double
    let gap: Double
    var schedule: [DailyTrigger] = []

    /// A line of the community's feeders, and the branch of the estimated grid that it is, if any.
    struct Line {
        let section: FeederSection
        let branch: String?
    }

    /// A mode that begins each day at a time.
    struct DailyTrigger {
        let secondOfDay: Int
        let trigger: JSONValue
    }

    private static let keys = [
        "name", "transformer", "exchange", "forecasts", "assets", "announced", "lines", "period", "horizon_hours", "step_minutes", "prices", "reserve", "tariff",
        "watch", "planning", "schedule",
    ]

    init(_ object: ConfigurationObject) throws(ServiceError) {
        try object.allow(Self.keys)
        guard let name = try object.text("name"), !name.contains("/"), !name.contains("+"), !name.contains("#") else {
            throw .invalidConfiguration("\(object.path).name is missing or no topic level, expected a name without / + #")
        }
        self.name = name
        guard let transformer = try object.object("transformer"), let imports = try transformer.number("import_kw", in: 0...1e6) else {
            throw .invalidConfiguration("\(object.path).transformer is missing, expected {import_kw, export_kw}")
        }
        importLimitKW = imports
        exportLimitKW = try transformer.number("export_kw", in: 0...1e6) ?? imports
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
        (importTariff, exportTariff) = (try Self.daily(tariff, "import"), try Self.daily(tariff, "export"))
        let watch = try object.object("watch")
        try watch?.allow(["silent_seconds", "follow_seconds", "repeat_seconds", "tolerance_kw"])
        silentSeconds = try watch?.number("silent_seconds", in: 1...86_400) ?? 60
        followSeconds = try watch?.number("follow_seconds", in: 1...86_400) ?? 60
        repeatSeconds = try watch?.number("repeat_seconds", in: 1...86_400) ?? 60
        toleranceKW = try watch?.number("tolerance_kw", in: 0.001...1e6) ?? 0.005 * imports
        let planning = try object.object("planning")
        try planning?.allow(["seconds", "gap_percent"])
        planSeconds = try planning?.number("seconds", in: 0.1...600) ?? 30
        gap = (try planning?.number("gap_percent", in: 0...100) ?? 0.5) / 100
        for one in try object.objects("assets") ?? [] { assets.append(try AssetDescription(one)) }
        for one in try object.objects("lines") ?? [] { lines.append(try Self.line(one)) }
        for one in try object.objects("schedule") ?? [] { schedule.append(try Self.daily(one)) }
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

    /// Prices of the hours of a day: one for all, or twenty-four.
    private static func daily(_ object: ConfigurationObject?, _ key: String) throws(ServiceError) -> [Double] {
        guard let object, object.keys.contains(key) else { return [] }
        guard let texts = try? object.number(key, in: -1e3...1e3) else {
            throw .invalidConfiguration("\(object.path).\(key) is no number, expected the price of a kWh")
        }
        return [Double](repeating: texts, count: 24)
    }

    private static func line(_ object: ConfigurationObject) throws(ServiceError) -> Line {
        try object.allow(["id", "members", "limit_kw", "branch"])
        guard let id = try object.text("id"), let members = try object.texts("members"), let limit = try object.number("limit_kw", in: 0...1e6) else {
            throw .invalidConfiguration("\(object.path) needs id, members and limit_kw")
        }
        return Line(section: FeederSection(id: id, members: Set(members), limitKW: limit), branch: try object.text("branch"))
    }

    private static func daily(_ object: ConfigurationObject) throws(ServiceError) -> DailyTrigger {
        try object.allow(["at", "mode", "target_kw", "duration_minutes"])
        let parts = (try object.text("at") ?? "").split(separator: ":").compactMap { Int($0) }
        guard parts.count == 2, (0..<24).contains(parts[0]), (0..<60).contains(parts[1]), let mode = try object.integer("mode", in: 0...5) else {
            throw .invalidConfiguration("\(object.path) needs at, such as 06:30 (UTC), and mode, from 0 to 5")
        }
        var members: [(key: String, value: JSONValue)] = [("mode", .number(Double(mode), integer: Int64(mode)))]
        for key in ["target_kw", "duration_minutes"] {
            if let number = try object.number(key, in: -1e6...1e6) { members.append((key, .number(number, integer: nil))) }
        }
        return DailyTrigger(secondOfDay: parts[0] * 3600 + parts[1] * 60, trigger: .object(members))
    }
}
