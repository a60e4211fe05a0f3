/// A number of a JSON document: its text, and its decimal digits already read.
@frozen public struct JSONNumber {
    /// The number as written. Valid as long as the document's memory.
    public let raw: UnsafeRawBufferPointer
    /// The digits as an integer; right only if `isExact`.
    let mantissa: UInt64
    /// The power of ten to multiply ``mantissa`` by.
    let exponent: Int
    let isNegative: Bool
    /// Whether all digits fit into ``mantissa``.
    let isExact: Bool
    /// Whether it is written without fraction and exponent.
    public let isInteger: Bool

    /// The number in a text that holds nothing but a JSON number, such as `"198.558"`.
    public init?(_ text: UnsafeRawBufferPointer) {
        guard let number = scanNumber(text, from: 0), number.raw.count == text.count else { return nil }
        self = number
    }

    init(raw: UnsafeRawBufferPointer, mantissa: UInt64, exponent: Int, isNegative: Bool, isExact: Bool, isInteger: Bool) {
        self.raw = raw
        self.mantissa = mantissa
        self.exponent = exponent
        self.isNegative = isNegative
        self.isExact = isExact
        self.isInteger = isInteger
    }

    /// The value, if it is written as an integer and fits.
    public var integer: Int64? {
        guard isInteger, isExact else { return nil }
        if isNegative { return mantissa <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- mantissa) : nil }
        return Int64(exactly: mantissa)
    }

    /// The nearest double, correctly rounded; nil if that is infinite.
    public var double: Double? {
        let magnitude: Double
        if isExact, mantissa == 0 {
            magnitude = 0
        } else if isExact, mantissa < 1 << 53, exponent >= -22, exponent <= 22 {
            // Both are exact doubles, so that one operation rounds once (W. D. Clinger, "How to Read Floating Point Numbers
            // Accurately", 1990).
            let digits = Double(mantissa)
            magnitude = exponent < 0 ? digits / exactPowers[-exponent] : digits * exactPowers[exponent]
        } else if isExact, exponent < 0, exponent >= -19 {
            magnitude = quotient(mantissa, integerPowers[-exponent])
        } else {
            guard let value = Double(String(decoding: raw, as: UTF8.self)), value.isFinite else { return nil }
            return value
        }
        return isNegative ? -magnitude : magnitude
    }
}

/// Reads a number of RFC 8259, section 6, from `start` on; nil if there is none.
func scanNumber(_ bytes: UnsafeRawBufferPointer, from start: Int) -> JSONNumber? {
    var scan = NumberScan(bytes: bytes, position: start)
    let isNegative = scan.skip(UInt8(ascii: "-"))
    let leadingZero = scan.position < bytes.count && bytes[scan.position] == UInt8(ascii: "0")
    let whole = scan.digits()
    guard whole > 0, !leadingZero || whole == 1 else { return nil }
    var isInteger = true
    if scan.skip(UInt8(ascii: ".")) {
        isInteger = false
        let digits = scan.digits()
        guard digits > 0 else { return nil }
        scan.exponent -= digits
    }
    if scan.skip(UInt8(ascii: "e")) || scan.skip(UInt8(ascii: "E")) {
        isInteger = false
        guard scan.exponentDigits() else { return nil }
    }
    return JSONNumber(
        raw: UnsafeRawBufferPointer(rebasing: bytes[start..<scan.position]), mantissa: scan.mantissa, exponent: scan.exponent,
        isNegative: isNegative, isExact: scan.isExact, isInteger: isInteger)
}

private struct NumberScan {
    let bytes: UnsafeRawBufferPointer
    var position: Int
    var mantissa: UInt64 = 0
    var exponent = 0
    var isExact = true

    mutating func skip(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    /// Reads digits into the mantissa; returns how many.
    mutating func digits() -> Int {
        let start = position
        while position < bytes.count {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            if mantissa < 1_000_000_000_000_000_000 {
                mantissa = mantissa &* 10 &+ UInt64(digit)
            } else {
                appendCarefully(digit)
            }
            position += 1
        }
        return position - start
    }

    private mutating func appendCarefully(_ digit: UInt8) {
        let (product, overflow) = mantissa.multipliedReportingOverflow(by: 10)
        let (sum, overflowOfSum) = product.addingReportingOverflow(UInt64(digit))
        if overflow || overflowOfSum { isExact = false } else { mantissa = sum }
    }

    mutating func exponentDigits() -> Bool {
        let isNegative = skip(UInt8(ascii: "-"))
        if !isNegative { _ = skip(UInt8(ascii: "+")) }
        let start = position
        var value = 0
        while position < bytes.count {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            if value < 100_000 { value = value * 10 + Int(digit) }
            position += 1
        }
        exponent += isNegative ? -value : value
        return position > start
    }
}

/// `numerator / denominator`, correctly rounded to the nearest double, ties to even. Neither is 0.
///
/// Both are scaled to have their top bit set; one division of 128 by 64 bits then gives 64 bits of the quotient, of which a
/// double keeps 53, and the remainder tells on which side of a tie it lies.
private func quotient(_ numerator: UInt64, _ denominator: UInt64) -> Double {
    let shift = numerator.leadingZeroBitCount
    let scale = denominator.leadingZeroBitCount
    let high = numerator << UInt64(shift)
    let divisor = denominator << UInt64(scale)
    let isBelowOne = high < divisor
    let dividend = isBelowOne ? (high: high, low: UInt64(0)) : (high: high >> 1, low: high << 63)
    let (bits, remainder) = divisor.dividingFullWidth(dividend)
    var kept = bits >> 11
    let dropped = bits & 0x7FF
    if dropped > 0x400 || (dropped == 0x400 && (remainder != 0 || kept & 1 == 1)) { kept += 1 }
    return Double(sign: .plus, exponent: (isBelowOne ? -64 : -63) + 11 + scale - shift, significand: Double(kept))
}

/// 10⁰ … 10²², all exact as doubles.
private let exactPowers: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
]

/// 10⁰ … 10¹⁹, all that fit into 64 bits.
private let integerPowers: [UInt64] = [
    1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000, 100_000_000_000,
    1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000, 10_000_000_000_000_000,
    100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
]
