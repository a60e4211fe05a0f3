import Balancing

/// What really happens when a plan's powers are applied: an independent simulation, step by step, with the equations of the assets and nothing of
/// the planner's. It keeps its own books, so that energy which is not conserved, a limit that is broken or a cost that is told wrong is seen.
struct CommunitySimulator {
    let problem: BalancingProblem
    private(set) var exchangeKW: [Double] = []
    private(set) var batteryKWh: [[Double]] = []
    private(set) var heatKWh: [[Double]] = []
    /// What was found wrong, in sentences.
    private(set) var faults: [String] = []
    /// The cost of what happened, by the documented objective.
    private(set) var cost = 0.0
    /// kWh that were charged and discharged in the same battery and step.
    private(set) var simultaneousKWh = 0.0

    /// How far numbers may differ: solvers work to a tolerance of 1e-7 a row.
    static let tolerance = 2e-6

    init(_ problem: BalancingProblem, _ plan: Plan) {
        self.problem = problem
        exchange(plan)
        for index in problem.batteries.indices { run(problem.batteries[index], plan.chargeKW[index], plan.dischargeKW[index]) }
        for index in problem.tasks.indices { run(problem.tasks[index], plan.taskKW[index], lacking: plan.taskShortfallKWh[index]) }
        for index in problem.heaters.indices { run(problem.heaters[index], plan.heaterKW[index], missing: plan.heatMissingKW[index]) }
        for index in problem.households.indices { curtail(problem.households[index], plan.curtailedKW[index]) }
        for index in problem.reducibleLoads.indices { reduce(problem.reducibleLoads[index], plan.reducedKW[index]) }
        transformer()
        target(plan)
    }

    private var hours: Double { problem.stepHours }

    private mutating func fault(_ sentence: String) {
        if faults.count < 20 { faults.append(sentence) }
    }

    /// The exchange is the sum of all that is behind the transformer.
    private mutating func exchange(_ plan: Plan) {
        for step in 0..<problem.steps {
            var sum = 0.0
            for (household, curtailed) in zip(problem.households, plan.curtailedKW) {
                sum += household.loadKW[step]
                if !household.pvKW.isEmpty { sum -= household.pvKW[step] - curtailed[step] }
            }
            for index in problem.batteries.indices { sum += plan.chargeKW[index][step] - plan.dischargeKW[index][step] }
            for powers in plan.taskKW + plan.heaterKW { sum += powers[step] }
            for (load, reduced) in zip(problem.reducibleLoads, plan.reducedKW) { sum += load.loadKW[step] - reduced[step] }
            exchangeKW.append(sum)
            if abs(sum - plan.exchangeKW[step]) > Self.tolerance * 50 { fault("exchange in step \(step): \(plan.exchangeKW[step]) told, \(sum) flows") }
        }
    }

    private mutating func within(_ value: Double, _ range: ClosedRange<Double>, _ what: @autoclosure () -> String) {
        if value < range.lowerBound - Self.tolerance * 5 || value > range.upperBound + Self.tolerance * 5 { fault("\(what()): \(value) is not in \(range)") }
    }

    private mutating func run(_ battery: Battery, _ charge: [Double], _ discharge: [Double]) {
        var energy = battery.initialKWh
        var energies: [Double] = []
        let reach = min(battery.energyKWh.lowerBound, energy)...max(battery.energyKWh.upperBound, energy)
        for step in 0..<problem.steps {
            within(charge[step], 0...battery.chargeKW, "charging of \(battery.id) in \(step)")
            within(discharge[step], 0...battery.dischargeKW, "discharging of \(battery.id) in \(step)")
            let lost = energy * (1 - Self.power(1 - battery.lossPerHour, hours))
            energy += battery.chargeEfficiency * charge[step] * hours - discharge[step] * hours / battery.dischargeEfficiency - lost
            within(energy, reach, "energy of \(battery.id) in \(step)")
            energies.append(energy)
            simultaneousKWh += min(charge[step], discharge[step]) * hours
            cost += problem.prices.throughput * (charge[step] + discharge[step]) * hours
        }
        cost += problem.prices.batteryWindow * (max(0, battery.finalKWh.lowerBound - energy) + max(0, energy - battery.finalKWh.upperBound))
        batteryKWh.append(energies)
    }

    private mutating func run(_ task: EnergyTask, _ powers: [Double], lacking: Double) {
        var energy = 0.0
        for (step, power) in powers.enumerated() {
            if power > Self.tolerance, !task.steps.contains(step) { fault("\(task.id) draws \(power) kW in step \(step), when it is not there") }
            within(power, 0...task.maximumKW, "power of \(task.id) in \(step)")
            if task.minimumKW > 0, power > Self.tolerance * 5, power < task.minimumKW - Self.tolerance * 5 { fault("\(task.id) draws \(power), below its least power") }
            energy += task.efficiency * power * hours
        }
        if abs(energy + lacking - task.energyKWh) > Self.tolerance * 20 { fault("\(task.id) gets \(energy), lacks \(lacking) of \(task.energyKWh) kWh") }
        cost += problem.prices.taskShortfall * max(0, task.energyKWh - energy)
    }

