import Glibc

/// The offsets of a named time zone over time, from the system's time zone database (TZif files, RFC 8536).
struct TimeZoneRules: Sendable {
    let name: String
    /// Seconds since 1970 from which the offset of the same index in ``offsets`` holds.
    private let transitions: [Int64]
    /// Seconds east of UTC.
    private let offsets: [Int]
    private let firstOffset: Int
    /// What holds after the last transition.
    private let rule: DaylightRule?

    /// `nil` if the system does not know the zone.
    init?(named name: String) {
        self.name = name
        if name.isEmpty || name == "UTC" {
            (transitions, offsets, firstOffset, rule) = ([], [], 0, nil)
            return
        }
        let allowed = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "/_+-".utf8.contains(byte)
        }
        guard allowed, !name.hasPrefix("/"), name.utf8.count < 100 else { return nil }
        let folder = getenv("TZDIR").map { String(cString: $0) } ?? "/usr/share/zoneinfo"
        guard let bytes = Self.read(folder + "/" + name), var file = TimeZoneFile(bytes) else { return nil }
        (transitions, offsets, firstOffset) = (file.transitions, file.offsets, file.firstOffset)
        rule = file.takeFooter().flatMap(DaylightRule.init)
    }

    /// Seconds east of UTC at a time in seconds since 1970.
    func offset(atSecond second: Int64) -> Int {
        guard let first = transitions.first, second >= first else {
            return transitions.isEmpty ? rule?.offset(atSecond: second) ?? firstOffset : firstOffset
        }
        if let last = transitions.last, second >= last, let rule { return rule.offset(atSecond: second) }
        var low = 0
        var high = transitions.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if transitions[middle] <= second { low = middle } else { high = middle }
        }
        return offsets[low]
    }

    /// Seconds east of UTC when clocks show `second`, counted as if they showed UTC.
    func offset(atLocalSecond second: Int64) -> Int {
        let guess = offset(atSecond: second)
        let refined = offset(atSecond: second - Int64(guess))
        return refined == guess ? guess : offset(atSecond: second - Int64(refined))
    }

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < 1 << 20 {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        return bytes
    }
}

/// The parts of a TZif file of version 2 or later (RFC 8536, section 3).
private struct TimeZoneFile {
    var transitions: [Int64] = []
    var offsets: [Int] = []
    var firstOffset = 0
    private var bytes: [UInt8]
    private var index = 0

    init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard let first = header(), first.version >= 0x32 else { return nil }
        index += first.size(timeBytes: 4)
        guard let second = header(), index + second.size(timeBytes: 8) <= bytes.count else { return nil }
        for _ in 0..<second.times { transitions.append(Int64(bitPattern: integer(8))) }
        let indices = (0..<second.times).map { Int(bytes[index + $0]) }
        index += second.times
        var types: [Int] = []
        for _ in 0..<second.types {
            types.append(Int(Int32(truncatingIfNeeded: integer(4))))
            index += 2
        }
        guard let initial = types.first, indices.allSatisfy({ $0 < types.count }) else { return nil }
        firstOffset = initial
        offsets = indices.map { types[$0] }
        index += second.abbreviations + second.leaps * 12 + second.standards + second.universals
    }

    /// The POSIX rule between the last two line feeds.
    mutating func takeFooter() -> String? {
        guard index < bytes.count, bytes[index] == 0x0A else { return nil }
        return String(decoding: bytes[(index + 1)...].prefix { $0 != 0x0A }, as: UTF8.self)
    }

    private struct Header {
        var version: UInt8
        var universals, standards, leaps, times, types, abbreviations: Int

        func size(timeBytes: Int) -> Int {
            times * (timeBytes + 1) + types * 6 + abbreviations + leaps * (timeBytes + 4) + standards + universals
        }
    }

    private mutating func header() -> Header? {
        guard index + 44 <= bytes.count, bytes[index..<index + 4].elementsEqual("TZif".utf8) else { return nil }
        let version = bytes[index + 4]
        index += 20
        return Header(
            version: version, universals: Int(integer(4)), standards: Int(integer(4)), leaps: Int(integer(4)),
            times: Int(integer(4)), types: Int(integer(4)), abbreviations: Int(integer(4)))
    }

    private mutating func integer(_ width: Int) -> UInt64 {
        var value: UInt64 = 0
        for byte in bytes[index..<index + width] { value = value << 8 | UInt64(byte) }
        index += width
        return value
    }
}

