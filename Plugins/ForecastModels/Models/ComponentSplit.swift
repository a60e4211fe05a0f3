/// The parts of a net load: what is consumed, what photovoltaic and what wind plants behind the meter feed in.
///
/// Least squares of the net load on the hour of the day by kind of day, the irradiance, and the S-curve of a turbine at the wind's speed, where what
/// feeds in may only lower the load; the speed at which the turbines have half of their power is the one that explains most.
public struct ComponentSplit: Hashable, Sendable {
    /// Power per W/m² of global irradiance, in the unit of the series, zero or negative.
    public let solarPerIrradiance: Double
    /// Power of the wind plants at full speed, zero or negative.
    public let windCapacity: Double
    /// Wind speed in m/s at which they have half of it.
    public let halfPowerSpeed: Double

    /// Consumption, solar and wind part of each value; their sum is the value.
    public struct Parts: Hashable, Sendable {
        public let consumption: [Double]
        public let solar: [Double]
        public let wind: [Double]
    }

    /// One that was learnt before.
    public init(solarPerIrradiance: Double, windCapacity: Double, halfPowerSpeed: Double) {
        self.solarPerIrradiance = solarPerIrradiance
        self.windCapacity = windCapacity
        self.halfPowerSpeed = halfPowerSpeed
    }

    /// Learns how much of a net load follows sun and wind.
    /// - Parameters:
    ///   - series: net load, consumption positive; at least two weeks of it with weather.
    ///   - issue: nothing that became known later is used.
    /// - Throws: `ForecastError` where there is less, or the calendar does not cover the series.
    public init(series: SeriesWindow, weather: WeatherHistory, calendar: CalendarColumns, gateMinute: Int = 720, at issue: Int64) throws {
        guard series.known >= 14 * series.grid.stepsPerDay else { throw Self.tooLittle(series.known / series.grid.stepsPerDay) }
        let frame = try Frame(
            grid: series.grid, load: series, weather: weather, calendar: calendar, gateMinute: gateMinute, issue: issue)
        let sun = frame.weather.past[.irradiance]
        let speed = frame.weather.past[.hubWindSpeed] ?? frame.weather.past[.windSpeed]
        let steps = (0..<frame.count).filter { !frame.load[$0].isNaN && !(sun?[$0].isNaN ?? false) && !(speed?[$0].isNaN ?? false) }
        guard sun != nil || speed != nil else { throw Self.tooLittle(0) }
        guard steps.count >= 14 * frame.stepsPerDay else { throw Self.tooLittle(steps.count / frame.stepsPerDay) }
        var best: (error: Double, split: (Double, Double, Double))?
        for half in speed == nil ? [8.0] : [6, 7, 8, 9, 10, 11] {
            var (useSun, useWind) = (sun != nil, speed != nil)
            while true {
                let fit = Self.fit(frame, steps: steps, sun: useSun ? sun : nil, speed: useWind ? speed : nil, half: half)
                if fit.solar > 0 || fit.wind > 0 {
                    if fit.solar > 0 { useSun = false }
                    if fit.wind > 0 { useWind = false }
                    continue
                }
                if best.map({ fit.error < $0.error }) ?? true { best = (fit.error, (fit.solar, fit.wind, half)) }
                break
            }
        }
        solarPerIrradiance = best?.split.0 ?? 0
        windCapacity = best?.split.1 ?? 0
        halfPowerSpeed = best?.split.2 ?? 8
    }

    private static func tooLittle(_ days: Int) -> ForecastError {
        .badInput("to split a net load takes two weeks of it with irradiance or wind speed, got \(days) days")
    }

    private static func fit(
        _ frame: Frame, steps: [Int], sun: [Double]?, speed: [Double]?, half: Double
    ) -> (solar: Double, wind: Double, error: Double) {
        // Two columns of plants, hours of working days, what Saturdays and Sundays add for each third of the day, and the intercept.
        let order = 2 + 24 + 6 + 1
        var equations = NormalEquations(order: order)
        var row = [Double](repeating: 0, count: order)
        func fill(_ step: Int) {
            for index in row.indices { row[index] = 0 }
            row[0] = (sun?[step] ?? 0) / 100
            row[1] = speed.map { LinearBasis.windPower($0[step], at: half) } ?? 0
            let hour = Int(frame.calendar.minuteOfDay[step]) / 60
            row[2 + hour] = 1
            let dayClass = frame.dayClass(step)
            if dayClass > 0 { row[26 + (dayClass - 1) * 3 + hour / 8] = 1 }
            row[order - 1] = 1
        }
        for step in steps {
            fill(step)
            equations.add(row, frame.load[step], weight: 1)
        }
        let solution = equations.solve(ridge: 1e-3)
        var error = 0.0
        for step in steps {
            fill(step)
            var left = frame.load[step]
            for index in 0..<order { left -= row[index] * solution[index] }
            error += left * left
        }
        return (sun == nil ? 0 : solution[0] / 100, speed == nil ? 0 : solution[1], error)
    }

    /// Splits values, measured or forecast, by the weather of their intervals as known at a time.
    /// - Returns: NaN for a plant where its weather is not known, and for the consumption too: a plant that stands still would be another answer.
    public func parts(of series: SeriesWindow, weather: WeatherHistory, knownAt issue: Int64) -> Parts {
        var (consumption, solar, wind) = ([Double](), [Double](), [Double]())
        for index in 0..<series.grid.count {
            let time = series.grid.time(index)
            func value(_ quantity: WeatherQuantity) -> Double {
                let measured = time + series.grid.stepSeconds <= issue ? weather.measured?.value(quantity, at: time) ?? .nan : .nan
                return measured.isNaN ? weather.forecast(quantity, at: time, knownAt: issue) : measured
            }
            let irradiance = value(.irradiance)
            let hub = value(.hubWindSpeed)
            let speed = hub.isNaN ? value(.windSpeed) : hub
            solar.append(solarPerIrradiance == 0 ? 0 : solarPerIrradiance * irradiance)
            wind.append(windCapacity == 0 ? 0 : windCapacity * LinearBasis.windPower(speed, at: halfPowerSpeed))
            consumption.append(series.values[index] - solar[index] - wind[index])
        }
        return Parts(consumption: consumption, solar: solar, wind: wind)
    }
}
