/// The features of one day's steps for every member.
struct DayRows {
    let day: Int
    let steps: Range<Int>
    /// `LagFeatures.count` values of each step.
    private(set) var load: [Double]
    private(set) var residual: [Double]

    init(inputs: ModelInputs, day: Int) {
        self.day = day
        steps = inputs.frame.dayStart[day]..<inputs.frame.dayStart[day + 1]
        var load = [Double](repeating: .nan, count: steps.count * LagFeatures.count)
        var residual = load
        load.withUnsafeMutableBufferPointer { if let start = $0.baseAddress { inputs.loadLags.write(day: day, into: start) } }
        residual.withUnsafeMutableBufferPointer { if let start = $0.baseAddress { inputs.residualLags.write(day: day, into: start) } }
        self.load = load
        self.residual = residual
    }

    /// Mean of the week before the gate, where the relative trees count from.
    func level(step: Int) -> Double {
        let level = load[(step - steps.lowerBound) * LagFeatures.count + LagFeatures.Column.sevenDays.rawValue]
        return level.isNaN ? 0 : level
    }

    /// Base model and its error over the last day, where the linear quantiles count from.
    func corrected(_ inputs: ModelInputs, step: Int) -> Double {
        let row = (step - steps.lowerBound) * LagFeatures.count
        let bias = residual[row + LagFeatures.Column.day.rawValue]
        let week = residual[row + LagFeatures.Column.sevenDays.rawValue]
        return inputs.expected[step] + (bias.isNaN ? (week.isNaN ? 0 : week) : bias)
    }
}

/// The rows of the boosted trees.
struct TreeFeatures {
    let quantities: [WeatherQuantity]
    let hasSun: Bool
    let hasTemperature: Bool
    /// More of the temperature's course, which histories of a few months can't tell from chance.
    let hasCourse: Bool
    let isRelative: Bool
    let isPhotovoltaic: Bool
    private let loadColumns: [LagFeatures.Column]
    private let residualColumns: [LagFeatures.Column]
    /// Columns of a row.
    let count: Int

    init(basis: LinearBasis, isRelative: Bool, isPhotovoltaic: Bool) {
        quantities = basis.quantities
        hasSun = basis.hasSun
        hasTemperature = basis.hasTemperature
        hasCourse = basis.hasTemperature && (basis.hasAnnual || isPhotovoltaic)
        self.isRelative = isRelative
        self.isPhotovoltaic = isPhotovoltaic
        loadColumns = isPhotovoltaic ? [.recent, .day, .weeks] : LagFeatures.Column.allCases
        residualColumns = isPhotovoltaic ? [.recent, .day, .sevenDays] : LagFeatures.Column.allCases
        count = 6 + (hasTemperature ? 4 : 0) + (hasCourse ? 5 : 0) + quantities.reduce(0) { $0 + (Self.hasNeighbours($1) ? 3 : 1) } + (hasSun ? 2 : 0)
            + (isRelative ? 0 : 1) + (isPhotovoltaic ? 4 : 0) + loadColumns.count + residualColumns.count
    }

    /// What each column is, for a person.
    var names: [String] {
        var names = ["time of day", "day class", "weekday", "day of year", "day kind"]
        if hasTemperature { names += ["temperature", "temperature, mean of 24 h", "temperature, mean of 72 h", "temperature, change in 3 h"] }
        if hasCourse {
            names += ["temperature, mean of 6 h", "temperature, day before", "temperature, mean of the day", "temperature, highest of the day", "temperature, lowest of the day"]
        }
        for quantity in quantities {
            names.append(quantity.rawValue)
            if Self.hasNeighbours(quantity) { names += [quantity.rawValue + ", hour before", quantity.rawValue + ", hour after"] }
        }
        if hasSun { names += ["solar elevation", "clear-sky irradiance"] }
        names.append("calendar and weather model")
        if !isRelative { names.append("linear model with readings") }
        if isPhotovoltaic { names += ["clear index", "clear index, hour before", "clear index, hour after", "clear index, day"] }
        return names + loadColumns.map { "load, \($0)" } + residualColumns.map { "residual, \($0)" }
    }

    private static func hasNeighbours(_ quantity: WeatherQuantity) -> Bool {
        [.irradiance, .hubWindSpeed, .cloudCover, .clearIrradiance].contains(quantity)
    }

    /// - Parameter start: where the target is counted from.
    func write(_ row: UnsafeMutablePointer<Float>, inputs: ModelInputs, rows: DayRows, step: Int, start: Double) {
        var place = 0
        func put(_ value: Double) {
            row[place] = Float(value)
            place += 1
        }
        let frame = inputs.frame
        let calendar = frame.calendar
        put(Double(calendar.minuteOfDay[step]) / 60)
        put(Double(frame.dayClass(step)))
        put(Double(calendar.weekday[step]))
        put(Double(calendar.dayOfYear[step]))
        put(Double(calendar.dayKind[step].rawValue))
        if hasTemperature {
            let course = inputs.temperatures?.target
            put(course?.now[step] ?? .nan)
            put(course?.day[step] ?? .nan)
            put(course?.threeDays[step] ?? .nan)
            put(course?.ramp[step] ?? .nan)
            if hasCourse {
                put(course?.sixHours[step] ?? .nan)
                put(course?.dayBefore[step] ?? .nan)
                put(course?.wholeDay[step] ?? .nan)
                put(course?.highest[step] ?? .nan)
                put(course?.lowest[step] ?? .nan)
            }
        }
        let hour = frame.stepsPerHour
        for quantity in quantities {
            let column = frame.weather.known[quantity]
            put(column?[step] ?? .nan)
            if Self.hasNeighbours(quantity) {
                put(step >= hour ? column?[step - hour] ?? .nan : .nan)
                put(step + hour < frame.count ? column?[step + hour] ?? .nan : .nan)
            }
        }
        if hasSun {
            put(Double(calendar.solarElevation[step]))
            put(Double(calendar.clearSkyIrradiance[step]))
        }
        put(inputs.expected[step] - start)
        if !isRelative { put(start) }
        let base = (step - rows.steps.lowerBound) * LagFeatures.count
        if isPhotovoltaic {
            put(frame.clearIndex(step..<step + 1))
            put(frame.clearIndex(step - hour..<step - hour + 1))
            put(frame.clearIndex(step + hour..<step + hour + 1))
            put(frame.clearIndex(rows.steps))
        }
        for column in loadColumns {
            let isDifference = column == .morningChange || isRelative && column == .sevenDays
            put(rows.load[base + column.rawValue] - (isDifference ? 0 : start))
        }
        for column in residualColumns { put(rows.residual[base + column.rawValue]) }
    }
}
