public import Grid

/// What the customers of each node are expected to take from the grid, per interval and quantile.
///
/// Consumption is positive, feed-in negative. A quantile is one load case: all nodes have their P90 at once, which is careful, as the quantiles of a
/// sum lie nearer to each other than the sums of the quantiles. P10 of the net load is the case of most feed-in.
public struct NetLoadForecast: Sendable {
    /// Positions in `Network.nodes`.
    public let nodes: [Int]
    /// How many intervals there are.
    public let intervalCount: Int
    /// How long each is, in hours: 0.25 for a quarter of an hour.
    public let intervalHours: Double
    /// Ascending, between 0 and 1.
    public let quantiles: [Double]
    /// By quantile, then interval, then place in ``nodes``; consumed, in volt-ampere.
    private var powers: [Complex]
    private let places: [Int: Int]

    /// A forecast in which nobody takes anything yet.
    ///
    /// - Parameter nodes: positions in `Network.nodes` for which there is a forecast, in any order; one that is named twice counts once.
    /// - Throws: ``CongestionError`` where there is no interval or quantile, or quantiles do not ascend between 0 and 1.
    public init(nodes: [Int], intervalCount: Int, intervalHours: Double, quantiles: [Double] = [0.5]) throws(CongestionError) {
        guard intervalCount > 0 else { throw .invalidForecast("\(intervalCount) intervals, expected at least one") }
        guard intervalHours > 0, intervalHours.isFinite else { throw .invalidForecast("an interval of \(intervalHours) hours, expected more than 0") }
        guard !quantiles.isEmpty, quantiles.allSatisfy({ $0 > 0 && $0 < 1 }), zip(quantiles, quantiles.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw .invalidForecast("the quantiles \(quantiles), expected ascending numbers between 0 and 1")
        }
        var places: [Int: Int] = [:]
        var unique: [Int] = []
        for node in nodes where places[node] == nil {
            places[node] = unique.count
            unique.append(node)
        }
        (self.nodes, self.places) = (unique, places)
        (self.intervalCount, self.intervalHours, self.quantiles) = (intervalCount, intervalHours, quantiles)
        powers = Array(repeating: .zero, count: quantiles.count * intervalCount * unique.count)
    }

    /// The network's own loads and generators, the same in every interval and quantile: where forecasts are laid over.
    public init(loadsOf network: Network, intervalCount: Int, intervalHours: Double, quantiles: [Double] = [0.5]) throws(CongestionError) {
        let loads = network.loads.compactMap { load in load.terminal.connectedNode.map { ($0, load.power ?? .zero) } }
        let generators = network.generators.compactMap { plant in plant.terminal.connectedNode.map { ($0, -(plant.power ?? .zero)) } }
        try self.init(
            nodes: (loads + generators).map(\.0), intervalCount: intervalCount, intervalHours: intervalHours, quantiles: quantiles)
        for (node, power) in loads + generators {
            for quantile in quantiles.indices {
                for interval in 0..<intervalCount { add(power, node: node, interval: interval, quantile: quantile) }
            }
        }
    }

    /// The consumed power of a node in volt-ampere; nothing for a node without a forecast.
    public func power(node: Int, interval: Int, quantile: Int) -> Complex {
        places[node].map { powers[place($0, interval, quantile)] } ?? .zero
    }

    /// Sets the consumed power of a node in volt-ampere.
    ///
    /// - Parameter quantile: position in ``quantiles``.
    public mutating func set(_ power: Complex, node: Int, interval: Int, quantile: Int) {
        guard let place = places[node] else { preconditionFailure("node \(node) is not among the nodes of the forecast") }
        powers[self.place(place, interval, quantile)] = power
    }

    /// Adds to the consumed power of a node, in volt-ampere: the loads of one node one after the other.
    public mutating func add(_ power: Complex, node: Int, interval: Int, quantile: Int) {
        guard let place = places[node] else { preconditionFailure("node \(node) is not among the nodes of the forecast") }
        powers[self.place(place, interval, quantile)] += power
    }

    /// The position of the quantile that is nearest to the median.
    public var medianQuantile: Int { quantiles.indices.min { abs(quantiles[$0] - 0.5) < abs(quantiles[$1] - 0.5) } ?? 0 }

    /// The powers of one case, in the order of ``nodes``.
    func powers(interval: Int, quantile: Int) -> ArraySlice<Complex> {
        let first = place(0, interval, quantile)
        return powers[first..<first + nodes.count]
    }

    private func place(_ place: Int, _ interval: Int, _ quantile: Int) -> Int {
        precondition(interval >= 0 && interval < intervalCount && quantile >= 0 && quantile < quantiles.count, "interval \(interval), quantile \(quantile)")
        return (quantile * intervalCount + interval) * nodes.count + place
    }

    /// - Throws: ``CongestionError`` naming the first node that the network does not have, or the first number that is none.
    func check(_ network: Network) throws(CongestionError) {
        if let node = nodes.first(where: { !network.nodes.indices.contains($0) }) {
            throw .invalidForecast("it names node \(node) of a network with \(network.nodes.count) nodes")
        }
        guard let bad = powers.firstIndex(where: { !$0.isFinite }) else { return }
        let (node, rest) = (nodes[bad % nodes.count], bad / nodes.count)
        throw .invalidForecast(
            "node '\(network.nodes[node].identity.name)' has the power \(powers[bad].real) W, \(powers[bad].imaginary) var in interval \(rest % intervalCount) "
                + "at \(Figures.quantile(quantiles[rest / intervalCount])): expected numbers")
    }
}
