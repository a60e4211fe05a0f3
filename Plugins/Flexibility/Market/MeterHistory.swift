import FlexibilityMarket
import PluginAPI
import SiteCalendar

/// What a resource was metered to do in the days before, from the store.
struct MeterHistory {
    private let settings: FlexibilitySettings
    private let until: Timestamp
    private var powers: [Int64: Double] = [:]

    /// How far back it is looked, days.
    private static let reach: Int64 = 70

    init(_ timeseries: TimeSeries, _ settings: FlexibilitySettings, _ resource: Resource, until now: Timestamp) throws(ServiceError) {
        (self.settings, until) = (settings, now)
        var powers: [Int64: Double] = [:]
        for (start, metered) in resource.meter.past where metered.coverage >= settings.verification.leastCoverage { powers[start.nanoseconds] = metered.meanKW }
        if let series = resource.settings.meter {
            let meter = try series.read(timeseries, periodMinutes: settings.periods.minutes, from: now - .seconds(Self.reach * 86_400), to: now)
            for (start, metered) in meter.past where metered.coverage >= settings.verification.leastCoverage { powers[start.nanoseconds] = metered.meanKW }
        } else if let database = settings.database {
            let found = try timeseries.find(database: database, measurement: StoredColumns.meter, tags: [(key: "resource", value: resource.id)], field: "power_kw")
            for column in found where column.type == .float {
                try timeseries.read(Column<Double>(handle: column.handle), from: now - .seconds(Self.reach * 86_400), through: now) { run in
                    for (index, time) in run.times.enumerated() where !(run.qualities?[index].contains(.questionable) ?? false) {
                        powers[time.nanoseconds] = run.values[index]
                    }
                    return true
                }
            }
        }
        self.powers = powers
    }

    /// The local day of a time.
    func day(_ time: Timestamp) -> CivilDate { local(time).day }

    private func local(_ time: Timestamp) -> LocalTime { settings.zone.local(Int(time.nanoseconds / 1_000_000_000)) }

    /// Whether a day is one without work.
    private func isFree(_ day: CivilDate) -> Bool {
        if day.weekday >= 6 { return true }
        var kinds = DayKinds(settings.holidays)
        return kinds.holiday(day) != nil
    }

    /// The days of the kind of the steps' first day before it, the latest first.
    func days(like steps: [FlexibilityRequest.Interval], without activated: Set<CivilDate>) -> [HighDays.Day] {
        let today = day(steps[0].start), compared = adjustment(steps[0].start), isFree = isFree(today), length = Int64(settings.periods.minutes) * 60_000_000_000
        return (1...Int(Self.reach)).compactMap { back -> HighDays.Day? in
            guard self.isFree(today.adding(days: -back)) == isFree else { return nil }
            let shifted = steps.map { earlier($0.start, days: back) }
            guard !shifted.contains(where: { activated.contains(day($0)) }) else { return nil }
            let ofDay = shifted.map { self.powers[$0.nanoseconds / length * length] }
            guard ofDay.contains(where: { $0 != nil }) else { return nil }
            return HighDays.Day(kilowatts: ofDay, adjustmentKW: compared.flatMap { mean(before: earlier($0, days: back)) })
        }
    }

    /// The same local time some days before.
    private func earlier(_ time: Timestamp, days: Int) -> Timestamp {
        let time = local(time)
        return Timestamp(seconds: Int64(settings.zone.time(time.day.adding(days: -days), secondOfDay: time.secondOfDay)))
    }

    /// Mean power in the adjustment's hours of the day itself; nil without any.
    func sameDay(_ begin: Timestamp) -> Double? { adjustment(begin).flatMap { mean(before: $0) } }

    /// When the adjustment's hours end: an hour before the begin, so that nothing that prepares for the activation counts, and at the acceptance at the
    /// latest. Nil where that is on another day, of which nothing is to be compared.
    private func adjustment(_ begin: Timestamp) -> Timestamp? {
        let end = min(begin - .seconds(3600), until)
        return day(end) == day(begin) ? end : nil
    }

    private func mean(before end: Timestamp) -> Double? {
        let length = Int64(settings.periods.minutes) * 60_000_000_000
        let last = end.nanoseconds / length, count = max(1, Int64(settings.baseline.adjustmentHours * 3.6e12) / length)
        let found = (last - count..<last).compactMap { powers[$0 * length] }
        return Int64(found.count) == count ? found.reduce(0, +) / Double(count) : nil
    }
}
