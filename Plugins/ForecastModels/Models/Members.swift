/// A model that gives the quantiles of a day's steps at `Members.levels`.
enum Members {
    /// The levels that members are fitted for; the published ones lie on and between them.
    static let levels: [Double] = [0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99]
    static let medianIndex = 6
    static let lowerIndex = 2
    static let upperIndex = 10
}

/// The same time on a like day before, with the quantiles of past differences at that hour.
struct SeasonalNaive: Hashable {
    /// 24 × levels.
    var offsets: [Double]

    init(offsets: [Double]) { self.offsets = offsets }

    init(inputs: ModelInputs, days: Range<Int>) {
        var differences = [[Double]](repeating: [], count: 24)
        for day in days {
            let rows = DayRows(inputs: inputs, day: day)
            for step in rows.steps where !inputs.frame.load[step].isNaN {
                let center = Self.center(rows, inputs: inputs, step: step)
                if !center.isNaN { differences[Int(inputs.frame.calendar.minuteOfDay[step]) / 60].append(inputs.frame.load[step] - center) }
            }
        }
        let all = differences.flatMap { $0 }.sorted()
        offsets = []
        for hour in 0..<24 {
            let own = differences[hour].sorted()
            for level in Members.levels {
                let wide = all.isEmpty ? 0 : Numerics.sortedQuantile(all, level)
                let narrow = own.isEmpty ? wide : Numerics.sortedQuantile(own, level)
                let share = Double(own.count) / Double(own.count + 10)
                offsets.append(share * narrow + (1 - share) * wide)
            }
        }
    }

    static func center(_ rows: DayRows, inputs: ModelInputs, step: Int) -> Double {
        let base = (step - rows.steps.lowerBound) * LagFeatures.count
        for column in [LagFeatures.Column.week, .similar, .weeks, .recent, .twoDays, .smooth, .sevenDays, .day] {
            let value = rows.load[base + column.rawValue]
            if !value.isNaN { return value }
        }
        return .nan
    }

    func predict(_ rows: DayRows, inputs: ModelInputs, into result: inout [Double]) {
        let count = Members.levels.count
        for (offset, step) in rows.steps.enumerated() {
            let center = Self.center(rows, inputs: inputs, step: step)
            let hour = Int(inputs.frame.calendar.minuteOfDay[step]) / 60
            for level in 0..<count { result[offset * count + level] = center + offsets[hour * count + level] }
        }
    }
}

/// Linear quantile regression for each hour of the day on calendar, weather and readings.
struct LinearMember: Hashable {
    let means: [Double]
    let scales: [Double]
    /// One per hour of the day.
    let hours: [LinearQuantiles]

    private static let loadColumns: [LagFeatures.Column] = [.recent, .twoDays, .week, .weeks, .similar, .threeHours, .day, .sevenDays]
    private static let residualColumns: [LagFeatures.Column] = [.recent, .twoDays, .smooth, .weeks, .similar, .threeHours, .day, .sevenDays, .morningChange]

    static func width(_ basis: LinearBasis) -> Int { basis.count + loadColumns.count + residualColumns.count }

    /// Writes the row of a step; holes in the readings are filled from what is nearest in meaning.
    static func write(_ row: UnsafeMutablePointer<Double>, inputs: ModelInputs, rows: DayRows, step: Int) {
        let basis = inputs.base.basis
        basis.write(row, frame: inputs.frame, temperatures: inputs.temperatures, step: step, isTarget: true, origin: inputs.base.origin)
        let start = (step - rows.steps.lowerBound) * LagFeatures.count
        var place = basis.count
        func put(_ source: [Double], _ columns: [LagFeatures.Column]) {
            withUnsafeTemporaryAllocation(of: Double.self, capacity: LagFeatures.count) { own in
                guard let base = own.baseAddress else { return }
                for index in 0..<LagFeatures.count { base[index] = source[start + index] }
                LagFeatures.fill(base)
                for column in columns {
                    row[place] = base[column.rawValue]
                    place += 1
                }
            }
        }
        put(rows.load, loadColumns)
        put(rows.residual, residualColumns)
    }

