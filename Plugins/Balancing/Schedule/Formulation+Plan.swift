import LinearProgramming

extension Formulation {
    /// The plan that a solution of the program means.
    func plan(_ solution: LinearSolution) -> Plan {
        let x = solution.columns
        func value(_ column: Int32) -> Double { column < 0 ? 0 : x[Int(column)] }
        func values(_ columns: [[Int32]]) -> [[Double]] { columns.map { $0.map { max(0, value($0)) } } }
        var plan = Plan()
        plan.exchangeKW = (0..<steps).map { value(imports[$0]) - value(exports[$0]) }
        (plan.chargeKW, plan.dischargeKW) = (values(charge), values(discharge))
        plan.batteryKW = charge.indices.map { battery in (0..<steps).map { plan.chargeKW[battery][$0] - plan.dischargeKW[battery][$0] } }
        plan.storedKWh = values(stored)
        plan.taskKW = values(taskPower)
        plan.taskShortfallKWh = taskShortfall.map { max(0, value($0)) }
        plan.heaterKW = heatPower.indices.map { heater in
            let asset = problem.heaters[heater]
            return heatPower[heater].map { max(0, value($0)) * (asset.isOnOff ? asset.maximumKW : 1) }
        }
        plan.heatKWh = values(heat)
        plan.heatMissingKW = values(heatMissing)
        plan.reducedKW = values(reduced)
        plan.curtailedKW = sharedCurtailment(x)
        plan.packages = plannedPackages(x)
        plan.objective = solution.objective
        plan.gap = solution.gap
        plan.isProved = solution.status == .optimal
        plan.iterations = solution.iterations
        plan.priceOfEnergy = balance.map { solution.rowDuals[Int($0)] / hours }
        let limits = BindingLimits(self, solution)
        plan.binding = limits.all
        plan.violations = wishes(plan, x, limits)
        return plan
    }

    /// What a group curtails, shared among its households as they generate.
    private func sharedCurtailment(_ x: [Double]) -> [[Double]] {
        var shared = problem.households.map { $0.pvKW.isEmpty ? [] : [Double](repeating: 0, count: steps) }
        for (index, group) in groups.enumerated() {
            for step in 0..<steps where curtailed[index][step] >= 0 {
                let part = max(0, x[Int(curtailed[index][step])]) / group.pvKW[step]
                guard part > 0 else { continue }
                for household in group.households { shared[household][step] = part * problem.households[household].pvKW[step] }
            }
        }
        return shared
    }

    private func plannedPackages(_ x: [Double]) -> [PlannedPackage] {
        guard case .packages(_, let packages) = problem.target else { return [] }
        var planned: [PlannedPackage] = []
        for (index, package) in packages.enumerated() {
            for (choice, start) in package.starts.enumerated() where x[Int(packageStarts[index][choice])] > 0.5 {
                planned.append(PlannedPackage(id: package.id, start: start, duration: package.duration, powerKW: x[Int(packagePowers[index][choice])]))
            }
        }
        return planned
    }

    /// Battery steps that charge and discharge at a time: none but where burning energy pays.
    func bothAtATime(_ solution: LinearSolution) -> Set<ModePlace> {
        var places: Set<ModePlace> = []
        for battery in charge.indices {
            for step in 0..<steps where min(solution.columns[Int(charge[battery][step])], solution.columns[Int(discharge[battery][step])]) > 1e-6 {
                places.insert(ModePlace(battery: battery, step: step))
            }
        }
        return places
    }
}
