public import PluginAPI
public import SiteCalendar

/// The settlement periods of local days (UFTP: ISP), numbered from 1: 92, 96 or 100 quarter hours.
public struct SettlementPeriods: Sendable {
    public let zone: SiteZone
    public let minutes: Int

    public init(zone: SiteZone, minutes: Int) { (self.zone, self.minutes) = (zone, minutes) }

    /// How UFTP writes the length: `PT15M`.
    public var duration: String { "PT\(minutes)M" }
    private var seconds: Int { minutes * 60 }

    /// The local day and number of the period that begins at a time; nil if none begins there.
    public func period(at time: Timestamp) -> (day: CivilDate, number: Int)? {
        guard time.nanoseconds % 1_000_000_000 == 0 else { return nil }
        let second = Int(time.nanoseconds / 1_000_000_000)
        let day = zone.local(second).day
        let offset = second - zone.start(of: day)
        return offset % seconds == 0 ? (day, offset / seconds + 1) : nil
    }

    /// How many periods a local day has.
    public func count(of day: CivilDate) -> Int { zone.length(of: day) / seconds }

    /// Begin and end of periods of a local day.
    /// - Throws: ``Status/invalidArgument`` for numbers that the day does not have.
    public func span(_ day: CivilDate, first: Int, count: Int) throws(ServiceError) -> (start: Timestamp, end: Timestamp) {
        let all = self.count(of: day)
        guard first >= 1, count >= 1, first <= all, count <= all - first + 1 else {
            throw .invalidArgument("\(day) has \(all) periods of \(minutes) minutes in \(zone.name), got \(count) from number \(first) on")
        }
        let start = zone.start(of: day) + (first - 1) * seconds
        return (Timestamp(seconds: Int64(start)), Timestamp(seconds: Int64(start + count * seconds)))
    }

    /// A day as `2026-03-29`; nil for another text.
    public static func day(_ text: String) -> CivilDate? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard text.utf8.count == 10, parts.count == 3, let year = parts[0], let month = parts[1], let day = parts[2] else { return nil }
        let date = CivilDate(year, month, day)
        return date.year == year && date.month == month && date.day == day ? date : nil
    }

    /// Values of consecutive periods, those next to each other and alike joined: (day, first number, how many, value).
    func runs<Value: Equatable>(_ steps: [(start: Timestamp, end: Timestamp, value: Value)]) throws(ServiceError) -> [(CivilDate, Int, Int, Value)] {
        var runs: [(CivilDate, Int, Int, Value)] = []
        for step in steps {
            guard let (day, number) = period(at: step.start), step.end - step.start == .seconds(seconds) else {
                throw .invalidState("the interval from \(step.start) is no period of \(minutes) minutes in \(zone.name): UFTP can't tell it")
            }
            if let last = runs.last, last.0 == day, last.1 + last.2 == number, last.3 == step.value { runs[runs.count - 1].2 += 1 } else { runs.append((day, number, 1, step.value)) }
        }
        return runs
    }
}