/// A rule in the manner of POSIX `TZ`: `CET-1CEST,M3.5.0,M10.5.0/3`.
private struct DaylightRule: Sendable {
    private var standard = 0
    private var daylight: Int?
    private var start = Change()
    private var end = Change()

    /// The `week`-th (5: last) `weekday` (0: Sunday) of `month`, `second` after local midnight.
    private struct Change: Sendable {
        var month = 1, week = 1, weekday = 0, second = 7200

        /// Seconds since 1970, local.
        func localSecond(year: Int) -> Int {
            let first = CalendarTime.days(year: year, month: month, day: 1)
            let firstWeekday = ((first + 4) % 7 + 7) % 7
            var day = first + (weekday - firstWeekday + 7) % 7 + (week - 1) * 7
            let next = month == 12
                ? CalendarTime.days(year: year + 1, month: 1, day: 1)
                : CalendarTime.days(year: year, month: month + 1, day: 1)
            while day >= next { day -= 7 }
            return day * 86_400 + second
        }
    }

    init?(_ text: String) {
        var rest = Substring(text)
        guard Self.skipName(&rest), let offset = Self.time(&rest) else { return nil }
        standard = -offset
        guard !rest.isEmpty else { return }
        guard Self.skipName(&rest) else { return nil }
        daylight = standard + 3600
        if rest.first != ",", let own = Self.time(&rest) { daylight = -own }
        guard let first = Self.change(&rest), let second = Self.change(&rest) else { return nil }
        (start, end) = (first, second)
    }

    func offset(atSecond second: Int64) -> Int {
        guard let daylight else { return standard }
        let local = Int(second) + standard
        let day = local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
        let year = CalendarTime.date(day: day).year
        let from = start.localSecond(year: year) - standard
        let to = end.localSecond(year: year) - daylight
        let isSummer = from < to ? (from..<to).contains(Int(second)) : !(to..<from).contains(Int(second))
        return isSummer ? daylight : standard
    }

    private static func skipName(_ rest: inout Substring) -> Bool {
        if rest.first == "<" {
            guard let end = rest.firstIndex(of: ">") else { return false }
            rest = rest[rest.index(after: end)...]
            return true
        }
        let count = rest.prefix { $0.isLetter }.count
        rest = rest.dropFirst(count)
        return count > 0
    }

    /// Seconds of `[+-]hh[:mm[:ss]]`.
    private static func time(_ rest: inout Substring) -> Int? {
        let negative = rest.first == "-"
        if negative || rest.first == "+" { rest.removeFirst() }
        let text = rest.prefix { $0.isNumber || $0 == ":" }
        rest = rest.dropFirst(text.count)
        let parts = text.split(separator: ":").map { Int($0) ?? 0 }
        guard !parts.isEmpty else { return nil }
        let value = zip(parts, [3600, 60, 1]).reduce(0) { $0 + $1.0 * $1.1 }
        return negative ? -value : value
    }

    private static func change(_ rest: inout Substring) -> Change? {
        guard rest.hasPrefix(",M") else { return nil }
        rest = rest.dropFirst(2)
        let text = rest.prefix { $0.isNumber || $0 == "." }
        rest = rest.dropFirst(text.count)
        let parts = text.split(separator: ".").compactMap { Int($0) }
        guard parts.count == 3, (1...12).contains(parts[0]) else { return nil }
        var change = Change(month: parts[0], week: parts[1], weekday: parts[2])
        if rest.first == "/" {
            rest.removeFirst()
            guard let second = time(&rest) else { return nil }
            change.second = second
        }
        return change
    }
}
