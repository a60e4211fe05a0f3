public import LinearProgramming
public import PluginAPI

extension PymfmDocument {
    /// The answer in pymfm's form, with one member more: `violations`, sentences about what could not be fulfilled.
    public func answer(limits: SolveLimits = SolveLimits(seconds: 10)) throws(BalancingError) -> JSONWriter {
        switch (mode, logic) {
        case (.nearRealTime, _): return write([respond()], violations: [])
        case (.scheduling, .ruleBased): return write(followRule(), violations: [])
        case (.scheduling, .optimizationBased):
            let (rows, violations) = try optimise(limits)
            return write(rows, violations: violations)
        }
    }

    /// One line of the answer.
    struct Row {
        let time: Timestamp
        let before: Double
        var after: Double
        var batteryKW: [Double]
        var energyKWh: [Double]
        var controlledPV: Double?
        var band: (upper: Double?, lower: Double?)?
    }

    /// The batteries, one after the other, bring the measured exchange to the requested one as far as they can.
    private func respond() -> Row {
        guard let request else { return Row(time: start, before: 0, after: 0, batteryKW: [], energyKWh: []) }
        return share(request.requestedKW - request.measuredKW, at: request.time, before: request.measuredKW, hours: request.hours, energies: batteries.map(\.initialKWh))
    }

    private func share(_ wanted: Double, at time: Timestamp, before: Double, hours: Double, energies: [Double]) -> Row {
        var row = Row(time: time, before: before, after: before, batteryKW: [], energyKWh: [])
        var rest = wanted
        for (battery, energy) in zip(batteries, energies) {
            let power = battery.allowed(rest, hours: hours, from: energy)
            rest -= power
            row.after += power
            row.batteryKW.append(power)
            row.energyKWh.append(battery.energy(after: power, hours: hours, from: energy))
        }
        return row
    }

    var hours: Double { Double((values[1].time - values[0].time).nanoseconds) / 3.6e12 }

    /// Self-consumption: surplus into the batteries, deficit out of them.
    private func followRule() -> [Row] {
        var energies = batteries.map(\.initialKWh)
        return values.map { value in
            let before = value.loadKW - value.generationKW
            let row = share(-before, at: value.time, before: before, hours: hours, energies: energies)
            energies = row.energyKWh
            return row
        }
    }

    /// Σ (import + export) + peak at the least, as a linear program.
    private func optimise(_ limits: SolveLimits) throws(BalancingError) -> ([Row], [String]) {
        let problem = problem
        var scheduler = Scheduler()
        let plan = try scheduler.plan(problem, limits: limits)
        var storage = 0, task = 0
        var powers: [[Double]] = []
        for battery in batteries {
            if battery.isHousehold {
                powers.append(plan.taskKW[task])
                task += 1
            } else {
                powers.append(plan.batteryKW[storage])
                storage += 1
            }
        }
        var energies = batteries.map(\.initialKWh)
        let rows = values.indices.map { step in
            for index in batteries.indices { energies[index] = batteries[index].energy(after: powers[index][step], hours: hours, from: energies[index]) }
            let curtailed = plan.curtailedKW.first.flatMap { $0.isEmpty ? nil : $0[step] } ?? 0
            return Row(
                time: values[step].time, before: values[step].loadKW - values[step].generationKW, after: plan.exchangeKW[step], batteryKW: powers.map { $0[step] },
                energyKWh: energies, controlledPV: isCurtailable ? values[step].generationKW - curtailed : nil, band: band(at: values[step].time))
        }
        return (rows, plan.violations.map(\.sentence))
    }

    private func band(at time: Timestamp) -> (upper: Double?, lower: Double?)? {
        bands.last { $0.time <= time && time < $0.time + .seconds(hours * 3600) }.map { ($0.upper, $0.lower) }
    }

    private func steps(from: Timestamp, to: Timestamp) -> Range<Int> {
        let inside = values.indices.filter { values[$0].time >= from && values[$0].time < to }
        return (inside.first ?? 0)..<((inside.last ?? -1) + 1)
    }

    /// The request as a problem: household batteries, which only charge, are tasks to be done by the end of the day.
    var problem: BalancingProblem {
        var problem = BalancingProblem(steps: values.count, stepHours: hours, importLimitKW: 1e6, exportLimitKW: 1e6)
        problem.households = [Household(id: "community", loadKW: values.map(\.loadKW), pvKW: values.map(\.generationKW), isCurtailable: isCurtailable)]
        for (index, battery) in batteries.enumerated() {
            let id = "\(battery.id) #\(index + 1)"
            if battery.isHousehold {
                problem.tasks.append(EnergyTask(
                    id: id, steps: dayEnd.map { steps(from: start, to: $0) } ?? 0..<values.count, energyKWh: max(0, battery.windowKWh.upperBound - battery.initialKWh),
                    maximumKW: battery.chargeKW, efficiency: battery.chargeEfficiency))
            } else {
                problem.batteries.append(Battery(
                    id: id, energyKWh: battery.windowKWh, initialKWh: battery.initialKWh, finalKWh: battery.finalKWh.map { $0...$0 }, chargeKW: battery.chargeKW,
                    dischargeKW: battery.dischargeKW, chargeEfficiency: battery.chargeEfficiency, dischargeEfficiency: battery.dischargeEfficiency))
            }
        }
        if let bulk { problem.energySlots = [EnergySlot(steps: steps(from: bulk.start, to: bulk.end), energyKWh: bulk.energyKWh)] }
        if !bands.isEmpty {
            problem.exchangeBandKW = values.map { value in
                let band = band(at: value.time)
                let lower = band?.lower ?? -.infinity
                return lower...max(lower, band?.upper ?? .infinity)
            }
        }
        problem.prices.peak = hours
        problem.prices.throughput = batteries.contains { $0.chargeEfficiency * $0.dischargeEfficiency < 1 } ? problem.prices.throughput : 1e-4
        return problem
    }

    private func write(_ rows: [Row], violations: [String]) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("id", id)
        json.member("application", "pymfm")
        json.member("control_logic", logic.rawValue)
        json.member("operation_mode", mode.rawValue)
        json.member("uc_start", start.description)
        json.member("uc_end", end.description)
        json.key("results")
        json.beginArray()
        for row in rows { write(row, &json) }
        json.endArray()
        json.key("violations")
        json.beginArray()
        for violation in violations { json.value(violation) }
        json.endArray()
        json.endObject()
        return json
    }

    private func write(_ row: Row, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("P_net_before_kW", row.before)
        json.member("P_net_after_kW", row.after)
        for (index, battery) in batteries.enumerated() where index < row.batteryKW.count {
            json.member("P_bat_\(index + 1)_kW", row.batteryKW[index])
            json.member("SoC_bat_\(index + 1)_%", row.energyKWh[index] / battery.capacityKWh * 100)
        }
        if let upper = row.band?.upper { json.member("upperb", upper) }
        if let lower = row.band?.lower { json.member("lowerb", lower) }
        if let controlled = row.controlledPV { json.member("P_PV_controlled_kW", controlled) }
        json.member("timestamp", row.time.description)
        json.endObject()
    }
}
