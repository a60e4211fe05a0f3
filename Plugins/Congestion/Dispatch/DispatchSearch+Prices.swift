internal import Grid

extension DispatchSearch {
    /// What binds in the end, in words and prices, and what that costs at each node.
    struct Bindings {
        var limits: [FlexibilityPlan.BindingLimit] = []
        /// By interval, then node of the network, per kWh; empty where nothing binds.
        var voltagePrices: [[Double]]
        var currentPrices: [[Double]]
    }

    func bindings() throws(CongestionError) -> Bindings {
        let none = [[Double]](repeating: [], count: forecast.intervalCount)
        var bindings = Bindings(voltagePrices: none, currentPrices: none)
        for (key, price) in (point?.prices ?? [:]).sorted(by: { $0.key.place < $1.key.place }) where price > 1e-9 {
            let voltages = state(key).voltages
            guard !voltages.isEmpty else { continue }
            bindings.add(binding(key, price, voltages))
            let prices = try nodalPrices(key, price, voltages)
            if key.limit.isVoltage { prices.add(to: &bindings.voltagePrices[key.interval]) } else { prices.add(to: &bindings.currentPrices[key.interval]) }
        }
        bindings.limits.sort { ($0.shadowPrice * $0.limit.limit, $1.limit.interval) > ($1.shadowPrice * $1.limit.limit, $0.limit.interval) }
        return bindings
    }

    private func binding(_ key: DispatchProgram.Key, _ price: Double, _ voltages: [Complex]) -> FlexibilityPlan.BindingLimit {
        let grid = grids[key.grid]
        let excess = grid.table.excess(key.limit, voltages, grid.grid.branches)
        // A unit of excess is the limit itself of a current, and nominal voltage of a voltage.
        let unit = abs(grid.figures(key.limit, excess: 1).value - grid.figures(key.limit, excess: 0).value)
        return FlexibilityPlan.BindingLimit(
            limit: grid.congestion(key.limit, excess: excess, interval: key.interval, quantile: forecast.quantiles[key.quantile]),
            shadowPrice: price / unit / forecast.intervalHours)
    }

    /// What a kWh more at each node of the network costs through one limit.
    private func nodalPrices(_ key: DispatchProgram.Key, _ price: Double, _ voltages: [Complex]) throws(CongestionError) -> [Double] {
        let grid = grids[key.grid]
        let gradients = try grid.gradients.get()
        try gradients.linearise(at: voltages)
        let gradient = try gradients.excess(key.limit, grid.table)
        let scale = price * 1000 / grid.grid.basePowerVA / forecast.intervalHours
        return grid.index.nodeOfNetworkNode.map { $0 < 0 ? 0 : scale * gradient[Int($0)].real }
    }
}

extension DispatchSearch.Bindings {
    /// Adds a limit; both ends of a line or transformer count as one.
    fileprivate mutating func add(_ binding: FlexibilityPlan.BindingLimit) {
        let same = limits.firstIndex { known in
            known.limit.element == binding.limit.element && known.limit.kind == binding.limit.kind && known.limit.interval == binding.limit.interval
                && known.limit.quantile == binding.limit.quantile && known.limit.contingency == binding.limit.contingency
        }
        if let same { limits[same].shadowPrice += binding.shadowPrice } else { limits.append(binding) }
    }
}

extension DispatchProgram.Key {
    /// In an order that is the same in every run.
    var place: String { "\(grid) \(interval) \(quantile) \(limit)" }
}

extension [Double] {
    fileprivate func add(to sums: inout [Double]) { sums = sums.isEmpty ? self : zip(sums, self).map { $0 + $1 } }
}
