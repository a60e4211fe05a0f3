/// What the grid may bear: the site's rules beside the ratings and bands that the network model tells.
public struct CongestionLimits: Hashable, Sendable {
    /// Lowest and highest voltage of every node, per unit of its nominal voltage; where a node has limits of its own, the narrower ones count.
    /// EN 50160 allows 0.9 … 1.1.
    public var voltageBand: ClosedRange<Double>
    /// Current over rated current that lines and transformers may carry in the intact grid: 0.6 where half of a ring must take over the other.
    public var highestLoading: Double
    /// The same after an outage: 1.2 where a site allows a fifth more until it is repaired.
    public var highestLoadingAfterOutage: Double
    /// Rated current in ampere by the mRID of a line, or of a transformer for its high-voltage side, in place of the model's: a dynamic
    /// rating, the weakest switch in a bay, a contract.
    public var ratedAmperes: [String: Double]

    /// EN 50160's band of medium voltage and full ratings, unless given.
    public init(
        voltageBand: ClosedRange<Double> = 0.9...1.1, highestLoading: Double = 1, highestLoadingAfterOutage: Double = 1,
        ratedAmperes: [String: Double] = [:]
    ) {
        self.voltageBand = voltageBand
        self.highestLoading = highestLoading
        self.highestLoadingAfterOutage = highestLoadingAfterOutage
        self.ratedAmperes = ratedAmperes
    }

    /// What is wrong with them; nil if nothing is.
    var defect: String? {
        if !(voltageBand.lowerBound >= 0 && voltageBand.upperBound.isFinite) { return "the voltage band \(voltageBand) is none" }
        for loading in [highestLoading, highestLoadingAfterOutage] where !(loading > 0) {
            return "a highest loading of \(loading) allows nothing: expected a number above 0, 1 for the rated current"
        }
        for (mRID, amperes) in ratedAmperes where !(amperes > 0) { return "the rated current of '\(mRID)' is \(amperes) A: expected more than 0" }
        return nil
    }
}
