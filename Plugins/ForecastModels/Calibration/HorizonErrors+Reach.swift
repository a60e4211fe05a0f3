internal import Glibc

extension HorizonErrors {
    /// Learns how much wider the distribution must be on each day beyond the day ahead from forecasts of a week that would have been made at
    /// midnights of the rehearsal: on each day the factor by which the 80 % interval has to be stretched to hold 80 %, relative to that of the
    /// day ahead (conformal, split by lead), drawn to the usual growth where there are few, and never falling.
    ///
    /// - Parameters:
    ///   - forecaster: the rehearsal's, with its calibration; its history holds the days that are forecast.
    ///   - begins: midnights at which the forecasts begin, seconds since 1970.
    ///   - until: nothing from there on is known.
    mutating func learnReach(
        _ forecaster: TrainedForecaster, begins: [Int64], until: Int64, weather: WeatherHistory, calendar: CalendarColumns, isCancelled: () -> Bool
    ) throws {
        var plain = forecaster
        plain.horizon.widening = [Double](repeating: 1, count: Self.days)
        var misses = [[Double]](repeating: [], count: Self.days)
        var origins = [Double](repeating: 0, count: Self.days)
        for begin in begins {
            if isCancelled() { throw ForecastError.cancelled }
            let steps = Int((min(until, begin + Int64(Self.days) * 86_400) - begin) / (Int64(forecaster.stepMinutes) * 60))
            guard steps > 0 else { continue }
            let forecast = try plain.forecast(at: begin, steps: steps, weather: weather, calendar: calendar)
            let own = Self.misses(of: forecast, history: forecaster.history)
            for day in 0..<Self.days where !own[day].isEmpty {
                misses[day] += own[day]
                origins[day] += 1
            }
        }
        // The hours that the last readings correct say nothing of the day ahead's width; they are left out of day 0.
        guard let ahead = Self.stretch(misses[0]) else { return }
        var last = 1.0
        for day in 1..<Self.days {
            let usual = log(1 + 0.06 * Double(day))
            let found = Self.stretch(misses[day]).map { log(max(0.5, min(4, $0 / ahead))) } ?? usual
            let share = origins[day] / (origins[day] + 4)
            last = max(last, exp(share * found + (1 - share) * usual))
            widening[day] = last
        }
    }

    /// How far each outcome lies from the median, in half widths of the 80 % interval on its side, by days ahead.
    private static func misses(of forecast: QuantileForecast, history: SeriesWindow) -> [[Double]] {
        var result = [[Double]](repeating: [], count: days)
        let (low, middle, high) = (forecast.quantile(0.1), forecast.median, forecast.quantile(0.9))
        let perDay = forecast.grid.stepsPerDay
        for step in 0..<forecast.grid.count {
            let day = step / perDay
            let outcome = history.value(at: forecast.grid.time(step))
            let half = outcome < middle[step] ? middle[step] - low[step] : high[step] - middle[step]
            guard day < days, !outcome.isNaN, half > 0, day > 0 || step >= perDay / 2 else { continue }
            result[day].append(abs(outcome - middle[step]) / half)
        }
        return result
    }

    private static func stretch(_ misses: [Double]) -> Double? {
        guard misses.count >= 48 else { return nil }
        var misses = misses
        let value = Numerics.quantile(&misses, 0.8)
        return value > 0 && value.isFinite ? value : nil
    }
}
