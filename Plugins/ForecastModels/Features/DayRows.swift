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

    /// Level and recent error of the base model: where the members' targets start from.
    func start(_ inputs: ModelInputs, step: Int, relative: Bool) -> Double {
        let row = (step - steps.lowerBound) * LagFeatures.count
        if relative {
            let level = load[row + LagFeatures.Column.sevenDays.rawValue]
            return level.isNaN ? 0 : level
        }
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
    let isRelative: Bool
    let isPhotovoltaic: Bool
    let names: [String]
    var count: Int { names.count }

    init(basis: LinearBasis, isRelative: Bool, isPhotovoltaic: Bool) {
        quantities = basis.quantities
        hasSun = basis.hasSun
        hasTemperature = basis.hasTemperature
        self.isRelative = isRelative
        self.isPhotovoltaic = isPhotovoltaic
        var names = ["time of day", "day class", "weekday", "day of year", "day kind"]
        if hasTemperature { names += ["temperature", "temperature, mean of 24 h", "temperature, mean of 72 h", "temperature, change in 3 h"] }
        for quantity in quantities {
            names.append(quantity.rawValue)
            if Self.hasNeighbours(quantity) { names += [quantity.rawValue + ", hour before", quantity.rawValue + ", hour after"] }
        }
        if hasSun { names += ["solar elevation", "clear-sky irradiance"] }
        names.append("calendar and weather model")
        names += LagFeatures.Column.allCases.map { "load, \($0)" }
        names += LagFeatures.Column.allCases.map { "residual, \($0)" }
        self.names = names
    }

    private static func hasNeighbours(_ quantity: WeatherQuantity) -> Bool {
        [.irradiance, .hubWindSpeed, .cloudCover, .clearIrradiance].contains(quantity)
    }

    func write(_ row: UnsafeMutablePointer<Float>, inputs: ModelInputs, rows: DayRows, step: Int) {
        var place = 0
        func put(_ value: Double) {
            row[place] = Float(value)
            place += 1
        }
        let frame = inputs.frame
        let calendar = frame.calendar
        let start = rows.start(inputs, step: step, relative: isRelative)
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
        put(isRelative ? inputs.expected[step] - start : inputs.expected[step])
        let base = (step - rows.steps.lowerBound) * LagFeatures.count
        let shift = isRelative && !isPhotovoltaic ? start : 0
        for index in 0..<LagFeatures.count {
            let isDifference = index == LagFeatures.Column.morningChange.rawValue || index == LagFeatures.Column.sevenDays.rawValue
            put(rows.load[base + index] - (isDifference ? 0 : shift))
        }
        for index in 0..<LagFeatures.count { put(rows.residual[base + index]) }
    }
}
