internal import Glibc

/// How errors go on within the day and grow beyond it, learned from the remembered forecasts.
struct HorizonErrors: Hashable {
    /// Of each hour of lead, 0..<12: the share of the mean error of the last two hours that is still there.
    var persistence = [Double](repeating: 0, count: hours)
    /// Of each hour of lead: the factor of the spread once that share is taken off.
    var narrowing = [Double](repeating: 1, count: hours)
    /// Factor of the spread for each day beyond the day ahead, 0..<8: what `learnReach` found, or this where there was too little to learn from.
    var widening: [Double] = (0..<days).map { 1 + 0.06 * Double($0) }

    static let hours = 12
    static let days = 8

    /// Learns the persistence from the medians of the remembered days.
    mutating func follow(_ calibration: Calibration) {
        var errors: [(time: Int64, error: Double)] = []
        for day in calibration.days {
            let step = 86_400 / Int64(max(1, day.count))
            for index in 0..<day.count where !day.actual[index].isNaN && Int(day.part[index]) < Calibration.parts {
                errors.append((day.start + Int64(index) * step, Double(day.actual[index] - day.raw[index * Members.levels.count + Members.medianIndex])))
            }
        }
        guard errors.count > 14 * 12, errors.count > 1 else { return }
        let step = max(900, errors[1].time - errors[0].time)
        let perHour = max(1, Int(3600 / step))
        for hour in 0..<Self.hours {
            var (cross, square, total, count) = (0.0, 0.0, 0.0, 0.0)
            var position = 2 * perHour
            while position + hour * perHour + perHour / 2 < errors.count {
                let target = position + hour * perHour + perHour / 2
                let lead = errors[target].time - errors[position].time
                if lead == Int64(hour * perHour + perHour / 2) * step {
                    let recent = Numerics.mean((position - 2 * perHour..<position).lazy.map { errors[$0].error })
                    cross += recent * errors[target].error
                    square += recent * recent
                    total += errors[target].error * errors[target].error
                    count += 1
                }
                position += perHour
            }
            guard square > 0, total > 0, count > 40 else { continue }
            let share = max(0, min(1, cross / (square * 1.05)))
            persistence[hour] = share
            narrowing[hour] = max(0.25, (max(0, 1 - cross * cross / (square * total))).squareRoot())
        }
    }
}
