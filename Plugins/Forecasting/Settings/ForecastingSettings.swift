import ForecastModels
import PluginAPI
import Readings
import SiteCalendar

/// What the configuration says.
struct ForecastingSettings {
    let site: SiteSettings
    var series: [SeriesSettings] = []
    /// Topics whose readings reach the series as they come; without them the store is read.
    let sources: [MessageForm]
    let weather: WeatherSettings
    let issue: IssueSettings
    let training: TrainingSettings
    let output: OutputSettings

    private static let keys = ["site", "series", "measurements", "weather", "issue", "training", "publish", "store"]

    /// - Throws: ``Status/invalidConfiguration`` with a sentence that says where.
    init(_ configuration: Configuration) throws(ServiceError) {
        let root: JSONValue
        do throws(JSONError) { root = try JSONValue(configuration.json) } catch {
            throw .invalidConfiguration("config is not JSON, \(error)")
        }
        let object = try ConfigurationObject(root, at: "config")
        try object.allow(Self.keys)
        site = try SiteSettings(try object.object("site"), at: "config.site")
        for each in try object.objects("series") ?? [] { series.append(try SeriesSettings(each, site: site)) }
        guard !series.isEmpty else {
            throw .invalidConfiguration("config.series is missing: list what is to be forecast, each with name and sum")
        }
        var names: Set<String> = []
        for one in series where !names.insert(one.name).inserted {
            throw .invalidConfiguration("config.series has '\(one.name)' twice: names are the last level of topics and must differ")
        }
        var sources: [MessageForm] = []
        for each in try object.objects("measurements") ?? [] {
            try each.allow(MessageForm.keys)
            sources.append(try MessageForm(each))
        }
        self.sources = sources
        weather = try WeatherSettings(try object.object("weather"))
        issue = try IssueSettings(try object.object("issue"))
        training = try TrainingSettings(try object.object("training"))
        output = try OutputSettings(try object.object("publish"), try object.object("store"))
        var targets: [String: String] = [:]
        for one in series {
            guard let target = one.pseudo, let other = targets.updateValue(one.name, forKey: target.at) else { continue }
            throw .invalidConfiguration(
                "config.series has '\(other)' and '\(one.name)' both as pseudo-measurement of '\(target.at)': make them one series whose sum has the terms of both")
        }
    }
}

/// Where the site is: its clocks, holidays and sun.
struct SiteSettings: Sendable {
    let zone: SiteZone
    let holidays: HolidayCalendar?
    let place: Place?

    init(_ object: ConfigurationObject?, at path: String) throws(ServiceError) {
        try object?.allow(["time_zone", "country", "region", "latitude", "longitude"])
        let zoneName = try object?.text("time_zone") ?? "UTC"
        guard let zone = SiteZone(zoneName) else {
            throw .invalidConfiguration(
                "\(path).time_zone is '\(zoneName)', which the system's database of zones does not have: expected a name such as "
                    + "Europe/Berlin, and Debian's package tzdata")
        }
        self.zone = zone
        holidays = try Self.holidays(object, path)
        place = try Self.place(object, path)
    }

    private static func holidays(_ object: ConfigurationObject?, _ path: String) throws(ServiceError) -> HolidayCalendar? {
        guard let country = try object?.text("country") else { return nil }
        let region = try object?.text("region")
        if let calendar = HolidayCalendar(country: country, region: region) { return calendar }
        guard HolidayCalendar.countries.contains(country) else {
            throw .invalidConfiguration(
                "\(path).country is '\(country)', expected one of \(HolidayCalendar.countries.joined(separator: ", "))")
        }
        let regions = HolidayCalendar.regions(of: country)
        throw .invalidConfiguration(
            "\(path).region is '\(region ?? "")', expected "
                + (regions.isEmpty ? "none: \(country) has the same holidays everywhere" : "one of \(regions.joined(separator: ", "))"))
    }

    /// Latitude and longitude of an object, both or none.
    static func place(_ object: ConfigurationObject?, _ path: String) throws(ServiceError) -> Place? {
        let latitude = try object?.number("latitude", in: -90...90)
        let longitude = try object?.number("longitude", in: -180...180)
        switch (latitude, longitude) {
        case (let latitude?, let longitude?): return Place(latitude: latitude, longitude: longitude)
        case (nil, nil): return nil
        default: throw .invalidConfiguration("\(path) has one of latitude and longitude: give both, in degrees, or none")
        }
    }
}

/// Where weather comes from.
struct WeatherSettings {
    let topics: [TopicFilter]
    /// How long forecast runs are kept, for trainings that must know what was known when.
    let keptDays: Int
    let database: String
    let measurement: String

    init(_ object: ConfigurationObject?) throws(ServiceError) {
        try object?.allow(["topics", "kept_days", "database", "measurement"])
        var topics: [TopicFilter] = []
        for text in try object?.texts("topics") ?? [] {
            guard let filter = TopicFilter(text) else {
                throw .invalidConfiguration("config.weather.topics has '\(text)', which is no topic filter")
            }
            topics.append(filter)
        }
        self.topics = topics
        keptDays = try object?.integer("kept_days", in: 2...4000) ?? 1100
        database = try object?.text("database") ?? "dsotp"
        measurement = try object?.text("measurement") ?? "forecast_weather"
    }
}

/// When forecasts are made, and how far they reach.
struct IssueSettings {
    /// Seconds between forecasts of a series.
    let periodSeconds: Int64
    /// Seconds after the end of an interval until its readings are expected to have come.
    let graceSeconds: Int64
    let horizonHours: Int
    /// Local minute of the day of the day-ahead forecast.
    let gateMinute: Int

