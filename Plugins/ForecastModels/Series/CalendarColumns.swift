/// The site's calendar on a time grid: one value per interval, of its begin. Local day, clock time and holidays are the site's own;
/// the library has no calendar of its own.
public struct CalendarColumns: Sendable {
    public let grid: TimeGrid
    /// Local calendar day, counted from any origin, the same in every call for a site: it rises by one at each local midnight.
    public let localDay: [Int32]
    /// Minutes of the local clock since midnight: 0..<1440; it jumps where daylight saving time begins or ends.
    public let minuteOfDay: [Int16]
    /// 0 Monday … 6 Sunday.
    public let weekday: [Int8]
    /// Day of the local year, 1...366.
    public let dayOfYear: [Int16]
    /// What the local day is.
    public let dayKind: [DayKind]
    /// Height of the sun's centre above the horizon in degrees, in the middle of the interval. Empty where the site has no position.
    public let solarElevation: [Float]
    /// Global horizontal irradiance under a clear sky in W/m², mean of the interval. Empty where the site has no position.
    public let clearSkyIrradiance: [Float]

    /// - Throws: `ForecastError` where a column has another number of values than the grid has intervals.
    public init(
        grid: TimeGrid, localDay: [Int32], minuteOfDay: [Int16], weekday: [Int8], dayOfYear: [Int16], dayKind: [DayKind],
        solarElevation: [Float] = [], clearSkyIrradiance: [Float] = []
    ) throws {
        let needed = [localDay.count, minuteOfDay.count, weekday.count, dayOfYear.count, dayKind.count]
        let optional = [solarElevation.count, clearSkyIrradiance.count]
        guard needed.allSatisfy({ $0 == grid.count }), optional.allSatisfy({ $0 == 0 || $0 == grid.count }) else {
            throw ForecastError.badInput(
                "a calendar of \(grid.count) intervals needs as many values in every column, got \(needed) and, of the sun, \(optional)")
        }
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

/// What sets a local day apart from its weekday.
public struct DayKind: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A public holiday of the site's region.
    public static let holiday = DayKind(rawValue: 1)
    /// The day before a public holiday.
    public static let dayBeforeHoliday = DayKind(rawValue: 2)
    /// The day after a public holiday.
    public static let dayAfterHoliday = DayKind(rawValue: 4)
    /// A working day between a holiday and a weekend.
    public static let bridgeDay = DayKind(rawValue: 8)
}
