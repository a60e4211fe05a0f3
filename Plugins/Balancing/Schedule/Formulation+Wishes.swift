extension Formulation {
    /// What is wanted and not fulfilled, the weightiest kinds first.
    func wishes(_ plan: Plan, _ x: [Double], _ limits: BindingLimits) -> [ViolatedWish] {
        var list = WishList(limits: limits, hours: hours)
        for (index, task) in problem.tasks.enumerated() where plan.taskShortfallKWh[index] > WishList.dust {
            let window = task.steps.clamped(to: 0..<steps)
            list.add(.task, task.id, window.isEmpty ? 0...0 : window.lowerBound...(window.upperBound - 1), task.energyKWh, task.energyKWh - plan.taskShortfallKWh[index],
                "kWh", asset: task.id, otherwise: window.isEmpty ? "it is not there within the horizon" : "")
        }
        for (index, heater) in problem.heaters.enumerated() {
            let wanted = heater.demandKW.prefix(steps).reduce(0, +) * hours
            list.addRun(.heat, heater.id, plan.heatMissingKW[index], asset: heater.id) { (wanted, wanted - $0) }
        }
        list.addRun(.transformer, "", overload.map { x[Int($0)] }) { ($0 > 0 ? max(problem.importLimitKW, problem.exportLimitKW) : 0, 0) }
        for (index, section) in problem.sections.enumerated() {
            list.addRun(.line, section.id, sectionOverload[index].map { x[Int($0)] }) { _ in (section.limitKW, 0) }
        }
        addTargetWishes(plan, x, &list)
        for (index, slot) in problem.energySlots.enumerated() {
            let lacking = x[Int(slotMissing[index])] - x[Int(slotExcess[index])]
            guard abs(lacking) > WishList.dust, !slot.steps.isEmpty else { continue }
            list.add(.energySlot, "", slot.steps.lowerBound...(slot.steps.upperBound - 1), slot.energyKWh, slot.energyKWh - lacking, "kWh")
        }
        if bandExcess.contains(where: { x[Int($0)] > WishList.dust }) {
            list.addRun(.exchangeBand, "", bandExcess.map { x[Int($0)] }) { (0, $0) }
        }
        addBatteryWishes(plan, &list)
        if !reserveMissing.isEmpty {
            let missing = reserveMissing.reduce(0) { $0 + x[Int($1)] } * hours
            let wanted = (problem.reserve.dischargeKW.reduce(0, +) + problem.reserve.chargeKW.reduce(0, +)) * hours
            if missing > WishList.dust { list.add(.reserve, "", 0...(steps - 1), wanted, wanted - missing, "kWh") }
        }
        return list.wishes
    }

    private func addTargetWishes(_ plan: Plan, _ x: [Double], _ list: inout WishList) {
        func beside(_ step: Int) -> Double { above[step] < 0 ? 0 : x[Int(above[step])] + x[Int(below[step])] }
        switch problem.target {
        case .islanding, .leastImport: return
        case .setPoint(let windows):
            for window in windows {
                let clamped = window.steps.clamped(to: 0..<steps)
                guard !clamped.isEmpty, clamped.reduce(0, { $0 + beside($1) }) * hours > WishList.dust else { continue }
                let got = clamped.reduce(0) { $0 + plan.exchangeKW[$1] } * hours
                list.add(.setPoint, "", clamped.lowerBound...(clamped.upperBound - 1), window.exchangeKW * hours * Double(clamped.count), got, "kWh")
            }
        case .packages(let direction, let packages):
            let sign = direction == .import ? 1.0 : -1.0
            for planned in plan.packages {
                let range = max(0, planned.start)..<max(planned.start, min(steps, planned.start + planned.duration))
                guard !range.isEmpty, range.reduce(0, { $0 + beside($1) }) * hours > WishList.dust else { continue }
                let got = sign * range.reduce(0) { $0 + plan.exchangeKW[$1] } * hours
                list.add(.package, planned.id, range.lowerBound...(range.upperBound - 1), planned.powerKW * hours * Double(range.count), got, "kWh")
            }
            for package in packages where package.isOrdered && !plan.packages.contains(where: { $0.id == package.id }) {
                let start = package.starts.first ?? 0
                list.add(.package, package.id, start...max(start, start + package.duration - 1), package.powerKW.lowerBound * hours * Double(package.duration), 0, "kWh")
            }
            var covered = [Bool](repeating: false, count: steps)
            for planned in plan.packages { for step in max(0, planned.start)..<max(planned.start, min(steps, planned.start + planned.duration)) { covered[step] = true } }
            list.addRun(.exchangeOutsidePackages, "", (0..<steps).map { covered[$0] ? 0 : beside($0) }) { (0, $0) }
        }
    }

    private func addBatteryWishes(_ plan: Plan, _ list: inout WishList) {
        for (index, battery) in problem.batteries.enumerated() {
            guard let last = plan.storedKWh[index].last else { continue }
            let least = max(battery.energyKWh.lowerBound, battery.finalKWh.lowerBound), most = min(battery.energyKWh.upperBound, battery.finalKWh.upperBound)
            if last < least - 1e-5 || last > max(least, most) + 1e-5 {
                list.add(.batteryWindow, battery.id, (steps - 1)...(steps - 1), last < least ? least : most, last, "kWh", asset: battery.id)
            }
        }
    }
}

