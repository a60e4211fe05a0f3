import LinearProgramming

extension Formulation {
    /// The flow of a line, what is behind it, within its limit; beyond has a price.
    mutating func add(_ section: FeederSection, _ number: Int) {
        var rows: [Int32] = [], overloads: [Int32] = []
        let fixed = problem.fixedLoadKW(behind: section)
        for step in 0..<steps {
            let beyond = column(.sectionOverload, asset: number, step: step, 0...(.infinity), cost: prices.overload * hours)
            overloads.append(beyond)
            let (up, down) = (section.limitKW - fixed[step], -section.limitKW - fixed[step])
            let most = row(.section, asset: number, step: step, -.infinity...up)
            let least = row(.section, asset: number, step: step, isSecond: true, down...(.infinity))
            program.add(-1, row: most, column: beyond)
            program.add(1, row: least, column: beyond)
            for (column, sign, scale) in flows(behind: section, step: step) where column >= 0 {
                program.add(sign * scale, row: most, column: column)
                program.add(sign * scale, row: least, column: column)
            }
            rows += [most, least]
        }
        sectionRows.append(rows)
        sectionOverload.append(overloads)
    }

    /// The decided flows behind a line: column, sign in the load convention, kW per unit.
    private func flows(behind section: FeederSection, step: Int) -> [(Int32, Double, Double)] {
        func isBehind(_ id: String, _ household: String?) -> Bool { section.members.contains(household ?? id) || section.members.contains(id) }
        var flows: [(Int32, Double, Double)] = []
        for (index, battery) in problem.batteries.enumerated() where isBehind(battery.id, battery.household) {
            flows += [(charge[index][step], 1, 1), (discharge[index][step], -1, 1)]
        }
        for (index, task) in problem.tasks.enumerated() where isBehind(task.id, task.household) { flows.append((taskPower[index][step], 1, 1)) }
        for (index, heater) in problem.heaters.enumerated() where isBehind(heater.id, heater.household) {
            flows.append((heatPower[index][step], 1, heater.isOnOff ? heater.maximumKW : 1))
        }
        for (index, load) in problem.reducibleLoads.enumerated() where isBehind(load.id, load.household) { flows.append((reduced[index][step], -1, 1)) }
        for (index, group) in groups.enumerated() where group.households.contains(where: { section.members.contains(problem.households[$0].id) }) {
            flows.append((curtailed[index][step], 1, 1))
        }
        return flows
    }
}

extension BalancingProblem {
    /// What nobody decides behind a line, kW by step.
    public func fixedLoadKW(behind section: FeederSection) -> [Double] {
        var behind = self
        behind.households = households.filter { section.members.contains($0.id) }
        behind.reducibleLoads = reducibleLoads.filter { section.members.contains($0.household ?? $0.id) || section.members.contains($0.id) }
        return behind.fixedLoadKW
    }
}
