import ForecastModels
import SiteCalendar

/// The calendar and sun of a series' site on a grid of time, as the models want it.
struct SiteAxis: Sendable {
    let zone: SiteZone
    let holidays: HolidayCalendar?
    let place: Place?

    init(_ site: SiteSettings, _ series: SeriesSettings) { self.init(site, place: series.place) }

    init(_ site: SiteSettings, place: Place?) {
        zone = site.zone
        holidays = site.holidays
        self.place = place
    }

    func columns(_ grid: TimeGrid) throws -> CalendarColumns {
        var localDay: [Int32] = [], minute: [Int16] = [], weekday: [Int8] = [], dayOfYear: [Int16] = [], kinds: [DayKind] = []
        for list in [grid.count] {
            localDay.reserveCapacity(list)
            minute.reserveCapacity(list)
            weekday.reserveCapacity(list)
            dayOfYear.reserveCapacity(list)
            kinds.reserveCapacity(list)
        }
        var names = DayKinds(holidays)
        var day: (date: CivilDate, kind: DayKind)?
        for index in 0..<grid.count {
            let local = zone.local(Int(grid.time(index)))
            if day?.date != local.day { day = (local.day, Self.kind(local.day, &names)) }
            localDay.append(Int32(local.day.daysSince1970))
            minute.append(Int16(local.secondOfDay / 60))
            weekday.append(Int8(local.day.weekday - 1))
            dayOfYear.append(Int16(local.day.dayOfYear))
            kinds.append(day?.kind ?? [])
        }
        let (elevation, clear) = sun(grid)
        return try CalendarColumns(
            grid: grid, localDay: localDay, minuteOfDay: minute, weekday: weekday, dayOfYear: dayOfYear, dayKind: kinds,
            solarElevation: elevation, clearSkyIrradiance: clear)
    }

    private static func kind(_ day: CivilDate, _ names: inout DayKinds) -> DayKind {
        var kind: DayKind = []
        if names.holiday(day) != nil { kind.insert(.holiday) }
        if names.holiday(day.adding(days: 1)) != nil { kind.insert(.dayBeforeHoliday) }
        if names.holiday(day.adding(days: -1)) != nil { kind.insert(.dayAfterHoliday) }
        if names.isBridgeDay(day) { kind.insert(.bridgeDay) }
        return kind
    }

    /// The sun in the middle of each interval, and the mean of the clear sky's irradiance by Simpson's rule over it.
    private func sun(_ grid: TimeGrid) -> (elevation: [Float], clear: [Float]) {
        guard let place else { return ([], []) }
        let half = Double(grid.stepSeconds) / 2
        var elevation = [Float](repeating: 0, count: grid.count)
        var clear = elevation
        func irradiance(_ sun: SunPosition) -> Double { ClearSky.globalHorizontal(cosineOfZenith: sun.cosineOfZenith) }
        var atBegin = irradiance(SunPosition(at: place, time: Double(grid.start)))
        for index in 0..<grid.count {
            let begin = Double(grid.time(index))
            let middle = SunPosition(at: place, time: begin + half)
            let atEnd = irradiance(SunPosition(at: place, time: begin + 2 * half))
            elevation[index] = Float(middle.elevationDegrees)
            clear[index] = Float((atBegin + 4 * irradiance(middle) + atEnd) / 6)
            atBegin = atEnd
        }
        return (elevation, clear)
    }

    /// The begin of the local day after the one that holds a time.
    func nextDay(after time: Int64) -> (begin: Int64, end: Int64) {
        let day = zone.local(Int(time)).day
        return (Int64(zone.start(of: day.adding(days: 1))), Int64(zone.start(of: day.adding(days: 2))))
    }

    /// The latest gate at or before a time.
    func gate(before time: Int64, minute: Int) -> Int64 {
        let day = zone.local(Int(time)).day
        let today = Int64(zone.time(day, secondOfDay: minute * 60))
        return today <= time ? today : Int64(zone.time(day.adding(days: -1), secondOfDay: minute * 60))
    }
}
