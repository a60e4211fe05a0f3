/// Durations and sizes as manifests write them.
enum Quantities {
    static let durationForm = "a duration such as 500ms, 5s, 10m, 1h or 7d"
    static let sizeForm = "a size such as 512B, 64KiB, 16MiB or 1GiB"

    /// Units of time in nanoseconds.
    private static let durations: [(suffix: String, nanoseconds: Int64)] = [
        ("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
    ]
    private static let sizes: [(suffix: String, bytes: Int64)] = [
        ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000),
    ]

    /// Nanoseconds of `5s`, `1.5s`, `100ms`; `nil` if it is not of that form or doesn't fit.
    static func duration(_ text: String) -> Int64? { quantity(text, units: durations.map { ($0.suffix, $0.nanoseconds) }) }

    /// Bytes of `16MiB`; `nil` if it is not of that form or doesn't fit.
    static func size(_ text: String) -> Int64? { quantity(text, units: sizes.map { ($0.suffix, $0.bytes) }) }

    /// Nanoseconds in words: the largest unit that divides them.
    static func describe(nanoseconds: Int64) -> String {
        let unit = durations.last { nanoseconds % $0.nanoseconds == 0 && nanoseconds >= $0.nanoseconds } ?? durations[0]
        return "\(nanoseconds / unit.nanoseconds)\(unit.suffix)"
    }

    /// Bytes in words: the largest binary unit that divides them.
    static func describe(bytes: Int64) -> String {
        let unit = sizes.prefix(4).last { bytes % $0.bytes == 0 && bytes >= $0.bytes } ?? sizes[0]
        return "\(bytes / unit.bytes)\(unit.suffix)"
    }

    private static func quantity(_ text: String, units: [(String, Int64)]) -> Int64? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let suffix = text.dropFirst(number.count).drop { $0 == " " }
        guard !number.isEmpty, let unit = units.first(where: { $0.0 == suffix })?.1 else { return nil }
        if let whole = Int64(number) {
            let (product, overflows) = whole.multipliedReportingOverflow(by: unit)
            return overflows ? nil : product
        }
        guard let fraction = Double(number) else { return nil }
        let product = (fraction * Double(unit)).rounded()
        return product < 9.2e18 ? Int64(product) : nil
    }
}

extension Duration {
    /// Nanoseconds, saturating.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflows else { return seconds < 0 ? .min : .max }
        let (sum, sumOverflows) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return sumOverflows ? .max : sum
    }
}
