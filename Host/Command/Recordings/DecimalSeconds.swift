/// Seconds as a decimal number, exact to the nanosecond.
enum DecimalSeconds {
    /// The shortest exact text: `12.5`.
    static func text(nanoseconds: Int64) -> String {
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        guard rest != 0 else { return String(whole) }
        var digits = String(rest.magnitude)
        digits = String(repeating: "0", count: 9 - digits.utf8.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        return (nanoseconds < 0 && whole == 0 ? "-" : "") + "\(whole).\(digits)"
    }

    /// Nanoseconds of a decimal number without exponent; digits below the nanosecond are cut. Nil if it is none, or negative.
    static func nanoseconds(_ text: some StringProtocol) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let whole = Int64(first), whole >= 0, !first.hasPrefix("+"), !first.hasPrefix("-") else { return nil }
        let (seconds, overflow) = whole.multipliedReportingOverflow(by: 1_000_000_000)
        guard parts.count == 2 else { return overflow ? nil : seconds }
        guard !overflow, !parts[1].isEmpty, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let digits = parts[1].prefix(9)
        guard let fraction = Int64(digits + String(repeating: "0", count: 9 - digits.utf8.count)) else { return nil }
        let (sum, isTooLarge) = seconds.addingReportingOverflow(fraction)
        return isTooLarge ? nil : sum
    }
}
