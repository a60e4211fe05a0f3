internal import Glibc

/// What was forecast day-ahead and what came of it: learns, from each new reading, how to correct the quantiles (conformal, by part of the day),
/// how wide they must be for the 80 % interval to hold 80 %, and which members to believe.
struct Calibration {
    static let parts = 4

    /// A day's forecast, kept until it has left the window.
    struct Day {
        var localDay: Int32
        var start: Int64
        /// Steps × levels, of the weighted members before calibration.
        var raw: [Float]
        /// Of the calibrated forecast: its 10 % and its 90 % quantile.
        var lower: [Float]
        var upper: [Float]
        var part: [UInt8]
        var actual: [Float]
        /// Quantiles of each member until the day is complete, for the score.
        var members: [(kind: ModelKind, values: [Float])]

        var count: Int { part.count }
    }

    var days: [Day] = []
    /// Logarithm of the factor by which the lower and upper half of each part's distribution is stretched.
    var lowerStretch = [Double](repeating: 0, count: parts)
    var upperStretch = [Double](repeating: 0, count: parts)
    /// Discounted pinball loss and number of days of each member.
    var losses: [ModelKind: (loss: Double, days: Double)] = [:]
    /// Additions to each level of each part of the day: parts × levels.
    var offsets = [Double](repeating: 0, count: parts * Members.levels.count)
    let windowDays: Int

    init(windowDays: Int) { self.windowDays = windowDays }

    static func part(minuteOfDay: Int16) -> Int { Int(minuteOfDay) / 360 }

    /// Share of each member, from their losses: a member that is 10 % worse than the best has about a third of its weight.
    func shares(_ kinds: [ModelKind]) -> [Double] {
        let known = kinds.map { kind in losses[kind].flatMap { $0.days > 3 ? $0.loss / $0.days : nil } }
        guard let best = known.compactMap({ $0 }).min(), best > 0 else {
            let isTrained = kinds.count > 1
            let count = Double(isTrained ? kinds.count - 1 : 1)
            return kinds.map { isTrained && $0 == .seasonalNaive ? 0 : 1 / count }
        }
        let raw = zip(kinds, known).map { kind, loss -> Double in
            guard let loss else { return kind == .seasonalNaive ? 0 : 1 }
            return exp(-Self.sharpness * (loss / best - 1))
        }
        let sum = raw.reduce(0, +)
        return raw.map { $0 / sum }
    }

    static let sharpness = 4.0

