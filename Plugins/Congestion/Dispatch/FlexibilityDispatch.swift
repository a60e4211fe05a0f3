internal import Grid
public import LinearProgramming

/// How a dispatch is searched.
public struct DispatchOptions: Hashable, Sendable {
    /// What a kWh may cost at the node where it helps a limit most; a limit whose cure is dearer stays exceeded and is named.
    public var violationPrice: Double
    /// Linear programs at most.
    public var mostRounds: Int
    /// Of each linear program.
    public var limits: SolveLimits

    /// A violation price of 10 a kWh, the order of the value of lost load.
    public init(violationPrice: Double = 10, mostRounds: Int = 20, limits: SolveLimits = SolveLimits()) {
        self.violationPrice = violationPrice
        self.mostRounds = mostRounds
        self.limits = limits
    }
}

/// The DSO's own need: finds the cheapest flexibility with which every case of a forecast keeps every limit.
///
/// Successive linear programming. Each round solves the exact power flow of every case with the deviations so far, linearises the limits that are or were
/// exceeded round that solution (``AdjointGradients``), and lets a linear program choose the cheapest activations within all offers'
/// limits. It ends when the exact power flow exceeds nothing that the program does not know of and the cost has come to rest. All cases
/// share one set of activations: what is ordered cures P10 as well as P90.
public struct FlexibilityDispatch {
    private let grids: [CongestionGrid]
    private let forecast: NetLoadForecast
    private let options: DispatchOptions
    private var notes: [String] = []

    /// - Parameters:
    ///   - contingencies: outages in which the limits have to hold too. Each keeps a calculation model in memory: give those that an outlook
    ///     found congestion with.
    /// - Throws: ``CongestionError`` where forecast and grid do not fit.
    public init(
        _ grid: CongestionGrid, forecast: NetLoadForecast, contingencies: [Contingency] = [], options: DispatchOptions = DispatchOptions()
    ) throws(CongestionError) {
        try forecast.check(grid.network)
        guard options.violationPrice > 0, options.violationPrice.isFinite else {
            throw .solver("the violation price is \(options.violationPrice): expected more than 0")
        }
        var grids = [grid]
        for contingency in contingencies {
            do throws(CongestionError) {
                grids.append(try CongestionGrid(grid.network, limits: grid.limits, contingency: contingency))
            } catch {
                guard error.code == .invalidGrid else { throw error }
                notes.append("\(contingency.name): \(error.description)")
            }
        }
        (self.grids, self.forecast, self.options) = (grids, forecast, options)
    }

    /// The cheapest plan, or the nearest with each limit named that stays exceeded.
    ///
    /// - Throws: ``CongestionError`` where an offer does not fit, or a solver gives up.
    public func plan(_ offers: [FlexibilityOffer]) throws(CongestionError) -> FlexibilityPlan {
        for offer in offers { try offer.check(grids[0], forecast) }
        let search = try DispatchSearch(grids, forecast, offers, options)
        try search.run()
        return try search.plan(notes: notes + unsuppliedNotes(offers))
    }

    private func unsuppliedNotes(_ offers: [FlexibilityOffer]) -> [String] {
        offers.compactMap { offer in
            let dead = offer.places.filter { $0.share > 0 && !grids[0].isSupplied(node: $0.node) }
            guard let first = dead.first else { return nil }
            let name = grids[0].network.nodes[first.node].identity.name
            return "the offer '\(offer.id)' is not used: \(name)\(dead.count > 1 ? " and \(dead.count - 1) more" : "") has no closed path to an external grid"
        }
    }
}