    private mutating func run(_ heater: Heater, _ powers: [Double], missing: [Double]) {
        var heat = heater.initialKWh
        var heats: [Double] = []
        for step in 0..<problem.steps {
            let power = powers[step]
            within(power, 0...heater.maximumKW, "power of \(heater.id) in \(step)")
            if heater.isOnOff, min(abs(power), abs(power - heater.maximumKW)) > Self.tolerance * 5 { fault("\(heater.id) draws \(power), neither off nor on") }
            heat = heat * Self.power(1 - heater.lossPerHour, hours) + (heater.performance[step] * power + missing[step] - heater.demandKW[step]) * hours
            within(heat, heater.heatKWh.lowerBound...max(heater.heatKWh.upperBound, heater.initialKWh), "heat of \(heater.id) in \(step)")
            heats.append(heat)
            cost += problem.prices.heatShortfall * missing[step] * hours
        }
        within(heat, min(heater.finalKWh, heater.heatKWh.upperBound)...(.infinity), "final heat of \(heater.id)")
        heatKWh.append(heats)
    }

    private mutating func curtail(_ household: Household, _ curtailed: [Double]) {
        for (step, power) in curtailed.enumerated() {
            within(power, 0...(household.isCurtailable ? household.pvKW[step] : 0), "curtailment of \(household.id) in \(step)")
            cost += problem.prices.curtailment * power * hours
        }
    }

    private mutating func reduce(_ load: ReducibleLoad, _ reduced: [Double]) {
        for (step, power) in reduced.enumerated() {
            within(power, 0...(load.loadKW[step] * load.reducibleFraction), "reduction of \(load.id) in \(step)")
            cost += load.pricePerKWh * power * hours
        }
    }

    private mutating func transformer() {
        for power in exchangeKW {
            cost += problem.prices.overload * max(0, power - problem.importLimitKW, -power - problem.exportLimitKW) * hours
        }
    }

    private mutating func target(_ plan: Plan) {
        switch problem.target {
        case .islanding: islanding(in: Array(0..<problem.steps))
        case .leastImport: for power in exchangeKW { cost += problem.prices.exchange * max(0, power) * hours + problem.prices.tieBreak * max(0, -power) }
        case .setPoint(let windows):
            var wanted: [Int: Double] = [:]
            for window in windows { for step in window.steps { wanted[step] = window.exchangeKW } }
            islanding(in: (0..<problem.steps).filter { wanted[$0] == nil })
            for (step, power) in wanted where step < problem.steps {
                cost += problem.prices.deviation * abs(exchangeKW[step] - power) * hours + problem.prices.tieBreak * abs(exchangeKW[step])
            }
        case .packages(let direction, let packages): deliver(direction, packages, plan.packages)
        }
    }

    private mutating func islanding(in steps: [Int]) {
        let peak = steps.map { abs(exchangeKW[$0]) }.max() ?? 0
        cost += problem.prices.peak * peak + steps.reduce(0) { $0 + problem.prices.exchange * abs(exchangeKW[$1]) * hours }
    }

    private mutating func deliver(_ direction: PackageDirection, _ offered: [Package], _ planned: [PlannedPackage]) {
        var wanted = [Double](repeating: 0, count: problem.steps)
        for package in planned {
            guard let offer = offered.first(where: { $0.id == package.id }), offer.starts.contains(package.start) else {
                fault("package \(package.id) begins at \(package.start), which was not offered")
                continue
            }
            within(package.powerKW, offer.powerKW, "power of package \(package.id)")
            if let quantum = offer.quantumKW, abs((package.powerKW / quantum).rounded() * quantum - package.powerKW) > 1e-4 {
                fault("package \(package.id) has \(package.powerKW) kW, no multiple of \(quantum)")
            }
            for step in package.start..<min(problem.steps, package.start + package.duration) { wanted[step] += direction == .import ? package.powerKW : -package.powerKW }
            cost += problem.prices.package
        }
        if Set(planned.map(\.id)).count != planned.count { fault("a package takes place twice") }
        for step in 0..<problem.steps {
            cost += problem.prices.residual * abs(exchangeKW[step] - wanted[step]) * hours + problem.prices.tieBreak * abs(exchangeKW[step])
            if direction == .import { cost += problem.prices.exchange * max(0, exchangeKW[step]) * hours }
        }
    }

    /// base^exponent by its own means, for exponents such as a quarter: exp of a series would do, repeated square roots are exact enough.
    private static func power(_ base: Double, _ exponent: Double) -> Double {
        var (result, root, rest) = (1.0, base, exponent)
        while rest >= 1 { (result, rest) = (result * base, rest - 1) }
        for _ in 0..<60 where rest > 0 {
            root = root.squareRoot()
            rest *= 2
            if rest >= 1 { (result, rest) = (result * root, rest - 1) }
        }
        return result
    }
}
