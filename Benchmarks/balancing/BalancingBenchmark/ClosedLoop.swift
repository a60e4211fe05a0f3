import Balancing
import LinearProgramming

/// A day in a closed loop: forecasts that are wrong by a seeded error, a plan of what is left at each quarter of an hour, the fast loop's rule for
/// what differs within it. Beside it, the plan of somebody who had known.
struct ClosedLoop {
    /// What the processor worked for each plan.
    private(set) var planSeconds: [Double] = []
    private(set) var exchange: [Double] = []
    private(set) var perfect: Plan
    private let truth: BalancingProblem
    private let forecast: BalancingProblem
    private let loadError: [Double]
    private let sunError: [Double]

    /// Errors follow themselves from step to step by these parts (autoregression of order one), with these standard deviations.
    private static let (loadMemory, loadSigma, sunMemory, sunSigma) = (0.8, 0.06, 0.9, 0.22)

    init(_ problem: BalancingProblem, seed: UInt64) throws {
        var planned = problem
        // The hedge against a higher peak, as in the service.
        (planned.prices.delay, planned.prices.newPeak) = (0.01, 0.02)
        forecast = planned
        var random = SeededRandom(state: seed)
        let (loads, suns) = (random.series(problem.steps, Self.loadMemory, Self.loadSigma), random.series(problem.steps, Self.sunMemory, Self.sunSigma))
        (loadError, sunError) = (loads, suns)
        truth = Self.scaled(problem, loads, suns)
        var scheduler = Scheduler()
        perfect = try scheduler.plan(truth)
        try run()
    }

    private static func scaled(_ problem: BalancingProblem, _ loads: [Double], _ suns: [Double]) -> BalancingProblem {
        var scaled = problem
        for index in problem.households.indices {
            scaled.households[index].loadKW = zip(problem.households[index].loadKW, loads).map { $0 * (1 + $1) }
            scaled.households[index].pvKW = zip(problem.households[index].pvKW, suns).map { max(0, $0 * (1 + $1)) }
        }
        return scaled
    }

    /// What the forecaster says at a step: the present error is known and fades.
    private func forecast(at now: Int) -> BalancingProblem {
        func faded(_ errors: [Double], _ memory: Double) -> [Double] {
            var fading = now > 0 ? errors[now - 1] : 0
            return (now..<forecast.steps).map { _ in
                fading *= memory
                return fading
            }
        }
        var problem = forecast.from(now)
        problem = Self.scaled(problem, faded(loadError, Self.loadMemory), faded(sunError, Self.sunMemory))
        return problem
    }

    private mutating func run() throws {
        var scheduler = Scheduler()
        var batteries = forecast.batteries.map(\.initialKWh), heats = forecast.heaters.map(\.initialKWh), needs = forecast.tasks.map(\.energyKWh)
        var peak = 0.0, imported = 0.0
        for now in 0..<forecast.steps {
            var problem = forecast(at: now)
            for index in batteries.indices { problem.batteries[index].initialKWh = batteries[index] }
            for index in heats.indices { problem.heaters[index].initialKWh = heats[index] }
            for index in needs.indices { problem.tasks[index].energyKWh = needs[index] }
            problem.pastPeakKW = peak
            problem.pastImportKW = imported
            let began = ProcessorTime.seconds
            let plan = try scheduler.plan(problem, firstStep: now)
            planSeconds.append(ProcessorTime.seconds - began)
            let powers = settle(plan, problem, now, batteries)
            exchange.append(powers.exchange)
            if !isSetPoint(now) { (peak, imported) = (max(peak, abs(powers.exchange)), max(imported, powers.exchange)) }
            let hours = forecast.stepHours
            for (index, battery) in forecast.batteries.enumerated() {
                let power = powers.batteries[index]
                batteries[index] = battery.kept(hours: hours) * batteries[index] + (power > 0 ? power * battery.chargeEfficiency : power / battery.dischargeEfficiency) * hours
            }
            for (index, heater) in forecast.heaters.enumerated() {
                heats[index] = heater.kept(hours: hours) * heats[index] + (heater.performance[now] * plan.heaterKW[index][0] + plan.heatMissingKW[index][0] - heater.demandKW[now]) * hours
            }
            for (index, task) in forecast.tasks.enumerated() { needs[index] = max(0, needs[index] - task.efficiency * plan.taskKW[index][0] * hours) }
        }
    }

