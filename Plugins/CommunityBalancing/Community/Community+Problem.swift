import Balancing
import PluginAPI

extension Community {
    /// The problem of the present moment: what was reported, what is forecast, what is wanted, and who can be reckoned with.
    /// Nil while nothing says what the transformer carries.
    func problem(_ forecasts: ForecastBoard, now: Timestamp) -> BalancingProblem? {
        guard let limits = limitsKW else { return nil }
        let begin = horizonBegin(now)
        var problem = BalancingProblem(
            steps: settings.steps, stepHours: settings.stepHours, importLimitKW: limits.import, exportLimitKW: limits.export,
            target: target(from: begin))
        problem.prices = settings.prices
        problem.prices.urgency = 0.01
        if let end = trigger?.end { problem.packageSteps = 0..<max(0, min(settings.steps, Int(((end - begin).nanoseconds + stepNanoseconds - 1) / stepNanoseconds))) }
        problem.households = [Household(id: "uncontrolled", loadKW: uncontrolled(forecasts, "q50", begin))]
        addReserve(&problem, forecasts, begin)
        for asset in assets.values.sorted(by: { $0.id < $1.id }) where asset.isAvailable { add(asset, forecasts, begin, now, &problem) }
        problem.sections = settings.lines.map { line in
            var section = line.section
            if let limit = line.branch.flatMap({ estimatedLimits[$0] }) { section.limitKW = min(section.limitKW, limit) }
            return section
        }.filter(\.limitKW.isFinite)
        addTariff(&problem, begin)
        (problem.pastPeakKW, problem.pastImportKW) = (peak.peakKW, peak.importKW)
        // Against forecasts that are wrong, as the closed loop of the benchmark shows; where energy has its price by the hour, that alone says when.
        if problem.importTariff.isEmpty { (problem.prices.delay, problem.prices.newPeak) = (0.01, 0.02) }
        return problem
    }

    /// The begin of the step that is now.
    func horizonBegin(_ now: Timestamp) -> Timestamp { Timestamp(nanoseconds: now.nanoseconds / stepNanoseconds * stepNanoseconds) }

    var stepNanoseconds: Int64 { Int64(settings.stepHours * 3.6e12) }

    func stepNumber(_ begin: Timestamp) -> Int { Int(begin.nanoseconds / stepNanoseconds) & 0xFF_FFFF }

    /// Load less generation of what nobody controls, by a quantile; for want of a forecast, what was measured at that time of the day.
    private func uncontrolled(_ forecasts: ForecastBoard, _ quantile: String, _ begin: Timestamp) -> [Double] {
        let steps = settings.steps
        let load = forecasts.values(settings.loadSeries, quantile, from: begin, steps: steps, stepNanoseconds: stepNanoseconds)
        // Much load meets little sun where it is tight: the generation's quantile is the opposite one.
        let opposite = quantile.hasPrefix("q") ? Int(quantile.dropFirst()).map { value in 100 - value < 10 ? "q0\(100 - value)" : "q\(100 - value)" } ?? quantile : quantile
        let generation = forecasts.values(settings.generationSeries, opposite, from: begin, steps: steps, stepNanoseconds: stepNanoseconds)
        return (0..<steps).map { step in
            guard let power = load[step] else { return profile.value(at: begin + .nanoseconds(Int64(step) * stepNanoseconds)) }
            return power - (generation[step] ?? 0)
        }
    }

    private func addReserve(_ problem: inout BalancingProblem, _ forecasts: ForecastBoard, _ begin: Timestamp) {
        guard let quantiles = settings.reserveQuantiles, settings.loadSeries != nil else { return }
        let median = problem.households[0].loadKW
        let (low, high) = (uncontrolled(forecasts, quantiles.low, begin), uncontrolled(forecasts, quantiles.high, begin))
        problem.reserve = Reserve(
            dischargeKW: zip(high, median).map { max(0, $0 - $1) }, chargeKW: zip(median, low).map { max(0, $0 - $1) })
    }

    private func addTariff(_ problem: inout BalancingProblem, _ begin: Timestamp) {
        problem.importTariff = tariff.imports(from: begin, steps: settings.steps, stepNanoseconds: stepNanoseconds)
        let exports = tariff.exports(from: begin, steps: settings.steps, stepNanoseconds: stepNanoseconds)
        // What is sold for more than it costs would be bought without end.
        problem.exportTariff = problem.importTariff.isEmpty ? exports.map { min($0, 0) } : zip(exports, problem.importTariff).map(min)
    }

