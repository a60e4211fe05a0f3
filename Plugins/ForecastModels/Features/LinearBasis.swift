internal import Glibc

/// What a linear model of one time of the day sees of calendar and weather: no readings.
struct LinearBasis: Hashable {
    /// From 300 days of history on: the year's harmonics.
    var hasAnnual: Bool
    /// From two years on: the straight trend.
    var hasTrend: Bool
    var hasTemperature: Bool
    var hasSun: Bool
    /// Weather columns other than the temperature.
    var quantities: [WeatherQuantity]

    /// - Parameter end: steps before it are learned from.
    init(frame: Frame, historyDays: Int, before end: Int) {
        hasAnnual = historyDays >= 300
        hasTrend = historyDays >= 730
        hasSun = !frame.calendar.clearSkyIrradiance.isEmpty
        let learnable = frame.weather.quantities.filter { Self.isLearnable($0, frame, before: end) }
        hasTemperature = learnable.contains(.temperature)
        quantities = learnable.filter { $0 != .temperature }
    }

    /// Whether a week of readings has the quantity beside it: from less nothing can be learned, and its absence later would be no loss.
    private static func isLearnable(_ quantity: WeatherQuantity, _ frame: Frame, before end: Int) -> Bool {
        guard let column = frame.weather.known[quantity] else { return false }
        var missing = 7 * frame.stepsPerDay
        for step in 0..<min(end, frame.known) where !column[step].isNaN && !frame.load[step].isNaN {
            missing -= 1
            if missing == 0 { return true }
        }
        return false
    }

    init(hasAnnual: Bool, hasTrend: Bool, hasTemperature: Bool, hasSun: Bool, quantities: [WeatherQuantity]) {
        self.hasAnnual = hasAnnual
        self.hasTrend = hasTrend
        self.hasTemperature = hasTemperature
        self.hasSun = hasSun
        self.quantities = quantities
    }

    var count: Int {
        9 + (hasAnnual ? 4 : 0) + (hasTrend ? 1 : 0) + (hasTemperature ? 7 + (hasAnnual ? 8 : 0) : 0) + (hasSun ? 1 : 0)
            + quantities.reduce(0) { $0 + Self.terms($1) }
    }

    private static func terms(_ quantity: WeatherQuantity) -> Int {
        switch quantity {
        case .hubWindSpeed, .windSpeed, .irradiance: 3
        default: 1
        }
    }

    /// Writes the row of a step.
    /// - Parameters:
    ///   - isTarget: with the weather known at the gate of the step's day, else with what happened.
    ///   - origin: day number at which the trend is zero.
    func write(
        _ row: UnsafeMutablePointer<Double>, frame: Frame, temperatures: Temperatures?, step: Int, isTarget: Bool, origin: Int64
    ) {
        var place = 0
        func put(_ value: Double) {
            row[place] = value
            place += 1
        }
        let calendar = frame.calendar
        let kind = calendar.dayKind[step]
        let dayClass = frame.dayClass(step)
        let weekday = dayClass == 2 ? 6 : calendar.weekday[step]
        put(weekday == 0 ? 1 : 0)
        put(weekday == 4 ? 1 : 0)
        put(weekday == 5 ? 1 : 0)
        put(weekday == 6 ? 1 : 0)
        put(kind.contains(.holiday) ? 1 : 0)
        put(kind.contains(.dayBeforeHoliday) && dayClass == 0 ? 1 : 0)
        put(kind.contains(.dayAfterHoliday) && dayClass == 0 ? 1 : 0)
        put(kind.contains(.bridgeDay) ? 1 : 0)
        put(Double(Int(calendar.minuteOfDay[step]) % 60) / 60)
        let angle = 2 * Double.pi * Double(calendar.dayOfYear[step]) / 365.25
        let (sine, cosine) = (sin(angle), cos(angle))
        if hasAnnual {
            put(sine)
            put(cosine)
            put(2 * sine * cosine)
            put(cosine * cosine - sine * sine)
        }
        if hasTrend { put(Double(frame.grid.time(step) - origin) / (365.25 * 86_400)) }
        if hasTemperature, let temperatures {
            let course = isTarget ? temperatures.target : temperatures.past
            let now = (course.now[step] - 15) / 10
            let day = (course.day[step] - 15) / 10
            put(now)
            put(now * now)
            put(now * now * now)
            put(day)
            put(day * day)
            put((course.threeDays[step] - 15) / 10)
            put(dayClass > 0 ? now : 0)
            if hasAnnual {
                put(now * sine)
                put(now * cosine)
                put(now * now * sine)
                put(now * now * cosine)
                put(day * sine)
                put(day * cosine)
                put((course.highest[step] - 15) / 10)
                put((course.lowest[step] - 15) / 10)
            }
        }
        if hasSun { put(Double(calendar.clearSkyIrradiance[step]) / 500) }
        for quantity in quantities {
            guard let column = isTarget ? frame.weather.known[quantity] : frame.weather.past[quantity] else {
                for _ in 0..<Self.terms(quantity) { put(.nan) }
                continue
            }
            let value = column[step]
            put(value)
            switch quantity {
            case .hubWindSpeed, .windSpeed:
                put(Self.windPower(value, at: 8))
                put(Self.windPower(value, at: 11))
            case .irradiance:
                let hour = frame.stepsPerHour
                put(step >= hour ? column[step - hour] : value)
                put(step + hour < column.count ? column[step + hour] : value)
            default: break
            }
        }
    }

    /// The S-curve of a turbine: the share of its power at a wind speed, half at the given one.
    static func windPower(_ speed: Double, at half: Double) -> Double { 1 / (1 + exp((half - speed) / 1.6)) }
}
