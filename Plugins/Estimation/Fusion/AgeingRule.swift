/// How the trust in a value declines with its age: the quantity wanders on, unmeasured, as a random walk does.
///
/// sigma(age)² = sigma² + drift²·(age − interval) for an age beyond the interval at which the source reports, so that a value that is as
/// young as it can be keeps its meter's accuracy.
public struct AgeingRule: Hashable, Sendable {
    /// Time between two values of a healthy source, seconds.
    public var intervalSeconds: Double
    /// How far the quantity wanders within a second, as a part of `scale` of the measurement, per √s.
    public var relativeDrift: Double
    /// An older value is left out; the pseudo-measurement of the place takes its part.
    public var expirySeconds: Double

    public init(intervalSeconds: Double, relativeDrift: Double, expirySeconds: Double) {
        self.intervalSeconds = intervalSeconds
        self.relativeDrift = relativeDrift
        self.expirySeconds = expirySeconds
    }

    /// 50 values a second.
    public static let pmu = AgeingRule(intervalSeconds: 0.02, relativeDrift: 0.003, expirySeconds: 60)
    /// A poll every few seconds.
    public static let scada = AgeingRule(intervalSeconds: 10, relativeDrift: 0.005, expirySeconds: 900)
    /// A mean of a quarter of an hour. A load differs from it by some 15 % after another quarter, and is anyone's guess after a day.
    public static let quarterHourMeter = AgeingRule(intervalSeconds: 900, relativeDrift: 0.005, expirySeconds: 2 * 86_400)
    /// A profile is as good at any time.
    public static let profile = AgeingRule(intervalSeconds: .infinity, relativeDrift: 0, expirySeconds: .infinity)

    /// The standard deviation of a value of this age; infinite when it has expired.
    ///
    /// - Parameters:
    ///   - sigma: of the fresh value.
    ///   - scale: the size of the quantity that the drift is a part of, in the unit of `sigma`: 1 for a voltage per unit, a load's usual
    ///     power.
    public func sigma(_ sigma: Double, scale: Double, ageSeconds: Double) -> Double {
        guard ageSeconds <= expirySeconds else { return .infinity }
        let beyond = max(0, ageSeconds - intervalSeconds)
        let drift = relativeDrift * scale
        return (sigma * sigma + drift * drift * beyond).squareRoot()
    }
}
