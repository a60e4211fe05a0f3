internal import Glibc

extension LineProtocolParser {
    static func isEndOfValue(_ line: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        index >= line.count || line[index] == UInt8(ascii: ",") || line[index] == UInt8(ascii: " ")
    }

    /// Parses an integer (`12i`) or a float; `12u` is refused as InfluxDB 1.x refuses it.
    ///
    /// A float of at most 15 or so significant digits is the quotient of two exact `Double`s, hence rounded correctly
    /// (Clinger, "How to read floating point numbers accurately", 1990, section 4); others go to `strtod`.
    static func parseNumber(
        _ line: UnsafeBufferPointer<UInt8>, _ index: inout Int, into field: inout LineProtocolField
    ) throws(LineProtocolFault) {
        let start = index
        let isNegative = line[index] == UInt8(ascii: "-")
        if isNegative { index += 1 }
        var digits: UInt64 = 0, isOverflown = false, count = 0, decimals = 0, hasPoint = false
        while !isEndOfValue(line, index) {
            let byte = line[index]
            if byte &- UInt8(ascii: "0") <= 9 {
                if digits < 1_000_000_000_000_000_000 {
                    digits = digits &* 10 &+ UInt64(byte &- UInt8(ascii: "0"))
                } else {
                    isOverflown = true
                }
                count += 1
                if hasPoint { decimals += 1 }
            } else if byte == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
            } else if byte == UInt8(ascii: "i"), count > 0, !hasPoint, isEndOfValue(line, index + 1) {
                field.type = .integer
                field.bits = try integer(digits, isNegative: isNegative, isOverflown: isOverflown, range: start..<index)
                index += 1
                return
            } else if index > start, byte | 0x20 == UInt8(ascii: "e") {
                field.bits = try floatByLibrary(line, start, &index).bitPattern
                return
            } else {
                throw .invalidNumber
            }
            index += 1
        }
        guard count > 0 else { throw .invalidNumber }
        if !isOverflown, digits <= 1 << 53, decimals < powersOfTen.count {
            let magnitude = Double(digits) / powersOfTen[decimals]
            field.bits = (isNegative ? -magnitude : magnitude).bitPattern
        } else {
            index = start
            field.bits = try floatByLibrary(line, start, &index).bitPattern
        }
    }

    private static func integer(
        _ digits: UInt64, isNegative: Bool, isOverflown: Bool, range: Range<Int>
    ) throws(LineProtocolFault) -> UInt64 {
        let limit = UInt64(Int64.max) + (isNegative ? 1 : 0)
        guard !isOverflown, digits <= limit else { throw .integerOutOfRange(range) }
        return isNegative ? 0 &- digits : digits
    }

    /// The float from `start` to the end of the value, after which `index` stands.
    private static func floatByLibrary(
        _ line: UnsafeBufferPointer<UInt8>, _ start: Int, _ index: inout Int
    ) throws(LineProtocolFault) -> Double {
        index = start
        var points = 0
        while !isEndOfValue(line, index) {
            switch line[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): break
            case UInt8(ascii: "."): points += 1
            case UInt8(ascii: "-") where index == start: break
            case UInt8(ascii: "e"), UInt8(ascii: "E"): break
            case UInt8(ascii: "+"), UInt8(ascii: "-"):
                guard index > start, line[index - 1] | 0x20 == UInt8(ascii: "e") else { throw .invalidNumber }
            default: throw .invalidNumber
            }
            guard points < 2 else { throw .invalidNumber }
            index += 1
        }
        let text = UnsafeBufferPointer(rebasing: line[start..<index])
        guard let value = double(text), value.isFinite else { throw .invalidFloat }
        return value
    }

    /// A text of digits, signs, points and `e` as a float, rounded to nearest; `nil` if it is not one as a whole.
    private static func double(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
        let byStrtod: Double? = withUnsafeTemporaryAllocation(of: CChar.self, capacity: text.count + 1) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            for (offset, byte) in text.enumerated() { base[offset] = CChar(bitPattern: byte) }
            base[text.count] = 0
            var end: UnsafeMutablePointer<CChar>?
            let value = strtod(base, &end)
            return end == base + text.count ? value : nil
        }
        // A process whose locale writes another decimal point than "." makes `strtod` stop there; Swift's parser never does.
        return byStrtod ?? Double(String(decoding: text, as: UTF8.self))
    }

    /// Parses `"text"`, in which `\"` and `\\` are escapes.
    static func parseText(
        _ line: UnsafeBufferPointer<UInt8>, _ index: inout Int, into field: inout LineProtocolField
    ) throws(LineProtocolFault) {
        let start = index + 1
        index = start
        field.type = .text
        while index < line.count {
            switch line[index] {
            case UInt8(ascii: "\""):
                field.text = start..<index
                index += 1
                guard isEndOfValue(line, index) else { throw .invalidFieldFormat }
                return
            case UInt8(ascii: "\\"):
                field.isEscaped = true
                index += 2
            default:
                index += 1
            }
        }
        throw .unbalancedQuotes
    }

    /// Parses `t`, `T`, `true`, `True`, `TRUE` and the same of false.
    static func parseBoolean(
        _ line: UnsafeBufferPointer<UInt8>, _ index: inout Int, into field: inout LineProtocolField
    ) throws(LineProtocolFault) {
        let start = index
        while !isEndOfValue(line, index) { index += 1 }
        field.type = .boolean
        let word = line[start..<index]
        func isOne(of spellings: [StaticString]) -> Bool {
            spellings.contains { spelling in
                spelling.withUTF8Buffer { $0.count == word.count && $0.elementsEqual(word) }
            }
        }
        switch (word.first, word.count) {
        case (UInt8(ascii: "t"), 1), (UInt8(ascii: "T"), 1): field.bits = 1
        case (UInt8(ascii: "f"), 1), (UInt8(ascii: "F"), 1): field.bits = 0
        case (_, 4) where isOne(of: ["true", "True", "TRUE"]): field.bits = 1
        case (_, 5) where isOne(of: ["false", "False", "FALSE"]): field.bits = 0
        default: throw .invalidBoolean
        }
    }

    /// The time at `start`, after which only spaces may follow; `now`, rounded down, if there is none.
    static func timestamp(
        _ line: UnsafeBufferPointer<UInt8>, from start: Int, precision: LineProtocolPrecision, now: Int64
    ) throws(LineProtocolFault) -> Int64 {
        let start = endOfWhiteSpace(line, from: start)
        guard start < line.count else { return precision.floor(now) }
        let isNegative = line[start] == UInt8(ascii: "-")
        var index = isNegative ? start + 1 : start
        let firstDigit = index
        var digits: UInt64 = 0, isOverflown = false
        while index < line.count, line[index] != UInt8(ascii: " ") {
            let digit = line[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { throw .badTimestamp }
            if digits < 1_000_000_000_000_000_000 { digits = digits &* 10 &+ UInt64(digit) } else { isOverflown = true }
            index += 1
        }
        let range = start..<index
        guard index > firstDigit else { throw .timestampWithoutDigits(range) }
        guard !isOverflown, digits <= UInt64(Int64.max) + (isNegative ? 1 : 0) else { throw .timestampOutOfRange(range) }
        guard let time = precision.nanoseconds(Int64(truncatingIfNeeded: isNegative ? 0 &- digits : digits)) else {
            throw .timeOutsideRange
        }
        while index < line.count {
            guard line[index] == UInt8(ascii: " ") else { throw .pointIsInvalid }
            index += 1
        }
        return time
    }
}

/// 10^0 … 10^22: those that a `Double` holds exactly.
private let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
]
