internal import Grid

extension DispatchSearch {
    /// The result in the words of those who ordered it.
    func plan(notes: [String]) throws(CongestionError) -> FlexibilityPlan {
        let bindings = try bindings()
        let activations = activations()
        return FlexibilityPlan(
            activations: activations, requests: requests(activations), cost: activations.reduce(0) { $0 + $1.cost }, congestionsBefore: before,
            remaining: remaining, bindingLimits: bindings.limits, rounds: rounds, notes: notes, deviations: deviations,
            voltagePrices: bindings.voltagePrices, currentPrices: bindings.currentPrices)
    }

    private func activations() -> [FlexibilityPlan.Activation] {
        guard let point else { return [] }
        var activations: [FlexibilityPlan.Activation] = []
        for interval in 0..<forecast.intervalCount {
            for (position, offer) in offers.enumerated() {
                let (up, down) = (point.increases[interval][position], point.reductions[interval][position])
                let rebound = deviations[interval][position] - (up - down)
                guard abs(up - down) >= 0.001 || abs(rebound) >= 0.001 else { continue }
                let cost = (up * offer.increasePrice[interval] + down * offer.reductionPrice[interval]) * forecast.intervalHours
                activations.append(FlexibilityPlan.Activation(
                    offer: position, offerID: offer.id, interval: interval, kilowatts: up - down, reboundKW: rebound, cost: cost))
            }
        }
        return activations
    }

    private func requests(_ activations: [FlexibilityPlan.Activation]) -> [FlexibilityPlan.NodeRequest] {
        var sums: [Int: [Int: Double]] = [:]
        for activation in activations where abs(activation.kilowatts) >= 0.001 {
            for place in offers[activation.offer].places where place.share > 0 {
                sums[activation.interval, default: [:]][place.node, default: 0] += place.share * activation.kilowatts
            }
        }
        let network = grids[0].network
        return sums.sorted { $0.key < $1.key }.flatMap { interval, nodes in
            nodes.sorted { $0.key < $1.key }.map { node, kilowatts in
                let identity = network.nodes[node].busbar ?? network.nodes[node].identity
                return FlexibilityPlan.NodeRequest(
                    node: node, element: GridElement(mRID: identity.mRID, name: identity.name, kind: .node), interval: interval, kilowatts: kilowatts)
            }
        }
    }
}
