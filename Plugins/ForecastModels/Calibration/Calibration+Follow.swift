extension Calibration {
    /// Goes through days in their order as time went: learns what was known at each day's gate, then remembers that day's forecast.
    mutating func follow(inputs: ModelInputs, models: FittedModels, days range: Range<Int>, issue: Int64) {
        let frame = inputs.frame
        let newest = days.last?.localDay ?? .min
        let load: (Int64) -> Double = { time in
            let index = frame.grid.index(of: time)
            return index >= 0 && index < frame.count ? frame.load[index] : .nan
        }
        for day in range {
            let first = frame.dayStart[day]
            let gate = frame.grid.time(frame.gate[day])
            guard frame.calendar.localDay[first] > newest, day > 0, frame.isGatePassed(day) else { continue }
            absorb(until: gate, stepSeconds: frame.grid.stepSeconds, load: load)
            let steps = first..<frame.dayStart[day + 1]
            remember(
                localDay: frame.calendar.localDay[first], start: frame.grid.time(first),
                parts: steps.map { models.isPhotovoltaic && !frame.isDaylight($0) ? Self.parts : Self.part(minuteOfDay: frame.calendar.minuteOfDay[$0]) },
                members: models.predict(day: day, inputs: inputs))
        }
        absorb(until: issue, stepSeconds: frame.grid.stepSeconds, load: load)
    }
}
