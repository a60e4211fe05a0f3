internal import Grid

/// A share of a request or an offer at one node.
public struct FlexibilityPlace: Hashable, Sendable {
    /// Position in `Network.nodes`; `CongestionGrid.node(_:)` finds it.
    public var node: Int
    /// Of the whole; the shares of one request add up to 1.
    public var share: Double

    /// All of it at one node, unless a share is given.
    public init(node: Int, share: Double = 1) {
        self.node = node
        self.share = share
    }

    /// Shares of several nodes in proportion to what the forecast expects of each in the median, summed up over all intervals; equal ones where it
    /// expects nothing of any.
    public static func shared(among nodes: [Int], by forecast: NetLoadForecast) -> [FlexibilityPlace] {
        let weights = nodes.map { node in
            (0..<forecast.intervalCount).reduce(0.0) { $0 + abs(forecast.power(node: node, interval: $1, quantile: forecast.medianQuantile).real) }
        }
        let total = weights.reduce(0, +)
        return zip(nodes, weights).map { FlexibilityPlace(node: $0, share: total > 0 ? $1 / total : 1 / Double(nodes.count)) }
    }
}

/// What somebody wants to do with the grid: a range of power beyond the forecast, for each interval.
public struct CapacityRequest: Sendable {
    /// Where; a congestion point or a community is the nodes behind it, with their shares.
    public var places: [FlexibilityPlace]
    /// Least deviation from the forecast in each interval, kW, consumption positive: −50 asks for fifty less consumption or more feed-in.
    public var minimumKW: [Double]
    /// Most deviation in each interval, kW.
    public var maximumKW: [Double]
    /// Reactive power that comes with each kW, in kvar consumed: tan φ; 0 for inverters at a power factor of 1.
    public var reactivePerActive: Double

    /// A range of deviation in each interval of the forecast. Whatever lies between 0 and either end may be taken.
    public init(places: [FlexibilityPlace], minimumKW: [Double], maximumKW: [Double], reactivePerActive: Double = 0) {
        self.places = places
        self.minimumKW = minimumKW
        self.maximumKW = maximumKW
        self.reactivePerActive = reactivePerActive
    }

    /// - Throws: ``CongestionError`` for what does not fit the network and the forecast.
    func check(_ grid: CongestionGrid, _ forecast: NetLoadForecast) throws(CongestionError) {
        if let defect = places.defect(grid) { throw .invalidRequest(defect) }
        guard reactivePerActive.isFinite else { throw .invalidRequest("its reactive power is \(reactivePerActive) kvar per kW: expected a number") }
        guard minimumKW.count == forecast.intervalCount, maximumKW.count == forecast.intervalCount else {
            throw .invalidRequest("\(minimumKW.count) least and \(maximumKW.count) most powers for \(forecast.intervalCount) intervals of the forecast")
        }
        for interval in minimumKW.indices {
            let (least, most) = (minimumKW[interval], maximumKW[interval])
            guard least.isFinite, most.isFinite, least <= most else {
                throw .invalidRequest("interval \(interval) asks for \(least) to \(most) kW: expected two numbers, the smaller first")
            }
        }
    }
}

extension [FlexibilityPlace] {
    /// What is wrong with them; nil if nothing is.
    func defect(_ grid: CongestionGrid) -> String? {
        guard !isEmpty else { return "it names no node" }
        if let bad = first(where: { !grid.network.nodes.indices.contains($0.node) }) {
            return "it names node \(bad.node) of a network with \(grid.network.nodes.count) nodes"
        }
        if let bad = first(where: { !($0.share >= 0) || !$0.share.isFinite }) {
            return "the share of '\(grid.network.nodes[bad.node].identity.name)' is \(bad.share): expected a number of at least 0"
        }
        let sum = reduce(0) { $0 + $1.share }
        return abs(sum - 1) > 1e-6 ? "the shares of its nodes add up to \(sum): expected 1" : nil
    }

    /// A kilowatt of deviation as consumption in per unit by node of the model; places without supply are left out.
    func perKilowatt(_ grid: CongestionGrid, reactivePerActive: Double) -> [(node: Int32, power: Complex)] {
        let scale = 1000 / grid.grid.basePowerVA
        return compactMap { place in
            let node = grid.index.nodeOfNetworkNode[place.node]
            return node < 0 ? nil : (node, Complex(place.share * scale, place.share * scale * reactivePerActive))
        }
    }
}
