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
        let isSingle = weather.runs.count == 1 && weather.runs[0].issued == .min
        for quantity in weather.quantities {
            var own = [Double](repeating: .nan, count: grid.count)
            var later = own
            for step in 0..<grid.count {
                let time = grid.time(step)
                if isSingle {
                    own[step] = weather.runs[0].value(quantity, at: time)
                    later[step] = own[step]
                } else {
                    own[step] = weather.forecast(quantity, at: time, knownAt: min(issue, grid.time(gate[day[step]])))
                    let next = day[step] + 1 < gate.count ? gate[day[step] + 1] : gate[day[step]] + grid.stepsPerDay
                    later[step] = step >= next ? weather.forecast(quantity, at: time, knownAt: min(issue, grid.time(next))) : own[step]
                }
            }
            known[quantity] = own
            eve[quantity] = later
            if let run = weather.measured, run.columns[quantity] != nil {
                measured.insert(quantity)
                past[quantity] = (0..<grid.count).map { step in
                    let value = grid.time(step + 1) <= issue ? run.value(quantity, at: grid.time(step)) : .nan
                    return value.isNaN ? own[step] : value
                }
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
