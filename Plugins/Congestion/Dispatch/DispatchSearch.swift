internal import Grid

/// The rounds of a dispatch: exact power flows, linearisations, linear programs.
final class DispatchSearch {
    let grids: [CongestionGrid]
    let forecast: NetLoadForecast
    let offers: [FlexibilityOffer]
    let options: DispatchOptions
    private var solvers: [CaseSolver]
    private var program: DispatchProgram
    /// By grid, then offer: a kW of it as consumption by node of the model.
    private let perKilowatt: [[[(node: Int32, power: Complex)]]]
    /// By case: the last solution, and with which deviations it was made.
    private var states: [PowerFlowState]
    private var solvedWith: [[Double]?]
    /// By case: what is exceeded, and whether there is a solution at all.
    private var findings: [Finding]
    /// By interval, then offer, kW.
    private(set) var deviations: [[Double]]
    private(set) var point: DispatchProgram.Point?
    private(set) var rounds = 0
    private(set) var before: [Congestion] = []
    private(set) var remaining: [Congestion] = []

    /// What a case exceeds with the deviations so far.
    private struct Finding {
        var exceeded: [(limit: GridLimit, excess: Double)] = []
        var failure: Collapse?
    }

    init(
        _ grids: [CongestionGrid], _ forecast: NetLoadForecast, _ offers: [FlexibilityOffer], _ options: DispatchOptions
    ) throws(CongestionError) {
        // An offer with a place without supply is none: nobody there can deliver its share.
        let usable = offers.map { offer in
            guard offer.places.contains(where: { $0.share > 0 && !grids[0].isSupplied(node: $0.node) }) else { return offer }
            var none = offer
            none.mostIncreaseKW = none.mostIncreaseKW.map { _ in 0 }
            none.mostReductionKW = none.mostIncreaseKW
            return none
        }
        (self.grids, self.forecast, self.offers, self.options) = (grids, forecast, usable, options)
        var solvers: [CaseSolver] = []
        for grid in grids { solvers.append(try CaseSolver(grid, forecast)) }
        self.solvers = solvers
        program = DispatchProgram(
            usable, intervalCount: forecast.intervalCount, intervalHours: forecast.intervalHours, violationPrice: options.violationPrice)
        perKilowatt = grids.map { grid in usable.map { $0.places.perKilowatt(grid, reactivePerActive: $0.reactivePerActive) } }
        let cases = grids.count * forecast.quantiles.count * forecast.intervalCount
        states = Array(repeating: PowerFlowState(), count: cases)
        solvedWith = Array(repeating: nil, count: cases)
        findings = Array(repeating: Finding(), count: cases)
        deviations = Array(repeating: Array(repeating: 0, count: offers.count), count: forecast.intervalCount)
    }

    /// A load case: a grid, a quantile, an interval.
    private struct Case {
        var grid, quantile, interval, place: Int
    }

    private func forEachCase(_ body: (Case) throws(CongestionError) -> Void) throws(CongestionError) {
        var place = 0
        for grid in grids.indices {
            for quantile in forecast.quantiles.indices {
                for interval in 0..<forecast.intervalCount {
                    try body(Case(grid: grid, quantile: quantile, interval: interval, place: place))
                    place += 1
                }
            }
        }
    }

    /// Exact power flow and linear program in turn until nothing is exceeded but what the program gives up.
    func run() throws(CongestionError) {
        try solveCases()
        before = try congestions()
        remaining = before
        guard !before.isEmpty else { return }
        var best = Measure.infinite
        var cost = Double.infinity
        while rounds < options.mostRounds {
            try linearise()
            guard let found = try program.solve(limits: options.limits) else { break }
            rounds += 1
            deviations = deviations(of: found)
            try solveCases()
            let measure = Measure(excess: unexpected(found), cost: found.cost)
            if measure.isBetter(than: best) {
                best = measure
                point = found
                remaining = try congestions()
            }
            let isAtRest = abs(found.cost - cost) <= 1e-6 * max(1, abs(found.cost))
            cost = found.cost
            if isAtRest, measure.excess <= Self.tolerance { break }
        }
        guard let best = point else { return }
        deviations = deviations(of: best)
        try solveCases()
        remaining = try congestions()
        // Prices are those of the program round the plan itself.
        try linearise()
        program.keepNewest()
        if let last = try program.solve(limits: options.limits) { point?.prices = last.prices }
    }

