/// The members of a series, fitted on its history.
struct FittedModels {
    let base: BaseModel
    let naive: SeasonalNaive
    let linear: LinearMember?
    let residual: BoostedMember?
    let relative: BoostedMember?
    /// Of plants of the sun.
    let analogs: AnalogEnsemble?
    let isPhotovoltaic: Bool

    var kinds: [ModelKind] {
        [.seasonalNaive] + (linear == nil ? [] : [.linear]) + (residual == nil ? [] : [.boostedResidual]) + (relative == nil ? [] : [.boostedRelative])
            + (analogs == nil ? [] : [.analogs])
    }

    /// What may be fitted in the time that is left.
    struct Plan {
        var settings: ForecastSettings
        /// Whether the models serve a back-test only and may be smaller.
        var isRehearsal = false
        var isCancelled: () -> Bool = { false }
        var isLate: () -> Bool = { false }
    }

    init(
        base: BaseModel, naive: SeasonalNaive, linear: LinearMember? = nil, residual: BoostedMember? = nil, relative: BoostedMember? = nil,
        analogs: AnalogEnsemble? = nil, isPhotovoltaic: Bool
    ) {
        self.base = base
        self.naive = naive
        self.linear = linear
        self.residual = residual
        self.relative = relative
        self.analogs = analogs
        self.isPhotovoltaic = isPhotovoltaic
    }

    /// Fits on the days of a frame before `untilDay`; readings that are not known are left out.
    static func fit(frame: Frame, untilDay: Int, plan: Plan) throws -> FittedModels {
        let base = BaseModel(frame: frame, untilDay: untilDay, settings: plan.settings)
        let inputs = ModelInputs(frame: frame, base: base, untilDay: untilDay)
        let firstKnown = frame.load.firstIndex { !$0.isNaN }.map { frame.day[$0] } ?? untilDay
        let history = untilDay - firstKnown
        let naive = SeasonalNaive(inputs: inputs, days: max(firstKnown, untilDay - 365)..<untilDay)
        let isPhotovoltaic = plan.settings.isPhotovoltaic
        guard history >= 14 else {
            return FittedModels(base: base.trained, naive: naive, isPhotovoltaic: isPhotovoltaic)
        }
        let days = firstKnown + min(8, history / 4)..<untilDay
        let set = TrainingSet(inputs: inputs, days: days, untilDay: untilDay, history: history, isPhotovoltaic: isPhotovoltaic)
        if plan.isCancelled() { throw ForecastError.cancelled }
        let relative = try set.boosted(isRelative: true, plan: plan)
        let residual = history >= 42 && !plan.isLate() ? try set.boosted(isRelative: false, plan: plan) : nil
        var linear: LinearMember?
        if history >= 42, !plan.isLate() {
            let plain = ModelInputs(frame: frame, base: base)
            linear = try TrainingSet(inputs: plain, days: days, untilDay: untilDay, history: history, isPhotovoltaic: isPhotovoltaic).linear(plan: plan)
        }
        return FittedModels(
            base: base.trained, naive: naive, linear: linear, residual: residual, relative: relative, analogs: set.analogs, isPhotovoltaic: isPhotovoltaic)
    }

    /// The quantiles of every member for a day: `steps × Members.levels.count`, sorted, in the order of `kinds`.
    func predict(day: Int, inputs: ModelInputs) -> [(kind: ModelKind, values: [Double])] {
        let rows = DayRows(inputs: inputs, day: day)
        let size = rows.steps.count * Members.levels.count
        return kinds.map { kind in
            var values = [Double](repeating: .nan, count: size)
            switch kind {
            case .profile, .seasonalNaive: naive.predict(rows, inputs: inputs, into: &values)
            case .linear: linear?.predict(rows, inputs: inputs, into: &values)
            case .boostedResidual: residual?.predict(rows, inputs: inputs, features: features(isRelative: false), into: &values)
            case .analogs: analogs?.predict(rows, inputs: inputs, into: &values)
            case .boostedRelative: relative?.predict(rows, inputs: inputs, features: features(isRelative: true), into: &values)
            }
            Self.sortRows(&values)
            return (kind, values)
        }
    }

    func features(isRelative: Bool) -> TreeFeatures {
        TreeFeatures(basis: base.basis, isRelative: isRelative, isPhotovoltaic: isPhotovoltaic)
    }

    static func sortRows(_ values: inout [Double]) {
        let count = Members.levels.count
        for row in stride(from: 0, to: values.count, by: count) {
            for index in row + 1..<row + count {
                var place = index
                while place > row, values[place] < values[place - 1] {
                    values.swapAt(place, place - 1)
                    place -= 1
                }
            }
        }
    }
}

/// The rows that the members are fitted on.
struct TrainingSet {
    let inputs: ModelInputs
    let rows: [(rows: DayRows, step: Int)]
    let untilDay: Int
    let history: Int
    let isPhotovoltaic: Bool

    init(inputs: ModelInputs, days: Range<Int>, untilDay: Int, history: Int, isPhotovoltaic: Bool) {
        self.inputs = inputs
        self.untilDay = untilDay
        self.history = history
        self.isPhotovoltaic = isPhotovoltaic
        let frame = inputs.frame
        var rows: [(rows: DayRows, step: Int)] = []
        for day in days {
            let own = DayRows(inputs: inputs, day: day)
            for step in own.steps where !frame.load[step].isNaN && !(isPhotovoltaic && !frame.isDaylight(step)) { rows.append((own, step)) }
        }
        self.rows = rows
    }

