internal import Grid

/// A network tariff signal: what a kWh more at each node costs the grid in each interval, for the day ahead.
///
/// The distribution locational marginal price less the price of energy (Papavasiliou, "Analysis of Distribution Locational Marginal Prices", IEEE Trans.
/// Smart Grid 9(5), 2018), at node n in interval t:
///
///     π(n,t) = λ(t) · ∂losses/∂P(n)  +  Σ μ(c,t) · ∂voltage excess(c)/∂P(n)  +  Σ μ(c,t) · ∂current excess(c)/∂P(n)
///
/// with λ the price of energy at the external grid and μ the shadow prices of the limits that bind in a ``FlexibilityPlan``, summed up over all
/// quantiles; derivatives are exact ones of the power flow with that plan. Positive: consuming there costs, feeding in earns. Without congestion the
/// losses are left, so that the signal is defined for every supplied node and interval; it is nil for nodes without supply.
public struct NetworkTariff: Sendable {
    /// A price and what it is made of, per kWh consumed.
    public struct Price: Hashable, Sendable {
        /// Marginal losses at the price of energy, in the median case.
        public var losses: Double
        /// What limits of the voltage make it worth to consume less (or, negative, more).
        public var voltage: Double
        /// What limits of lines and transformers make it worth.
        public var current: Double

        /// All of it.
        public var total: Double { losses + voltage + current }
    }

    /// How many intervals there are.
    public let intervalCount: Int
    /// How long each is.
    public let intervalHours: Double
    /// By interval, then node of the network.
    private let prices: [[Price?]]

    /// - Parameters:
    ///   - grid: the intact grid.
    ///   - plan: of the same grid and forecast, with the offers that are to be expected; one without any prices congestion at the violation price.
    ///   - energyPrice: of a kWh at the external grid in each interval.
    ///   - highestPrice: every part is kept within plus and minus this; no bound where nil.
    /// - Throws: ``CongestionError`` where they do not fit each other, or the median case of an interval has no solution.
    public init(
        _ grid: CongestionGrid, forecast: NetLoadForecast, plan: FlexibilityPlan, offers: [FlexibilityOffer], energyPrice: [Double],
        highestPrice: Double? = nil
    ) throws(CongestionError) {
        guard energyPrice.count == forecast.intervalCount, energyPrice.allSatisfy(\.isFinite) else {
            throw .invalidForecast("\(energyPrice.count) prices of energy for \(forecast.intervalCount) intervals: expected a number for each")
        }
        guard plan.deviations.count == forecast.intervalCount, plan.deviations.allSatisfy({ $0.count == offers.count }) else {
            throw .invalidForecast("the plan is of \(plan.deviations.count) intervals, the forecast of \(forecast.intervalCount), or it is of other offers")
        }
        if let highestPrice, !(highestPrice >= 0) { throw .invalidForecast("the highest price is \(highestPrice): expected at least 0") }
        (intervalCount, intervalHours) = (forecast.intervalCount, forecast.intervalHours)
        let bound = highestPrice ?? .infinity
        func bounded(_ value: Double) -> Double { min(bound, max(-bound, value)) }
        var solver = try CaseSolver(grid, forecast)
        let perKilowatt = offers.map { $0.places.perKilowatt(grid, reactivePerActive: $0.reactivePerActive) }
        let gradients = try grid.gradients.get()
        var state = PowerFlowState()
        var prices: [[Price?]] = []
        for interval in 0..<forecast.intervalCount {
            solver.load(interval: interval, quantile: forecast.medianQuantile)
            for (offer, kilowatts) in plan.deviations[interval].enumerated() where kilowatts != 0 { solver.add(perKilowatt[offer], times: kilowatts) }
            if let failure = try solver.solve(into: &state) {
                let congestion = grid.collapse(failure, interval: interval, quantile: forecast.quantiles[forecast.medianQuantile])
                throw .solver("there is no tariff for interval \(interval): \(congestion.description)")
            }
            try gradients.linearise(at: state.voltages)
            let given = try gradients.sourcePower()
            let (voltage, current) = (plan.voltagePrices[interval], plan.currentPrices[interval])
            prices.append(grid.index.nodeOfNetworkNode.enumerated().map { position, node in
                guard node >= 0 else { return nil }
                return Price(
                    losses: bounded(energyPrice[interval] * (given[Int(node)].real - 1)), voltage: voltage.isEmpty ? 0 : bounded(voltage[position]),
                    current: current.isEmpty ? 0 : bounded(current[position]))
            })
        }
        self.prices = prices
    }

    /// The price of a node (position in `Network.nodes`) in an interval; nil without supply.
    public func price(node: Int, interval: Int) -> Price? { prices[interval][node] }

    /// The mean price of each hour, from as many intervals as begin in it; of the intervals themselves where they are no shorter than an hour.
    public func hourlyPrices(node: Int) -> [Price?] {
        let perHour = max(1, Int((1 / intervalHours).rounded()))
        return stride(from: 0, to: intervalCount, by: perHour).map { first in
            let found = (first..<min(first + perHour, intervalCount)).compactMap { prices[$0][node] }
            guard !found.isEmpty else { return nil }
            func mean(_ part: (Price) -> Double) -> Double { found.reduce(0) { $0 + part($1) } / Double(found.count) }
            return Price(losses: mean(\.losses), voltage: mean(\.voltage), current: mean(\.current))
        }
    }
}
