import LinearProgramming

/// The linear or mixed-integer program of a problem: its columns and rows, and where each quantity stands in it.
///
/// In every step `import − export = Σ load + Σ (charge − discharge) + Σ tasks + Σ heaters − Σ reduced − Σ (pv − curtailed)`. Curtailment is one column a
/// step for all households behind the same lines: the cost is the same, and the plan shares it out.
struct Formulation {
    var program = LinearProgram()
    let problem: BalancingProblem
    private(set) var columnKeys: [VariableKey] = []
    private(set) var rowKeys: [VariableKey] = []
    /// Number of the horizon's first step, counted from the scheduler's origin.
    let firstStep: Int

    var imports: [Int32] = []
    var exports: [Int32] = []
    /// By curtailment group and step; -1 where there is no sun.
    var curtailed: [[Int32]] = []
    var groups: [CurtailmentGroup] = []
    var charge: [[Int32]] = []
    var discharge: [[Int32]] = []
    var stored: [[Int32]] = []
    var taskPower: [[Int32]] = []
    var taskShortfall: [Int32] = []
    var heatPower: [[Int32]] = []
    var heat: [[Int32]] = []
    var heatMissing: [[Int32]] = []
    var reduced: [[Int32]] = []
    var overload: [Int32] = []
    var above: [Int32] = []
    var below: [Int32] = []
    /// By package and start: whether it begins there, and its power.
    var packageStarts: [[Int32]] = []
    var packagePowers: [[Int32]] = []
    var balance: [Int32] = []
    /// Of the steps with a wanted exchange.
    var setRows: [Int: Int32] = [:]
    var importLimit: [Int32] = []
    var exportLimit: [Int32] = []
    var sectionRows: [[Int32]] = []
    var sectionOverload: [[Int32]] = []
    var slotMissing: [Int32] = []
    var slotExcess: [Int32] = []
    var bandExcess: [Int32] = []
    var reserveMissing: [Int32] = []

    var steps: Int { problem.steps }
    var hours: Double { problem.stepHours }
    var prices: BalancingPrices { problem.prices }

    init(_ problem: BalancingProblem, register: inout AssetRegister, firstStep: Int, modes: Set<ModePlace> = []) {
        self.problem = problem
        self.firstStep = firstStep
        groups = CurtailmentGroup.groups(of: problem)
        reserveRoom()
        exchange()
        for battery in problem.batteries { add(battery, register.number(battery.id), modes) }
        for task in problem.tasks { add(task, register.number(task.id)) }
        for heater in problem.heaters { add(heater, register.number(heater.id)) }
        for load in problem.reducibleLoads { add(load, register.number(load.id)) }
        for (index, group) in groups.enumerated() { add(group, index) }
        for section in problem.sections { add(section, register.number(section.id)) }
        addTarget()
        addSlots()
        addBand()
        addReserve()
    }

    private mutating func reserveRoom() {
        let flows = steps * (8 + 3 * problem.batteries.count + problem.tasks.count + 3 * problem.heaters.count + groups.count)
        program.reserve(columns: flows, rows: steps * (6 + problem.batteries.count + problem.heaters.count), coefficients: 2 * flows)
        columnKeys.reserveCapacity(flows)
    }

    /// - Parameter step: nil for what belongs to the whole horizon, wherever that begins.
    mutating func column(
        _ kind: VariableKey.Kind, asset: Int = 0, step: Int? = nil, isSecond: Bool = false, _ bounds: ClosedRange<Double>, cost: Double = 0,
        isInteger: Bool = false
    ) -> Int32 {
        columnKeys.append(VariableKey(kind, asset: asset, step: step.map { firstStep + $0 } ?? 0, isSecond: isSecond))
        return program.addColumn(bounds, cost: cost, isInteger: isInteger)
    }

    mutating func row(_ kind: VariableKey.Kind, asset: Int = 0, step: Int? = nil, isSecond: Bool = false, _ bounds: ClosedRange<Double>) -> Int32 {
        rowKeys.append(VariableKey(kind, asset: asset, step: step.map { firstStep + $0 } ?? 0, isSecond: isSecond))
        return program.addRow(bounds)
    }

    /// Exchange, balance and the transformer's limits.
    private mutating func exchange() {
        let fixed = problem.fixedLoadKW
        for step in 0..<steps {
            let tariff = problem.importTariff.isEmpty ? 0 : problem.importTariff[step] * hours
            let revenue = problem.exportTariff.isEmpty ? 0 : problem.exportTariff[step] * hours
            imports.append(column(.importing, step: step, 0...(.infinity), cost: tariff))
            exports.append(column(.exporting, step: step, 0...(.infinity), cost: -revenue))
            overload.append(column(.overload, step: step, 0...(.infinity), cost: prices.overload * hours))
            let row = row(.balance, step: step, fixed[step]...fixed[step])
            balance.append(row)
            program.add(1, row: row, column: imports[step])
            program.add(-1, row: row, column: exports[step])
            importLimit.append(limit(.importLimit, step, problem.importLimitKW, imports[step]))
            exportLimit.append(limit(.exportLimit, step, problem.exportLimitKW, exports[step]))
        }
    }

    private mutating func limit(_ kind: VariableKey.Kind, _ step: Int, _ limit: Double, _ column: Int32) -> Int32 {
        let row = row(kind, step: step, -.infinity...limit)
        program.add(1, row: row, column: column)
        program.add(-1, row: row, column: overload[step])
        return row
    }
}

/// A battery and step in which charging and discharging at a time is forbidden by a binary.
struct ModePlace: Hashable {
    var battery: Int
    var step: Int
}

/// Households behind the same lines, whose photovoltaics are curtailed together.
struct CurtailmentGroup {
    /// Positions in the problem's households.
    var households: [Int] = []
    /// What they could generate together, kW.
    var pvKW: [Double]

    static func groups(of problem: BalancingProblem) -> [CurtailmentGroup] {
        var groups: [Set<Int>: CurtailmentGroup] = [:]
        var order: [Set<Int>] = []
        for (index, household) in problem.households.enumerated() where household.isCurtailable && !household.pvKW.isEmpty {
            let behind = Set(problem.sections.indices.filter { problem.sections[$0].members.contains(household.id) })
            if groups[behind] == nil {
                groups[behind] = CurtailmentGroup(pvKW: [Double](repeating: 0, count: problem.steps))
                order.append(behind)
            }
            groups[behind]?.households.append(index)
            for step in 0..<problem.steps { groups[behind]?.pvKW[step] += household.pvKW[step] }
        }
        return order.compactMap { groups[$0] }
    }
}

extension BalancingProblem {
    /// What nobody decides: load of households and reducible loads less generation, kW by step.
    public var fixedLoadKW: [Double] {
        var sum = [Double](repeating: 0, count: steps)
        for household in households {
            for step in 0..<steps { sum[step] += household.loadKW[step] }
            if !household.pvKW.isEmpty { for step in 0..<steps { sum[step] -= household.pvKW[step] } }
        }
        for load in reducibleLoads { for step in 0..<steps { sum[step] += load.loadKW[step] } }
        return sum
    }
}
