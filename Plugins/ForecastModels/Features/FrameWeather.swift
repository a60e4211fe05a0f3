/// The weather of a frame's steps in three states of knowledge.
struct FrameWeather {
    /// As forecast for each step at the gate of its own day.
    let known: [WeatherQuantity: [Double]]
    /// As forecast at the gate of the day after: of the hours between that gate and midnight.
    let eve: [WeatherQuantity: [Double]]
    /// Measured, where the site measures and the interval ended by the issue, else as `known`.
    let past: [WeatherQuantity: [Double]]
    let quantities: [WeatherQuantity]
    /// Those that are measured too.
    let measured: Set<WeatherQuantity>

    init(grid: TimeGrid, weather: WeatherHistory, day: [Int], gate: [Int], issue: Int64) {
        var known: [WeatherQuantity: [Double]] = [:]
        var eve: [WeatherQuantity: [Double]] = [:]
        var past: [WeatherQuantity: [Double]] = [:]
        var measured: Set<WeatherQuantity> = []
        for quantity in weather.quantities {
            var own = [Double](repeating: .nan, count: grid.count)
            var later = own
            if weather.runs.count == 1, weather.runs[0].issued == .min {
                own = weather.runs[0].values(quantity, on: grid)
                later = own
            } else {
                var first = 0
                while first < grid.count {
                    let current = day[first]
                    let end = day[first...].firstIndex { $0 != current } ?? grid.count
                    let next = current + 1 < gate.count ? gate[current + 1] : gate[current] + grid.stepsPerDay
                    weather.fill(&own, quantity, grid: grid, steps: first..<end, knownAt: min(issue, grid.time(gate[current])))
                    for step in first..<end { later[step] = own[step] }
                    if next < end {
                        for step in max(first, next)..<end { later[step] = .nan }
                        weather.fill(&later, quantity, grid: grid, steps: max(first, next)..<end, knownAt: min(issue, grid.time(next)))
                    }
                    first = end
                }
            }
            known[quantity] = own
            eve[quantity] = later
            if let run = weather.measured, run.columns[quantity] != nil {
                measured.insert(quantity)
                var values = run.values(quantity, on: grid)
                for step in values.indices where values[step].isNaN || grid.time(step + 1) > issue { values[step] = own[step] }
                past[quantity] = values
            } else {
                past[quantity] = own
            }
        }
        self.known = known
        self.eve = eve
        self.past = past
        self.measured = measured
        quantities = weather.quantities
    }
}
