internal import Grid

/// What a forecast does to the grid: a power flow for each interval and quantile, and every limit that one of them exceeds.
public struct GridOutlook: Sendable {
    /// One load case in figures.
    public struct Case: Hashable, Sendable {
        /// Position of the interval.
        public var interval: Int
        /// The quantile, 0.9 for P90.
        public var quantile: Double
        /// Whether the power flow has a solution; without one the other figures are not numbers.
        public var isSolved: Bool
        /// Lowest and highest voltage of all nodes where something is connected, per unit of nominal.
        public var lowestVoltage: Double
        /// Per unit of nominal.
        public var highestVoltage: Double
        /// The largest current over what is allowed of all lines and transformers with a rating; 0 where none has one.
        public var highestLoading: Double
        /// Which it is; nil where none has a rating.
        public var mostLoaded: GridElement?
        /// Energy that lines and transformers take in the interval.
        public var lossesKWh: Double
    }

    /// By quantile, then interval, of the intact grid.
    public let cases: [Case]
    /// Of the intact grid first, then of each contingency in the order in which they were given; within each by quantile, then interval.
    public let congestions: [Congestion]
    /// What the forecast expects power of although nothing supplies it.
    public let unsupplied: [UnsuppliedNode]
    /// What could not be examined, a sentence each: outages after which nothing is supplied.
    public let notes: [String]

    /// Solves every case.
    ///
    /// - Parameter contingencies: outages in which the limits have to hold too; `Contingency.single(of:)` for N-1.
    /// - Throws: ``CongestionError`` where the forecast does not fit the grid.
    public init(_ grid: CongestionGrid, forecast: NetLoadForecast, contingencies: [Contingency] = []) throws(CongestionError) {
        var examination = try Examination(grid, forecast)
        try examination.run(keepsCases: true)
        var (congestions, notes): ([Congestion], [String]) = (examination.congestions, [])
        for contingency in contingencies {
            guard grid.contingency == nil else { throw .invalidGrid("contingencies are examined from the intact grid, this one has one already") }
            do {
                var outage = try Examination(CongestionGrid(grid.network, limits: grid.limits, contingency: contingency), forecast)
                try outage.run(keepsCases: false)
                congestions += outage.congestions
            } catch where error.code == .invalidGrid {
                notes.append("\(contingency.name): \(error.description)")
            }
        }
        (cases, unsupplied) = (examination.cases, examination.solver.unsupplied())
        (self.congestions, self.notes) = (congestions, notes)
    }

    /// Whether every case keeps every limit.
    public var isFree: Bool { congestions.isEmpty }

    /// The worst of each element and kind over all cases, the most exceeded first.
    public var worst: [Congestion] {
        struct Key: Hashable {
            let mRID: String
            let kind: LimitKind
        }
        var worst: [Key: Congestion] = [:]
        for congestion in congestions {
            let key = Key(mRID: congestion.element.mRID, kind: congestion.kind)
            if worst[key].map({ congestion.share > $0.share }) ?? true { worst[key] = congestion }
        }
        return worst.values.sorted { ($0.share, $1.element.mRID) > ($1.share, $0.element.mRID) }
    }
}

/// The cases of one grid being solved.
private struct Examination {
    var solver: CaseSolver
    var cases: [GridOutlook.Case] = []
    var congestions: [Congestion] = []

    init(_ grid: CongestionGrid, _ forecast: NetLoadForecast) throws(CongestionError) { solver = try CaseSolver(grid, forecast) }

    mutating func run(keepsCases: Bool) throws(CongestionError) {
        let (grid, forecast) = (solver.grid, solver.forecast)
        var state = PowerFlowState()
        for (position, quantile) in forecast.quantiles.enumerated() {
            for interval in 0..<forecast.intervalCount {
                solver.load(interval: interval, quantile: position)
                if let failure = try solver.solve(into: &state) {
                    congestions.append(grid.collapse(failure, interval: interval, quantile: quantile))
                    if keepsCases { cases.append(.unsolved(interval, quantile)) }
                    continue
                }
                grid.table.forEach(above: 0, state.voltages, grid.grid.branches) { limit, excess in
                    congestions.add(grid.congestion(limit, excess: excess, interval: interval, quantile: quantile))
                }
                if keepsCases { cases.append(figures(state, interval, quantile)) }
            }
        }
    }

    private func figures(_ state: PowerFlowState, _ interval: Int, _ quantile: Double) -> GridOutlook.Case {
        let grid = solver.grid
        var (lowest, highest) = (Double.infinity, 0.0)
        for (node, voltage) in state.voltages.enumerated() where grid.table.highest[node].isFinite {
            lowest = min(lowest, voltage.magnitude)
            highest = max(highest, voltage.magnitude)
        }
        var (loading, limit): (Double, GridLimit?) = (0, nil)
        for end in grid.table.ends {
            let current = grid.grid.branches[Int(end.branch)].current(isFirstEnd: end.isFirstEnd, state.voltages).magnitude / end.most
            if current >= loading { (loading, limit) = (current, .current(branch: end.branch, isFirstEnd: end.isFirstEnd)) }
        }
        return GridOutlook.Case(
            interval: interval, quantile: quantile, isSolved: true, lowestVoltage: lowest, highestVoltage: highest, highestLoading: loading,
            mostLoaded: limit.map(grid.element), lossesKWh: solver.losses(state) * grid.grid.basePowerVA / 1000 * solver.forecast.intervalHours)
    }
}

extension GridOutlook.Case {
    fileprivate static func unsolved(_ interval: Int, _ quantile: Double) -> GridOutlook.Case {
        GridOutlook.Case(
            interval: interval, quantile: quantile, isSolved: false, lowestVoltage: .nan, highestVoltage: .nan, highestLoading: .nan,
            mostLoaded: nil, lossesKWh: .nan)
    }
}
