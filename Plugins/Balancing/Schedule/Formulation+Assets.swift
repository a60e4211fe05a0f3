import LinearProgramming

extension Formulation {
    mutating func add(_ battery: Battery, _ number: Int, _ modes: Set<ModePlace>) {
        let kept = battery.kept(hours: hours), position = charge.count
        let wear = prices.throughput * hours
        var charges: [Int32] = [], discharges: [Int32] = [], energies: [Int32] = []
        var before = battery.initialKWh
        for step in 0..<steps {
            let isLast = step == steps - 1
            charges.append(column(.charge, asset: number, step: step, 0...battery.chargeKW, cost: wear))
            discharges.append(column(.discharge, asset: number, step: step, 0...battery.dischargeKW, cost: wear))
            // What lies outside of the window at the begin may come back no faster than it can.
            before *= kept
            let reach = energyReach(battery, drifted: before, step: step)
            energies.append(column(.stored, asset: number, step: step, reach, cost: isLast ? -prices.storedEnergy : 0))
            let initial = step == 0 ? kept * battery.initialKWh : 0
            let row = row(.storage, asset: number, step: step, initial...initial)
            program.add(1, row: row, column: energies[step])
            if step > 0 { program.add(-kept, row: row, column: energies[step - 1]) }
            program.add(-battery.chargeEfficiency * hours, row: row, column: charges[step])
            program.add(hours / battery.dischargeEfficiency, row: row, column: discharges[step])
            program.add(-1, row: balance[step], column: charges[step])
            program.add(1, row: balance[step], column: discharges[step])
            if battery.needsMode || modes.contains(ModePlace(battery: position, step: step)) {
                forbidBoth(battery, number, step, charges[step], discharges[step])
            }
        }
        addWindows(battery, number, energies)
        charge.append(charges)
        discharge.append(discharges)
        stored.append(energies)
    }

    /// The hard window of the energy in a step: the battery's, widened to what an initial energy outside of it drifts to.
    private func energyReach(_ battery: Battery, drifted: Double, step: Int) -> ClosedRange<Double> {
        min(battery.energyKWh.lowerBound, drifted)...max(battery.energyKWh.upperBound, drifted)
    }

    /// Wishes about the energy: back into the window if it began outside, and in the final one at the end.
    private mutating func addWindows(_ battery: Battery, _ number: Int, _ energies: [Int32]) {
        if !battery.energyKWh.contains(battery.initialKWh) {
            for step in 0..<steps { wish(battery.energyKWh, energies[step], number, step, weight: hours) }
        }
        let final = max(battery.energyKWh.lowerBound, battery.finalKWh.lowerBound)...max(
            max(battery.energyKWh.lowerBound, battery.finalKWh.lowerBound), min(battery.energyKWh.upperBound, battery.finalKWh.upperBound))
        guard final.lowerBound > battery.energyKWh.lowerBound || final.upperBound < battery.energyKWh.upperBound else { return }
        wish(final, energies[steps - 1], number, steps, weight: 1)
    }

    private mutating func wish(_ window: ClosedRange<Double>, _ energy: Int32, _ number: Int, _ step: Int, weight: Double) {
        let cost = prices.batteryWindow * weight
        let lacking = column(.window, asset: number, step: step, 0...(.infinity), cost: cost)
        let beyond = column(.window, asset: number, step: step, isSecond: true, 0...(.infinity), cost: cost)
        let row = row(.slot, asset: number, step: step, window)
        program.add(1, row: row, column: energy)
        program.add(1, row: row, column: lacking)
        program.add(-1, row: row, column: beyond)
    }

    private mutating func forbidBoth(_ battery: Battery, _ number: Int, _ step: Int, _ charge: Int32, _ discharge: Int32) {
        let mode = column(.mode, asset: number, step: step, 0...1, isInteger: true)
        let charging = row(.chargeMode, asset: number, step: step, -.infinity...0)
        program.add(1, row: charging, column: charge)
        program.add(-battery.chargeKW, row: charging, column: mode)
        let discharging = row(.dischargeMode, asset: number, step: step, -.infinity...battery.dischargeKW)
        program.add(1, row: discharging, column: discharge)
        program.add(battery.dischargeKW, row: discharging, column: mode)
    }

