extension CaseDocument {
    /// The problem that the document means.
    func problem() throws(BalancingError) -> BalancingProblem {
        guard limits.imports >= 0, limits.exports >= 0 else { throw .invalid("transformer needs p_import_max_kw and p_export_max_kw from 0") }
        var problem = BalancingProblem(steps: steps, stepHours: stepHours, importLimitKW: limits.imports, exportLimitKW: limits.exports, target: try target())
        problem.prices = prices
        for (index, object) in households.enumerated() { problem.households.append(try object.household("households.\(index)")) }
        for (index, object) in batteries.enumerated() { problem.batteries.append(try object.battery("batteries.\(index)", needsMode: needsModes)) }
        for (index, object) in tasks.enumerated() { problem.tasks.append(try object.task("evs.\(index)")) }
        for (index, object) in heaters.enumerated() { problem.heaters.append(try object.heater("heaters.\(index)")) }
        try problem.check()
        return problem
    }

    private func target() throws(BalancingError) -> BalancingTarget {
        switch useCase {
        case "UC1": return .islanding
        case "UC2":
            var windows: [SetPointWindow] = []
            for (index, object) in setPoints.enumerated() {
                let place = "params.setpoints.\(index)"
                let (from, to) = (try object.step("from_step", place), try object.step("to_step", place))
                guard from <= to else { throw .invalid("\(place) goes from step \(from) to \(to)") }
                windows.append(SetPointWindow(steps: from..<to, exchangeKW: try object.number("p_kw", place)))
            }
            return .setPoint(windows)
        case "UC3", "UC4":
            guard let way = PackageDirection(rawValue: direction.isEmpty ? (useCase == "UC3" ? "import" : "export") : direction) else {
                throw .invalid("params.direction is '\(direction)', expected import or export")
            }
            var list: [Package] = []
            for (index, object) in packages.enumerated() { list.append(try object.package("params.packages.\(index)")) }
            return .packages(way, list)
        case "least-import": return .leastImport
        default: throw .invalid("use_case is '\(useCase)', expected UC1, UC2, UC3, UC4 or least-import")
        }
    }
}

extension CaseObject {
    func number(_ key: String, _ place: String, default standard: Double? = nil) throws(BalancingError) -> Double {
        guard let number = numbers[key] ?? standard, number.isFinite else { throw .invalid("\(place).\(key) is missing, expected a number") }
        return number
    }

    func step(_ key: String, _ place: String) throws(BalancingError) -> Int {
        let value = try number(key, place)
        guard value >= 0, value <= 100_000, value == value.rounded() else { throw .invalid("\(place).\(key) is \(value), expected the number of a step") }
        return Int(value)
    }

    func id(_ place: String) throws(BalancingError) -> String {
        guard let id = texts["id"], !id.isEmpty else { throw .invalid("\(place).id is missing, expected a text") }
        return id
    }

    private func range(_ low: Double, _ high: Double, _ what: String, _ place: String) throws(BalancingError) -> ClosedRange<Double> {
        guard low <= high else { throw .invalid("\(place): \(what) goes from \(low) to \(high)") }
        return low...high
    }

    func household(_ place: String) throws(BalancingError) -> Household {
        guard let load = series["load_kw"] else { throw .invalid("\(place).load_kw is missing, expected a list of numbers") }
        return Household(id: try id(place), loadKW: load, pvKW: series["pv_kw"] ?? [], isCurtailable: truths["pv_curtailable"] ?? false)
    }

    func battery(_ place: String, needsMode: Bool) throws(BalancingError) -> Battery {
        let window = try range(try number("e_min_kwh", place), try number("e_max_kwh", place), "the energy", place)
        let final = try range(
            try number("e_end_min_kwh", place, default: window.lowerBound), try number("e_end_max_kwh", place, default: window.upperBound), "the final energy", place)
        return Battery(
            id: try id(place), household: texts["household"], energyKWh: window, initialKWh: try number("e0_kwh", place), finalKWh: final,
            chargeKW: try number("p_charge_kw", place), dischargeKW: try number("p_discharge_kw", place),
            chargeEfficiency: try number("eta_charge", place), dischargeEfficiency: try number("eta_discharge", place),
            lossPerHour: try number("loss_per_h", place, default: 0), needsMode: needsMode)
    }

    func task(_ place: String) throws(BalancingError) -> EnergyTask {
        let (arrive, depart) = (try step("arrive_step", place), try step("depart_step", place))
        guard arrive <= depart else { throw .invalid("\(place) departs in step \(depart), before it arrives in \(arrive)") }
        return EnergyTask(
            id: try id(place), household: texts["household"], steps: arrive..<depart, energyKWh: try number("energy_kwh", place),
            maximumKW: try number("p_max_kw", place), minimumKW: try number("p_min_kw", place, default: 0), efficiency: try number("eta", place, default: 1))
    }

    func heater(_ place: String) throws(BalancingError) -> Heater {
        guard let performance = series["cop"], let demand = series["demand_kw_th"] else { throw .invalid("\(place) needs cop and demand_kw_th, lists of numbers") }
        return Heater(
            id: try id(place), household: texts["household"], maximumKW: try number("p_max_kw", place), minimumKW: try number("p_min_kw", place, default: 0),
            isOnOff: truths["on_off"] ?? false, performance: performance, demandKW: demand,
            heatKWh: try range(try number("q_min_kwh", place), try number("q_max_kwh", place), "the heat", place), initialKWh: try number("q0_kwh", place),
            finalKWh: try number("q_end_min_kwh", place, default: 0), lossPerHour: try number("loss_per_h", place, default: 0))
    }

    func package(_ place: String) throws(BalancingError) -> Package {
        let (earliest, end, duration) = (try step("earliest_step", place), try step("latest_end_step", place), try step("duration_steps", place))
        let granularity = max(1, Int(try number("start_granularity_steps", place, default: 1)))
        return Package(
            id: try id(place), starts: Array(stride(from: earliest, through: end - duration, by: granularity)), duration: duration,
            powerKW: try range(try number("p_min_kw", place), try number("p_max_kw", place), "the power", place), quantumKW: numbers["quantum_kw"],
            isOrdered: truths["ordered"] ?? false)
    }
}
