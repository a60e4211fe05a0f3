internal import Grid

/// What somebody offers to do for the grid, and at what price.
public struct FlexibilityOffer: Sendable {
    /// Names it in results.
    public var id: String
    /// Where, with the shares of each node.
    public var places: [FlexibilityPlace]
    /// Reactive power that comes with each kW, in kvar consumed.
    public var reactivePerActive: Double
    /// How much more may be consumed in each interval, kW; at least 0.
    public var mostIncreaseKW: [Double]
    /// How much less may be consumed, or more fed in, in each interval, kW; at least 0.
    public var mostReductionKW: [Double]
    /// Price of a kWh more consumption in each interval. Negative where the provider pays for it.
    public var increasePrice: [Double]
    /// Price of a kWh less consumption in each interval.
    public var reductionPrice: [Double]
    /// Energy of all increases together, kWh; no bound where nil.
    public var mostIncreaseKWh: Double?
    /// Energy of all reductions together, kWh; no bound where nil.
    public var mostReductionKWh: Double?
    /// How far the activation may change from one interval to the next, kW, also from none before the first; no bound where nil.
    public var rampKW: Double?
    /// Least and most energy in store beyond the present, kWh, at the end of every interval: of a battery what may be taken (≤ 0) and filled
    /// in (≥ 0), without losses. No bound where nil.
    public var storedKWh: ClosedRange<Double>?
    /// What the consumer makes up for afterwards; nothing where nil.
    public var rebound: Rebound?

    /// Consumption that comes back later: a heat pump that was held off runs longer afterwards.
    public struct Rebound: Hashable, Sendable {
        /// How much of the energy comes back: 1 for all, 0.8 where some is saved. An increase is made up for in the other direction.
        public var share: Double
        /// In which intervals after the activation, evenly: 1...4 for the hour after a quarter of an hour.
        public var after: ClosedRange<Int>

        /// Energy that comes back evenly in the intervals after an activation.
        public init(share: Double, after: ClosedRange<Int>) {
            self.share = share
            self.after = after
        }
    }

    /// An offer with all its limits in each interval of the forecast.
    public init(
        id: String, places: [FlexibilityPlace], mostIncreaseKW: [Double], mostReductionKW: [Double], increasePrice: [Double],
        reductionPrice: [Double], reactivePerActive: Double = 0, mostIncreaseKWh: Double? = nil, mostReductionKWh: Double? = nil,
        rampKW: Double? = nil, storedKWh: ClosedRange<Double>? = nil, rebound: Rebound? = nil
    ) {
        (self.id, self.places, self.reactivePerActive) = (id, places, reactivePerActive)
        (self.mostIncreaseKW, self.mostReductionKW) = (mostIncreaseKW, mostReductionKW)
        (self.increasePrice, self.reductionPrice) = (increasePrice, reductionPrice)
        (self.mostIncreaseKWh, self.mostReductionKWh, self.rampKW) = (mostIncreaseKWh, mostReductionKWh, rampKW)
        (self.storedKWh, self.rebound) = (storedKWh, rebound)
    }

    /// The same limits and prices in every interval.
    public init(
        id: String, node: Int, intervalCount: Int, mostIncreaseKW: Double = 0, mostReductionKW: Double = 0, increasePrice: Double = 0,
        reductionPrice: Double = 0
    ) {
        func each(_ value: Double) -> [Double] { Array(repeating: value, count: intervalCount) }
        self.init(
            id: id, places: [FlexibilityPlace(node: node)], mostIncreaseKW: each(mostIncreaseKW), mostReductionKW: each(mostReductionKW),
            increasePrice: each(increasePrice), reductionPrice: each(reductionPrice))
    }

    /// - Throws: ``CongestionError`` naming the first thing that does not fit.
    func check(_ grid: CongestionGrid, _ forecast: NetLoadForecast) throws(CongestionError) {
        if let defect = places.defect(grid) { throw .invalidOffer(id, defect) }
        guard reactivePerActive.isFinite else { throw .invalidOffer(id, "its reactive power is \(reactivePerActive) kvar per kW: expected a number") }
        for (name, values) in [
            ("increases", mostIncreaseKW), ("reductions", mostReductionKW), ("prices of increases", increasePrice), ("prices of reductions", reductionPrice),
        ] {
            guard values.count == forecast.intervalCount else {
                throw .invalidOffer(id, "\(values.count) \(name) for \(forecast.intervalCount) intervals of the forecast")
            }
            if let interval = values.firstIndex(where: { !$0.isFinite }) {
                throw .invalidOffer(id, "the \(name) of interval \(interval) are \(values[interval]): expected a number")
            }
        }
        for interval in mostIncreaseKW.indices {
            guard mostIncreaseKW[interval] >= 0, mostReductionKW[interval] >= 0 else {
                throw .invalidOffer(id, "\(mostIncreaseKW[interval]) kW up and \(mostReductionKW[interval]) kW down in interval \(interval): expected amounts of at least 0")
            }
            guard increasePrice[interval] + reductionPrice[interval] >= 0 else {
                throw .invalidOffer(id, "both directions together earn money in interval \(interval), a price for doing nothing: expected prices with a sum of at least 0")
            }
        }
        try checkBounds()
    }

    private func checkBounds() throws(CongestionError) {
        for (name, bound) in [("energy of increases", mostIncreaseKWh), ("energy of reductions", mostReductionKWh), ("ramp", rampKW)] {
            if let bound, !(bound >= 0) { throw .invalidOffer(id, "its \(name) is bounded by \(bound): expected at least 0") }
        }
        if let storedKWh, !(storedKWh.lowerBound <= 0 && storedKWh.upperBound >= 0) {
            throw .invalidOffer(id, "its store holds \(storedKWh.lowerBound) to \(storedKWh.upperBound) kWh beyond the present: expected a range around 0")
        }
        if let rebound, !(rebound.share >= 0 && rebound.share.isFinite && rebound.after.lowerBound >= 1) {
            throw .invalidOffer(id, "\(rebound.share) of it come back after \(rebound.after) intervals: expected a share of at least 0, from interval 1 on")
        }
    }

    /// What an activation of 1 kW in one interval does to consumption in each: itself, and what comes back. Beyond the last interval it is not seen.
    func effects(of interval: Int, count: Int) -> [(interval: Int, share: Double)] {
        guard let rebound, rebound.share > 0 else { return [(interval, 1)] }
        let part = -rebound.share / Double(rebound.after.count)
        return [(interval, 1)] + rebound.after.lazy.map { interval + $0 }.filter { $0 < count }.map { ($0, part) }
    }
}
