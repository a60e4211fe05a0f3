import LoadProfiles

/// The forecast of a series with less than two weeks of history: a standard shape scaled to the readings, drawn to what the same time was on
/// the days before as they become more, with quantiles as wide as new sites are uncertain.
enum ColdStart {
    static func forecast(
        _ forecaster: TrainedForecaster, frame: Frame, firstStep: Int, steps: Int, issue: Int64, flags: QualityFlags
    ) -> QuantileForecast {
        let settings = forecaster.settings
        let known = (0..<min(firstStep, frame.count)).filter { !frame.load[$0].isNaN }
        let scale = scale(settings, frame: frame, known: known)
        let share = min(1, Double(known.count) / Double(10 * frame.stepsPerDay))
        let level = scale * mean(settings, frame: frame)
        var errors = known.map { frame.load[$0] - scale * shape(settings, frame: frame, step: $0) }
        let observed = errors.count > 8 ? Numerics.quantile(&errors, 0.84) - Numerics.sortedQuantile(errors, 0.16) : 0
        let spread = max(observed / 2 * 1.3, abs(level) * (0.35 - 0.2 * share))
        var values: [Double] = []
        for offset in 0..<steps {
            let step = min(firstStep + offset, frame.count - 1)
            let isDark = settings.isPhotovoltaic && !frame.isDaylight(step)
            let seen = Numerics.mean(known.lazy.filter { frame.slot[$0] == frame.slot[step] && frame.dayClass($0) == frame.dayClass(step) }.map { frame.load[$0] })
            let typical = scale * shape(settings, frame: frame, step: step)
            let center = seen.isNaN ? typical : share * seen + (1 - share) * typical
            let bounds = settings.bounds
            values += QuantileForecast.levels.map { level in
                isDark ? 0 : max(bounds.lowerBound, min(bounds.upperBound, center + spread * Numerics.normalQuantile(level)))
            }
        }
        return QuantileForecast(
            issued: issue, grid: TimeGrid(unchecked: frame.grid.time(firstStep), frame.grid.stepMinutes, steps), values: values, flags: flags,
            stepFlags: [QualityFlags](repeating: flags, count: steps), members: [MemberShare(model: .profile, share: 1)])
    }

    private static func shape(_ settings: ForecastSettings, frame: Frame, step: Int) -> Double {
        switch settings.kind {
        case .load:
            let day = [ProfileDay.workday, .saturday, .sunday][frame.dayClass(step)]
            return settings.profile?.share(
                minuteOfDay: Int(frame.calendar.minuteOfDay[step]), day: day, dayOfYear: Int(frame.calendar.dayOfYear[step])) ?? 1
        case .wind:
            // The curve of a usual turbine where the wind is known; what it makes on average, where it is not.
            if let speed = (frame.weather.known[.hubWindSpeed] ?? frame.weather.known[.windSpeed])?[step], !speed.isNaN {
                return LinearBasis.windPower(speed, at: frame.weather.known[.hubWindSpeed] == nil ? 6.5 : 9)
            }
            return 0.25
        case .photovoltaic:
            if let irradiance = frame.weather.known[.irradiance], !irradiance[step].isNaN { return max(0, irradiance[step]) / 1000 }
            return frame.calendar.clearSkyIrradiance.isEmpty ? 1 : Double(frame.calendar.clearSkyIrradiance[step]) / 1000 * 0.6
        }
    }

    /// Mean of the shape, to size the spread by.
    private static func mean(_ settings: ForecastSettings, frame: Frame) -> Double {
        switch settings.kind {
        case .load: 1
        case .photovoltaic: 0.4
        case .wind: 0.5
        }
    }

    /// The size of the series: its readings against the shape at the same times; of plants, a usual share of their capacity before there are any.
    private static func scale(_ settings: ForecastSettings, frame: Frame, known: [Int]) -> Double {
        var (values, shapes) = (0.0, 0.0)
        for step in known {
            values += frame.load[step]
            shapes += shape(settings, frame: frame, step: step)
        }
        let usual: (scale: Double, weight: Double) = switch settings.kind {
        case .load: (0, 0)
        case .photovoltaic(let capacity): (0.85 * capacity, 12)
        case .wind(let capacity): (capacity, 12)
        }
        let total = shapes + usual.weight
        return total > 1e-9 ? (values + usual.scale * usual.weight) / total : 0
    }
}
