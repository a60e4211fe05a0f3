import Balancing

/// A community that a person can reckon with: one household with sun at noon, one battery, eight hours of one hour each.
enum SmallCommunity {
    static func problem(target: BalancingTarget = .islanding, battery: Battery? = battery()) -> BalancingProblem {
        var problem = BalancingProblem(steps: 8, stepHours: 1, importLimitKW: 50, exportLimitKW: 50, target: target)
        problem.households = [Household(id: "h1", loadKW: [Double](repeating: 4, count: 8), pvKW: [0, 0, 10, 12, 10, 0, 0, 0], isCurtailable: true)]
        problem.batteries = battery.map { [$0] } ?? []
        return problem
    }

    static func battery(initial: Double = 8, final: ClosedRange<Double>? = nil, efficiency: Double = 0.9) -> Battery {
        Battery(
            id: "b1", household: "h1", energyKWh: 1...30, initialKWh: initial, finalKWh: final, chargeKW: 8, dischargeKW: 8, chargeEfficiency: efficiency,
            dischargeEfficiency: efficiency)
    }

    static func plan(_ problem: BalancingProblem) throws -> Plan {
        var scheduler = Scheduler()
        return try scheduler.plan(problem)
    }
}
