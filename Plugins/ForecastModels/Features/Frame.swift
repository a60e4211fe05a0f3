/// Everything that features are made of, on one axis of time: readings, calendar, and weather as it was known at each day's gate.
///
/// Rows of day `d` may read `load[i]` for `i < gate[d]` alone, and weather through the accessors here alone; that is what keeps
/// look-ahead out of every model.
struct Frame {
    let grid: TimeGrid
    /// NaN where unknown.
    var load: [Double]
    let calendar: CalendarColumns
    /// Position of the step in its local day by the clock, 0..<stepsPerDay.
    let slot: [Int]
    /// Local day of each step, counted from the frame's first.
    let day: [Int]
    /// First step of each local day, and `grid.count` at the end.
    let dayStart: [Int]
    /// The first step of each day whose reading is not known at the day's gate, `gateMinute` of the day before; it may lie after the issue.
    let gate: [Int]
    /// First step that is not known at the issue.
    let known: Int
    let weather: FrameWeather

    let issue: Int64

    var count: Int { grid.count }
    var days: Int { dayStart.count - 1 }
    var stepsPerDay: Int { grid.stepsPerDay }
    var stepsPerHour: Int { max(1, 60 / grid.stepMinutes) }

    /// - Parameters:
    ///   - issue: nothing that became known after this time gets in.
    ///   - calendar: must cover the grid.
    init(grid: TimeGrid, load: SeriesWindow, weather: WeatherHistory, calendar: CalendarColumns, gateMinute: Int, issue: Int64) throws {
        let shift = calendar.grid.index(of: grid.start)
        guard calendar.grid.stepMinutes == grid.stepMinutes, shift >= 0, shift + grid.count <= calendar.grid.count else {
            throw ForecastError.badInput(
                "the calendar must cover seconds \(grid.start) to \(grid.end) in steps of \(grid.stepMinutes) minutes, got "
                    + "\(calendar.grid.start) to \(calendar.grid.end) in steps of \(calendar.grid.stepMinutes)")
        }
        self.grid = grid
        self.issue = issue
        let own = calendar.cut(from: shift, to: shift + grid.count, on: grid)
        self.calendar = own
        self.load = load.on(grid).values
        let known = max(0, min(grid.count, grid.index(of: issue)))
        self.known = known
        for index in self.load.indices where index >= known { self.load[index] = .nan }
        slot = own.minuteOfDay.map { Int($0) / grid.stepMinutes }
        var starts: [Int] = []
        var days: [Int] = []
        for index in 0..<grid.count {
            if index == 0 || own.localDay[index] != own.localDay[index - 1] { starts.append(index) }
            days.append(starts.count - 1)
        }
        day = days
        var gates = [-(1440 - gateMinute) / grid.stepMinutes]
        for position in starts.indices.dropLast() {
            let range = starts[position]..<starts[position + 1]
            let first = range.first { Int(own.minuteOfDay[$0]) >= gateMinute } ?? range.upperBound
            gates.append(first)
        }
        gate = gates
        dayStart = starts + [grid.count]
        self.weather = FrameWeather(grid: grid, weather: weather, day: days, gate: gates, issue: issue)
    }

    /// The step of a local day with a clock position, on days with a change of the clock the nearest one.
    /// - Returns: -1 before the frame's first day.
    func index(day: Int, slot: Int) -> Int {
        guard day >= 0, day < days else { return -1 }
        let length = dayStart[day + 1] - dayStart[day]
        var offset = slot
        if length != stepsPerDay {
            if day == 0, length < stepsPerDay {
                offset = slot - self.slot[0]
            } else if slot * grid.stepMinutes >= 180, length > stepsPerDay / 2 {
                offset += length - stepsPerDay
            }
            if offset < 0 { return -1 }
        }
        return dayStart[day] + min(max(0, offset), length - 1)
    }

    /// Whether all that a day's forecast may use is known at the issue.
    func isGatePassed(_ day: Int) -> Bool { gate[day] <= known && (gate[day] < known || grid.time(gate[day]) <= issue) }

    /// The reading at a day and clock position if it is known at a gate, else NaN.
    func load(day: Int, slot: Int, before gate: Int) -> Double {
        let place = index(day: day, slot: slot)
        return place >= 0 && place < gate ? load[place] : .nan
    }

    /// 0 working day, 1 Saturday, 2 Sunday or holiday.
    func dayClass(_ step: Int) -> Int {
        let weekday = calendar.weekday[step]
        if calendar.dayKind[step].contains(.holiday) || weekday == 6 { return 2 }
        return weekday == 5 ? 1 : 0
    }

    /// Whether the sun is up in an interval, or true where nothing tells.
    func isDaylight(_ step: Int) -> Bool {
        if !calendar.solarElevation.isEmpty { return calendar.solarElevation[step] > -1.5 }
        if let clear = weather.known[.clearIrradiance], !clear[step].isNaN { return clear[step] > 0 }
        return true
    }

    /// Minutes after midnight of universal time.
    func minuteOfUniversalDay(_ step: Int) -> Int { Int(grid.time(step) / 60 % 1440) }

    /// Irradiance under a clear sky or above the atmosphere, as forecast with the weather or else by the calendar; NaN where neither tells.
    func clearIrradiance(_ step: Int) -> Double {
        guard step >= 0, step < count else { return .nan }
        if let given = weather.known[.clearIrradiance] { return given[step] }
        return calendar.clearSkyIrradiance.isEmpty ? .nan : Double(calendar.clearSkyIrradiance[step])
    }

    /// Forecast irradiance over that of a clear sky, NaN where there is none.
    func clearIndex(_ steps: Range<Int>) -> Double {
        guard let irradiance = weather.known[.irradiance] else { return .nan }
        var (sum, clear) = (0.0, 0.0)
        for step in steps where step >= 0 && step < count {
            let own = clearIrradiance(step)
            if own.isNaN || irradiance[step].isNaN { continue }
            sum += irradiance[step]
            clear += own
        }
        return clear > 5 * Double(steps.count) ? sum / clear : .nan
    }
}

extension CalendarColumns {
    /// The rows `from..<to`.
    func cut(from: Int, to: Int, on grid: TimeGrid) -> CalendarColumns {
        CalendarColumns(
            unchecked: grid, Array(localDay[from..<to]), Array(minuteOfDay[from..<to]), Array(weekday[from..<to]), Array(dayOfYear[from..<to]),
            Array(dayKind[from..<to]), solarElevation.isEmpty ? [] : Array(solarElevation[from..<to]),
            clearSkyIrradiance.isEmpty ? [] : Array(clearSkyIrradiance[from..<to]))
    }

    private init(
        unchecked grid: TimeGrid, _ localDay: [Int32], _ minuteOfDay: [Int16], _ weekday: [Int8], _ dayOfYear: [Int16], _ dayKind: [DayKind],
        _ solarElevation: [Float], _ clearSkyIrradiance: [Float]
    ) {
        self.grid = grid
        self.localDay = localDay
        self.minuteOfDay = minuteOfDay
        self.weekday = weekday
        self.dayOfYear = dayOfYear
        self.dayKind = dayKind
        self.solarElevation = solarElevation
        self.clearSkyIrradiance = clearSkyIrradiance
    }
}