    private func add(_ asset: AssetRecord, _ forecasts: ForecastBoard, _ begin: Timestamp, _ now: Timestamp, _ problem: inout BalancingProblem) {
        let description = asset.description, steps = settings.steps
        let series = forecasts.values(description.series, "q50", from: begin, steps: steps, stepNanoseconds: stepNanoseconds)
        switch description.kind {
        case .battery:
            let capacity = description.capacityKWh
            let window = (description.window.lowerBound * capacity)...(description.window.upperBound * capacity)
            problem.batteries.append(Battery(
                id: asset.id, household: description.household, energyKWh: window, initialKWh: asset.energyKWh,
                finalKWh: max(window.lowerBound, min(description.finalPart * capacity, window.upperBound))...window.upperBound, chargeKW: max(0, asset.bandKW.upperBound > 0 ? description.maximumKW : 0),
                dischargeKW: description.feedKW, chargeEfficiency: description.chargeEfficiency, dischargeEfficiency: description.dischargeEfficiency,
                lossPerHour: description.lossPerHour))
        case .vehicle:
            guard let need = asset.needKWh, need > 0 else { return }
            let end = asset.departure.map { Int(max(0, ($0 - begin).nanoseconds / stepNanoseconds)) } ?? steps
            problem.tasks.append(EnergyTask(
                id: asset.id, household: description.household, steps: 0..<min(steps, max(0, end)), energyKWh: need, maximumKW: description.maximumKW,
                minimumKW: description.minimumKW, efficiency: description.chargeEfficiency))
        case .heater:
            let demand = series.map { max(0, $0 ?? description.demandKW) }
            problem.heaters.append(Heater(
                id: asset.id, household: description.household, maximumKW: description.maximumKW, minimumKW: description.minimumKW, isOnOff: description.isOnOff,
                performance: [Double](repeating: description.performance, count: steps), demandKW: demand,
                heatKWh: (description.window.lowerBound * description.capacityKWh)...(description.window.upperBound * description.capacityKWh),
                initialKWh: asset.energyKWh, finalKWh: description.finalPart * description.capacityKWh, lossPerHour: description.lossPerHour))
        case .photovoltaics:
            let sun = (0..<steps).map { step in max(0, series[step] ?? assetProfiles[asset.id]?.value(at: begin + .nanoseconds(Int64(step) * stepNanoseconds)) ?? 0) }
            problem.households.append(Household(id: asset.id, loadKW: [Double](repeating: 0, count: steps), pvKW: sun, isCurtailable: true))
        case .load:
            let load = (0..<steps).map { step in max(0, series[step] ?? assetProfiles[asset.id]?.value(at: begin + .nanoseconds(Int64(step) * stepNanoseconds)) ?? 0) }
            problem.reducibleLoads.append(ReducibleLoad(
                id: asset.id, household: description.household, loadKW: load, reducibleFraction: description.reducibleFraction, pricePerKWh: description.pricePerKWh))
        }
    }

    /// What the trigger means for the horizon.
    private func target(from begin: Timestamp) -> BalancingTarget {
        guard let trigger else { return .islanding }
        func step(_ time: Timestamp) -> Int { Int(((time - begin).nanoseconds + stepNanoseconds / 2) / stepNanoseconds) }
        // Every step that the mode touches.
        let first = max(0, Int((trigger.begin - begin).nanoseconds / stepNanoseconds))
        let last = trigger.end.map { min(settings.steps, Int((($0 - begin).nanoseconds + stepNanoseconds - 1) / stepNanoseconds)) } ?? settings.steps
        let range = min(first, settings.steps)..<max(min(first, settings.steps), last)
        func steps(of setPoint: Trigger.SetPoint) -> Range<Int> {
            let first = setPoint.begin <= trigger.begin ? range.lowerBound : max(0, min(settings.steps, step(setPoint.begin)))
            return first..<max(first, setPoint.end.map { min(settings.steps, step($0)) } ?? range.upperBound)
        }
        switch trigger.mode {
        case .stop, .islanding: return .islanding
        case .leastImport: return .leastImport
        case .setPoint:
            // The one that lasts as long as the mode has every step that the mode touches; intervals have their own.
            return .setPoint(trigger.setPoints.map { SetPointWindow(steps: $0.end == trigger.end && $0.begin == trigger.begin ? range : steps(of: $0), exchangeKW: $0.powerKW) })
        case .supply, .export:
            var packages = trigger.slots.compactMap { slot -> Package? in
                let (first, last) = (step(slot.begin), step(slot.end))
                guard last > 0, first < settings.steps, last > first else { return nil }
                return Package(id: slot.name, starts: [first], duration: last - first, powerKW: slot.powerKW...slot.powerKW, isOrdered: true)
            }
            packages += trigger.offers.compactMap { offer($0, step, begin) }
            return .packages(trigger.mode == .supply ? .import : .export, packages)
        }
    }

    /// An offer of which a package has begun is that package; else its starts that are still ahead.
    private func offer(_ offer: Trigger.Offer, _ step: (Timestamp) -> Int, _ begin: Timestamp) -> Package? {
        let duration = max(1, Int((offer.minutes * 60e9 / Double(stepNanoseconds)).rounded()))
        if let chosen = chosenPackages[offer.name] {
            let start = step(chosen.begin)
            guard start + duration > 0 else { return nil }
            return Package(id: offer.name, starts: [start], duration: duration, powerKW: chosen.powerKW...chosen.powerKW, isOrdered: true)
        }
        let starts = Array(stride(from: max(0, step(offer.earliest)), through: min(settings.steps, step(offer.latestEnd)) - duration, by: 1))
        guard !starts.isEmpty else { return nil }
        return Package(id: offer.name, starts: starts, duration: duration, powerKW: offer.powerKW, quantumKW: offer.quantumKW)
    }
}
