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
        if let database = settings.database {
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

    private func local(_ time: Timestamp) -> LocalTime { settings.zone.local(Int(time.nanoseconds / 1_000_000_000)) }

    /// Whether a day is one without work.
    private func isFree(_ day: CivilDate) -> Bool {
        if day.weekday >= 6 { return true }
        var kinds = DayKinds(settings.holidays)
        return kinds.holiday(day) != nil
    }

    /// The days of the kind of the steps' first day before it, the latest first.
    func days(like steps: [FlexibilityRequest.Interval], without activated: Set<Int64>) -> [HighDays.Day] {
        let today = local(steps[0].start).day, isFree = isFree(today), length = Int64(settings.periods.minutes) * 60_000_000_000
        return (1...Int(Self.reach)).compactMap { back -> HighDays.Day? in
            let shifted = steps.map { step -> Timestamp in
                let time = local(step.start)
                return Timestamp(seconds: Int64(settings.zone.time(time.day.adding(days: -back), secondOfDay: time.secondOfDay)))
            }
            guard self.isFree(today.adding(days: -back)) == isFree, !shifted.contains(where: { activated.contains($0.nanoseconds / 86_400_000_000_000) }) else { return nil }
            let ofDay = shifted.map { self.powers[$0.nanoseconds / length * length] }
            guard ofDay.contains(where: { $0 != nil }) else { return nil }
            return HighDays.Day(kilowatts: ofDay, adjustmentKW: mean(before: adjustmentEnd(shifted[0])))
        }
    }

    /// Mean power in the adjustment's hours of the day itself.
    func sameDay(before begin: Timestamp) -> Double? { mean(before: adjustmentEnd(begin)) }

    /// The adjustment's hours end an hour before the begin, so that nothing that prepares for the activation counts, and at the acceptance.
    private func adjustmentEnd(_ begin: Timestamp) -> Timestamp { begin - .seconds(3600) }

    private func mean(before end: Timestamp) -> Double? {
        let length = Int64(settings.periods.minutes) * 60_000_000_000
        let last = end.nanoseconds / length, count = max(1, Int64(settings.baseline.adjustmentHours * 3.6e12) / length)
        let found = (last - count..<last).compactMap { powers[$0 * length] }
        return Int64(found.count) == count ? found.reduce(0, +) / Double(count) : nil
    }
}
