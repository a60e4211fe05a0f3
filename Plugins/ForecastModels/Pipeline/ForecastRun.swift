internal import Glibc

/// One forecast: the days of the horizon in their order, each on what is known or was forecast for the days before it.
struct ForecastRun {
    private let forecaster: TrainedForecaster
    private let issue: Int64
    private var frame: Frame
    private let firstStep: Int
    private var flags: QualityFlags
    private var shares: [ModelKind: Double] = [:]
    private var shareCount = 0.0
    /// Members' mean of days that rest on readings alone.
    private var kept: [Int: [Double]] = [:]

    init(_ forecaster: TrainedForecaster, issue: Int64, end: Int64, weather: WeatherHistory, calendar: CalendarColumns) throws {
        self.forecaster = forecaster
        self.issue = issue
        frame = try forecaster.frame(weather: weather, calendar: calendar, at: issue, until: end)
        firstStep = frame.grid.index(of: issue)
        flags = forecaster.report.flags.union(forecaster.recentFlags)
        if forecaster.knownUntil < issue - 86_400 { flags.insert(.staleReadings) }
    }

    mutating func answer(steps: Int) -> QuantileForecast {
        let count = Members.levels.count
        let lastStep = min(frame.count, firstStep + steps)
        var rows = [Double](repeating: 0, count: steps * count)
        var stepFlags = [QualityFlags](repeating: flags, count: steps)
        guard let models = forecaster.models else { return colds(steps: steps) }
        let today = frame.day[min(firstStep, frame.count - 1)]
        var inputs = ModelInputs(frame: frame, base: models.base, targetDays: max(0, today - 1)..<frame.days)
        let error = recentError(inputs, models: models, today: today)
        var imputed = false
        for day in today...frame.day[lastStep - 1] {
            let isExtended = !frame.isGatePassed(day)
            if isExtended, imputed { inputs = ModelInputs(frame: frame, base: models.base, targetDays: day..<day + 1) }
            var values = combined(models, inputs: inputs, day: day)
            let ahead = day - today
            for step in frame.dayStart[day]..<frame.dayStart[day + 1] {
                let offset = step - frame.dayStart[day]
                var row = values[offset * count..<(offset + 1) * count]
                finish(&row, step: step, models: models, ahead: isExtended ? max(1, ahead) : 0, error: error)
                for level in 0..<count { values[offset * count + level] = row[row.startIndex + level] }
                if step >= frame.known, frame.load[step].isNaN {
                    frame.load[step] = row[row.startIndex + Members.medianIndex]
                    imputed = true
                }
                guard step >= firstStep, step < lastStep else { continue }
                for level in 0..<count { rows[(step - firstStep) * count + level] = row[row.startIndex + level] }
                if isExtended { stepFlags[step - firstStep].insert(.extendedHorizon) }
                if error.isKnown, step - firstStep < HorizonErrors.hours * frame.stepsPerHour { stepFlags[step - firstStep].insert(.intradayCorrected) }
                if isWeatherMissing(step) { stepFlags[step - firstStep].insert(.weatherMissing) }
            }
        }
        return result(rows, steps: steps, stepFlags: stepFlags)
    }

    private mutating func combined(_ models: FittedModels, inputs: ModelInputs, day: Int) -> [Double] {
        if let known = kept[day] { return known }
        let members = models.predict(day: day, inputs: inputs)
        let own = forecaster.calibration.shares(members.map(\.kind))
        for (member, share) in zip(members, own) { shares[member.kind, default: 0] += share }
        shareCount += 1
        let result = Calibration.combine(members, shares: own)
        if frame.isGatePassed(day) { kept[day] = result }
        return result
    }

    /// Calibration, growth beyond the day ahead, correction by the last hours, bounds.
    private func finish(_ row: inout ArraySlice<Double>, step: Int, models: FittedModels, ahead: Int, error: RecentError) {
        let start = row.startIndex
        let isDark = forecaster.settings.isPhotovoltaic && !frame.isDaylight(step)
        if isDark {
            for index in row.indices { row[index] = 0 }
            return
        }
        forecaster.calibration.apply(&row, part: Calibration.part(minuteOfDay: frame.calendar.minuteOfDay[step]))
        let lead = (step - firstStep) / frame.stepsPerHour
        let isCorrected = error.isKnown && step >= firstStep && lead < HorizonErrors.hours
        let middle = row[start + Members.medianIndex]
        let factor = (ahead > 0 ? forecaster.horizon.widening[min(ahead, forecaster.horizon.widening.count - 1)] : 1)
            * (isCorrected ? forecaster.horizon.narrowing[lead] : 1)
        let shift = isCorrected ? forecaster.horizon.persistence[lead] * error.value : 0
        for index in row.indices { row[index] = middle + shift + factor * (row[index] - middle) }
        let bounds = forecaster.settings.bounds
        for index in row.indices { row[index] = max(bounds.lowerBound, min(bounds.upperBound, row[index])) }
    }