/// Violated wishes on their way into a plan.
struct WishList {
    let limits: BindingLimits
    let hours: Double
    private(set) var wishes: [ViolatedWish] = []

    /// kWh (or kW over a run) below this are rounding.
    static let dust = 1e-4

    init(limits: BindingLimits, hours: Double) {
        self.limits = limits
        self.hours = hours
    }

    mutating func add(
        _ kind: ViolatedWish.Kind, _ subject: String, _ steps: ClosedRange<Int>, _ wanted: Double, _ planned: Double, _ unit: String,
        asset: String = "", otherwise: String = ""
    ) {
        let because = otherwise.isEmpty ? limits.reason(steps, asset: asset) : otherwise
        let reason = because.isEmpty ? "" : ", because of \(because)"
        let about = subject.isEmpty ? kind.shown : "\(kind.shown) \(subject)"
        let sentence = "\(about): \(PlainNumber.text(planned)) of \(PlainNumber.text(wanted)) \(unit)\(reason)"
        wishes.append(
            ViolatedWish(
                kind: kind, subject: subject, steps: steps, wanted: wanted, planned: planned, unit: unit, because: because, sentence: sentence))
    }

    /// What is beside a wish in each step, as one wish over all of them, in kWh. `amounts` makes of the sum what was wanted and what is planned.
    mutating func addRun(
        _ kind: ViolatedWish.Kind, _ subject: String, _ powers: [Double], asset: String = "", _ amounts: (Double) -> (wanted: Double, planned: Double)
    ) {
        let touched = powers.indices.filter { powers[$0] > 1e-5 }
        guard let first = touched.first, let last = touched.last else { return }
        let energy = powers.reduce(0, +) * hours
        guard energy > Self.dust else { return }
        let (wanted, planned) = amounts(energy)
        guard kind == .transformer || kind == .line else { return add(kind, subject, first...last, wanted, planned, "kWh", asset: asset) }
        add(kind, subject, first...last, wanted, wanted + (powers.max() ?? 0), "kW", asset: asset)
    }
}

extension ViolatedWish.Kind {
    /// For the begin of a sentence.
    var shown: String {
        switch self {
        case .task: "energy of"
        case .heat: "heat of"
        case .transformer: "transformer"
        case .line: "line"
        case .setPoint: "set-point"
        case .package: "package"
        case .exchangeOutsidePackages: "exchange outside of packages"
        case .energySlot: "energy in the slot"
        case .exchangeBand: "exchange outside of its band"
        case .batteryWindow: "energy of battery"
        case .reserve: "reserve"
        }
    }
}