    /// - Parameters:
    ///   - weights: of each row.
    ///   - neighbourWeight: weight of the rows of the hours before and after.
    init(
        rows: [Double], columns: Int, hours: [Int], targets: [Double], weights: [Double], neighbourWeight: Double, ridge: Double,
        isCancelled: () -> Bool
    ) throws {
        var means = [Double](repeating: 0, count: columns)
        var scales = [Double](repeating: 0, count: columns)
        let count = targets.count
        for column in 0..<columns {
            var (sum, square, total) = (0.0, 0.0, 0.0)
            for row in 0..<count {
                let value = rows[row * columns + column]
                if value.isNaN { continue }
                sum += value
                square += value * value
                total += 1
            }
            let mean = total > 0 ? sum / total : 0
            let variance = total > 0 ? max(0, square / total - mean * mean) : 0
            means[column] = mean
            scales[column] = variance > 1e-12 * (1 + mean * mean) ? 1 / variance.squareRoot() : 0
        }
        self.means = means
        self.scales = scales
        var members: [[Int]] = Array(repeating: [], count: 24)
        for row in 0..<count { members[hours[row]].append(row) }
        var models: [LinearQuantiles] = []
        for hour in 0..<24 {
            if isCancelled() { throw ForecastError.cancelled }
            var design: [Double] = []
            var own: [Double] = []
            var ownWeights: [Double] = []
            for (neighbour, factor) in [(hour, 1.0), ((hour + 23) % 24, neighbourWeight), ((hour + 1) % 24, neighbourWeight)] where factor > 0 {
                for row in members[neighbour] {
                    for column in 0..<columns {
                        let value = rows[row * columns + column]
                        design.append(value.isNaN ? 0 : (value - means[column]) * scales[column])
                    }
                    own.append(targets[row])
                    ownWeights.append(weights[row] * factor)
                }
            }
            models.append(
                own.count < 20 ? LinearQuantiles(coefficients: [Double](repeating: 0, count: Members.levels.count * (columns + 1)))
                    : LinearQuantiles(
                        rows: design, columns: columns, targets: own, weights: ownWeights, levels: Members.levels, ridge: ridge))
        }
        self.hours = models
    }

    init(means: [Double], scales: [Double], hours: [LinearQuantiles]) {
        self.means = means
        self.scales = scales
        self.hours = hours
    }

    func predict(_ rows: DayRows, inputs: ModelInputs, into result: inout [Double]) {
        let columns = means.count
        let count = Members.levels.count
        var row = [Double](repeating: 0, count: columns)
        for (offset, step) in rows.steps.enumerated() {
            row.withUnsafeMutableBufferPointer { if let start = $0.baseAddress { Self.write(start, inputs: inputs, rows: rows, step: step) } }
            for column in 0..<columns { row[column] = row[column].isNaN ? 0 : (row[column] - means[column]) * scales[column] }
            let coefficients = hours[Int(inputs.frame.calendar.minuteOfDay[step]) / 60].coefficients
            let start = rows.corrected(inputs, step: step)
            for level in 0..<count {
                let base = level * (columns + 1)
                var sum = start + coefficients[base + columns]
                for column in 0..<columns { sum += row[column] * coefficients[base + column] }
                result[offset * count + level] = sum
            }
        }
    }
}

/// Boosted trees of the difference from a start value: the week's level, or what a linear regression with readings expects.
struct BoostedMember {
    let trees: QuantileTrees
    /// The regression that the trees start from; nil for those relative to the level.
    let regression: HourlyRidge?
    var isRelative: Bool { regression == nil }

    func predict(_ rows: DayRows, inputs: ModelInputs, features: TreeFeatures, into result: inout [Double]) {
        let count = Members.levels.count
        var row = [Float](repeating: 0, count: features.count)
        var own = [Float](repeating: 0, count: count)
        for (offset, step) in rows.steps.enumerated() {
            let start = start(rows, inputs: inputs, step: step, isPhotovoltaic: features.isPhotovoltaic)
            row.withUnsafeMutableBufferPointer { row in
                own.withUnsafeMutableBufferPointer { own in
                    guard let row = row.baseAddress, let own = own.baseAddress else { return }
                    features.write(row, inputs: inputs, rows: rows, step: step, start: start)
                    trees.predict(row, own)
                }
            }
            for level in 0..<count { result[offset * count + level] = start + Double(own[level]) }
        }
    }

    /// Where the trees' answer for a step is counted from.
    func start(_ rows: DayRows, inputs: ModelInputs, step: Int, isPhotovoltaic: Bool) -> Double {
        guard let regression else { return isPhotovoltaic ? 0 : rows.level(step: step) }
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: regression.columns) { row in
            guard let base = row.baseAddress else { return 0 }
            LinearMember.write(base, inputs: inputs, rows: rows, step: step)
            return regression.value(base, hour: Int(inputs.frame.calendar.minuteOfDay[step]) / 60)
        }
    }
}