    private struct RecentError {
        var value = 0.0
        var isKnown = false
    }

    /// Mean error of the day-ahead medians over the last two hours, where most of them are known.
    private mutating func recentError(_ inputs: ModelInputs, models: FittedModels, today: Int) -> RecentError {
        let from = max(0, frame.known - 2 * frame.stepsPerHour)
        guard frame.known > from, frame.known >= firstStep else { return RecentError() }
        var sums: [Double] = []
        for day in Set(frame.day[from..<frame.known]).sorted() {
            let values = combined(models, inputs: inputs, day: day)
            for step in max(from, frame.dayStart[day])..<min(frame.known, frame.dayStart[day + 1]) where !frame.load[step].isNaN {
                let place = (step - frame.dayStart[day]) * Members.levels.count + Members.medianIndex
                if forecaster.settings.isPhotovoltaic, !frame.isDaylight(step) { continue }
                sums.append(frame.load[step] - values[place])
            }
        }
        guard sums.count * 2 > frame.known - from, forecaster.horizon.persistence[0] > 0 else { return RecentError() }
        return RecentError(value: Numerics.mean(sums), isKnown: true)
    }

    private func isWeatherMissing(_ step: Int) -> Bool {
        forecaster.models?.base.basis.quantitiesUsed.contains { frame.weather.known[$0]?[step].isNaN ?? true } ?? false
    }

    private func colds(steps: Int) -> QuantileForecast {
        ColdStart.forecast(forecaster, frame: frame, firstStep: firstStep, steps: steps, issue: issue, flags: flags.union(.coldStart))
    }

    private func result(_ rows: [Double], steps: Int, stepFlags: [QualityFlags]) -> QuantileForecast {
        var values: [Double] = []
        values.reserveCapacity(steps * QuantileForecast.levels.count)
        for step in 0..<steps {
            values += LevelExpansion.expand(rows[step * Members.levels.count..<(step + 1) * Members.levels.count])
        }
        let members = shares.filter { $0.value > 0 }.map { MemberShare(model: $0.key, share: $0.value / max(1, shareCount)) }
            .sorted { ($0.share, $1.model.rawValue) > ($1.share, $0.model.rawValue) }
        return QuantileForecast(
            issued: issue, grid: TimeGrid(unchecked: frame.grid.time(firstStep), frame.grid.stepMinutes, steps), values: values, flags: flags,
            stepFlags: stepFlags, members: members)
    }
}

extension LinearBasis {
    /// Every weather column that the models were trained with.
    var quantitiesUsed: [WeatherQuantity] { quantities + (hasTemperature ? [.temperature] : []) }
}

extension ForecastSettings {
    /// What the series can be at all.
    var bounds: ClosedRange<Double> {
        switch kind {
        case .load: -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
        case .photovoltaic(let capacity), .wind(let capacity): min(0, 1.05 * capacity)...max(0, 1.05 * capacity)
        }
    }
}

/// From the levels of the members to the published ones.
enum LevelExpansion {
    /// Of each published level: the member level at or below it, and the share of the next one, linear on the scale of a normal distribution.
    private static let places: [(lower: Int, share: Double)] = QuantileForecast.levels.map { level in
        let levels = Members.levels
        let upper = levels.firstIndex { $0 >= level - 1e-9 } ?? levels.count - 1
        if abs(levels[upper] - level) < 1e-9 { return (upper, 0) }
        let (a, b, x) = (Numerics.normalQuantile(levels[upper - 1]), Numerics.normalQuantile(levels[upper]), Numerics.normalQuantile(level))
        return (upper - 1, (x - a) / (b - a))
    }

    static func expand(_ row: ArraySlice<Double>) -> [Double] {
        var last = -Double.infinity
        return places.map { place in
            let lower = row[row.startIndex + place.lower]
            let value = place.share > 0 ? lower + place.share * (row[row.startIndex + place.lower + 1] - lower) : lower
            last = max(last, value)
            return last
        }
    }
}
