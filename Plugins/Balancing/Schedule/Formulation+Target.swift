import LinearProgramming

extension Formulation {
    mutating func addTarget() {
        switch problem.target {
        case .islanding: addIslanding(outside: [])
        case .leastImport:
            for step in 0..<steps { addCost(imports[step], prices.exchange * hours) }
            for step in 0..<steps { addCost(exports[step], prices.tieBreak) }
        case .setPoint(let windows): addSetPoints(windows)
        case .packages(let direction, let packages): addPackages(direction, packages)
        }
    }

    mutating func addCost(_ column: Int32, _ cost: Double) { program.setCost(program.costs[Int(column)] + cost, column: column) }

    /// Exchange and its peak cost, but for the steps of set-points.
    private mutating func addIslanding(outside windows: Set<Int>) {
        let peak = column(.peak, max(0, problem.pastPeakKW)...(.infinity), cost: prices.peak)
        let importPeak = importPeak(below: peak)
        for step in 0..<steps where !windows.contains(step) {
            for (kind, exchange, highest) in [(VariableKey.Kind.peakImport, imports[step], importPeak), (.peakExport, exports[step], peak)] {
                addCost(exchange, prices.exchange * hours)
                let row = row(kind, step: step, -.infinity...0)
                program.add(1, row: row, column: exchange)
                program.add(-1, row: row, column: highest)
            }
            hedge(step)
        }
    }

    /// The highest import, where it has a price of its own; else the peak.
    private mutating func importPeak(below peak: Int32) -> Int32 {
        guard prices.newPeak > 0 else { return peak }
        let highest = column(.highestImport, max(0, problem.pastImportKW)...(.infinity), cost: prices.peak * prices.newPeak)
        let row = row(.importPeak, -.infinity...0)
        program.add(1, row: row, column: highest)
        program.add(-1, row: row, column: peak)
        return highest
    }

    /// Against forecasts that are wrong: import up to the peak that there was is taken early, import beyond it late.
    private mutating func hedge(_ step: Int) {
        let part = Double(step) / Double(steps), price = prices.exchange * hours
        addCost(imports[step], price * prices.delay * part)
        guard prices.newPeak > 0 else { return }
        let beyond = column(.newPeak, step: step, 0...(.infinity), cost: price * prices.newPeak * (1 - part))
        let row = row(.pastImport, step: step, -.infinity...max(0, problem.pastImportKW))
        program.add(1, row: row, column: imports[step])
        program.add(-1, row: row, column: beyond)
    }

    private mutating func addSetPoints(_ windows: [SetPointWindow]) {
        var wanted: [Int: Double] = [:]
        for window in windows { for step in window.steps.clamped(to: 0..<steps) { wanted[step] = window.exchangeKW } }
        addIslanding(outside: Set(wanted.keys))
        above = [Int32](repeating: -1, count: steps)
        below = above
        for step in 0..<steps {
            guard let power = wanted[step] else { continue }
            deviation(step, price: prices.deviation, target: power)
            quieten(step)
        }
    }

    /// exchange = target + above − below.
    private mutating func deviation(_ step: Int, price: Double, target: Double) {
        let cost = price * hours * (1 + prices.urgency * Double(steps - step) / Double(steps))
        above[step] = column(.above, step: step, 0...(.infinity), cost: cost)
        below[step] = column(.below, step: step, 0...(.infinity), cost: cost)
        let row = row(.set, step: step, target...target)
        program.add(1, row: row, column: imports[step])
        program.add(-1, row: row, column: exports[step])
        program.add(-1, row: row, column: above[step])
        program.add(1, row: row, column: below[step])
        setRows[step] = row
    }

    private mutating func quieten(_ step: Int) {
        addCost(imports[step], prices.tieBreak)
        addCost(exports[step], prices.tieBreak)
    }

    private mutating func addPackages(_ direction: PackageDirection, _ packages: [Package]) {
        above = [Int32](repeating: -1, count: steps)
        below = above
        let wanted = (problem.packageSteps ?? 0..<steps).clamped(to: 0..<steps)
        for step in 0..<steps {
            if !wanted.contains(step) || direction == .import { addCost(imports[step], prices.exchange * hours) }
            if !wanted.contains(step) { addCost(exports[step], prices.exchange * hours) }
            guard wanted.contains(step) else { continue }
            deviation(step, price: prices.residual, target: 0)
            quieten(step)
        }
        let sign = direction == .import ? -1.0 : 1.0
        for (number, package) in packages.enumerated() { add(package, number, sign) }
    }

