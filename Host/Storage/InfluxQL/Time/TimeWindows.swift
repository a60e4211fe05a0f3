/// The windows of `GROUP BY time(interval, offset)`: aligned to 1970, or to the clocks of a time zone.
struct TimeWindows: Sendable {
    /// Nanoseconds; 0 is one window over the whole range.
    var interval: Int64 = 0
    var offset: Int64 = 0
    var zone: TimeZoneRules?
    var range = TimeRange()

    var isSingle: Bool { interval == 0 }

    /// The window that holds `time`: from `start` up to but not including `end`.
    func window(at time: Int64) -> (start: Int64, end: Int64) {
        if isSingle { return (range.lower, range.upper.saturatingAdd(1)) }
        let shifted = time.saturatingAdd(-offset)
        let own = zoneOffset(at: shifted)
        var phase = shifted.saturatingAdd(own) % interval
        if phase < 0 { phase += interval }
        var start = shifted.saturatingAdd(-phase).saturatingAdd(offset)
        var end = shifted.saturatingAdd(interval - phase).saturatingAdd(offset)
        guard zone != nil else { return (start, end) }
        // Where the clocks change inside the window, its ends stay on the clock.
        let startChange = own - zoneOffset(at: start)
        if startChange != 0, abs(startChange) < interval { start = start.saturatingAdd(startChange) }
        let endChange = own - zoneOffset(at: end)
        if endChange != 0, abs(endChange) < interval { end = end.saturatingAdd(endChange) }
        if end <= time { end = start.saturatingAdd(interval) }
        return (start, end)
    }

    private func zoneOffset(at time: Int64) -> Int64 {
        guard let zone else { return 0 }
        let second = time >= 0 ? time / 1_000_000_000 : (time - 999_999_999) / 1_000_000_000
        return Int64(zone.offset(atSecond: second)) * 1_000_000_000
    }

    /// How many windows lie between two times, both included.
    func count(from first: Int64, through last: Int64) -> Int64 {
        guard interval > 0, last >= first else { return 1 }
        let (span, overflow) = last.subtractingReportingOverflow(first)
        return overflow ? .max : span / interval + 1
    }
}
