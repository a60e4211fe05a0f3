import ForecastModels

extension WeatherHistory {
    /// The weather as it is seen at an issue: of all times from then on the newest run holds. The models ask for what was known at the gate of
    /// each day; of the rest of today a run that came since knows more.
    func seen(at issue: Int64) throws -> WeatherHistory {
        guard let newest = runs.last(where: { $0.issued <= issue }) else { return self }
        return try replacing(from: issue, with: newest)
    }

    /// Whether the newest run that an issue knows is older than a day and a half: one that comes daily has not come.
    func isStale(at issue: Int64) -> Bool { runs.last { $0.issued <= issue }.map { issue - $0.issued > 36 * 3600 } ?? false }

    /// What a run says from a time on, in the place of all other runs, as if it had always been known.
    func replacing(from time: Int64, with run: WeatherRun) throws -> WeatherHistory {
        let first = max(0, run.grid.index(of: time))
        guard first < run.grid.count else { return self }
        let grid = try TimeGrid(start: run.grid.time(first), stepMinutes: run.grid.stepMinutes, count: run.grid.count - first)
        let always = try WeatherRun(issued: .min + 1, grid: grid, columns: run.columns.mapValues { Array($0[first...]) })
        return WeatherHistory(measured: measured, runs: [always] + (try runs.map { try $0.without(always) }))
    }
}

extension WeatherRun {
    /// The run without what another one says.
    fileprivate func without(_ other: WeatherRun) throws -> WeatherRun {
        guard grid.end > other.grid.start, grid.start < other.grid.end else { return self }
        var columns = columns
        for (quantity, values) in columns {
            guard let others = other.columns[quantity] else { continue }
            columns[quantity] = values.indices.map { index in
                let place = other.grid.index(of: grid.time(index))
                return others.indices.contains(place) && !others[place].isNaN ? .nan : values[index]
            }
        }
        return try WeatherRun(issued: issued, grid: grid, columns: columns)
    }
}