    /// At most one start of a package is chosen; its power is zero for the others, and a multiple of the quantum.
    private mutating func add(_ package: Package, _ number: Int, _ sign: Double) {
        let once = row(.packageOnce, asset: number, package.isOrdered ? 1...1 : -.infinity...1)
        let level = package.quantumKW.map { quantum in
            let quanta = column(.packageQuanta, asset: number, 0...(package.powerKW.upperBound / quantum + 1e-9).rounded(.down), isInteger: true)
            let row = row(.packageLevel, asset: number, 0...0)
            program.add(-quantum, row: row, column: quanta)
            return row
        }
        var starts: [Int32] = [], powers: [Int32] = []
        for start in package.starts {
            let begins = column(.packageStart, asset: number, step: start, 0...1, cost: prices.package, isInteger: !(package.isOrdered && package.starts.count == 1))
            let power = column(.packagePower, asset: number, step: start, 0...package.powerKW.upperBound)
            program.add(1, row: once, column: begins)
            let least = row(.packageLeast, asset: number, step: start, 0...(.infinity))
            program.add(1, row: least, column: power)
            program.add(-package.powerKW.lowerBound, row: least, column: begins)
            let most = row(.packageMost, asset: number, step: start, -.infinity...0)
            program.add(1, row: most, column: power)
            program.add(-package.powerKW.upperBound, row: most, column: begins)
            if let level { program.add(1, row: level, column: power) }
            for step in max(0, start)..<max(0, min(steps, start + package.duration)) {
                if let row = setRows[step] { program.add(sign, row: row, column: power) }
            }
            starts.append(begins)
            powers.append(power)
        }
        packageStarts.append(starts)
        packagePowers.append(powers)
    }

    mutating func addSlots() {
        for (number, slot) in problem.energySlots.enumerated() {
            let missing = column(.slotMissing, asset: number, 0...(.infinity), cost: prices.residual)
            let excess = column(.slotExcess, asset: number, 0...(.infinity), cost: prices.residual)
            let row = row(.slot, asset: -1 - number, slot.energyKWh...slot.energyKWh)
            program.add(1, row: row, column: missing)
            program.add(-1, row: row, column: excess)
            for step in slot.steps.clamped(to: 0..<steps) {
                program.add(hours, row: row, column: imports[step])
                program.add(-hours, row: row, column: exports[step])
            }
            slotMissing.append(missing)
            slotExcess.append(excess)
        }
    }

    mutating func addBand() {
        for (step, band) in problem.exchangeBandKW.enumerated().prefix(steps) where band.lowerBound.isFinite || band.upperBound.isFinite {
            let excess = column(.bandExcess, step: step, 0...(.infinity), cost: prices.overload * hours)
            let most = row(.band, step: step, -.infinity...band.upperBound)
            let least = row(.band, step: step, isSecond: true, band.lowerBound...(.infinity))
            for (row, sign) in [(most, -1.0), (least, 1.0)] {
                program.add(1, row: row, column: imports[step])
                program.add(-1, row: row, column: exports[step])
                program.add(sign, row: row, column: excess)
            }
            bandExcess.append(excess)
        }
    }

    /// Batteries could discharge and charge beyond the plan by the reserve, in power, and by its energy of the step.
    mutating func addReserve() {
        addReserve(problem.reserve.dischargeKW, asset: 1, power: .reservePower, energy: .reserveEnergy, isDischarge: true)
        addReserve(problem.reserve.chargeKW, asset: 2, power: .chargeReservePower, energy: .chargeReserveEnergy, isDischarge: false)
    }

    private mutating func addReserve(_ wanted: [Double], asset: Int, power: VariableKey.Kind, energy: VariableKey.Kind, isDischarge: Bool) {
        guard !problem.batteries.isEmpty else { return }
        for (step, wanted) in wanted.prefix(steps).enumerated() where wanted > 0 {
            let missing = column(.reserveMissing, asset: asset, step: step, 0...(.infinity), cost: prices.reserve * hours)
            // Σ (limit − power + counter-power) + missing ≥ wanted.
            let limit = problem.batteries.reduce(0) { $0 + (isDischarge ? $1.dischargeKW : $1.chargeKW) }
            let powerRow = row(power, step: step, (wanted - limit)...(.infinity))
            // Σ energy above the floor (below the ceiling), as seen at the terminals, + missing energy ≥ wanted · Δt.
            var floor = 0.0
            let energyRow = row(energy, step: step, wanted * hours...(.infinity))
            for (index, battery) in problem.batteries.enumerated() {
                program.add(isDischarge ? -1 : 1, row: powerRow, column: discharge[index][step])
                program.add(isDischarge ? 1 : -1, row: powerRow, column: charge[index][step])
                let scale = isDischarge ? battery.dischargeEfficiency : -1 / battery.chargeEfficiency
                floor += scale * (isDischarge ? battery.energyKWh.lowerBound : battery.energyKWh.upperBound)
                program.add(scale, row: energyRow, column: stored[index][step])
            }
            program.add(1, row: powerRow, column: missing)
            program.add(hours, row: energyRow, column: missing)
            program.shiftRow(energyRow, by: floor)
            reserveMissing.append(missing)
        }
    }
}
