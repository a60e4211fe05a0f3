extension BalancingProblem {
    /// Refuses what has no physical meaning, with the place and what was expected.
    func check() throws(BalancingError) {
        guard (1...2_000).contains(steps), stepHours > 0, stepHours <= 24 else {
            throw .invalid("the horizon has \(steps) steps of \(stepHours) h, expected 1 to 2000 of at most a day")
        }
        guard importLimitKW >= 0, exportLimitKW >= 0 else { throw .invalid("the transformer's limits are \(importLimitKW) and \(exportLimitKW) kW, expected numbers from 0") }
        try checkNames()
        for household in households {
            try series(household.loadKW, "load of \(household.id)")
            if !household.pvKW.isEmpty { try series(household.pvKW, "generation of \(household.id)", atLeast: 0) }
        }
        for battery in batteries { try check(battery) }
        for task in tasks { try check(task) }
        for heater in heaters { try check(heater) }
        for load in reducibleLoads {
            try series(load.loadKW, "load of \(load.id)", atLeast: 0)
            guard (0...1).contains(load.reducibleFraction), load.pricePerKWh >= 0 else {
                throw .invalid("\(load.id) is reducible by \(load.reducibleFraction) at \(load.pricePerKWh), expected a part from 0 to 1 and a price from 0")
            }
        }
        if !importTariff.isEmpty { try series(importTariff, "import tariff") }
        if !exportTariff.isEmpty { try series(exportTariff, "export tariff") }
        for (step, pair) in zip(importTariff, exportTariff).enumerated() where pair.1 > pair.0 + 2 * prices.exchange {
            throw .invalid("in step \(step) export earns \(pair.1) and import costs \(pair.0): buying to sell would have no end")
        }
        try checkTarget()
    }

    private func checkNames() throws(BalancingError) {
        var known: Set<String> = []
        let ids = households.map(\.id) + batteries.map(\.id) + tasks.map(\.id) + heaters.map(\.id) + reducibleLoads.map(\.id)
        for id in ids where !known.insert(id).inserted { throw .invalid("two participants are called '\(id)': ids are unique in a community") }
    }

    private func series(_ values: [Double], _ name: String, atLeast least: Double = -.infinity) throws(BalancingError) {
        guard values.count >= steps else { throw .invalid("the \(name) has \(values.count) values, expected \(steps)") }
        guard let wrong = values.prefix(steps).first(where: { !$0.isFinite || $0 < least }) else { return }
        throw .invalid("the \(name) has the value \(wrong), expected finite numbers" + (least.isFinite ? " from \(least)" : ""))
    }

    private func check(_ battery: Battery) throws(BalancingError) {
        guard (0.01...1).contains(battery.chargeEfficiency), (0.01...1).contains(battery.dischargeEfficiency), (0..<1).contains(battery.lossPerHour) else {
            throw .invalid("battery \(battery.id) has the efficiencies \(battery.chargeEfficiency) and \(battery.dischargeEfficiency) and loses \(battery.lossPerHour) an hour, expected parts up to 1")
        }
        guard battery.chargeKW >= 0, battery.dischargeKW >= 0, battery.initialKWh >= 0, battery.initialKWh.isFinite, battery.energyKWh.lowerBound >= 0 else {
            throw .invalid("battery \(battery.id) has the powers \(battery.chargeKW) and \(battery.dischargeKW) kW and \(battery.initialKWh) kWh, expected numbers from 0")
        }
    }

    private func check(_ task: EnergyTask) throws(BalancingError) {
        guard task.energyKWh >= 0, task.energyKWh.isFinite, (0...task.maximumKW).contains(task.minimumKW), (0.01...1).contains(task.efficiency) else {
            throw .invalid("\(task.id) needs \(task.energyKWh) kWh with \(task.minimumKW) to \(task.maximumKW) kW at an efficiency of \(task.efficiency): expected numbers from 0 and a part up to 1")
        }
    }

    private func check(_ heater: Heater) throws(BalancingError) {
        try series(heater.demandKW, "heat demand of \(heater.id)", atLeast: 0)
        try series(heater.performance, "performance of \(heater.id)", atLeast: 0)
        guard (0...heater.maximumKW).contains(heater.minimumKW), (0..<1).contains(heater.lossPerHour), heater.initialKWh.isFinite else {
            throw .invalid("heater \(heater.id) takes \(heater.minimumKW) to \(heater.maximumKW) kW and loses \(heater.lossPerHour) an hour, expected numbers from 0 and a part below 1")
        }
    }

    private func checkTarget() throws(BalancingError) {
        switch target {
        case .islanding, .leastImport: return
        case .setPoint(let windows):
            for window in windows where !window.exchangeKW.isFinite { throw .invalid("a set-point is \(window.exchangeKW) kW, expected a finite number") }
        case .packages(_, let packages):
            for package in packages {
                guard package.duration > 0, package.powerKW.lowerBound >= 0, package.powerKW.upperBound.isFinite, (package.quantumKW ?? 1) > 0 else {
                    throw .invalid("package \(package.id) lasts \(package.duration) steps with \(package.powerKW) kW in quanta of \(package.quantumKW ?? 0), expected positive numbers")
                }
                guard Set(package.starts).count == package.starts.count else { throw .invalid("package \(package.id) names a start twice") }
            }
        }
    }
}
