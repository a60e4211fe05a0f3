/// What a column of weather holds. The named ones have a meaning to the models; any other name is a plain column of the boosted trees.
public struct WeatherQuantity: RawRepresentable, Hashable, Sendable, Comparable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Air temperature, °C.
    public static let temperature = WeatherQuantity(rawValue: "temperature")
    /// Global horizontal irradiance, W/m².
    public static let irradiance = WeatherQuantity(rawValue: "irradiance")
    /// Irradiance on a horizontal plane above the atmosphere or under a clear sky, W/m², where the weather service gives one.
    public static let clearIrradiance = WeatherQuantity(rawValue: "clear_irradiance")
    /// Wind speed near the ground, m/s.
    public static let windSpeed = WeatherQuantity(rawValue: "wind_speed")
    /// Wind speed at hub height (80 to 120 m), m/s.
    public static let hubWindSpeed = WeatherQuantity(rawValue: "wind_speed_hub")
    /// Cloud cover, any scale.
    public static let cloudCover = WeatherQuantity(rawValue: "cloud_cover")
    /// Relative humidity, any scale.
    public static let humidity = WeatherQuantity(rawValue: "humidity")

    public static func < (a: WeatherQuantity, b: WeatherQuantity) -> Bool { a.rawValue < b.rawValue }
}

/// One run of a weather forecast, or what was measured.
public struct WeatherRun: Sendable {
    /// When it became known, seconds since 1970; `Int64.min` for a stand-in that was always known.
    public let issued: Int64
    public let grid: TimeGrid
    /// One value per interval of the grid, NaN where there is none.
    public let columns: [WeatherQuantity: [Double]]

    /// - Throws: `ForecastError` where a column has another number of values than the grid has intervals.
    public init(issued: Int64, grid: TimeGrid, columns: [WeatherQuantity: [Double]]) throws {
        for (quantity, values) in columns where values.count != grid.count {
            throw ForecastError.badInput("weather \(quantity.rawValue) needs \(grid.count) values, one per interval, got \(values.count)")
        }
        self.issued = issued
        self.grid = grid
        self.columns = columns
    }

    /// A column on another grid of the same step, NaN where this run does not reach.
    func values(_ quantity: WeatherQuantity, on other: TimeGrid) -> [Double] {
        guard let column = columns[quantity] else { return [Double](repeating: .nan, count: other.count) }
        if grid.stepMinutes != other.stepMinutes { return (0..<other.count).map { value(quantity, at: other.time($0)) } }
        let shift = grid.index(of: other.start)
        return (0..<other.count).map { $0 + shift >= 0 && $0 + shift < column.count ? column[$0 + shift] : .nan }
    }

    func value(_ quantity: WeatherQuantity, at time: Int64) -> Double {
        guard let column = columns[quantity] else { return .nan }
        let index = grid.index(of: time)
        return index >= 0 && index < column.count ? column[index] : .nan
    }
}

/// The weather of a site: what was measured, and every run of the forecast that is kept, so that a model is trained and scored on what was
/// known at each issue time and nothing later.
public struct WeatherHistory: Sendable {
    /// What was measured or analysed; the interval's value is known at its end. Nil where the site has none: past forecasts stand in.
    public let measured: WeatherRun?
    /// In the order of their issue.
    public let runs: [WeatherRun]
    /// Every quantity of any run, sorted.
    public let quantities: [WeatherQuantity]

    public init(measured: WeatherRun?, runs: [WeatherRun]) {
        self.measured = measured
        self.runs = runs.sorted { $0.issued < $1.issued }
        quantities = Set(runs.flatMap { $0.columns.keys }).sorted()
    }

    public static let none = WeatherHistory(measured: nil, runs: [])

    /// Runs that were issued by a time.
    private func known(at issue: Int64) -> ArraySlice<WeatherRun> {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].issued <= issue { low = middle + 1 } else { high = middle }
        }
        return runs[..<low]
    }

    /// The forecast of an interval that was the newest at a time.
    /// - Returns: NaN where no run issued by then covers it.
    public func forecast(_ quantity: WeatherQuantity, at time: Int64, knownAt issue: Int64) -> Double {
        for run in known(at: issue).reversed() {
            let value = run.value(quantity, at: time)
            if !value.isNaN { return value }
        }
        return .nan
    }

    /// Fills steps that hold NaN from the newest run known at a time that covers them.
    func fill(_ column: inout [Double], _ quantity: WeatherQuantity, grid: TimeGrid, steps: Range<Int>, knownAt issue: Int64) {
        var missing = steps.count
        for run in known(at: issue).reversed() where missing > 0 {
            if run.grid.end <= grid.time(steps.lowerBound) || run.grid.start >= grid.time(steps.upperBound) { continue }
            guard let values = run.columns[quantity] else { continue }
            for step in steps where column[step].isNaN {
                let index = run.grid.index(of: grid.time(step))
                guard index >= 0, index < values.count, !values[index].isNaN else { continue }
                column[step] = values[index]
                missing -= 1
            }
        }
    }
}