    mutating func add(_ task: EnergyTask, _ number: Int) {
        let row = row(.task, asset: number, task.energyKWh...task.energyKWh)
        let shortfall = column(.taskShortfall, asset: number, 0...(.infinity), cost: prices.taskShortfall)
        program.add(1, row: row, column: shortfall)
        var powers = [Int32](repeating: -1, count: steps)
        for step in task.steps.clamped(to: 0..<steps) {
            powers[step] = column(.taskPower, asset: number, step: step, 0...task.maximumKW)
            program.add(task.efficiency * hours, row: row, column: powers[step])
            program.add(-1, row: balance[step], column: powers[step])
            guard task.minimumKW > 0 else { continue }
            let running = column(.taskRunning, asset: number, step: step, 0...1, isInteger: true)
            semiContinuous(powers[step], running, task.minimumKW...task.maximumKW, (.taskLeast, .taskMost), number, step)
        }
        taskPower.append(powers)
        taskShortfall.append(shortfall)
    }

    mutating func add(_ heater: Heater, _ number: Int) {
        let kept = heater.kept(hours: hours)
        var powers: [Int32] = [], heats: [Int32] = [], missing: [Int32] = []
        var drifted = heater.initialKWh
        for step in 0..<steps {
            drifted = max(heater.heatKWh.upperBound, drifted * kept - heater.demandKW[step] * hours)
            let least = step == steps - 1 ? max(heater.heatKWh.lowerBound, min(heater.finalKWh, heater.heatKWh.upperBound)) : heater.heatKWh.lowerBound
            heats.append(column(.heat, asset: number, step: step, least...max(least, drifted)))
            missing.append(column(.heatMissing, asset: number, step: step, 0...(.infinity), cost: prices.heatShortfall * hours))
            let begin = step == 0 ? kept * heater.initialKWh : 0
            let row = row(.store, asset: number, step: step, (begin - heater.demandKW[step] * hours)...(begin - heater.demandKW[step] * hours))
            program.add(1, row: row, column: heats[step])
            if step > 0 { program.add(-kept, row: row, column: heats[step - 1]) }
            program.add(-hours, row: row, column: missing[step])
            powers.append(power(heater, number, step, row))
        }
        heatPower.append(powers)
        heat.append(heats)
        heatMissing.append(missing)
    }

    /// The electric power of a heater; of one that is on or off, the binary times its power.
    private mutating func power(_ heater: Heater, _ number: Int, _ step: Int, _ store: Int32) -> Int32 {
        let performance = heater.performance[step] * hours
        if heater.isOnOff {
            let running = column(.heaterRunning, asset: number, step: step, 0...1, isInteger: true)
            program.add(-performance * heater.maximumKW, row: store, column: running)
            program.add(-heater.maximumKW, row: balance[step], column: running)
            return running
        }
        let power = column(.heatPower, asset: number, step: step, 0...heater.maximumKW)
        program.add(-performance, row: store, column: power)
        program.add(-1, row: balance[step], column: power)
        if heater.minimumKW > 0 {
            let running = column(.heaterRunning, asset: number, step: step, 0...1, isInteger: true)
            semiContinuous(power, running, heater.minimumKW...heater.maximumKW, (.heaterLeast, .heaterMost), number, step)
        }
        return power
    }

    /// Zero, or within the range.
    private mutating func semiContinuous(
        _ power: Int32, _ running: Int32, _ range: ClosedRange<Double>, _ kinds: (VariableKey.Kind, VariableKey.Kind), _ number: Int, _ step: Int
    ) {
        let least = row(kinds.0, asset: number, step: step, 0...(.infinity))
        program.add(1, row: least, column: power)
        program.add(-range.lowerBound, row: least, column: running)
        let most = row(kinds.1, asset: number, step: step, -.infinity...0)
        program.add(1, row: most, column: power)
        program.add(-range.upperBound, row: most, column: running)
    }

    mutating func add(_ load: ReducibleLoad, _ number: Int) {
        var columns: [Int32] = []
        for step in 0..<steps {
            let most = load.loadKW[step] * load.reducibleFraction
            columns.append(column(.reduced, asset: number, step: step, 0...max(0, most), cost: load.pricePerKWh * hours))
            program.add(1, row: balance[step], column: columns[step])
        }
        reduced.append(columns)
    }

    mutating func add(_ group: CurtailmentGroup, _ number: Int) {
        var columns = [Int32](repeating: -1, count: steps)
        for step in 0..<steps where group.pvKW[step] > 0 {
            columns[step] = column(.curtailed, asset: number, step: step, 0...group.pvKW[step], cost: prices.curtailment * hours)
            program.add(-1, row: balance[step], column: columns[step])
        }
        curtailed.append(columns)
    }
}