    /// Excess below which a limit is not linearised again.
    private static let far = -0.02

    /// Of the two ends of a branch, which come one after the other, the one that is exceeded more.
    private func worseEnds(_ exceeded: [(limit: GridLimit, excess: Double)]) -> [GridLimit] {
        var kept: [(limit: GridLimit, excess: Double)] = []
        for one in exceeded {
            if case .current(let branch, _) = one.limit, let last = kept.last, case .current(branch, _) = last.limit {
                if one.excess > last.excess { kept[kept.count - 1] = one }
            } else {
                kept.append(one)
            }
        }
        return kept.map(\.limit)
    }

    /// The excess beyond what the linear program gave up that counts as none.
    private static let tolerance = 5e-8

    /// How good a point is: first by what it exceeds unexpectedly, then by cost.
    private struct Measure {
        var excess, cost: Double

        static let infinite = Measure(excess: .infinity, cost: .infinity)

        func isBetter(than other: Measure) -> Bool {
            let (kept, otherKept) = (excess <= DispatchSearch.tolerance, other.excess <= DispatchSearch.tolerance)
            return kept && otherKept ? cost <= other.cost + 1e-9 * abs(other.cost) : excess < other.excess
        }
    }

    /// By interval, then offer: activations and what comes back of them.
    private func deviations(of point: DispatchProgram.Point) -> [[Double]] {
        var deviations = Array(repeating: Array(repeating: 0.0, count: offers.count), count: forecast.intervalCount)
        for interval in deviations.indices {
            for (position, offer) in offers.enumerated() {
                let activation = point.increases[interval][position] - point.reductions[interval][position]
                guard activation != 0 else { continue }
                for effect in offer.effects(of: interval, count: forecast.intervalCount) {
                    deviations[effect.interval][position] += effect.share * activation
                }
            }
        }
        return deviations
    }

    /// Solves each case whose deviations changed.
    private func solveCases() throws(CongestionError) {
        try forEachCase { (one) throws(CongestionError) in
            guard solvedWith[one.place] != deviations[one.interval] else { return }
            solvedWith[one.place] = deviations[one.interval]
            load(one)
            var finding = Finding()
            finding.failure = try solvers[one.grid].solve(into: &states[one.place])
            let grid = grids[one.grid]
            if finding.failure == nil {
                grid.table.forEach(above: 0, states[one.place].voltages, grid.grid.branches) { finding.exceeded.append(($0, $1)) }
            }
            findings[one.place] = finding
        }
    }

    private func load(_ one: Case) {
        solvers[one.grid].load(interval: one.interval, quantile: one.quantile)
        for (offer, kilowatts) in deviations[one.interval].enumerated() where kilowatts != 0 {
            solvers[one.grid].add(perKilowatt[one.grid][offer], times: kilowatts)
        }
    }

    /// The largest excess beyond what the program gave up; infinite where a case has no solution.
    private func unexpected(_ point: DispatchProgram.Point) -> Double {
        var largest = 0.0
        try? forEachCase { one in
            if findings[one.place].failure != nil { largest = .infinity }
            for (limit, excess) in findings[one.place].exceeded {
                let key = DispatchProgram.Key(grid: one.grid, interval: one.interval, quantile: one.quantile, limit: limit)
                largest = max(largest, excess - (point.left[key] ?? 0))
            }
        }
        return largest
    }

