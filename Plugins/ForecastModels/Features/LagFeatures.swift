/// What the readings before a day's gate tell about each of its steps, for a series (the load, or what a model leaves of it).
struct LagFeatures {
    /// Positions in a row.
    enum Column: Int, CaseIterable {
        /// Same time on the last day of which it is known.
        case recent, twoDays, week, twoWeeks
        /// Mean of the same time one to four weeks ago.
        case weeks
        /// Same time on the last day of the same class (working day, Saturday, Sunday or holiday).
        case similar
        /// The recent day around the same time, one hour to each side.
        case smooth
        /// Means before the gate.
        case threeHours, day, sevenDays
        /// Extremes of the 24 hours before the gate.
        case lowest, highest
        /// Mean of the first hours of the gate's own day against the same hours of the week before.
        case morningChange
    }
    static let count = Column.allCases.count

    private let frame: Frame
    private let series: [Double]
    private let sums: [Double]
    private let counts: [Double]

    init(frame: Frame, series: [Double]) {
        self.frame = frame
        self.series = series
        var sums = [0.0]
        var counts = [0.0]
        sums.reserveCapacity(series.count + 1)
        counts.reserveCapacity(series.count + 1)
        var (sum, count) = (0.0, 0.0)
        for value in series {
            if !value.isNaN {
                sum += value
                count += 1
            }
            sums.append(sum)
            counts.append(count)
        }
        self.sums = sums
        self.counts = counts
    }

    /// Mean of the known values of `from..<to`, NaN where less than a third is known.
    func mean(_ from: Int, _ to: Int) -> Double {
        let (low, high) = (max(0, from), max(0, min(to, series.count)))
        guard high > low else { return .nan }
        let count = counts[high] - counts[low]
        return count * 3 >= Double(to - from) ? (sums[high] - sums[low]) / count : .nan
    }

    /// Mean of the week before a gate; the level that relative models start from.
    func level(gate: Int) -> Double {
        let week = mean(gate - 7 * frame.stepsPerDay, gate)
        if !week.isNaN { return week }
        let low = max(0, gate - 14 * frame.stepsPerDay)
        let count = counts[max(0, gate)] - counts[low]
        return count > 0 ? (sums[max(0, gate)] - sums[low]) / count : .nan
    }

    /// Writes the rows of a day, `count` values each.
    func write(day: Int, into rows: UnsafeMutablePointer<Double>) {
        let gate = max(0, frame.gate[day])
        let perDay = frame.stepsPerDay
        let perHour = frame.stepsPerHour
        let shared = (
            mean(gate - 3 * perHour, gate), mean(gate - perDay, gate), level(gate: gate),
            mean(gate - 12 * perHour, gate) - mean(gate - 12 * perHour - 7 * perDay, gate - 7 * perDay)
        )
        var (low, high) = (Double.nan, Double.nan)
        for step in max(0, gate - perDay)..<gate where !series[step].isNaN {
            low = low.isNaN ? series[step] : min(low, series[step])
            high = high.isNaN ? series[step] : max(high, series[step])
        }
        for (offset, step) in (frame.dayStart[day]..<frame.dayStart[day + 1]).enumerated() {
            let row = rows + offset * Self.count
            let slot = frame.slot[step]
            func at(_ back: Int) -> Double {
                let place = frame.index(day: day - back, slot: slot)
                return place >= 0 && place < gate ? series[place] : .nan
            }
            func put(_ column: Column, _ value: Double) { row[column.rawValue] = value }
            var recentBack = 1
            var recent = at(1)
            if recent.isNaN {
                recent = at(2)
                recentBack = 2
            }
            put(.recent, recent)
            put(.twoDays, at(2))
            put(.week, at(7))
            put(.twoWeeks, at(14))
            put(.weeks, Numerics.mean([at(7), at(14), at(21), at(28)]))
            put(.similar, similar(day: day, step: step, at: at))
            let center = frame.index(day: day - recentBack, slot: slot)
            put(.smooth, center < 0 ? .nan : mean(center - perHour, min(gate, center + perHour + 1)))
            put(.threeHours, shared.0)
            put(.day, shared.1)
            put(.sevenDays, shared.2)
            put(.lowest, low)
            put(.highest, high)
            put(.morningChange, shared.3)
        }
    }

    private func similar(day: Int, step: Int, at: (Int) -> Double) -> Double {
        let own = frame.dayClass(step)
        for back in 1...14 where day - back >= 0 && frame.dayClass(frame.dayStart[day - back]) == own {
            let value = at(back)
            if !value.isNaN { return value }
        }
        return .nan
    }

    /// Fills what is not known from what is nearest in meaning; a linear model can't take holes.
    static func fill(_ row: UnsafeMutablePointer<Double>) {
        func first(_ columns: [Column]) -> Double {
            for column in columns where !row[column.rawValue].isNaN { return row[column.rawValue] }
            return 0
        }
        let level = first([.sevenDays, .day, .weeks, .threeHours])
        func put(_ column: Column, _ others: [Column]) {
            guard row[column.rawValue].isNaN else { return }
            let value = first(others)
            row[column.rawValue] = others.contains { !row[$0.rawValue].isNaN } ? value : level
        }
        put(.recent, [.smooth, .twoDays, .similar, .week, .weeks])
        put(.twoDays, [.recent, .week, .weeks])
        put(.week, [.weeks, .twoWeeks, .similar])
        put(.twoWeeks, [.weeks, .week])
        put(.weeks, [.week, .twoWeeks])
        put(.similar, [.week, .weeks, .recent])
        put(.smooth, [.recent])
        put(.sevenDays, [.day, .threeHours])
        put(.day, [.threeHours, .sevenDays])
        put(.threeHours, [.day, .sevenDays])
        put(.lowest, [.day])
        put(.highest, [.day])
        if row[Column.morningChange.rawValue].isNaN { row[Column.morningChange.rawValue] = 0 }
    }
}