    /// The members' mean at each level.
    static func combine(_ members: [(kind: ModelKind, values: [Double])], shares: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: members.first?.values.count ?? 0)
        for (member, share) in zip(members, shares) where share > 0 {
            for index in result.indices { result[index] += share * member.values[index] }
        }
        return result
    }

    /// Corrects the quantiles of one step in place.
    func apply(_ row: inout ArraySlice<Double>, part: Int) {
        let count = Members.levels.count
        let start = row.startIndex
        guard part < Self.parts else { return }
        for level in 0..<count { row[start + level] += offsets[part * count + level] }
        row.sort()
        let middle = row[start + Members.medianIndex]
        let (low, high) = (exp(lowerStretch[part]), exp(upperStretch[part]))
        for level in 0..<count {
            let deviation = row[start + level] - middle
            row[start + level] = middle + deviation * (level < Members.medianIndex ? low : high)
        }
    }

    /// Keeps the forecast of a day.
    mutating func remember(localDay: Int32, start: Int64, parts: [Int], members: [(kind: ModelKind, values: [Double])]) {
        let count = Members.levels.count
        let raw = Self.combine(members, shares: shares(members.map(\.kind)))
        var lower: [Float] = []
        var upper: [Float] = []
        for (step, part) in parts.enumerated() {
            var row = raw[step * count..<(step + 1) * count]
            apply(&row, part: part)
            lower.append(Float(row[row.startIndex + Members.lowerIndex]))
            upper.append(Float(row[row.startIndex + Members.upperIndex]))
        }
        days.append(Day(
            localDay: localDay, start: start, raw: raw.map(Float.init), lower: lower, upper: upper, part: parts.map(UInt8.init),
            actual: [Float](repeating: .nan, count: parts.count), members: members.map { ($0.kind, $0.values.map(Float.init)) }))
        if days.count > windowDays + 2 { days.removeFirst(days.count - windowDays - 2) }
    }

    /// Learns from readings of steps that were forecast; each counts once.
    /// - Parameter load: what is known of a time, NaN where nothing is.
    mutating func absorb(until time: Int64, stepSeconds: Int64, load: (Int64) -> Double) {
        var isNew = false
        for index in days.indices {
            if days[index].members.isEmpty { continue }
            for step in 0..<days[index].count where days[index].actual[step].isNaN && Int(days[index].part[step]) < Self.parts {
                let begin = days[index].start + Int64(step) * stepSeconds
                if begin + stepSeconds > time { break }
                let value = load(begin)
                guard !value.isNaN else { continue }
                days[index].actual[step] = Float(value)
                isNew = true
                adapt(days[index], step: step)
            }
            if days[index].start + Int64(days[index].count) * stepSeconds <= time {
                score(days[index])
                days[index].members = []
            }
        }
        if isNew { refresh() }
    }

    /// Speed of the adaptation of the interval's width, per day.
    static let adaptation = 0.2

    private mutating func adapt(_ day: Day, step: Int) {
        let part = Int(day.part[step])
        let rate = Self.adaptation / Double(day.count)
        let below: Double = day.actual[step] < day.lower[step] ? 1 : 0
        let above: Double = day.actual[step] > day.upper[step] ? 1 : 0
        for other in 0..<Self.parts {
            let share = other == part ? 4.0 : 1.0
            lowerStretch[other] = max(-0.7, min(1.2, lowerStretch[other] + rate * share * (below - 0.1)))
            upperStretch[other] = max(-0.7, min(1.2, upperStretch[other] + rate * share * (above - 0.1)))
        }
    }

    private mutating func score(_ day: Day) {
        let count = Members.levels.count
        let inner = Array(Members.levels[1..<count - 1])
        for (kind, values) in day.members {
            var sum = 0.0
            var steps = 0.0
            for step in 0..<day.count where !day.actual[step].isNaN {
                let row = values[step * count + 1..<(step + 1) * count - 1].map(Double.init)
                let loss = Numerics.pinball(Double(day.actual[step]), row, inner)
                if loss.isNaN { continue }
                sum += loss
                steps += 1
            }
            guard steps > 0 else { continue }
            let old = losses[kind] ?? (0, 0)
            losses[kind] = (old.loss * Self.memory + sum / steps, old.days * Self.memory + 1)
        }
    }

    static let memory = 0.97

    /// So many days of errors count half. On the times before the reference sets' tests two weeks are better than one, on all six.
    private static let doubtDays = 14.0

    /// The conformal additions: of each part and level the quantile of what was left over, drawn to zero where days are few.
    private mutating func refresh() {
        let count = Members.levels.count
        var known = [[(day: Int, step: Int)]](repeating: [], count: Self.parts)
        for (index, day) in days.enumerated() {
            for step in 0..<day.count where !day.actual[step].isNaN && Int(day.part[step]) < Self.parts { known[Int(day.part[step])].append((index, step)) }
        }
        for part in 0..<Self.parts {
            let own = known[part]
            guard !own.isEmpty else { continue }
            let dayCount = Double(Set(own.map(\.day)).count)
            let share = dayCount / (dayCount + Self.doubtDays)
            var left = [Float](repeating: 0, count: own.count)
            for level in 0..<count {
                for (index, place) in own.enumerated() {
                    left[index] = days[place.day].actual[place.step] - days[place.day].raw[place.step * count + level]
                }
                let wanted = Members.levels[level]
                offsets[part * count + level] = share * Double(left.withUnsafeMutableBufferPointer { Selection.quantile($0, count: own.count, level: wanted) })
            }
        }
    }
}
