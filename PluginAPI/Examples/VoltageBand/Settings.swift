import PluginAPI

/// What the manifest's `config` says.
struct Settings {
    /// The nominal phase-to-ground voltage. No default: a wrong one would make every alarm wrong.
    var nominalVolts: Double
    /// Half the width of the band, in percent of the nominal voltage. EN 50160:2010, section 4.2.2: 10.
    var bandPercent = 10.0
    var database = "dsotp"
    var measurement = "voltage_band"

    /// Reads the configuration, or refuses it with a sentence.
    init(_ configuration: Configuration) throws {
        let config: JSONValue
        do throws(JSONError) { config = try JSONValue(configuration.json) } catch {
            throw ServiceError.invalidConfiguration("config is not JSON, \(error)")
        }
        guard let nominal = config["nominal_volts"]?.number, nominal > 0, nominal < 1e6 else {
            throw ServiceError.invalidConfiguration(
                "config needs nominal_volts, the phase-to-ground voltage in volts, for example 230")
        }
        nominalVolts = nominal
        for (key, value) in config.members ?? [] {
            switch (key, value) {
            case ("nominal_volts", _): break
            case ("band_percent", .number(let percent, _)) where percent > 0 && percent < 100: bandPercent = percent
            case ("database", .text(let name)) where !name.isEmpty: database = name
            case ("measurement", .text(let name)) where !name.isEmpty: measurement = name
            default:
                throw ServiceError.invalidConfiguration(
                    "config has '\(key)', which is unknown or has a wrong value (\(value.kind))")
            }
        }
    }
}
