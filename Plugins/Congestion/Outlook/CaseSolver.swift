internal import Grid

/// A case without a solution: beyond voltage collapse.
struct Collapse {
    /// The node of the largest mismatch.
    var node = 0
    /// The largest share of the case's powers that has a solution, where one is known.
    var solvableShare: Double?
}

/// Solves the load cases of a forecast on one grid, one after the other, each from the voltages of the last.
struct CaseSolver {
    let grid: CongestionGrid
    let forecast: NetLoadForecast
    /// The node of the model for each node of the forecast; -1 where it is not supplied.
    private let places: [Int32]
    private(set) var injections: Injections

    init(_ grid: CongestionGrid, _ forecast: NetLoadForecast) throws(CongestionError) {
        try forecast.check(grid.network)
        self.grid = grid
        self.forecast = forecast
        places = forecast.nodes.map { grid.index.nodeOfNetworkNode[$0] }
        injections = Injections(constantPower: Array(repeating: .zero, count: grid.grid.nodeCount))
    }

    /// Takes over a case of the forecast.
    mutating func load(interval: Int, quantile: Int) {
        for node in injections.constantPower.indices { injections.constantPower[node] = .zero }
        let scale = -1 / grid.grid.basePowerVA
        for (place, power) in zip(places, forecast.powers(interval: interval, quantile: quantile)) where place >= 0 {
            injections.constantPower[Int(place)] += scale * power
        }
    }

    /// Adds consumption to the case, in per unit by node of the model.
    mutating func add(_ consumption: [(node: Int32, power: Complex)], times factor: Double = 1) {
        for (node, power) in consumption { injections.constantPower[Int(node)] -= factor * power }
    }

    /// Multiplies all consumption of the case.
    mutating func scale(by factor: Double) {
        for node in injections.constantPower.indices { injections.constantPower[node] = factor * injections.constantPower[node] }
    }

    /// Solves the case as it was put together.
    ///
    /// - Parameter quickly: whether a case counts as one without a solution as soon as the current iteration finds none; close to voltage collapse
    ///   there may be one all the same.
    /// - Returns: nil where a solution was found; else the node and, unless quickly, the share that has one. The state is then empty.
    func solve(into state: inout PowerFlowState, quickly: Bool = false) throws(CongestionError) -> Collapse? {
        grid.powerFlow.options.method = quickly ? .currentIteration : .automatic
        grid.powerFlow.options.findsSolvableShare = !quickly
        do throws(PowerFlowError) {
            let report = try grid.powerFlow.solve(injections, into: &state)
            guard !report.converged else { return nil }
            state = PowerFlowState()
            return Collapse(node: report.failure?.node ?? 0, solvableShare: report.failure?.solvableShare)
        } catch {
            throw .invalidGrid(error.description)
        }
    }

    /// Active losses of branches and shunts, per unit: what sources and injections give in all.
    func losses(_ state: PowerFlowState) -> Double {
        var losses = 0.0
        for branch in grid.grid.branches {
            let (from, to) = (state.voltages[Int(branch.from)], state.voltages[Int(branch.to)])
            losses += (from * (branch.yff * from + branch.yft * to).conjugate).real + (to * (branch.ytf * from + branch.ytt * to).conjugate).real
        }
        for (node, shunt) in grid.grid.shunts.enumerated() where shunt.real != 0 { losses += state.voltages[node].squaredMagnitude * shunt.real }
        return losses
    }

    /// The names of what a forecast expects power of and nothing supplies.
    func unsupplied() -> [UnsuppliedNode] {
        zip(forecast.nodes, places).compactMap { node, place in
            guard place < 0 else { return nil }
            var peak = 0.0
            for quantile in forecast.quantiles.indices {
                for interval in 0..<forecast.intervalCount {
                    let watts = forecast.power(node: node, interval: interval, quantile: quantile).real
                    if abs(watts) > abs(peak) { peak = watts }
                }
            }
            let identity = grid.network.nodes[node].identity
            return UnsuppliedNode(node: node, mRID: identity.mRID, name: identity.name, peakKW: peak / 1000)
        }
    }
}

/// A node that the forecast expects power of, and that no external grid supplies.
public struct UnsuppliedNode: Hashable, Sendable, CustomStringConvertible {
    /// Position in `Network.nodes`.
    public var node: Int
    /// Of the connectivity node.
    public var mRID: String
    /// What people call it.
    public var name: String
    /// The largest power that the forecast expects there, consumption positive.
    public var peakKW: Double

    /// One sentence.
    public var description: String {
        "\(name) has no closed path to an external grid: its \(Figures.text(peakKW)) kW at most are in no power flow"
    }
}
