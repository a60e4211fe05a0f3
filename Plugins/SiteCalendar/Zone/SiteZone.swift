/// The time zone of a site: its local days, which have 92, 96 or 100 quarter hours.
///
/// Reads the system's own database of zones, so that neither the process's environment nor a library of locales is needed.
public struct SiteZone: Sendable {
    /// For example `Europe/Berlin`.
    public let name: String
    private let file: ZoneFile?
    private let rule: ZoneRule?

    /// Coordinated Universal Time, which needs no database.
    public static let utc = SiteZone(utc: ())

    /// The zone of a name in the system's database (Debian's package tzdata); nil if there is none. `UTC` always is there.
    public init?(_ name: String) {
        if name == "UTC" {
            self = .utc
        } else {
            guard let file = ZoneFile(named: name) else { return nil }
            self.name = name
            self.file = file
            rule = nil
        }
    }

    /// A zone of a rule that holds for all times, which needs no database: in the POSIX form, `CET-1CEST,M3.5.0,M10.5.0/3` for central Europe
    /// or `<+01>-1` for a fixed offset; nil for other texts.
    public init?(rule text: String) {
        guard let rule = ZoneRule(text) else { return nil }
        name = text
        file = nil
        self.rule = rule
    }

    private init(utc: ()) {
        name = "UTC"
        file = nil
        rule = nil
    }

    /// Seconds east of Greenwich at a time.
    /// - Parameter time: seconds since 1970.
    public func offset(at time: Int) -> Int {
        guard let file else { return rule?.offset(at: time) ?? 0 }
        guard let last = file.transitions.last, time < last else { return file.footer?.offset(at: time) ?? Int(file.offsets.last ?? file.firstOffset) }
        var (low, high) = (0, file.transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if file.transitions[middle] <= time { low = middle + 1 } else { high = middle }
        }
        return Int(low == 0 ? file.firstOffset : file.offsets[low - 1])
    }

    /// The local day, second of the day, and offset at a time.
    public func local(_ time: Int) -> LocalTime {
        let shifted = time + offset(at: time)
        let days = shifted.floored(by: 86_400)
        return LocalTime(day: CivilDate(daysSince1970: days), secondOfDay: shifted - days * 86_400)
    }

    /// The first second of a local day, seconds since 1970. Where a change of the clock skips midnight, the first second after it.
    public func start(of day: CivilDate) -> Int { time(day, secondOfDay: 0) }

    /// The time of a local day and second. One that comes twice is the first of the two; one that is skipped is the change itself.
    public func time(_ day: CivilDate, secondOfDay: Int) -> Int {
        let local = day.daysSince1970 * 86_400 + secondOfDay
        // Offsets before and after any change of this day; the later offset is the smaller when the clock goes back.
        let before = offset(at: local - 86_400), after = offset(at: local + 86_400)
        let candidates = [local - max(before, after), local - min(before, after)]
        for time in candidates where time + offset(at: time) == local { return time }
        // Skipped: the change lies between the two candidates.
        var (low, high) = (candidates[0] - 1, candidates[1])
        while high - low > 1 {
            let middle = (low + high) / 2
            if offset(at: middle) == offset(at: candidates[1]) { high = middle } else { low = middle }
        }
        return high
    }

    /// How long a local day is, in seconds: 82,800, 86,400 or 90,000 in zones with daylight-saving time.
    public func length(of day: CivilDate) -> Int { start(of: day.adding(days: 1)) - start(of: day) }

    /// How many quarter hours a local day has: 92, 96 or 100.
    public func quarterHours(of day: CivilDate) -> Int { length(of: day) / 900 }
}

/// A time as the clocks of a site show it.
public struct LocalTime: Hashable, Sendable {
    public let day: CivilDate
    /// 0 ..< 86,400.
    public let secondOfDay: Int

    /// 0 … 23.
    public var hour: Int { secondOfDay / 3600 }
}
