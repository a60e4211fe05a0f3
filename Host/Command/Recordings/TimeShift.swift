internal import PluginAPI

/// Moves the time in a member of a JSON payload, and leaves every other byte as it is.
struct TimeShift {
    /// A member of the outermost object, `timestamp` for example.
    let member: String
    let nanoseconds: Int64

    /// The payload with the moved time; as it was if it is no JSON object, or has no such member with a time.
    func applied(to payload: [UInt8]) -> [UInt8] {
        let found: (range: Range<Int>, text: String)? = payload.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            guard (try? reader.beginObject()) != nil else { return nil }
            while let key = try? reader.nextKey() {
                guard key.string == member else {
                    guard (try? reader.skipValue()) != nil else { return nil }
                    continue
                }
                return replacement(&reader, bytes)
            }
            return nil
        }
        guard let found else { return payload }
        return payload[..<found.range.lowerBound] + Array(found.text.utf8) + payload[found.range.upperBound...]
    }

    private func replacement(_ reader: inout JSONReader, _ bytes: UnsafeRawBufferPointer) -> (Range<Int>, String)? {
        let start = bytes[reader.offset...].firstIndex { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        guard let start, let token = try? reader.next(), let time = Timestamp(json: token, offsetIfMissing: 0) else { return nil }
        let moved = Timestamp(nanoseconds: time.nanoseconds &+ nanoseconds)
        let range = start..<reader.offset
        switch token {
        case .number(let number): return (range, Self.epoch(moved, like: number, was: time))
        case .text(let text):
            let number = JSONNumber(text.raw)
            return (range, "\"" + (number.map { Self.epoch(moved, like: $0, was: time) } ?? moved.description) + "\"")
        default: return nil
        }
    }

    /// The time as an epoch in the unit, and with as many decimals, as the number has that it replaces.
    private static func epoch(_ moved: Timestamp, like number: JSONNumber, was time: Timestamp) -> String {
        if let integer = number.integer {
            let unit = [1_000_000_000, 1_000_000, 1_000, 1].first { time.nanoseconds == integer.multipliedReportingOverflow(by: $0).partialValue } ?? 1
            return String(moved.nanoseconds / unit)
        }
        let raw = String(decoding: number.raw, as: UTF8.self)
        let decimals = raw.split(separator: ".").dropFirst().first?.prefix { $0.isNumber }.count ?? 0
        // Of a fractional number only the unit's size is known: that of seconds, milliseconds or microseconds.
        let value = number.double ?? 1
        let unit = [1e9, 1e6, 1e3].min { abs($0 * value - Double(time.nanoseconds)) < abs($1 * value - Double(time.nanoseconds)) } ?? 1e9
        let (whole, rest) = moved.nanoseconds.quotientAndRemainder(dividingBy: Int64(unit))
        var digits = String(rest)
        digits = String(repeating: "0", count: String(Int64(unit)).utf8.count - 1 - digits.utf8.count) + digits
        return decimals == 0 ? String(whole) : "\(whole).\(digits.prefix(decimals))"
    }
}
