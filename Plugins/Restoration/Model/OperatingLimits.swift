internal import Grid

/// What may not be exceeded after any step.
public struct OperatingLimits: Hashable, Sendable {
    /// Lowest and highest voltage of nodes with loads and lines, per unit. EN 50160 allows 0.9 … 1.1.
    public var voltageBand: ClosedRange<Double>
    /// Current over rated current of lines and transformers: 1.2 where a site allows a fifth more for the hours of a repair.
    public var highestLoading: Double
    /// What each external grid may give, in volt-ampere, by position in `Network.externalGrids`; no limit where nil or missing.
    public var sourceCapacitiesVA: [Int: Double]

    /// EN 50160's band of medium voltage, full ratings and sources without a limit, unless given.
    public init(voltageBand: ClosedRange<Double> = 0.9...1.1, highestLoading: Double = 1, sourceCapacitiesVA: [Int: Double] = [:]) {
        self.voltageBand = voltageBand
        self.highestLoading = highestLoading
        self.sourceCapacitiesVA = sourceCapacitiesVA
    }
}

/// The limits at each node and branch of a model, per unit.
struct ModelLimits: Sendable {
    var lowest: [Double]
    var highest: [Double]
    /// Rated current at the first and second end, infinite without one.
    var ratings: [BranchRating]
    /// What each source may give, per unit, in the order of ``SwitchingModel/sources``.
    var sourceCapacities: [Double]

    init(_ model: SwitchingModel, _ limits: OperatingLimits) {
        let (grid, base) = (model.grid, model.grid.basePowerVA)
        lowest = Array(repeating: limits.voltageBand.lowerBound, count: grid.nodeCount)
        highest = Array(repeating: limits.voltageBand.upperBound, count: grid.nodeCount)
        for (position, node) in model.network.nodes.enumerated() {
            let place = Int(model.index.nodeOfNetworkNode[position])
            guard place >= 0, let own = node.voltageLimits, grid.nominalVolts[place] > 0 else { continue }
            lowest[place] = max(lowest[place], own.lowerBound / grid.nominalVolts[place])
            highest[place] = min(highest[place], own.upperBound / grid.nominalVolts[place])
        }
        // Star points and the nodes behind a source's impedance are no places where anything is connected.
        for (node, origin) in model.index.nodeOrigins.enumerated() {
            if case .bus = origin { continue }
            lowest[node] = 0
            highest[node] = .infinity
        }
        ratings = zip(grid.branches, model.index.ratings).map { branch, amperes in
            func perUnit(_ amperes: Double, _ node: Int32) -> Double {
                amperes * limits.highestLoading * 3.0.squareRoot() * grid.nominalVolts[Int(node)] / base
            }
            return BranchRating(from: perUnit(amperes.first, branch.from), to: perUnit(amperes.second, branch.to))
        }
        let places = Self.externalGrids(model)
        sourceCapacities = model.sources.map { source in
            places[source.node].flatMap { limits.sourceCapacitiesVA[$0] }.map { $0 / base } ?? .infinity
        }
    }

    private static func externalGrids(_ model: SwitchingModel) -> [Int32: Int] {
        var places: [Int32: Int] = [:]
        for (node, origin) in model.index.nodeOrigins.enumerated() {
            if case .source(let position) = origin { places[Int32(node)] = position }
        }
        for (position, external) in model.network.externalGrids.enumerated() where external.impedance.magnitude == 0 {
            if let node = model.index.node(of: external.terminal) { places[Int32(node)] = position }
        }
        return places
    }
}
