/// The rule of a time zone for all years to come: the POSIX form `CET-1CEST,M3.5.0,M10.5.0/3` at the end of a TZif file (RFC 8536, section 3.3).
struct ZoneRule: Sendable {
    /// Seconds east of Greenwich.
    let standard: Int
    /// Seconds east of Greenwich in summer; nil without daylight-saving time.
    let summer: Int?
    private let begin: Change
    private let end: Change

    /// `Mm.w.d/time`: the weekday `d` (0 is Sunday) of the week `w` (5 is the last) of the month `m`, seconds of local time.
    private struct Change: Sendable {
        var month = 1, week = 1, weekday = 0, seconds = 7200

        /// The local day and second in a year, in seconds since 1970.
        func local(_ year: Int) -> Int {
            let wanted = weekday == 0 ? 7 : weekday
            let first = CivilDate(year, month, 1)
            var day = first.adding(days: (wanted - first.weekday + 7) % 7 + 7 * (week - 1))
            while day.month != first.month { day = day.adding(days: -7) }
            return day.daysSince1970 * 86_400 + seconds
        }
    }

    /// Nil for an empty text and for forms with Julian days, which no zone of today uses.
    init?(_ text: String) {
        var rest = Substring(text)
        guard ZoneRule.skipName(&rest), let standard = ZoneRule.offset(&rest) else { return nil }
        self.standard = -standard
        guard ZoneRule.skipName(&rest) else {
            (summer, begin, end) = (nil, Change(), Change())
            return
        }
        let explicit = rest.first == "," ? nil : ZoneRule.offset(&rest)
        summer = explicit.map { -$0 } ?? self.standard + 3600
        let parts = rest.split(separator: ",")
        guard parts.count == 2, let begin = ZoneRule.change(parts[0]), let end = ZoneRule.change(parts[1]) else { return nil }
        (self.begin, self.end) = (begin, end)
    }

    /// Seconds east of Greenwich at a time.
    func offset(at time: Int) -> Int {
        guard let summer else { return standard }
        let year = CivilDate(daysSince1970: (time + standard).floored(by: 86_400)).year
        let summerBegins = begin.local(year) - standard
        let summerEnds = end.local(year) - summer
        let isSummer = summerBegins < summerEnds ? time >= summerBegins && time < summerEnds : time >= summerBegins || time < summerEnds
        return isSummer ? summer : standard
    }

    private static func skipName(_ rest: inout Substring) -> Bool {
        let before = rest.count
        if rest.first == "<" {
            guard let close = rest.firstIndex(of: ">") else { return false }
            rest = rest[rest.index(after: close)...]
        } else {
            rest = rest.drop { $0.isLetter }
        }
        return rest.count < before
    }

    /// `[+-]hh[:mm[:ss]]` in seconds, positive to the west.
    private static func offset(_ rest: inout Substring) -> Int? {
        let end = rest.firstIndex { !($0.isNumber || $0 == ":" || $0 == "+" || $0 == "-") } ?? rest.endIndex
        defer { rest = rest[end...] }
        return seconds(rest[..<end])
    }

    private static func seconds(_ text: Substring) -> Int? {
        let isNegative = text.first == "-"
        let parts = text.drop { $0 == "+" || $0 == "-" }.split(separator: ":").map { Int($0) }
        guard let hours = parts.first ?? nil else { return nil }
        let minutes = parts.count > 1 ? parts[1] ?? 0 : 0
        let rest = parts.count > 2 ? parts[2] ?? 0 : 0
        return (isNegative ? -1 : 1) * (hours * 3600 + minutes * 60 + rest)
    }

    private static func change(_ text: Substring) -> Change? {
        let halves = text.split(separator: "/")
        guard let first = halves.first, first.first == "M" else { return nil }
        let numbers = first.dropFirst().split(separator: ".").compactMap { Int($0) }
        guard numbers.count == 3, (1...12).contains(numbers[0]), (1...5).contains(numbers[1]), (0...6).contains(numbers[2]) else { return nil }
        var change = Change(month: numbers[0], week: numbers[1], weekday: numbers[2])
        if halves.count > 1 { change.seconds = seconds(halves[1]) ?? 7200 }
        return change
    }
}

extension Int {
    /// The quotient rounded towards negative infinity.
    func floored(by divisor: Int) -> Int { self >= 0 ? self / divisor : (self - divisor + 1) / divisor }
}
