import Estimation
import PluginAPI

/// What is to be expected of the devices of one kind: their accuracy and how their values age.
struct MeterClass {
    var name: String
    var ageing: AgeingRule
    /// Standard deviation of a voltage, of the nominal voltage.
    var voltageSigma: Double
    /// Standard deviation of an angle in radian.
    var angleSigma: Double
    /// Standard deviation of a current, of its value.
    var currentSigma: Double
    /// Standard deviation of a power, of its value.
    var powerSigma: Double

    static let pmu = MeterClass(
        name: "pmu", ageing: .pmu, voltageSigma: 0.001, angleSigma: 0.1 * .pi / 180, currentSigma: 0.005, powerSigma: 0.01)
    static let scada = MeterClass(
        name: "scada", ageing: .scada, voltageSigma: 0.005, angleSigma: 1 * .pi / 180, currentSigma: 0.01, powerSigma: 0.02)
    static let meter = MeterClass(
        name: "meter", ageing: .quarterHourMeter, voltageSigma: 0.005, angleSigma: 1 * .pi / 180, currentSigma: 0.02, powerSigma: 0.02)

    /// The classes that a configuration may name without describing them.
    static let known = [pmu, scada, meter]
}

extension MeterClass {
    /// A class of the configuration: one of those that are known, or a new one like `scada`, with what the object changes of it.
    init(_ object: ConfigurationObject, name: String) throws(ServiceError) {
        self = Self.known.first { $0.name == name } ?? .scada
        self.name = name
        try object.allow([
            "voltage_percent", "angle_degrees", "current_percent", "power_percent", "interval_seconds", "drift_percent", "expiry_seconds",
        ])
        voltageSigma = try object.number("voltage_percent", in: 0.0001...100).map { $0 / 100 } ?? voltageSigma
        angleSigma = try object.number("angle_degrees", in: 0.0001...180).map { $0 * .pi / 180 } ?? angleSigma
        currentSigma = try object.number("current_percent", in: 0.0001...100).map { $0 / 100 } ?? currentSigma
        powerSigma = try object.number("power_percent", in: 0.0001...100).map { $0 / 100 } ?? powerSigma
        ageing.intervalSeconds = try object.number("interval_seconds", in: 0.001...1e9) ?? ageing.intervalSeconds
        ageing.relativeDrift = try object.number("drift_percent", in: 0...100).map { $0 / 100 } ?? ageing.relativeDrift
        ageing.expirySeconds = try object.number("expiry_seconds", in: 0.001...1e9) ?? ageing.expirySeconds
    }
}