    init(_ object: ConfigurationObject?) throws(ServiceError) {
        try object?.allow(["every_minutes", "grace_seconds", "horizon_hours", "gate"])
        periodSeconds = Int64(try object?.integer("every_minutes", in: 15...1440) ?? 15) * 60
        graceSeconds = Int64(try object?.integer("grace_seconds", in: 0...3600) ?? 10)
        horizonHours = try object?.integer("horizon_hours", in: 1...168) ?? 48
        let text = try object?.text("gate") ?? "12:00"
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { part in part.allSatisfy(\.isNumber) ? Int(part) : nil }
        guard parts.count == 2, let hour = parts[0], let minute = parts[1], (0..<24).contains(hour), (0..<60).contains(minute) else {
            throw .invalidConfiguration("config.issue.gate is '\(text)', expected a local time such as 12:00")
        }
        gateMinute = hour * 60 + minute
        guard periodSeconds % 900 == 0 else {
            throw .invalidConfiguration("config.issue.every_minutes is \(periodSeconds / 60), expected a multiple of 15")
        }
    }
}

/// What trainings may cost, and when there is one.
struct TrainingSettings: Sendable {
    var seconds: Double
    /// Bytes that the tables of one training may take; its window is cut to what fits.
    let memoryBytes: Int
    let windowDays: Int
    /// A model older than this is trained anew.
    let longestAgeDays: Int
    /// A rolling pinball above this many times its reference is drift.
    let driftRatio: Double
    let isQuick: Bool
    /// Whether the service waits for each training, so that a replay on virtual time has one outcome.
    let waits: Bool
    /// Hours in which a new model takes over from the old.
    let takeoverHours: Int
    /// Days for which a new model and the one that answers forecast side by side before the better one answers; 0: its back-test decides.
    let duelDays: Int

    init(_ object: ConfigurationObject?) throws(ServiceError) {
        try object?.allow(["seconds", "memory_mib", "window_days", "longest_age_days", "drift_ratio", "quick", "wait", "takeover_hours", "duel_days"])
        seconds = try object?.number("seconds", in: 0.1...3600) ?? 60
        memoryBytes = (try object?.integer("memory_mib", in: 16...65_536) ?? 256) << 20
        windowDays = try object?.integer("window_days", in: 14...4000) ?? 1096
        longestAgeDays = try object?.integer("longest_age_days", in: 1...400) ?? 30
        driftRatio = try object?.number("drift_ratio", in: 1.05...10) ?? 1.3
        isQuick = try object?.boolean("quick") ?? false
        waits = try object?.boolean("wait") ?? false
        takeoverHours = try object?.integer("takeover_hours", in: 0...168) ?? 24
        duelDays = try object?.integer("duel_days", in: 0...28) ?? 7
    }
}

/// Where results go.
struct OutputSettings {
    let topic: String
    /// Topic prefix of pseudo-measurements for the estimation.
    let pseudoTopic: String
    let levels: [Double]
    let database: String
    let measurement: String
    /// Where the interval means of the series are kept, so that readings are reduced once.
    let inputMeasurement: String

    init(_ publish: ConfigurationObject?, _ store: ConfigurationObject?) throws(ServiceError) {
        try publish?.allow(["topic", "pseudo_topic", "quantiles"])
        try store?.allow(["database", "measurement", "input_measurement"])
        topic = try publish?.text("topic") ?? "forecasts"
        try Self.demandTopic(topic, "config.publish.topic")
        pseudoTopic = try publish?.text("pseudo_topic") ?? "pseudo"
        try Self.demandTopic(pseudoTopic, "config.publish.pseudo_topic")
        levels = try Self.levels(publish)
        database = try store?.text("database") ?? "dsotp"
        measurement = try store?.text("measurement") ?? "forecast"
        inputMeasurement = try store?.text("input_measurement") ?? "forecast_input"
    }

    /// Refuses what can't be, or be part of, a topic to publish to.
    static func demandTopic(_ topic: String, _ path: String) throws(ServiceError) {
        guard topic.utf8.contains(where: { [UInt8(ascii: "+"), UInt8(ascii: "#"), 0].contains($0) }) else { return }
        throw .invalidConfiguration("\(path) is '\(topic)', expected a topic without + and #, which stand for others")
    }

    private static func levels(_ object: ConfigurationObject?) throws(ServiceError) -> [Double] {
        guard let texts = try object?.texts("quantiles") else { return [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95] }
        var levels: [Double] = []
        for text in texts {
            guard let level = Double(text), level >= 0.01, level <= 0.99 else {
                throw .invalidConfiguration("config.publish.quantiles has '\(text)', expected texts from \"0.01\" to \"0.99\"")
            }
            levels.append(level)
        }
        if let text = zip(texts, levels).first(where: { abs($1 * 1000 - ($1 * 1000).rounded()) > 1e-6 })?.0 {
            throw .invalidConfiguration("config.publish.quantiles has '\(text)', expected at most three decimals: its field is named by them")
        }
        guard levels.contains(0.5), zip(levels, levels.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw .invalidConfiguration("config.publish.quantiles must rise and contain \"0.5\"")
        }
        return levels
    }

    /// The name of a quantile's field: `q05` for 0.05, `q975` for 0.975.
    static func field(_ level: Double) -> String {
        let thousandths = Int((level * 1000).rounded())
        let digits = String(thousandths + 1000).dropFirst()
        return "q" + (digits.last == "0" ? String(digits.dropLast()) : String(digits))
    }
}
