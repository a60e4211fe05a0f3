import ForecastModels
import LoadProfiles
import PluginAPI
import SiteCalendar

/// One series that is forecast.
struct SeriesSettings: Sendable {
    /// The last level of its topic.
    let name: String
    let kind: ForecastSettings.Kind
    /// As shown to people; values are passed on as they are.
    let unit: String
    let stepMinutes: Int
    /// The columns of the store whose values add up to it.
    let terms: [SeriesTerm]
    /// Nil: the same all day.
    let profile: LoadProfile?
    let place: Place?
    let plane: ModulePlane?
    let pseudo: PseudoTarget?
    /// Whether a net load is told in its parts: what is consumed, what plants of the sun and the wind behind the meter feed in.
    let isSplit: Bool

    /// Where its forecast goes into a grid as a pseudo-measurement.
    struct PseudoTarget: Sendable {
        /// mRID of the load or generator.
        let at: String
        /// Watt of one unit of the series, negative where generation counts positive.
        let factor: Double
    }

    /// What its values are made of, whatever they are called: interval means of another definition are of another series.
    var definition: String {
        "\(stepMinutes) min: "
            + terms.map { term in
                let tags = term.tags.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: ",")
                return "\(term.factor)*\(term.database)/\(term.measurement)/\(term.field){\(tags)}\(term.isStampedAtEnd ? "-" : "")"
            }.sorted().joined(separator: " + ")
    }

    /// How the models are told of it.
    func forecastSettings(_ training: TrainingSettings, gateMinute: Int) -> ForecastSettings {
        var settings = ForecastSettings()
        settings.kind = kind
        settings.gateMinute = gateMinute
        settings.windowDays = training.windowDays
        settings.profile = profile
        settings.isQuick = training.isQuick
        return settings
    }

    private static let keys = [
        "name", "kind", "unit", "step_minutes", "sum", "capacity", "profile", "latitude", "longitude", "tilt", "azimuth", "pseudo", "split",
    ]

    init(_ object: ConfigurationObject, site: SiteSettings) throws(ServiceError) {
        try object.allow(Self.keys)
        guard let name = try object.text("name"), Self.isName(name) else {
            throw .invalidConfiguration("\(object.path).name is missing or no name: letters, digits, '.', '_' and '-', it ends a topic")
        }
        self.name = name
        unit = try object.text("unit") ?? "W"
        stepMinutes = try object.integer("step_minutes", in: 15...60) ?? 15
        guard [15, 30, 60].contains(stepMinutes) else {
            throw .invalidConfiguration("\(object.path).step_minutes is \(stepMinutes), expected 15, 30 or 60")
        }
        var terms: [SeriesTerm] = []
        for each in try object.objects("sum") ?? [] { terms.append(try SeriesTerm(each)) }
        guard !terms.isEmpty else {
            throw .invalidConfiguration("\(object.path).sum is missing: list the columns of the store whose values add up to the series")
        }
        self.terms = terms
        kind = try Self.kind(object)
        profile = try Self.profile(object)
        place = try SiteSettings.place(object, object.path) ?? site.place
        plane = try Self.plane(object, kind)
        pseudo = try Self.pseudo(try object.object("pseudo"))
        isSplit = try object.boolean("split") ?? false
        if isSplit, kind != .load {
            throw .invalidConfiguration("\(object.path).split is for a net load, not for a plant: leave it out, or give the series the kind load")
        }
        if case .photovoltaic = kind, place == nil {
            throw .invalidConfiguration(
                "\(object.path) is a PV plant without latitude and longitude: give them here or in config.site, the sun's path depends on them")
        }
    }

    /// `kind` and `capacity`.
    static func kind(_ object: ConfigurationObject) throws(ServiceError) -> ForecastSettings.Kind {
        enum Word: String, CaseIterable { case load, pv, wind }
        let word = try object.choice("kind", Word.self) ?? .load
        let capacity = try object.number("capacity", in: -1e12...1e12)
        guard word != .load else {
            guard capacity == nil else {
                throw .invalidConfiguration("\(object.path).capacity is of a plant: leave it out, or give the series the kind pv or wind")
            }
            return .load
        }
        guard let capacity, capacity != 0 else {
            throw .invalidConfiguration(
                "\(object.path).capacity is missing: the rated power of the plant in \(try object.text("unit") ?? "W"), negative where feeding in counts negative")
        }
        return word == .pv ? .photovoltaic(capacity: capacity) : .wind(capacity: capacity)
    }

    private static func plane(_ object: ConfigurationObject, _ kind: ForecastSettings.Kind) throws(ServiceError) -> ModulePlane? {
        let tilt = try object.number("tilt", in: 0...90)
        let azimuth = try object.number("azimuth", in: 0...360)
        if tilt != nil || azimuth != nil {
            guard case .photovoltaic = kind else {
                throw .invalidConfiguration("\(object.path) has tilt or azimuth and is no PV plant: leave them out, or give the series the kind pv")
            }
            guard tilt != nil else {
                throw .invalidConfiguration("\(object.path) has azimuth without tilt: give both, in degrees, or none where the modules' plane is not known")
            }
        }
        return tilt.map { ModulePlane(tiltDegrees: $0, azimuthDegrees: azimuth ?? 180) }
    }

    private static func profile(_ object: ConfigurationObject) throws(ServiceError) -> LoadProfile? {
        enum Word: String, CaseIterable { case household, business, agriculture, flat }
        return switch try object.choice("profile", Word.self) ?? .household {
        case .household: .household
        case .business: .business
        case .agriculture: .agriculture
        case .flat: nil
        }
    }

    private static func pseudo(_ object: ConfigurationObject?) throws(ServiceError) -> PseudoTarget? {
        guard let object else { return nil }
        try object.allow(["at", "factor"])
        guard let at = try object.text("at") else {
            throw .invalidConfiguration("\(object.path).at is missing: the mRID of the load that the forecast stands for")
        }
        try OutputSettings.demandTopic(at, "\(object.path).at")
        return PseudoTarget(at: at, factor: try object.number("factor", in: -1e9...1e9) ?? 1)
    }

    private static func isName(_ text: String) -> Bool {
        text.utf8.count <= 128
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
                default: false
                }
            }
    }
}

