/// The members of a series, fitted on its history.
struct FittedModels {
    let base: BaseModel
    let naive: SeasonalNaive
    let linear: LinearMember?
    let residual: BoostedMember?
    let relative: BoostedMember?
    let isPhotovoltaic: Bool

    var kinds: [ModelKind] {
        [.seasonalNaive] + (linear == nil ? [] : [.linear]) + (residual == nil ? [] : [.boostedResidual]) + (relative == nil ? [] : [.boostedRelative])
    }

    /// What may be fitted in the time that is left.
    struct Plan {
        var settings: ForecastSettings
        /// Whether the models serve a back-test only and may be smaller.
        var isRehearsal = false
        var isCancelled: () -> Bool = { false }
        var isLate: () -> Bool = { false }
    }

    init(base: BaseModel, naive: SeasonalNaive, linear: LinearMember?, residual: BoostedMember?, relative: BoostedMember?, isPhotovoltaic: Bool) {
        self.base = base
        self.naive = naive
        self.linear = linear
        self.residual = residual
        self.relative = relative
        self.isPhotovoltaic = isPhotovoltaic
    }

    /// Fits on the days of a frame before `untilDay`; readings that are not known are left out.
    static func fit(frame: Frame, untilDay: Int, plan: Plan) throws -> FittedModels {
        let base = BaseModel(frame: frame, untilDay: untilDay, settings: plan.settings)
        let inputs = ModelInputs(frame: frame, base: base)
        let firstKnown = frame.load.firstIndex { !$0.isNaN }.map { frame.day[$0] } ?? untilDay
        let history = untilDay - firstKnown
        let naive = SeasonalNaive(inputs: inputs, days: max(firstKnown, untilDay - 365)..<untilDay)
        let isPhotovoltaic = plan.settings.isPhotovoltaic
        guard history >= 14 else {
            return FittedModels(base: base, naive: naive, linear: nil, residual: nil, relative: nil, isPhotovoltaic: isPhotovoltaic)
        }
        let first = firstKnown + min(8, history / 4)
        var rows: [(rows: DayRows, step: Int)] = []
        for day in first..<untilDay {
            let own = DayRows(inputs: inputs, day: day)
            for step in own.steps where !frame.load[step].isNaN && !(isPhotovoltaic && !frame.isDaylight(step)) { rows.append((own, step)) }
        }
        let set = TrainingSet(inputs: inputs, rows: rows, untilDay: untilDay, history: history)
        if plan.isCancelled() { throw ForecastError.cancelled }
        let relative = try set.boosted(isRelative: true, plan: plan)
        let residual = history >= 42 && !plan.isLate() ? try set.boosted(isRelative: false, plan: plan) : nil
        let linear = history >= 42 && !plan.isLate() ? try set.linear(plan: plan) : nil
        return FittedModels(base: base, naive: naive, linear: linear, residual: residual, relative: relative, isPhotovoltaic: isPhotovoltaic)
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

    func boosted(isRelative: Bool, plan: FittedModels.Plan) throws -> BoostedMember {
        let isPhotovoltaic = plan.settings.isPhotovoltaic
        let features = TreeFeatures(basis: inputs.base.basis, isRelative: isRelative, isPhotovoltaic: isPhotovoltaic)
        var values = [Float](repeating: 0, count: rows.count * features.count)
        var targets: [Float] = []
        targets.reserveCapacity(rows.count)
        values.withUnsafeMutableBufferPointer { values in
            guard let start = values.baseAddress else { return }
            for (index, row) in rows.enumerated() {
                features.write(start + index * features.count, inputs: inputs, rows: row.rows, step: row.step)
                let zero = isPhotovoltaic && isRelative ? 0 : row.rows.start(inputs, step: row.step, relative: isRelative)
                targets.append(Float(inputs.frame.load[row.step] - zero))
            }
        }
        let first = rows.first?.rows.day ?? 0
        let blocks = rows.map { $0.rows.day - first }
        let weights = (0...(blocks.last ?? 0)).map { BaseModel.weight(ageDays: untilDay - first - $0, history: history) }
        let bins = FeatureBins(values: values, rows: rows.count, columns: features.count)
        var grower = TreeGrower(bins: bins, settings: treeSettings(plan, isRelative: isRelative))
        let trees = try grower.fit(targets: targets, blocks: blocks, blockWeights: weights, levels: Members.levels, isCancelled: plan.isCancelled)
        return BoostedMember(isRelative: isRelative, trees: trees)
    }

    private func treeSettings(_ plan: FittedModels.Plan, isRelative: Bool) -> QuantileTrees.Settings {
        var settings = QuantileTrees.Settings()
        settings.seed = plan.settings.seed &+ (isRelative ? 1 : 0)
        settings.minimumRows = max(10, min(100, rows.count / 30))
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
        let columns = LinearMember.width(inputs.base.basis)
        var values = [Double](repeating: 0, count: rows.count * columns)
        values.withUnsafeMutableBufferPointer { values in
            guard let start = values.baseAddress else { return }
            for (index, row) in rows.enumerated() {
                LinearMember.write(start + index * columns, inputs: inputs, rows: row.rows, step: row.step)
            }
        }
        return try LinearMember(
            rows: values, columns: columns, hours: rows.map { Int(inputs.frame.calendar.minuteOfDay[$0.step]) / 60 },
            targets: rows.map { inputs.frame.load[$0.step] - $0.rows.start(inputs, step: $0.step, relative: false) },
            weights: rows.map { BaseModel.weight(ageDays: untilDay - $0.rows.day, history: history) },
            neighbourWeight: history < 400 ? 0.5 : 0, ridge: history < 400 ? 10 : 4, isCancelled: plan.isCancelled)
    }
}
