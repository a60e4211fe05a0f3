internal import Glibc

/// What came of the past steps whose forecast weather was most like that of the one to be forecast, at nearly the same time of the day: the analog
/// ensemble (Delle Monache et al. 2013, Monthly Weather Review 141; of plants of the sun Alessandrini et al. 2015, Applied Energy 157).
///
/// Steps are compared by the sum of squares of the differences of their columns, each in standard deviations times its weight.
/// The nearest count the more the nearer they are; the quantiles of what came of them are the forecast.
struct AnalogEnsemble: Hashable {
    /// Steps that are asked, of a history of hours; of shorter steps as many more as there are in an hour.
    static let neighbours = 16
    /// A longer history, or one of shorter steps, is thinned out to no more than this.
    static let maximumRows = 12_000
    /// Minutes by which the time of the day of the compared steps may differ.
    private static let reach = 60

    /// Steps that are asked.
    let count: Int
    let columns: AnalogColumns
    /// Mean of each column, and its weight over its standard deviation: 0 of one that never changes.
    let means: [Float]
    let scales: [Float]
    /// Minutes after midnight, universal time, of each past step, rising: what the sun does at a time by the clock changes with the clock.
    let minutes: [Int16]
    /// Row-major, less the mean, scaled; 0 where nothing is known.
    let rows: [Float]
    let outcomes: [Float]

    init(count: Int, columns: AnalogColumns, means: [Float], scales: [Float], minutes: [Int16], rows: [Float], outcomes: [Float]) {
        self.count = count
        self.columns = columns
        self.means = means
        self.scales = scales
        self.minutes = minutes
        self.rows = rows
        self.outcomes = outcomes
    }

    /// - Parameter steps: of the frame, with readings, that may be learned from.
    /// - Returns: nil where no irradiance is forecast, or there are fewer steps than are asked.
    init?(frame: Frame, quantities: [WeatherQuantity], steps: [Int]) {
        let columns = AnalogColumns(quantities: quantities)
        guard quantities.contains(.irradiance) else { return nil }
        let stride = max(1, (steps.count + Self.maximumRows - 1) / Self.maximumRows)
        // Which ones are left out moves on from day to day, so that every time of the day is kept.
        let kept = steps.filter { ($0 + frame.day[$0]) % stride == 0 }.sorted { (frame.minuteOfUniversalDay($0), $0) < (frame.minuteOfUniversalDay($1), $1) }
        count = Self.neighbours * max(1, frame.stepsPerHour / stride)
        guard kept.count >= 2 * count else { return nil }
        self.columns = columns
        let width = columns.count
        var rows = [Float](repeating: 0, count: kept.count * width)
        rows.withUnsafeMutableBufferPointer { rows in
            guard let base = rows.baseAddress else { return }
            for (index, step) in kept.enumerated() { columns.write(base + index * width, frame: frame, step: step) }
        }
        var means = [Float](repeating: 0, count: width)
        var scales = means
        for (column, weight) in columns.weights.enumerated() {
            let known = kept.indices.lazy.map { Double(rows[$0 * width + column]) }.filter { !$0.isNaN }
            let mean = Numerics.mean(known)
            guard !mean.isNaN else { continue }
            let variance = Numerics.mean(known.map { ($0 - mean) * ($0 - mean) })
            means[column] = Float(mean)
            scales[column] = variance > 1e-12 * (1 + mean * mean) ? Float(weight / variance.squareRoot()) : 0
        }
        for place in rows.indices {
            let value = (rows[place] - means[place % width]) * scales[place % width]
            rows[place] = value.isNaN ? 0 : value
        }
        self.means = means
        self.scales = scales
        self.rows = rows
        minutes = kept.map { Int16(frame.minuteOfUniversalDay($0)) }
        outcomes = kept.map { Float(frame.load[$0]) }
    }

