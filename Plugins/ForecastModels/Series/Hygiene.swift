/// What is wrong with readings, found before anything is learned from them: constant stretches, values far outside, a meter whose object changed
/// its size. What can't be trusted becomes a hole and is told; holes are never filled.
enum Hygiene {
    /// The readings until a time without what can't be trusted, and what was found.
    static func clean(_ series: SeriesWindow, until issue: Int64, settings: ForecastSettings) -> (SeriesWindow, TrainingReport) {
        var report = TrainingReport()
        let count = max(0, min(series.grid.count, series.grid.index(of: issue)))
        let grid = TimeGrid(unchecked: series.grid.start, series.grid.stepMinutes, count)
        var values = Array(series.values[..<count])
        report.from = values.firstIndex { !$0.isNaN }.map { grid.time($0) } ?? grid.start
        report.until = values.lastIndex { !$0.isNaN }.map { grid.time($0 + 1) } ?? grid.start
        removeFlatLines(&values, grid: grid, kind: settings.kind, report: &report)
        removeOutliers(&values, grid: grid, report: &report)
        if case .load = settings.kind { scaleShifts(&values, grid: grid, report: &report) }
        return (SeriesWindow(unchecked: grid, values), report)
    }

    /// The readings of the last weeks, from which forecasts are made, without what can't be trusted. A new size is left to the next training.
    static func cleaned(_ series: SeriesWindow, settings: ForecastSettings) -> (SeriesWindow, QualityFlags) {
        var report = TrainingReport()
        var values = series.values
        removeFlatLines(&values, grid: series.grid, kind: settings.kind, report: &report)
        removeOutliers(&values, grid: series.grid, report: &report)
        return (SeriesWindow(unchecked: series.grid, values), report.flags)
    }

    /// A stretch of one value for a day (of a plant of the sun: of zeros, its nights and snow, for a week, of others for half a day; of a wind farm's
    /// zeros, its calms, for a week) is a meter that stands still, unless the series is like that for most of its time.
    private static func removeFlatLines(_ values: inout [Double], grid: TimeGrid, kind: ForecastSettings.Kind, report: inout TrainingReport) {
        var stretches: [Range<Int>] = []
        var begin = 0
        for index in values.indices where index + 1 == values.count || values[index + 1] != values[index] {
            defer { begin = index + 1 }
            guard !values[index].isNaN else { continue }
            let hours = (index + 1 - begin) * grid.stepMinutes / 60
            let limit = switch kind {
            case .load: 24
            case .photovoltaic: values[index] == 0 ? 168 : 12
            case .wind: values[index] == 0 ? 168 : 24
            }
            if hours >= limit { stretches.append(begin..<index + 1) }
        }
        let flat = stretches.reduce(0) { $0 + $1.count }
        let known = values.lazy.filter { !$0.isNaN }.count
        guard flat > 0 else { return }
        guard flat * 2 <= known else {
            report.flags.insert(.constant)
            report.notes.append("the series holds one value for most of its time; nothing was left out for that")
            return
        }
        for stretch in stretches { for index in stretch { values[index] = .nan } }
        report.flags.insert(.flatLine)
        let longest = stretches.max { $0.count < $1.count } ?? 0..<0
        report.notes.append(
            "\(stretches.count) constant stretches of a day or more were left out, the longest from \(UTCText.minute(grid.time(longest.lowerBound))) for "
                + "\(longest.count * grid.stepMinutes / 60) hours")
    }

    /// Values more than three times the usual range (5 % to 95 % of two months) outside of it.
    private static func removeOutliers(_ values: inout [Double], grid: TimeGrid, report: inout TrainingReport) {
        let block = 60 * grid.stepsPerDay
        var removed = 0
        var first = -1
        var start = 0
        while start < values.count {
            let end = values.count - start < 2 * block ? values.count : start + block
            var own = values[start..<end].filter { !$0.isNaN }
            if own.count >= 3 * grid.stepsPerDay {
                let low = Numerics.quantile(&own, 0.05)
                let high = Numerics.sortedQuantile(own, 0.95)
                let reach = 3 * (high - low)
                for index in start..<end where reach > 0 && (values[index] < low - reach || values[index] > high + reach) {
                    values[index] = .nan
                    removed += 1
                    if first < 0 { first = index }
                }
            }
            start = end
        }
        guard removed > 0 else { return }
        report.flags.insert(.outliers)
        report.notes.append("\(removed) values far outside of the usual range were left out, the first at \(UTCText.minute(grid.time(first)))")
    }