    /// What differs within the quarter of an hour: the batteries take it as the fast loop shares it out, as far as their stores go, and where a
    /// set-point is ordered photovoltaics are curtailed for what is left, as in the service.
    private func settle(_ plan: Plan, _ problem: BalancingProblem, _ now: Int, _ energies: [Double]) -> (exchange: Double, batteries: [Double]) {
        var assets = forecast.batteries.enumerated().map { index, battery in
            TrackedAsset(
                id: battery.id, bandKW: -battery.dischargeKW...battery.chargeKW, measuredKW: plan.batteryKW[index][0], scheduledKW: plan.batteryKW[index][0],
                energyKWh: (
                    (battery.energyKWh.upperBound - energies[index]) / battery.chargeEfficiency,
                    (energies[index] - battery.energyKWh.lowerBound) * battery.dischargeEfficiency))
        }
        // What the assets and the forecast would exchange, with the load and the sun that there are; a curtailed plant keeps below its bound.
        var before = plan.exchangeKW[0] - problem.fixedLoadKW[0] + truth.from(now).fixedLoadKW[0]
        for (index, household) in problem.households.enumerated() where household.isCurtailable && !household.pvKW.isEmpty {
            let sun = truth.households[index].pvKW[now], curtailed = plan.curtailedKW[index][0]
            let bound = curtailed > 1e-3 ? household.pvKW[0] - curtailed : sun
            before += sun - min(sun, bound) - curtailed
            guard isSetPoint(now) else { continue }
            assets.append(TrackedAsset(id: household.id, bandKW: -sun...0, measuredKW: -min(sun, bound), scheduledKW: -min(sun, bound), isCurtailable: true))
        }
        var tracker = ExchangeTracker(.init(lastingSeconds: forecast.stepHours * 3600))
        let step = tracker.step(targetKW: wanted(now) ?? plan.exchangeKW[0], exchangeKW: before, assets: assets, seconds: 10)
        let moved = zip(step.setPointKW, assets).reduce(0) { $0 + $1.0 - $1.1.measuredKW }
        return (before + moved, step.setPointKW)
    }

    private func isSetPoint(_ step: Int) -> Bool { wanted(step) != nil }

    private func wanted(_ step: Int) -> Double? {
        guard case .setPoint(let windows) = forecast.target else { return nil }
        return windows.last { $0.steps.contains(step) }?.exchangeKW
    }

    /// Energy exchanged, and of somebody who had known, kWh.
    var exchangedKWh: (ours: Double, perfect: Double) {
        (exchange.reduce(0) { $0 + abs($1) } * forecast.stepHours, perfect.exchangeKW.reduce(0) { $0 + abs($1) } * forecast.stepHours)
    }

    var peakImportKW: (ours: Double, perfect: Double) { (exchange.max() ?? 0, perfect.exchangeKW.max() ?? 0) }

    /// Root mean square of the deviation in the windows of set-points, part of the transformer's limit; nil without any.
    var setPointError: Double? {
        let errors = exchange.indices.compactMap { step in wanted(step).map { exchange[step] - $0 } }
        guard !errors.isEmpty else { return nil }
        return (errors.reduce(0) { $0 + $1 * $1 } / Double(errors.count)).squareRoot() / forecast.importLimitKW
    }
}

extension BalancingProblem {
    /// The same from a step on.
    func from(_ first: Int) -> BalancingProblem {
        var rest = self
        rest.steps = steps - first
        for index in households.indices {
            rest.households[index].loadKW.removeFirst(first)
            if !households[index].pvKW.isEmpty { rest.households[index].pvKW.removeFirst(first) }
        }
        for index in heaters.indices {
            rest.heaters[index].performance.removeFirst(first)
            rest.heaters[index].demandKW.removeFirst(first)
        }
        for index in tasks.indices { rest.tasks[index].steps = max(0, tasks[index].steps.lowerBound - first)..<max(0, tasks[index].steps.upperBound - first) }
        if case .setPoint(let windows) = target {
            rest.target = .setPoint(windows.map { SetPointWindow(steps: max(0, $0.steps.lowerBound - first)..<max(0, $0.steps.upperBound - first), exchangeKW: $0.exchangeKW) })
        }
        return rest
    }
}

/// Numbers from a seed (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
struct SeededRandom {
    var state: UInt64

    private mutating func unit() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((mixed ^ (mixed >> 31)) >> 11) / Double(1 << 53)
    }

    /// Nearly normal: the sum of twelve.
    private mutating func normal() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + unit() } }

    /// An autoregressive series of order one.
    mutating func series(_ count: Int, _ memory: Double, _ sigma: Double) -> [Double] {
        var value = 0.0
        return (0..<count).map { _ in
            value = memory * value + (1 - memory * memory).squareRoot() * sigma * normal()
            return value
        }
    }
}
