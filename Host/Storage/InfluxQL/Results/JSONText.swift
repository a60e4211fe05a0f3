/// Writes JSON as InfluxDB does: compact or indented by four spaces, numbers in their shortest form.
struct JSONText {
    private(set) var bytes: [UInt8] = []
    private let pretty: Bool
    private var depth = 0
    private var isFirst = true

    init(pretty: Bool, capacity: Int = 0) {
        self.pretty = pretty
        bytes.reserveCapacity(capacity)
    }

    mutating func begin(_ bracket: Character) {
        raw(String(bracket))
        depth += 1
        isFirst = true
    }

    mutating func end(_ bracket: Character) {
        depth -= 1
        if !isFirst { lineBreak() }
        raw(String(bracket))
        isFirst = false
    }

    /// Comes before each element of an array.
    mutating func element() {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        lineBreak()
    }

    /// Comes before each value of an object.
    mutating func key(_ name: String) {
        element()
        string(name)
        raw(pretty ? ": " : ":")
    }

    mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func lineFeed() { bytes.append(UInt8(ascii: "\n")) }

    private mutating func lineBreak() {
        guard pretty else { return }
        bytes.append(UInt8(ascii: "\n"))
        for _ in 0..<depth * 4 { bytes.append(UInt8(ascii: " ")) }
    }

    mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": raw("\\\"")
            case "\\": raw("\\\\")
            case "\n": raw("\\n")
            case "\r": raw("\\r")
            case "\t": raw("\\t")
            case "<", ">", "&", "\u{2028}", "\u{2029}", "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                raw("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func value(_ value: QueryValue, epoch: EpochPrecision?, zone: TimeZoneRules?) {
        switch value {
        case .null: raw("null")
        case .float(let number): append(number)
        case .integer(let number): append(number)
        case .boolean(let value): raw(value ? "true" : "false")
        case .text(let text): string(text)
        case .time(let time): self.time(time, epoch: epoch, zone: zone)
        }
    }

    mutating func time(_ time: Int64, epoch: EpochPrecision?, zone: TimeZoneRules?) {
        if let epoch {
            append(time / epoch.nanoseconds)
        } else {
            bytes.append(UInt8(ascii: "\""))
            CalendarTime.append(time, zone: zone, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }
    }

    private mutating func append(_ number: Int64) {
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        let start = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    private mutating func append(_ number: Double) {
        // In this range the standard library writes no exponent; this is nearly every measurement.
        guard number.magnitude >= 1e-3, number.magnitude < 1e15 else { return raw(Self.number(number)) }
        if number == number.rounded(.towardZero) { return append(Int64(number)) }
        var text = number.description
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    /// The shortest decimal that reads back as the same number: no exponent from 1e-6 up to 1e21, and then `1e+21`.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        if value == value.rounded(.towardZero), value.magnitude < 1e15 {
            return value == 0 && value.sign == .minus ? "-0" : String(Int64(value))
        }
        // The digits come from the standard library, the notation from here.
        let parts = value.magnitude.description.split(separator: "e")
        let pieces = parts[0].split(separator: ".")
        let fraction = pieces.count > 1 && pieces[1] != "0" ? pieces[1] : ""
        var point = pieces[0].count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        var digits = Array((pieces[0] + fraction).utf8)
        let zeros = digits.prefix { $0 == 0x30 }.count
        digits.removeFirst(zeros)
        point -= zeros
        while digits.last == 0x30 { digits.removeLast() }
        return (value < 0 ? "-" : "") + notation(String(decoding: digits, as: UTF8.self), point: point)
    }

    /// `digits` with the decimal point after `point` of them.
    private static func notation(_ digits: String, point: Int) -> String {
        if point > 21 || point < -5 {
            let exponent = point - 1
            let mantissa = digits.count > 1 ? "\(digits.prefix(1)).\(digits.dropFirst())" : digits
            return "\(mantissa)e\(exponent < 0 ? "-" : "+")\(abs(exponent) < 10 && exponent > 0 ? "0" : "")\(abs(exponent))"
        }
        if point <= 0 { return "0." + String(repeating: "0", count: -point) + digits }
        if point >= digits.count { return digits + String(repeating: "0", count: point - digits.count) }
        return "\(digits.prefix(point)).\(digits.dropFirst(point))"
    }
}
