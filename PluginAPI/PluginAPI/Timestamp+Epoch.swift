extension Timestamp {
    /// 2000-01-01, in nanoseconds since 1970.
    private static let firstOfEpochs: Int64 = 946_684_800_000_000_000
    /// 2101-01-01, in nanoseconds since 1970.
    private static let endOfEpochs: Int64 = 4_133_980_800_000_000_000

    /// Reads a number of seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by magnitude:
    /// `1714564800`, `1714564800.25`, `1714564800250`. Digits below the nanosecond are cut; of a number with more than 19 digits
    /// the nearest double is taken.
    /// - Returns: nil if no unit gives a time of the years 2000 … 2100, as with a clock that was never set.
    public init?(epoch number: JSONNumber) {
        guard !number.isNegative else { return nil }
        for power in [9, 6, 3, 0] {
            guard let value = number.scaled(byPowerOfTen: power) else { continue }
            guard value >= Timestamp.firstOfEpochs, value < Timestamp.endOfEpochs else { continue }
            self.init(nanoseconds: value)
            return
        }
        return nil
    }

    /// Reads the value of a `timestamp` as devices send it: a text in ISO 8601, or an epoch as a number or as the text of one.
    /// - Parameter offset: seconds east of UTC of the zone of texts that name none; nil refuses such texts.
    /// - Returns: nil if the value is something else.
    public init?(json token: JSONToken, offsetIfMissing offset: Int?) {
        switch token {
        case .number(let number):
            self.init(epoch: number)
        case .text(let text):
            if let number = JSONNumber(text.raw) {
                self.init(epoch: number)
            } else {
                self.init(iso8601: text.raw, offsetIfMissing: offset)
            }
        default:
            return nil
        }
    }
}

extension JSONNumber {
    /// The whole part of the number times a power of ten; nil if it does not fit. The number is not negative.
    fileprivate func scaled(byPowerOfTen power: Int) -> Int64? {
        guard isExact else { return double.flatMap { Int64(exactly: ($0 * powerOfTen(power)).rounded(.towardZero)) } }
        var value = mantissa
        var shift = exponent + power
        while shift > 0, value > 0 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            (value, shift) = (product, shift - 1)
        }
        while shift < 0, value > 0 { (value, shift) = (value / 10, shift + 1) }
        return Int64(exactly: value)
    }

    private func powerOfTen(_ power: Int) -> Double { (0..<power).reduce(1) { value, _ in value * 10 } }
}
