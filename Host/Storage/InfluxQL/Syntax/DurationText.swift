/// Durations as InfluxQL writes them: `1h30m`, `10ms`, units ns, u or µ, ms, s, m, h, d, w.
enum DurationText {
    static let microsecond: Int64 = 1_000
    static let millisecond: Int64 = 1_000_000
    static let second: Int64 = 1_000_000_000
    static let minute = 60 * second
    static let hour = 60 * minute
    static let day = 24 * hour
    static let week = 7 * day

    /// Nanoseconds; `nil` if the text is not a duration or does not fit.
    static func parse(_ text: String) -> Int64? {
        var rest = Array(text.unicodeScalars)[...]
        let negative = rest.first == "-"
        if negative { rest.removeFirst() }
        guard !rest.isEmpty else { return nil }
        var total: Int64 = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isDigit }
            rest = rest.dropFirst(digits.count)
            guard let count = Int64(String(String.UnicodeScalarView(digits))), let unit = parseUnit(&rest) else { return nil }
            let (part, tooLong) = count.multipliedReportingOverflow(by: unit)
            let (sum, overflow) = total.addingReportingOverflow(part)
            if tooLong || overflow { return nil }
            total = sum
        }
        return negative ? -total : total
    }

    private static func parseUnit(_ rest: inout ArraySlice<Unicode.Scalar>) -> Int64? {
        guard let first = rest.popFirst() else { return nil }
        switch first {
        case "n":
            guard rest.first == "s" else { return nil }
            rest.removeFirst()
            return 1
        case "u", "µ": return microsecond
        case "m":
            guard rest.first == "s" else { return minute }
            rest.removeFirst()
            return millisecond
        case "s": return second
        case "h": return hour
        case "d": return day
        case "w": return week
        default: return nil
        }
    }

    /// The shortest spelling with one unit: `90m`, `2d`.
    static func format(_ nanoseconds: Int64) -> String {
        if nanoseconds == 0 { return "0s" }
        let units = [
            (week, "w"), (day, "d"), (hour, "h"), (minute, "m"), (second, "s"), (millisecond, "ms"), (microsecond, "u"),
        ]
        for (unit, name) in units where nanoseconds % unit == 0 { return "\(nanoseconds / unit)\(name)" }
        return "\(nanoseconds)ns"
    }

    /// Go's spelling, as `SHOW RETENTION POLICIES` gives it: `168h0m0s`.
    static func formatHoursMinutesSeconds(_ nanoseconds: Int64) -> String {
        let seconds = nanoseconds / second
        let hours = seconds / 3600
        let minutes = seconds % 3600 / 60
        if hours > 0 { return "\(hours)h\(minutes)m\(seconds % 60)s" }
        if minutes > 0 { return "\(minutes)m\(seconds % 60)s" }
        return "\(seconds)s"
    }
}