    /// A load of which the level changes within two weeks by more than half, and of which no week since then comes near to one of the year
    /// before, was given another size (a part of the feeder moved, a new customer): what is older is scaled to it. A season that sets in is
    /// none, since it was there the year before. Loads that cross zero are left alone.
    private static func scaleShifts(_ values: inout [Double], grid: TimeGrid, report: inout TrainingReport) {
        let week = 7 * grid.stepsPerDay
        let weeks = values.count / week
        guard weeks >= 5 else { return }
        let offset = values.count - weeks * week
        var medians = (0..<weeks).map { Numerics.median(values[offset + $0 * week..<offset + ($0 + 1) * week].filter { !$0.isNaN }) }
        guard let sign = medians.first(where: { !$0.isNaN }).map({ $0 > 0 ? 1.0 : -1.0 }) else { return }
        let lows = (0..<weeks).map { (values[offset + $0 * week..<offset + ($0 + 1) * week].lazy.filter { !$0.isNaN }.map { $0 * sign }.min()) ?? 1 }
        guard lows.allSatisfy({ $0 >= 0 }) else { return }
        for position in stride(from: weeks - 2, through: 2, by: -1) {
            let before = medians[max(0, position - 53)..<position - 1].filter { !$0.isNaN }.map { $0 * sign }
            let after = medians[min(position + 1, weeks)...].filter { !$0.isNaN }.map { $0 * sign }
            guard let lowBefore = before.min(), let highBefore = before.max(), let lowAfter = after.min(), let highAfter = after.max(),
                before.count >= 2, after.count >= 3, lowBefore > 0, lowAfter > 0
            else { continue }
            let ratio = Numerics.median(Array(after.prefix(4))) / Numerics.median(Array(before.suffix(4)))
            let gap = lowAfter > highBefore ? lowAfter / highBefore : lowBefore / highAfter
            guard gap > 1.5, ratio > 1.7 || ratio < 1 / 1.7 else { continue }
            let levels = (Numerics.median(Array(before.suffix(4))) * sign, Numerics.median(Array(after.prefix(4))) * sign)
            let edge = edge(
                values, from: offset + (position - 1) * week, to: offset + (position + 1) * week, levels: levels, steps: grid.stepsPerDay)
            for index in 0..<edge { values[index] *= ratio }
            for index in 0..<position { medians[index] *= ratio }
            report.flags.insert(.levelShift)
            report.notes.append(
                "the level changed by the factor \(UTCText.short(ratio)) about \(UTCText.minute(grid.time(edge))); older readings were scaled to it")
            return
        }
    }

    /// The day at which the level goes over, of two weeks around it.
    private static func edge(_ values: [Double], from: Int, to: Int, levels: (before: Double, after: Double), steps: Int) -> Int {
        let middle = (levels.before * levels.after).squareRoot() * (levels.after < 0 ? -1 : 1)
        var best = (count: -1, index: from)
        for edge in stride(from: from, through: min(to, values.count), by: steps) {
            let isRising = abs(levels.after) > abs(levels.before)
            let left = (max(0, from)..<edge).lazy.filter { (abs(values[$0]) < abs(middle)) == isRising }.count
            let right = (edge..<min(to, values.count)).lazy.filter { (abs(values[$0]) >= abs(middle)) == isRising }.count
            if left + right > best.count { best = (left + right, edge) }
        }
        return best.index
    }
}

/// Times and numbers in sentences.
enum UTCText {
    /// `2026-03-01 14:30 UTC` of seconds since 1970.
    static func minute(_ time: Int64) -> String {
        let day = time >= 0 ? time / 86_400 : -((-time + 86_399) / 86_400)
        let second = time - day * 86_400
        // Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
        let z = day + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(year)-\(two(month))-\(two(dayOfYear - (153 * shifted + 2) / 5 + 1)) \(two(second / 3600)):\(two(second % 3600 / 60)) UTC"
    }

    /// Two decimals.
    static func short(_ value: Double) -> String {
        let hundredths = Int64((abs(value) * 100).rounded())
        return "\(value < 0 ? "-" : "")\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}
