extension Timestamp: CustomStringConvertible {
    /// ISO 8601 in UTC, with a fraction of 3, 6 or 9 digits where it has one: `2020-05-20T10:27:57.980802Z`.
    public var description: String {
        var (seconds, fraction) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        if fraction < 0 { (seconds, fraction) = (seconds - 1, fraction + 1_000_000_000) }
        var days = seconds / 86_400
        if seconds % 86_400 < 0 { days -= 1 }
        let second = Int(seconds - days * 86_400)
        let (year, month, day) = civilDate(days: Int(days))
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let time = "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
        return "\(date)T\(time)\(fractionText(Int(fraction)))Z"
    }

    /// Reads ISO 8601, extended format: `2020-05-20T10:27:57.980802+00:00`. Seconds and their fraction may be missing, a space may
    /// stand for the `T`, a comma for the point; digits below the nanosecond are cut; second 60, a leap second, is the next second.
    /// - Parameter offset: seconds east of UTC of the zone of texts that name none; nil refuses such texts.
    /// - Returns: nil if the text is something else, or outside of the years 1678 … 2261.
    public init?(iso8601 text: UnsafeRawBufferPointer, offsetIfMissing offset: Int?) {
        var reader = DigitReader(text)
        guard
            let year = reader.digits(4), reader.skip("-"), let month = reader.digits(2), reader.skip("-"),
            let day = reader.digits(2), reader.skipAny("T", "t", " "),
            let hour = reader.digits(2), reader.skip(":"), let minute = reader.digits(2),
            (1...12).contains(month), day >= 1, day <= daysIn(month: month, year: year), hour < 24, minute < 60
        else { return nil }
        var second = 0
        var fraction = 0
        if reader.skip(":") {
            guard let value = reader.digits(2), value <= 60 else { return nil }
            second = value
            if reader.skipAny(".", ",", ".") {
                guard let value = reader.nanoseconds() else { return nil }
                fraction = value
            }
        }
        guard let east = reader.zone() ?? (reader.isAtEnd ? offset : nil), reader.isAtEnd else { return nil }
        let seconds = daysSince1970(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second - east
        let (scaled, overflow) = Int64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowOfSum) = scaled.addingReportingOverflow(Int64(fraction))
        guard !overflow, !overflowOfSum else { return nil }
        self.init(nanoseconds: sum)
    }

    /// Seconds east of UTC of `Z`, `+hh:mm`, `+hhmm` or `+hh`; nil if the text is something else.
    public static func zoneOffset(_ text: String) -> Int? {
        var text = text
        return text.withUTF8 { utf8 in
            var reader = DigitReader(UnsafeRawBufferPointer(utf8))
            guard let east = reader.zone(), reader.isAtEnd else { return nil }
            return east
        }
    }
}

/// Reads fixed-width decimal fields.
private struct DigitReader {
    private let text: UnsafeRawBufferPointer
    private var position = 0

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    var isAtEnd: Bool { position == text.count }

    mutating func digits(_ count: Int) -> Int? {
        guard position + count <= text.count else { return nil }
        var value = 0
        for index in position..<position + count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
        }
        position += count
        return value
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func skipAny(_ first: Unicode.Scalar, _ second: Unicode.Scalar, _ third: Unicode.Scalar) -> Bool {
        skip(first) || skip(second) || skip(third)
    }

    /// One digit or more of a fraction of a second.
    mutating func nanoseconds() -> Int? {
        guard var value = digits(1) else { return nil }
        var count = 1
        while let digit = digits(1) {
            if count < 9 { value = value * 10 + digit }
            count += 1
        }
        while count < 9 {
            value *= 10
            count += 1
        }
        return value
    }

    /// An offset from UTC, in seconds east.
    mutating func zone() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let sign = skip("+") ? 1 : skip("-") ? -1 : 0
        guard sign != 0, let hours = digits(2), hours < 24 else { return nil }
        _ = skip(":")
        guard !isAtEnd else { return sign * hours * 3600 }
        guard let minutes = digits(2), minutes < 60 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar. Source: H. Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", `days_from_civil`.
private func daysSince1970(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

/// The inverse of `daysSince1970`: `civil_from_days` of the same source.
private func civilDate(days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
}

private func daysIn(month: Int, year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
}

private func fractionText(_ nanoseconds: Int) -> String {
    switch nanoseconds {
    case 0: ""
    case _ where nanoseconds % 1_000_000 == 0: ".\(padded(nanoseconds / 1_000_000, 3))"
    case _ where nanoseconds % 1000 == 0: ".\(padded(nanoseconds / 1000, 6))"
    default: ".\(padded(nanoseconds, 9))"
    }
}

private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