    private func congestions() throws(CongestionError) -> [Congestion] {
        var congestions: [Congestion] = []
        try forEachCase { one in
            let (grid, quantile) = (grids[one.grid], forecast.quantiles[one.quantile])
            if let failure = findings[one.place].failure {
                congestions.append(grid.collapse(failure, interval: one.interval, quantile: quantile))
            }
            for (limit, excess) in findings[one.place].exceeded {
                congestions.add(grid.congestion(limit, excess: excess, interval: one.interval, quantile: quantile))
            }
        }
        return congestions
    }

    /// Linearises in every case the limits that are exceeded, and those that were before.
    private func linearise() throws(CongestionError) {
        let known = Dictionary(grouping: program.cuts.keys) { [$0.grid, $0.quantile, $0.interval] }
        try forEachCase { (one) throws(CongestionError) in
            let finding = findings[one.place]
            var limits = Set(worseEnds(finding.exceeded))
            load(one)
            var state = states[one.place]
            var share = 1.0
            if finding.failure == nil {
                // What was exceeded once and is far from it now has its cuts.
                let grid = grids[one.grid]
                for key in known[[one.grid, one.quantile, one.interval]] ?? [] {
                    if grid.table.excess(key.limit, state.voltages, grid.grid.branches) > Self.far { limits.insert(key.limit) }
                }
            }
            if let failure = finding.failure {
                guard let solvable = try nearestSolution(failure, one, into: &state) else { return }
                share = solvable
                let grid = grids[one.grid]
                grid.table.forEach(above: 0, state.voltages, grid.grid.branches) { limit, _ in limits.insert(limit) }
            }
            guard !limits.isEmpty else { return }
            try linearise(limits, one, state, share: share)
        }
    }

    /// The solution with the largest share of the case's powers that has one with something to spare.
    private func nearestSolution(_ failure: Collapse, _ one: Case, into state: inout PowerFlowState) throws(CongestionError) -> Double? {
        guard var share = failure.solvableShare else { return nil }
        for _ in 0..<8 {
            share *= 0.95
            load(one)
            solvers[one.grid].scale(by: share)
            state = PowerFlowState()
            if try solvers[one.grid].solve(into: &state) == nil { return share }
        }
        return nil
    }

    /// Cuts of limits round a solution of the case with a share of its powers.
    private func linearise(_ limits: Set<GridLimit>, _ one: Case, _ state: PowerFlowState, share: Double) throws(CongestionError) {
        let grid = grids[one.grid]
        let gradients = try grid.gradients.get()
        try gradients.linearise(at: state.voltages)
        let kilowatt = 1000 / grid.grid.basePowerVA
        for limit in limits {
            let gradient = try gradients.excess(limit, grid.table)
            let scale = gradient.reduce(0) { max($0, abs($1.real)) } * kilowatt
            guard scale > 0 else { continue }
            let effects = perKilowatt[one.grid].map { places in
                places.reduce(0) { $0 + gradient[Int($1.node)].real * $1.power.real + gradient[Int($1.node)].imaginary * $1.power.imaginary }
            }
            var constant = grid.table.excess(limit, state.voltages, grid.grid.branches)
            constant -= zip(effects, deviations[one.interval]).reduce(0) { $0 + $1.0 * $1.1 }
            if share != 1 {
                // From the share that was solved to the whole: consumption is what is not injected.
                for (node, power) in solvers[one.grid].injections.constantPower.enumerated() {
                    let missing = (1 / share - 1) * power
                    constant -= gradient[node].real * missing.real + gradient[node].imaginary * missing.imaginary
                }
            }
            let key = DispatchProgram.Key(grid: one.grid, interval: one.interval, quantile: one.quantile, limit: limit)
            program.add(DispatchProgram.Cut(constant: constant, effects: effects, scale: scale), for: key)
        }
    }

    /// The state of a case in the end.
    func state(_ key: DispatchProgram.Key) -> PowerFlowState {
        states[(key.grid * forecast.quantiles.count + key.quantile) * forecast.intervalCount + key.interval]
    }
}
