import ForecastModels

/// A forecast of a series as the service passes it on: by the model that answers, or between two models while one takes over.
struct ForecastResult: Sendable {
    static let levels = QuantileForecast.levels
    /// Positions of 0.05 … 0.95 in ``levels``: the levels that scores are the mean of.
    static let scored = 1...19
    /// Position of 0.5.
    static let median = 10

    /// When it was made, seconds since 1970: nothing later is in it.
    let issued: Int64
    let grid: TimeGrid
    /// Row by row, by ``levels``, rising.
    private(set) var values: [Double]
    private(set) var flags: QualityFlags
    private(set) var stepFlags: [QualityFlags]
    let members: [MemberShare]
    /// Of the model.
    let version: Int
    /// The model's share while it takes over, 0 … 1.
    private(set) var share = 1.0

    /// - Parameter first: the first interval of the forecast that is passed on.
    init(_ forecast: QuantileForecast, from first: Int, version: Int) throws {
        issued = forecast.issued
        grid = try TimeGrid(
            start: forecast.grid.time(first), stepMinutes: forecast.grid.stepMinutes, count: forecast.grid.count - first)
        values = Array(forecast.values[(first * Self.levels.count)...])
        flags = forecast.flags
        stepFlags = Array(forecast.stepFlags[first...])
        members = forecast.members
        self.version = version
    }

    subscript(index: Int) -> ArraySlice<Double> { values[index * Self.levels.count..<(index + 1) * Self.levels.count] }

    /// One quantile of every interval, between two levels interpolated.
    func quantile(_ level: Double) -> [Double] { quantile(level, of: 0..<grid.count) }

    /// The same of some intervals.
    func quantile(_ level: Double, of intervals: Range<Int>) -> [Double] {
        let levels = Self.levels
        let upper = levels.firstIndex { $0 >= level - 1e-9 } ?? levels.count - 1
        let lower = abs(levels[upper] - level) < 1e-9 ? upper : max(0, upper - 1)
        let part = upper == lower ? 0 : (level - levels[lower]) / (levels[upper] - levels[lower])
        return intervals.map { row in
            let first = row * levels.count
            return values[first + lower] * (1 - part) + values[first + upper] * part
        }
    }

    /// Half of the width that holds 80 %, as a standard deviation of a normal distribution.
    var sigma: [Double] { zip(quantile(0.1), quantile(0.9)).map { ($1 - $0) / 2.563_103_131_1 } }

    /// What users should know of the whole: `good`, `cold-start` (too little history), or `degraded` (fall-back, stale readings, no or stale weather).
    var quality: String {
        let all = stepFlags.reduce(flags) { $0.union($1) }
        if all.contains(.coldStart) { return "cold-start" }
        return all.isDisjoint(with: [.fallback, .staleReadings, .weatherMissing, .staleWeather, .incompleteHistory]) ? "good" : "degraded"
    }

    /// The same with something that users should know of all of it.
    func flagged(_ flag: QualityFlags) -> ForecastResult {
        var flagged = self
        flagged.flags.insert(flag)
        return flagged
    }

    /// Mixes in what the model before would have said: quantile by quantile, which keeps their order.
    /// - Parameter share: of this forecast.
    func mixed(with old: ForecastResult, share: Double) -> ForecastResult {
        guard old.values.count == values.count else { return self }
        var mixed = self
        mixed.share = share
        for index in values.indices { mixed.values[index] = share * values[index] + (1 - share) * old.values[index] }
        return mixed
    }
}
