/// How far customers are from their profile: much for one household, little for a street, never nothing.
///
/// sigma² = mean² · (single²/n + common²): what customers do by themselves averages out over n of them, what they do together (weather,
/// a wrong annual energy, a profile that does not suit) stays.
public struct ProfileUncertainty: Hashable, Sendable {
    /// Of one customer's mean power over the year. The 100 households of the IEEE European low-voltage test feeder lie 1.25 of their mean
    /// off their common shape in quarter hours, 3 of them 0.75, 10 of them 0.40, 30 of them 0.21.
    public var single: Double
    /// The part that all share.
    public var common: Double
    /// What one customer draws in a year, in kilowatt-hours, where nobody counts customers.
    public var usualKilowattHours: Double

    public init(single: Double = 1.25, common: Double = 0.1, usualKilowattHours: Double = 3_500) {
        self.single = single
        self.common = common
        self.usualKilowattHours = usualKilowattHours
    }

    /// What suits a profile: a business or a farm draws more than a household, and is steadier.
    public static func usual(_ profile: LoadProfile) -> ProfileUncertainty {
        switch profile {
        case .household: ProfileUncertainty()
        case .business: ProfileUncertainty(single: 0.7, common: 0.15, usualKilowattHours: 20_000)
        case .agriculture: ProfileUncertainty(single: 0.8, common: 0.15, usualKilowattHours: 15_000)
        }
    }

    /// The standard deviation of a quarter hour's mean power in watt.
    /// - Parameter customers: nil: as many as the annual energy makes likely, at least one.
    public func sigmaWatts(annualKilowattHours: Double, customers: Int? = nil) -> Double {
        let count = max(1, customers.map(Double.init) ?? annualKilowattHours / usualKilowattHours)
        let mean = annualKilowattHours * 1_000 / LoadProfile.hoursOfYear
        return mean * (single * single / count + common * common).squareRoot()
    }
}
