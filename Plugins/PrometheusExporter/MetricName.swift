import Readings

/// Names of metrics, after Prometheus' conventions: base units, spelt out, at the end.
enum MetricName {
    /// Whether a text can be the name of a metric or label.
    static func isValid(_ name: String) -> Bool { Measurand.isFieldName(name) }

    /// The metric of a measurand.
    /// - Returns: nil if the measurand's name can't be part of one.
    static func of(measurand: UnsafeRawBufferPointer, prefix: String) -> (name: String, help: String)? {
        if let (_, stem, help) = known.first(where: { Array($0.measurand.utf8).elementsEqual(measurand) }) {
            return ("\(prefix)_\(stem)", help)
        }
        guard Measurand.isFieldName(measurand) else { return nil }
        let name = String(decoding: measurand, as: UTF8.self)
        return ("\(prefix)_\(name.lowercased())", "Readings of \(name), in the unit of the device.")
    }

    private static let known: [(measurand: String, stem: String, help: String)] = [
        ("voltmagnitude", "voltage_magnitude_volts", "Voltage magnitude, phase to ground, RMS."),
        ("voltangle", "voltage_angle_radians", "Voltage angle."),
        ("currmagnitude", "current_magnitude_amperes", "Current magnitude, RMS."),
        ("currangle", "current_angle_radians", "Current angle."),
        ("activepower", "active_power_watts", "Active power."),
        ("reactivepower", "reactive_power_vars", "Reactive power."),
        ("apparentpower", "apparent_power_voltamperes", "Apparent power."),
        ("frequency", "frequency_hertz", "Frequency."),
        ("rocof", "frequency_change_hertz_per_second", "Rate of change of frequency."),
    ]
}
