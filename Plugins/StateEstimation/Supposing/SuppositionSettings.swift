import LoadProfiles
import PluginAPI
import Readings
import SiteCalendar

/// What the configuration says of loads that nobody measures: `profiles`.
struct SuppositionSettings {
    /// Standard deviation of what the model says of a load or generator, of its power.
    var modelSigma = 0.5
    var minimumPowerWatts = 1_000.0
    /// Standard deviation of the voltage that the grid model says of an external grid, per unit.
    var sourceVoltageSigma = 0.02
    /// Of loads that are not listed; nil: the model's power, whatever the time.
    var shape: LoadProfile?
    var modelPower = ModelPower.peak
    /// Where the customers of the loads live.
    var site = ProfileSite.german
    /// Of loads whose reactive power nothing tells.
    var powerFactor = 0.95
    var loads: [Listed] = []
    /// Messages that bring a power and its standard deviation for a load: forecasts.
    var forecasts: [MessageForm] = []

    /// What the power of a load in the grid model is of the year that its profile has.
    enum ModelPower: String, CaseIterable {
        case peak, mean
    }

    /// A load by mRID or name, with what is known of its customers.
    struct Listed {
        let at: String
        let shape: LoadProfile?
        let annualKilowattHours: Double?
        let customers: Int?
    }

    private static let keys = [
        "sigma_percent", "minimum_watts", "source_voltage_percent", "shape", "model_power", "clock", "holidays", "power_factor", "loads", "forecasts",
    ]

    /// - Parameter object: `config.profiles`, if it is there.
    init(_ object: ConfigurationObject?) throws(ServiceError) {
        guard let object else { return }
        try object.allow(Self.keys)
        modelSigma = (try object.number("sigma_percent", in: 1...1_000) ?? 50) / 100
        minimumPowerWatts = try object.number("minimum_watts", in: 0.001...1e9) ?? minimumPowerWatts
        sourceVoltageSigma = (try object.number("source_voltage_percent", in: 0.001...100) ?? 2) / 100
        shape = try Self.shape(object)
        modelPower = try object.choice("model_power", ModelPower.self) ?? .peak
        site = ProfileSite(zone: try Self.zone(object), holidays: try Self.holidays(object))
        powerFactor = try object.number("power_factor", in: 0.1...1) ?? powerFactor
        for one in try object.objects("loads") ?? [] { loads.append(try Listed(one)) }
        for one in try object.objects("forecasts") ?? [] {
            try one.allow(MessageForm.keys)
            forecasts.append(try MessageForm(one))
        }
    }

    fileprivate static func shape(_ object: ConfigurationObject) throws(ServiceError) -> LoadProfile? {
        guard let text = try object.text("shape"), text != "none" else { return nil }
        guard let shape = LoadProfile(rawValue: text) else {
            throw .invalidConfiguration("\(object.path).shape is '\(text)', expected \(LoadProfile.allCases.map(\.rawValue).joined(separator: ", ")) or none")
        }
        return shape
    }

    private static func zone(_ object: ConfigurationObject) throws(ServiceError) -> SiteZone {
        guard let text = try object.text("clock") else { return .centralEuropean }
        if let zone = SiteZone.european(text) { return zone }
        if let offset = Timestamp.zoneOffset(text) { return .fixed(offsetSeconds: offset) }
        guard text.contains("/"), let zone = SiteZone(text) else {
            throw .invalidConfiguration(
                "\(object.path).clock is '\(text)', expected WET, CET, EET, UTC, an offset such as +01:00, or a time zone of the system such as Europe/Athens")
        }
        return zone
    }

    private static func holidays(_ object: ConfigurationObject) throws(ServiceError) -> HolidayCalendar? {
        let text = try object.text("holidays") ?? "german"
        if text == "none" { return nil }
        let parts = text == "german" ? ["DE"] : text.split(separator: "-", maxSplits: 1).map(String.init)
        guard let country = parts.first, let calendar = HolidayCalendar(country: country, region: parts.count > 1 ? parts[1] : nil) else {
            throw .invalidConfiguration(
                "\(object.path).holidays is '\(text)', expected none, german, or a country and region such as DE-NW; countries: "
                    + HolidayCalendar.countries.joined(separator: ", "))
        }
        return calendar
    }
}

extension SuppositionSettings.Listed {
    init(_ object: ConfigurationObject) throws(ServiceError) {
        try object.allow(["at", "shape", "annual_kwh", "customers"])
        guard let at = try object.text("at") else {
            throw .invalidConfiguration("\(object.path).at is missing: the mRID or name of a load")
        }
        self.at = at
        shape = try SuppositionSettings.shape(object)
        annualKilowattHours = try object.number("annual_kwh", in: 0...1e12)
        customers = try object.integer("customers", in: 1...100_000_000)
        guard annualKilowattHours == nil || shape != nil else {
            throw .invalidConfiguration("\(object.path) has annual_kwh and no shape: an energy needs one, H0, G0 or L0")
        }
    }
}
