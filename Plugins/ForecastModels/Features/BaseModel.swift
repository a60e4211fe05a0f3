internal import Glibc

/// What is fitted before the members: the correction of the temperature forecast and the hourly ridge regression of the load on calendar and
/// weather, without readings; the members learn what it leaves.
struct BaseModel {
    let basis: LinearBasis
    let correction: TemperatureCorrection
    let ridge: HourlyRidge
    /// Where the trend is zero, seconds since 1970.
    let origin: Int64

    /// - Parameter untilDay: days of the frame before it are learned from.
    init(frame: Frame, untilDay: Int, settings: ForecastSettings) {
        let historyDays = frame.load.firstIndex { !$0.isNaN }.map { untilDay - frame.day[$0] } ?? 0
        let end = untilDay < frame.days ? frame.dayStart[untilDay] : frame.count
        basis = LinearBasis(frame: frame, historyDays: historyDays, before: end)
        correction = TemperatureCorrection(frame: frame, untilDay: untilDay)
        origin = frame.grid.end
        let temperatures = Temperatures(frame: frame, correction: correction)
        let (basis, origin) = (basis, origin)
        let columns = basis.count
        var rows = [Double](repeating: 0, count: end * columns)
        var weights = [Double](repeating: 1, count: end)
        var hours = [Int](repeating: 0, count: end)
        let isSunny = settings.isPhotovoltaic
        rows.withUnsafeMutableBufferPointer { rows in
            guard let base = rows.baseAddress else { return }
            for step in 0..<end {
                basis.write(base + step * columns, frame: frame, temperatures: temperatures, step: step, isTarget: false, origin: origin)
                hours[step] = Int(frame.calendar.minuteOfDay[step]) / 60
                weights[step] = isSunny && !frame.isDaylight(step) ? 0 : Self.weight(ageDays: untilDay - frame.day[step], history: historyDays)
            }
        }
        ridge = rows.withUnsafeBufferPointer {
            HourlyRidge(
                rows: $0, columns: columns, hours: hours, parts: (0..<end).map { Self.part(frame.day[$0]) }, targets: Array(frame.load[..<end]), weights: weights,
                neighbourWeight: historyDays < 400 ? 0.5 : 0, ridge: historyDays < 183 ? 15 : historyDays < 400 ? 4 : 2)
        }
    }

    init(basis: LinearBasis, correction: TemperatureCorrection, ridge: HourlyRidge, origin: Int64) {
        self.basis = basis
        self.correction = correction
        self.ridge = ridge
        self.origin = origin
    }

    /// Weeks in turn, so that the days whose readings are a day's lags are mostly of its own part.
    static func part(_ day: Int) -> Int { day / 10 % HourlyRidge.crossParts }

    /// Without what only a training needs.
    var trained: BaseModel { BaseModel(basis: basis, correction: correction, ridge: ridge.trained, origin: origin) }

    /// Recent days weigh more: the oldest half as much as the newest.
    static func weight(ageDays: Int, history: Int) -> Double {
        let halfLife = max(60, Double(history))
        return exp2(-Double(max(0, ageDays)) / halfLife)
    }
}

/// A frame with what the base model makes of it: everything that rows of features are written from.
struct ModelInputs {
    let frame: Frame
    let base: BaseModel
    let temperatures: Temperatures?
    /// Base model of each step with the weather known at its gate.
    private(set) var expected: [Double]
    let loadLags: LagFeatures
    let residualLags: LagFeatures

    /// - Parameters:
    ///   - untilDay: days before it are the ones that the base model was fitted on, and get what it would expect without them.
    ///   - targetDays: days that rows will be written for; nil for all.
    init(frame: Frame, base: BaseModel, untilDay: Int = 0, targetDays: Range<Int>? = nil) {
        self.frame = frame
        self.base = base
        let temperatures = Temperatures(frame: frame, correction: base.correction)
        self.temperatures = temperatures
        var expected = [Double](repeating: 0, count: frame.count)
        var residual = [Double](repeating: .nan, count: frame.count)
        var row = [Double](repeating: 0, count: base.basis.count)
        row.withUnsafeMutableBufferPointer { row in
            guard let start = row.baseAddress else { return }
            for step in 0..<frame.count {
                let hour = Int(frame.calendar.minuteOfDay[step]) / 60
                let part = frame.day[step] < untilDay ? BaseModel.part(frame.day[step]) : nil
                if targetDays?.contains(frame.day[step]) ?? true {
                    base.basis.write(start, frame: frame, temperatures: temperatures, step: step, isTarget: true, origin: base.origin)
                    expected[step] = base.ridge.value(start, hour: hour, part: part)
                }
                if frame.load[step].isNaN { continue }
                base.basis.write(start, frame: frame, temperatures: temperatures, step: step, isTarget: false, origin: base.origin)
                residual[step] = frame.load[step] - base.ridge.value(start, hour: hour, part: part)
            }
        }
        self.expected = expected
        loadLags = LagFeatures(frame: frame, series: frame.load)
        residualLags = LagFeatures(frame: frame, series: residual)
    }
}

extension ForecastSettings {
    var isPhotovoltaic: Bool { if case .photovoltaic = kind { true } else { false } }
}
