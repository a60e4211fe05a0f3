internal import Grid

/// Searches the part of a request that one grid bears, interval by interval, in order.
struct CapacitySearch {
    private var solver: CaseSolver
    private let perKilowatt: [(node: Int32, power: Complex)]
    private let toleranceKW: Double
    /// The forecast's solution of each quantile, of the interval that is being searched; that of the last one to start from.
    private var bases: [PowerFlowState]
    /// The solutions of the trial.
    private var trials: [PowerFlowState]
    /// By quantile: limits that the forecast exceeds or touches, with what it brings them to.
    private var allowances: [[GridLimit: Double]]
    private var failure: (failure: Collapse, quantile: Int)?
    /// Whether trials that only Newton's method would solve count as beyond: they are beyond every voltage band that is usual.
    private var isQuick = true

    /// Solutions of one power flow differ by less; limits are kept with this much to spare.
    private static let slack = 1e-8

    init(_ grid: CongestionGrid, _ forecast: NetLoadForecast, _ request: CapacityRequest, toleranceKW: Double) throws(CongestionError) {
        solver = try CaseSolver(grid, forecast)
        perKilowatt = request.places.perKilowatt(grid, reactivePerActive: request.reactivePerActive)
        self.toleranceKW = toleranceKW
        bases = forecast.quantiles.map { _ in PowerFlowState() }
        trials = bases
        allowances = forecast.quantiles.map { _ in [:] }
    }

    /// The worst of a trial: by how much the most exceeded limit is beyond what is allowed, in which quantile.
    private struct Worst {
        var excess = -Double.infinity
        var limit: GridLimit?
        var quantile = 0
        var failure: Collapse?
    }

    /// Cuts both directions to what fits here.
    mutating func narrow(_ ends: inout SearchedInterval, interval: Int) throws(CongestionError) {
        guard ends.increase.fitting > 0 || ends.reduction.fitting < 0 else { return }
        try solveBases(interval)
        try narrow(&ends.increase, interval)
        try narrow(&ends.reduction, interval)
    }

    private mutating func narrow(_ end: inout SearchedEnd, _ interval: Int) throws(CongestionError) {
        guard end.fitting != 0, !perKilowatt.isEmpty else { return }
        if let failure {
            end.fitting = 0
            let quantile = solver.forecast.quantiles[failure.quantile]
            let congestion = solver.grid.collapse(failure.failure, interval: interval, quantile: quantile)
            end.limitedBy = CapacityLimit(congestion: congestion, isExceededAlready: true)
            return
        }
        var whole = try worst(at: end.fitting, interval)
        guard whole.excess > 0 else { return }
        var (fitting, binding) = try search(from: whole, at: end.fitting, interval)
        if binding.limit == nil {
            isQuick = false
            defer { isQuick = true }
            whole = try worst(at: end.fitting, interval)
            guard whole.excess > 0 else { return }
            (fitting, binding) = try search(from: whole, at: end.fitting, interval)
        }
        end.limitedBy = try limit(binding, wished: whole.failure == nil ? end.wished : nil, interval)
        end.fitting = fitting
    }

    /// Solves the forecast itself, and notes which limits it exceeds.
    private mutating func solveBases(_ interval: Int) throws(CongestionError) {
        let grid = solver.grid
        failure = nil
        for quantile in bases.indices {
            solver.load(interval: interval, quantile: quantile)
            if let found = try solver.solve(into: &bases[quantile]) {
                failure = (found, quantile)
                continue
            }
            allowances[quantile].removeAll(keepingCapacity: true)
            grid.table.forEach(above: -Self.slack, bases[quantile].voltages, grid.grid.branches) { limit, excess in
                allowances[quantile][limit] = excess + Self.slack
            }
        }
    }

    /// Solves every quantile with a power of the request.
    private mutating func worst(at kilowatts: Double, _ interval: Int) throws(CongestionError) -> Worst {
        let grid = solver.grid
        var worst = Worst()
        for quantile in bases.indices {
            solver.load(interval: interval, quantile: quantile)
            solver.add(perKilowatt, times: kilowatts)
            if trials[quantile].voltages.isEmpty { trials[quantile] = bases[quantile] }
            if let failure = try solver.solve(into: &trials[quantile], quickly: isQuick) {
                return Worst(excess: .infinity, quantile: quantile, failure: failure)
            }
            grid.table.forEach(above: worst.excess - Self.slack, trials[quantile].voltages, grid.grid.branches) { limit, excess in
                let beyond = excess + Self.slack - (allowances[quantile].isEmpty ? 0 : allowances[quantile][limit].map { $0 + Self.slack } ?? 0)
                if beyond > worst.excess { worst = Worst(excess: beyond, limit: limit, quantile: quantile) }
            }
        }
        return worst
    }

