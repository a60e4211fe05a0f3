import ForecastModels

/// What was measured of the weather, joined from messages.
enum MeasuredWeather {
    /// One run of many, in one pass: of an interval that several tell, the last one's value holds. Its step is that of the last: values of finer
    /// steps are their mean in it, those of coarser ones hold in all of its intervals.
    /// - Parameter keptSeconds: what is older than so long before the end is left out.
    /// - Returns: nil of nothing.
    static func joined(_ runs: [WeatherRun], keptSeconds: Int64) throws -> WeatherRun? {
        guard let newest = runs.last else { return nil }
        guard runs.count > 1 else { return newest }
        let (step, minutes) = (newest.grid.stepSeconds, newest.grid.stepMinutes)
        let own = try runs.map { try $0.inSteps(of: minutes) }
        let end = own.map(\.grid.end).max() ?? newest.grid.end
        let begin = max(own.map(\.grid.start).min() ?? newest.grid.start, (end - keptSeconds).floored(by: step) * step)
        let grid = try TimeGrid(start: begin, stepMinutes: minutes, count: Int((end - begin) / step))
        var columns: [WeatherQuantity: [Double]] = [:]
        for run in own {
            let shift = grid.index(of: run.grid.start)
            for (quantity, values) in run.columns {
                for (index, value) in values.enumerated() where index + shift >= 0 && !value.isNaN {
                    columns[quantity, default: [Double](repeating: .nan, count: grid.count)][index + shift] = value
                }
            }
        }
        return try WeatherRun(issued: own.map(\.issued).max() ?? newest.issued, grid: grid, columns: columns)
    }
}

extension WeatherRun {
    /// The intervals from a time on.
    func from(_ time: Int64) throws -> WeatherRun {
        let first = grid.start >= time ? 0 : min(grid.count, grid.index(of: time))
        guard first > 0 else { return self }
        return try WeatherRun(
            issued: issued, grid: try TimeGrid(start: grid.time(first), stepMinutes: grid.stepMinutes, count: grid.count - first),
            columns: columns.mapValues { Array($0[first...]) })
    }

    /// The same in other steps: means of finer ones, repetitions of coarser ones.
    fileprivate func inSteps(of minutes: Int) throws -> WeatherRun {
        guard minutes != grid.stepMinutes else { return self }
        let step = Int64(minutes) * 60
        let begin = grid.start.floored(by: step) * step
        let other = try TimeGrid(start: begin, stepMinutes: minutes, count: Int((grid.end - begin + step - 1) / step))
        let each = max(step, grid.stepSeconds) / min(step, grid.stepSeconds)
        let columns = columns.mapValues { values in
            (0..<other.count).map { index -> Double in
                let times = minutes < grid.stepMinutes ? [other.time(index)] : (0..<each).map { other.time(index) + $0 * grid.stepSeconds }
                let known = times.map { grid.index(of: $0) }.filter { values.indices.contains($0) && !values[$0].isNaN }.map { values[$0] }
                return known.isEmpty ? .nan : known.reduce(0, +) / Double(known.count)
            }
        }
        return try WeatherRun(issued: issued, grid: other, columns: columns)
    }
}
