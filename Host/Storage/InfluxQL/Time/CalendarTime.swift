/// Dates and times of day in the proleptic Gregorian calendar, from and to nanoseconds since 1970-01-01T00:00:00Z.
/// The day arithmetic counts in eras of 400 years that begin in March (Hinnant, "chrono-compatible low-level date
/// algorithms").
enum CalendarTime {
    /// Days since 1970-01-01.
    static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The date of a day counted from 1970-01-01.
    static func date(day count: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = count + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    /// Appends RFC 3339 with as many decimals as needed, in `zone` if there is one: `2006-01-02T15:04:05.25Z`.
    static func append(_ nanoseconds: Int64, zone: TimeZoneRules?, to bytes: inout [UInt8]) {
        var (seconds, fraction) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        if fraction < 0 {
            seconds -= 1
            fraction += 1_000_000_000
        }
        let offset = zone?.offset(atSecond: seconds) ?? 0
        let local = Int(seconds) + offset
        let day = local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
        let second = local - day * 86_400
        let (year, month, dayOfMonth) = date(day: day)
        append(year, digits: 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        append(month, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        append(dayOfMonth, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        append(second / 3600, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        append(second / 60 % 60, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        append(second % 60, digits: 2, to: &bytes)
        if fraction != 0 {
            bytes.append(UInt8(ascii: "."))
            append(Int(fraction), digits: 9, to: &bytes)
            while bytes.last == UInt8(ascii: "0") { bytes.removeLast() }
        }
        guard offset != 0 else { return bytes.append(UInt8(ascii: "Z")) }
        bytes.append(UInt8(ascii: offset < 0 ? "-" : "+"))
        append(abs(offset) / 3600, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        append(abs(offset) / 60 % 60, digits: 2, to: &bytes)
    }

    private static func append(_ number: Int, digits: Int, to bytes: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }

    /// Nanoseconds of a time literal: `2006-01-02`, `2006-01-02 15:04:05.999`, RFC 3339 with `Z` or an offset. Without
    /// an offset it is local time of `zone`, else UTC. `nil` if the text is none of these or out of range.
    static func parse(_ text: String, zone: TimeZoneRules?) -> Int64? {
        var reader = LiteralReader(bytes: Array(text.utf8))
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        var second = days(year: year, month: month, day: day) * 86_400
        guard date(day: second / 86_400 - (second % 86_400 < 0 ? 1 : 0)).day == day else { return nil }
        var fraction = 0
        var offset: Int?
        if !reader.isAtEnd {
            guard reader.take("T") || reader.take(" "), let hour = reader.number(2), reader.take(":"),
                let minute = reader.number(2), reader.take(":"), let rest = reader.number(2),
                hour < 24, minute < 60, rest < 60
            else { return nil }
            second += hour * 3600 + minute * 60 + rest
            fraction = reader.fraction()
            offset = reader.offset()
            guard reader.isAtEnd else { return nil }
        }
        let utc = Int64(second) - Int64(offset ?? zone?.offset(atLocalSecond: Int64(second)) ?? 0)
        return Int64(exactly: Int128(utc) * 1_000_000_000 + Int128(fraction))
    }

    private struct LiteralReader {
        var bytes: [UInt8]
        var index = 0

        var isAtEnd: Bool { index == bytes.count }

        mutating func take(_ character: Character) -> Bool {
            guard index < bytes.count, bytes[index] == character.asciiValue else { return false }
            index += 1
            return true
        }

        mutating func number(_ digits: Int) -> Int? {
            guard index + digits <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[index..<index + digits] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            index += digits
            return value
        }

        /// Nanoseconds of `.123`; digits beyond the ninth are dropped.
        mutating func fraction() -> Int {
            guard take(".") else { return 0 }
            var value = 0
            var scale = 100_000_000
            while let digit = number(1) {
                value += digit * scale
                scale /= 10
            }
            return value
        }

        /// Seconds east of UTC of `Z`, `+02:00`.
        mutating func offset() -> Int? {
            if take("Z") { return 0 }
            let sign = take("+") ? 1 : take("-") ? -1 : 0
            guard sign != 0, let hours = number(2), take(":"), let minutes = number(2) else { return nil }
            return sign * (hours * 3600 + minutes * 60)
        }
    }
}