    /// The largest power that fits, between none and one that does not.
    ///
    /// Secants through the last two trials, aimed just beside the root so that both ends of the bracket close in; halving where they lead outside.
    private mutating func search(from whole: Worst, at wished: Double, _ interval: Int) throws(CongestionError) -> (Double, Worst) {
        let tolerance = max(toleranceKW, abs(wished) * 1e-4) / abs(wished)
        var (low, high, binding) = (0.0, 1.0, whole)
        var last = (share: 1.0, excess: whole.excess)
        var before = (share: 0.0, excess: try worst(at: 0, interval).excess)
        // A limit that is reached already leaves nothing, unless it is another that binds.
        if before.excess > -1e-6 {
            let first = try worst(at: tolerance * wished, interval)
            if first.excess > 0 { return (0, first) }
            (low, before) = (tolerance, (tolerance, first.excess))
        }
        if whole.failure != nil {
            // Beyond collapse there is no slope: a small part shows it, and is cheaper to solve than many parts that are beyond, too.
            let part = max(2 * tolerance, 1.0 / 64)
            let found = try worst(at: part * wished, interval)
            if found.excess > 0 { (high, binding) = (part, found) } else { low = part }
            last = (part, found.excess)
        }
        var trials = 0
        while high - low > tolerance, trials < 60 {
            trials += 1
            var share = last.share - last.excess * (last.share - before.share) / (last.excess - before.excess)
            share += high - share > share - low ? 0.4 * tolerance : -0.4 * tolerance
            if !(share > low && share < high) { share = share >= high && whole.failure != nil ? min((low + high) / 2, 2 * low) : (low + high) / 2 }
            if trials % 6 == 0 { share = (low + high) / 2 }
            let found = try worst(at: share * wished, interval)
            if found.excess > 0 { (high, binding) = (share, found) } else { low = share }
            (before, last) = (last, (share, found.excess))
        }
        return (low * wished, binding)
    }

    /// The limit that binds, with what the whole request would bring it to; where that has no solution, with what a little more than fits does.
    private mutating func limit(_ binding: Worst, wished: Double?, _ interval: Int) throws(CongestionError) -> CapacityLimit {
        let (grid, quantile) = (solver.grid, solver.forecast.quantiles[binding.quantile])
        guard let limit = binding.limit else {
            let failure = binding.failure ?? Collapse()
            return CapacityLimit(congestion: grid.collapse(failure, interval: interval, quantile: quantile), isExceededAlready: false)
        }
        let allowance = allowances[binding.quantile][limit]
        var excess = binding.excess + (allowance ?? -Self.slack)
        if let wished {
            solver.load(interval: interval, quantile: binding.quantile)
            solver.add(perKilowatt, times: wished)
            var state = bases[binding.quantile]
            if try solver.solve(into: &state) == nil { excess = grid.table.excess(limit, state.voltages, grid.grid.branches) }
        }
        return CapacityLimit(
            congestion: grid.congestion(limit, excess: excess, interval: interval, quantile: quantile),
            isExceededAlready: allowance.map { $0 > Self.slack } ?? false)
    }

    /// Losses and headroom with what fits.
    mutating func account(_ ends: inout SearchedInterval, interval: Int) throws(CongestionError) {
        guard ends.increase.wished > 0 || ends.reduction.wished < 0 else { return }
        try solveBases(interval)
        guard failure == nil else { return }
        let base = solver.losses(bases[solver.forecast.medianQuantile])
        if ends.increase.wished > 0 { try account(&ends.increase, base, interval) }
        if ends.reduction.wished < 0 { try account(&ends.reduction, base, interval) }
    }

    private mutating func account(_ end: inout SearchedEnd, _ base: Double, _ interval: Int) throws(CongestionError) {
        guard try worst(at: end.fitting, interval).failure == nil else { return }
        let kilowatts = (solver.losses(trials[solver.forecast.medianQuantile]) - base) * solver.grid.grid.basePowerVA / 1000
        end.addedLossesKWh = end.fitting == 0 ? 0 : kilowatts * solver.forecast.intervalHours
        end.headroom = Headroom(solver.grid, trials)
    }
}

extension Headroom {
    /// Over several solutions of one grid.
    init(_ grid: CongestionGrid, _ states: [PowerFlowState]) {
        var (loading, loaded): (Double, GridLimit?) = (0, nil)
        var (margin, nearest): (Double, Int?) = (.infinity, nil)
        for state in states {
            grid.table.forEach(above: -.infinity, state.voltages, grid.grid.branches) { limit, excess in
                if case .current = limit {
                    if excess + 1 > loading { (loading, loaded) = (excess + 1, limit) }
                } else if -excess < margin, case .lowest(let node) = limit, grid.table.highest[Int(node)].isFinite {
                    (margin, nearest) = (-excess, Int(node))
                } else if -excess < margin, case .highest(let node) = limit {
                    (margin, nearest) = (-excess, Int(node))
                }
            }
        }
        self.init(
            highestLoading: loading, mostLoaded: loaded.map(grid.element), leastVoltageMargin: margin, nearestNode: nearest.map { grid.element(node: $0) })
    }
}
