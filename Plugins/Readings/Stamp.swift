internal import PluginAPI

/// Reads a timestamp: ISO 8601, or an epoch in s, ms, µs or ns, told apart by magnitude. Years 2000 … 2100 are accepted.
enum Stamp {
    private static let first: Int64 = 946_684_800  // 2000-01-01
    private static let end: Int64 = 4_133_980_800  // 2101-01-01

    /// The stamp of a text.
    static func read(text: UnsafeRawBufferPointer, zoneOffset: Int) throws(MessageRefusal) -> Timestamp {
        if let time = Timestamp(iso8601: text, offsetIfMissing: zoneOffset) { return try checked(time, text) }
        if let number = JSONNumber(text) { return try read(number: number) }
        throw MessageRefusal(
            "the timestamp '\(shown(text))' is not a time: expected ISO 8601 such as 2024-05-01T12:00:00.5Z, or an epoch")
    }

    /// The stamp of a number.
    static func read(number: JSONNumber) throws(MessageRefusal) -> Timestamp {
        // Digits of the text, so that nothing is lost: a double holds only 53 bits.
        if let (whole, billionths) = decimal(number.raw) {
            var scale: Int64 = 1
            for unit in [Int64(1_000_000_000), 1_000_000, 1000, 1] {
                if whole >= first * scale, whole < end * scale {
                    return Timestamp(nanoseconds: whole * unit + billionths / (1_000_000_000 / unit))
                }
                scale *= 1000
            }
        } else if let value = number.double {
            for (scale, unit) in [(1.0, 1e9), (1e3, 1e6), (1e6, 1e3), (1e9, 1.0)]
            where value >= Double(first) * scale && value < Double(end) * scale {
                return Timestamp(nanoseconds: Int64(value * unit))
            }
        }
        throw MessageRefusal(
            "the timestamp \(shown(number.raw)) is no epoch in s, ms, µs or ns of the years 2000 to 2100: check the device's clock")
    }

    /// Seconds and nanoseconds since 1970.
    static func read(seconds: Int64, nanoseconds: Int64) throws(MessageRefusal) -> Timestamp {
        guard (0..<1_000_000_000).contains(nanoseconds), (first..<end).contains(seconds) else {
            throw MessageRefusal(
                "the origin [\(seconds), \(nanoseconds)] is no time of the years 2000 to 2100: check the source's clock")
        }
        return Timestamp(nanoseconds: seconds * 1_000_000_000 + nanoseconds)
    }

    private static func checked(_ time: Timestamp, _ text: UnsafeRawBufferPointer) throws(MessageRefusal) -> Timestamp {
        guard (first * 1_000_000_000..<end * 1_000_000_000).contains(time.nanoseconds) else {
            throw MessageRefusal("the timestamp '\(shown(text))' lies outside of the years 2000 to 2100: check the device's clock")
        }
        return time
    }

    /// The integer part and the billionths of a number without exponent and sign; nil for another.
    private static func decimal(_ text: UnsafeRawBufferPointer) -> (Int64, Int64)? {
        var whole: Int64 = 0
        var billionths: Int64 = 0
        var weight: Int64 = 100_000_000
        var isInFraction = false
        for byte in text {
            if byte == UInt8(ascii: ".") {
                isInFraction = true
                continue
            }
            let digit = Int64(byte) - 0x30
            guard (0..<10).contains(digit) else { return nil }
            if isInFraction {
                billionths += digit * weight
                weight /= 10
            } else {
                guard whole <= (Int64.max - digit) / 10 else { return nil }
                whole = whole * 10 + digit
            }
        }
        return (whole, billionths)
    }
}