    /// Writes `Members.levels.count` quantiles of each step of a day; 0 in the dark.
    func predict(_ day: DayRows, inputs: ModelInputs, into result: inout [Double]) {
        let levels = Members.levels.count
        var near = Neighbourhood(count: count)
        var own = [Float](repeating: 0, count: columns.count)
        for (offset, step) in day.steps.enumerated() {
            guard inputs.frame.isDaylight(step) else {
                for level in 0..<levels { result[offset * levels + level] = 0 }
                continue
            }
            own.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { columns.write(base, frame: inputs.frame, step: step) } }
            // A column that is not known now tells no past step from another.
            for column in own.indices { own[column] = (own[column] - means[column]) * scales[column] }
            search(own, minute: inputs.frame.minuteOfUniversalDay(step), into: &near)
            let quantiles = near.quantiles(outcomes: outcomes)
            for level in 0..<levels { result[offset * levels + level] = quantiles[level] }
        }
    }

    private func search(_ own: [Float], minute: Int, into near: inout Neighbourhood) {
        near.reset()
        let width = columns.count
        rows.withUnsafeBufferPointer { rows in
            own.withUnsafeBufferPointer { own in
                for range in ranges(minute) {
                    for row in range {
                        var sum: Float = 0
                        for column in 0..<width where !own[column].isNaN {
                            let difference = rows[row * width + column] - own[column]
                            sum += difference * difference
                        }
                        near.offer(row, distance: sum)
                    }
                }
            }
        }
    }

    /// The rows within reach of a minute of the day, which may lie on both sides of midnight.
    private func ranges(_ minute: Int) -> [Range<Int>] {
        let (low, high) = (minute - Self.reach, minute + Self.reach)
        var result = [first(from: low)..<first(from: high + 1)]
        if low < 0 { result.append(first(from: low + 1440)..<minutes.count) }
        if high >= 1440 { result.append(0..<first(from: high - 1440 + 1)) }
        return result
    }

    private func first(from minute: Int) -> Int {
        var (low, high) = (0, minutes.count)
        while low < high {
            let middle = (low + high) / 2
            if Int(minutes[middle]) < minute { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The nearest of the rows that were offered, the nearest first.
    private struct Neighbourhood {
        let count: Int
        private var found: [(row: Int, distance: Float)] = []

        init(count: Int) {
            self.count = count
            found.reserveCapacity(count + 1)
        }

        mutating func reset() { found.removeAll(keepingCapacity: true) }

        mutating func offer(_ row: Int, distance: Float) {
            if found.count == count {
                if distance >= found[count - 1].distance { return }
                found.removeLast()
            }
            var place = found.count
            while place > 0, found[place - 1].distance > distance { place -= 1 }
            found.insert((row, distance), at: place)
        }

        /// Weighted quantiles, linear between the middles of the steps of the distribution; NaN of nothing.
        func quantiles(outcomes: [Float]) -> [Double] {
            guard !found.isEmpty else { return [Double](repeating: .nan, count: Members.levels.count) }
            let scale = max(1e-9, Double(found[found.count / 2].distance))
            let sorted = found.map { (value: Double(outcomes[$0.row]), weight: exp(-Double($0.distance) / scale)) }.sorted { $0.value < $1.value }
            let total = sorted.reduce(0) { $0 + $1.weight }
            var place = 0
            var (below, middle) = (0.0, sorted[0].weight / 2)
            return Members.levels.map { level in
                while place + 1 < sorted.count {
                    let next = below + sorted[place].weight + sorted[place + 1].weight / 2
                    if next >= level * total {
                        let share = max(0, (level * total - middle) / (next - middle))
                        return sorted[place].value + share * (sorted[place + 1].value - sorted[place].value)
                    }
                    below += sorted[place].weight
                    middle = next
                    place += 1
                }
                return sorted[place].value
            }
        }
    }
}

/// What steps are compared by, and how much each of it counts.
struct AnalogColumns: Hashable {
    /// Weather other than the irradiances, in its order.
    let others: [WeatherQuantity]

    /// - Parameter quantities: weather that there is.
    init(quantities: [WeatherQuantity]) { others = quantities.filter { $0 != .irradiance && $0 != .clearIrradiance } }

    var count: Int { Self.irradiance.count + others.count }

    /// Clear index of the step, of the hour before and of the one after; irradiance of the same three; that of a clear sky; time of the day as an angle.
    private static let irradiance = [0.5, 0.3, 0.6, 0.3, 0.3, 0.3, 0.3, 0.9, 0.9]

    /// Chosen on the second plant of the benchmark, and rounded.
    var weights: [Double] {
        Self.irradiance + others.map { quantity in
            switch quantity {
            case .cloudCover: 0.5
            case .humidity: 0.25
            default: 0.2
            }
        }
    }

    /// Writes the row of a step, NaN where nothing is known.
    func write(_ row: UnsafeMutablePointer<Float>, frame: Frame, step: Int) {
        let hour = frame.stepsPerHour
        let column = frame.weather.known[.irradiance]
        for (place, other) in [step, step - hour, step + hour].enumerated() {
            row[place] = Float(frame.clearIndex(other..<other + 1))
            row[3 + place] = Float(other >= 0 && other < frame.count ? column?[other] ?? .nan : .nan)
        }
        row[6] = Float(frame.clearIrradiance(step))
        let angle = 2 * Double.pi * Double(frame.minuteOfUniversalDay(step)) / 1440
        row[7] = Float(sin(angle))
        row[8] = Float(cos(angle))
        for (place, quantity) in others.enumerated() { row[9 + place] = Float(frame.weather.known[quantity]?[step] ?? .nan) }
    }
}