    /// - Parameter isRelative: to the level of the week before, else to a linear regression with readings.
    func boosted(isRelative: Bool, plan: FittedModels.Plan) throws -> BoostedMember {
        let table = table(isRelative: isRelative)
        let bins = FeatureBins(values: table.values, rows: rows.count, columns: table.columns)
        var grower = TreeGrower(bins: bins, settings: treeSettings(plan, isRelative: isRelative))
        let trees = try grower.fit(
            targets: table.targets, blocks: table.blocks, blockWeights: table.blockWeights, levels: Members.levels, isCancelled: plan.isCancelled)
        return BoostedMember(trees: trees, regression: table.regression)
    }

    var analogs: AnalogEnsemble? {
        isPhotovoltaic ? AnalogEnsemble(frame: inputs.frame, quantities: inputs.frame.weather.quantities, steps: rows.map(\.step)) : nil
    }

    /// What trees are fitted on.
    struct Table {
        let columns: Int
        /// Row-major.
        let values: [Float]
        /// Where each target is counted from.
        let starts: [Double]
        let targets: [Float]
        /// Day of each row, counted from the first.
        let blocks: [Int]
        let blockWeights: [Double]
        let regression: HourlyRidge?
    }

    func table(isRelative: Bool) -> Table {
        let features = TreeFeatures(basis: inputs.base.basis, isRelative: isRelative, isPhotovoltaic: isPhotovoltaic)
        var values = [Float](repeating: 0, count: rows.count * features.count)
        let (starts, regression) = isRelative
            ? (rows.map { isPhotovoltaic ? 0 : $0.rows.level(step: $0.step) }, nil) : regressionStarts()
        values.withUnsafeMutableBufferPointer { values in
            guard let start = values.baseAddress else { return }
            for (index, row) in rows.enumerated() {
                features.write(start + index * features.count, inputs: inputs, rows: row.rows, step: row.step, start: starts[index])
            }
        }
        let first = rows.first?.rows.day ?? 0
        let blocks = rows.map { $0.rows.day - first }
        return Table(
            columns: features.count, values: values, starts: starts, targets: zip(rows, starts).map { Float(inputs.frame.load[$0.step] - $1) },
            blocks: blocks, blockWeights: (0...(blocks.last ?? 0)).map { weight(day: first + $0) }, regression: regression)
    }

    /// What a ridge regression with readings expects of each row, fitted on the other parts of the history; and the one fitted on all of it.
    private func regressionStarts() -> ([Double], HourlyRidge?) {
        let (values, columns) = linearRows()
        let hours = rows.map { Int(inputs.frame.calendar.minuteOfDay[$0.step]) / 60 }
        let parts = rows.map { BaseModel.part($0.rows.day) }
        return values.withUnsafeBufferPointer { values in
            let regression = HourlyRidge(
                rows: values, columns: columns, hours: hours, parts: parts, targets: rows.map { inputs.frame.load[$0.step] },
                weights: rows.map { weight(day: $0.rows.day) },
                neighbourWeight: history < 400 ? 0.5 : 0, ridge: history < 400 ? 20 : 8)
            guard let base = values.baseAddress else { return ([], nil) }
            let starts = rows.indices.map { regression.value(base + $0 * columns, hour: hours[$0], part: parts[$0]) }
            return (starts, regression.trained)
        }
    }

    private func linearRows() -> (values: [Double], columns: Int) {
        let columns = LinearMember.width(inputs.base.basis)
        var values = [Double](repeating: 0, count: rows.count * columns)
        values.withUnsafeMutableBufferPointer { values in
            guard let start = values.baseAddress else { return }
            for (index, row) in rows.enumerated() {
                LinearMember.write(start + index * columns, inputs: inputs, rows: row.rows, step: row.step)
            }
        }
        return (values, columns)
    }

    /// Plants of the sun change little but by the seasons: all of their days weigh much the same.
    private func weight(day: Int) -> Double { BaseModel.weight(ageDays: untilDay - day, history: isPhotovoltaic ? 6 * history : history) }

    private func treeSettings(_ plan: FittedModels.Plan, isRelative: Bool) -> QuantileTrees.Settings {
        var settings = QuantileTrees.Settings()
        settings.seed = plan.settings.seed &+ (isRelative ? 1 : 0)
        settings.leaves = history < 183 && !isPhotovoltaic ? 8 : 12
        settings.minimumRows = max(10, min(100, rows.count / 30))
        settings.columnShare = isPhotovoltaic ? 0.7 : 0.4
        if plan.isRehearsal {
            settings.rounds = 100
            settings.shrinkage = 0.12
        }
        if plan.settings.isQuick {
            settings.rounds = 25
            settings.leaves = 6
            settings.shrinkage = 0.2
        }
        return settings
    }

    func linear(plan: FittedModels.Plan) throws -> LinearMember {
        let (values, columns) = linearRows()
        return try LinearMember(
            rows: values, columns: columns, hours: rows.map { Int(inputs.frame.calendar.minuteOfDay[$0.step]) / 60 },
            targets: rows.map { inputs.frame.load[$0.step] - $0.rows.corrected(inputs, step: $0.step) },
            weights: rows.map { weight(day: $0.rows.day) },
            neighbourWeight: history < 400 ? 0.5 : 0, ridge: history < 400 ? 10 : 4, isCancelled: plan.isCancelled)
    }
}
