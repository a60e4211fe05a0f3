import LinearProgramming

/// The limits that a solution touches, from its shadow prices.
struct BindingLimits {
    /// The dearest first, at most twenty.
    private(set) var all: [BindingLimit] = []

    /// Prices below this are numerical dust or tie-breaks.
    private static let least = 1e-4

    init(_ formulation: Formulation, _ solution: LinearSolution) {
        guard !solution.rowDuals.isEmpty, !solution.reducedCosts.isEmpty else { return }
        var found: [BindingLimit] = []
        let steps = formulation.steps, problem = formulation.problem
        func add(_ name: String, _ unit: String, _ price: (Int) -> Double) {
            var range: ClosedRange<Int>?
            var dearest = 0.0
            for step in 0..<steps {
                let cost = price(step)
                guard cost > Self.least else { continue }
                range = (range?.lowerBound ?? step)...step
                dearest = max(dearest, cost)
            }
            if let range { found.append(BindingLimit(name: name, steps: range, shadowPrice: dearest, unit: unit)) }
        }
        let duals = solution.rowDuals, reduced = solution.reducedCosts
        add("transformer import limit", "kW") { -duals[Int(formulation.importLimit[$0])] }
        add("transformer export limit", "kW") { -duals[Int(formulation.exportLimit[$0])] }
        for (index, section) in problem.sections.enumerated() {
            add("limit of line \(section.id)", "kW") { abs(duals[Int(formulation.sectionRows[index][2 * $0])]) + abs(duals[Int(formulation.sectionRows[index][2 * $0 + 1])]) }
        }
        for (index, battery) in problem.batteries.enumerated() {
            add("energy of battery \(battery.id) (empty)", "kWh") { max(0, reduced[Int(formulation.stored[index][$0])]) }
            add("energy of battery \(battery.id) (full)", "kWh") { max(0, -reduced[Int(formulation.stored[index][$0])]) }
            add("charging power of battery \(battery.id)", "kW") { max(0, -reduced[Int(formulation.charge[index][$0])]) }
            add("discharging power of battery \(battery.id)", "kW") { max(0, -reduced[Int(formulation.discharge[index][$0])]) }
        }
        for (index, task) in problem.tasks.enumerated() {
            add("charging power of \(task.id)", "kW") { formulation.taskPower[index][$0] < 0 ? 0 : max(0, -reduced[Int(formulation.taskPower[index][$0])]) }
        }
        for (index, heater) in problem.heaters.enumerated() {
            add("heat store of \(heater.id) (full)", "kWh") { max(0, -reduced[Int(formulation.heat[index][$0])]) }
            add("power of heater \(heater.id)", "kW") { max(0, -reduced[Int(formulation.heatPower[index][$0])]) }
        }
        all = Array(found.sorted { $0.shadowPrice > $1.shadowPrice }.prefix(20))
        byName = found
    }

    private var byName: [BindingLimit] = []

    /// The dearest limit that matters in some of the steps, of one asset if that has one; empty if none does.
    func reason(_ steps: ClosedRange<Int>, asset: String = "") -> String {
        // What is stored binds steps that lie far apart: for want of a limit in the steps themselves, one of a store matters.
        let overlapping = byName.filter { $0.steps.overlaps(steps) }
        let near = overlapping.isEmpty ? byName.filter { $0.unit == "kWh" } : overlapping
        let own = asset.isEmpty ? [] : near.filter { $0.name.hasSuffix(" \(asset)") || $0.name.contains(" \(asset) ") }
        guard let limit = (own.isEmpty ? near : own).max(by: { $0.shadowPrice < $1.shadowPrice }) else { return "" }
        return "\(limit.name) (\(PlainNumber.text(limit.shadowPrice)) per \(limit.unit))"
    }
}

/// Numbers for sentences.
enum PlainNumber {
    /// With at most two digits behind the point.
    static func text(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        guard abs(rounded) < 1e15 else { return "\(rounded)" }
        return rounded == rounded.rounded() ? "\(Int64(rounded))" : "\(rounded)"
    }
}