/// Columns of the store that add to a series: all that have the field and the tags, each with the mean of its interval.
struct SeriesTerm: Sendable {
    let database: String
    let measurement: String
    /// What the columns must have; others of their tags may be anything, so that a device without a phase named means all its phases.
    let tags: [(key: String, value: String)]
    let field: String
    let factor: Double
    /// Whether a value is stamped with the end of the interval that it is the mean of, as many meters do.
    let isStampedAtEnd: Bool

    init(_ object: ConfigurationObject) throws(ServiceError) {
        try object.allow(["database", "measurement", "tags", "field", "factor", "stamp"])
        guard let measurement = try object.text("measurement"), let field = try object.text("field") else {
            throw .invalidConfiguration("\(object.path) needs measurement and field: where the store keeps the readings")
        }
        self.measurement = measurement
        self.field = field
        database = try object.text("database") ?? "dsotp"
        factor = try object.number("factor", in: -1e12...1e12) ?? 1
        guard factor != 0 else { throw .invalidConfiguration("\(object.path).factor is 0, expected what a value counts in the sum: leave the term out instead") }
        var tags: [(key: String, value: String)] = []
        if let given = try object.object("tags") {
            for key in given.keys { tags.append((key, try given.text(key) ?? "")) }
        }
        self.tags = tags
        enum Stamp: String, CaseIterable { case begin, end }
        isStampedAtEnd = try object.choice("stamp", Stamp.self) == .end
    }

    /// Whether a live reading belongs to the term: the database adapter stores it under its measurand, with device, component and phase as tags.
    func takes(_ names: ReadingNames) -> Bool {
        guard names.measurand == field else { return false }
        return tags.allSatisfy { tag in
            switch tag.key {
            case "device": names.device == tag.value
            case "component": names.component == tag.value
            case "phase": names.phase == tag.value
            default: false
            }
        }
    }
}

/// The names of a live reading.
struct ReadingNames: Hashable, Sendable {
    let device: String
    let component: String
    let phase: String
    let measurand: String

    /// What identifies its column among those of a term.
    var column: String { "\(device)\u{0}\(component)\u{0}\(phase)" }
}
