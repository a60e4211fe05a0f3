/// A closed range of nanoseconds since 1970-01-01T00:00:00Z; the ends that InfluxDB reserves mean "no limit".
struct TimeRange: Sendable, Hashable {
    static let earliest = Int64.min + 2
    static let latest = Int64.max - 1

    var lower = TimeRange.earliest
    var upper = TimeRange.latest

    var isEmpty: Bool { lower > upper }
    var hasLower: Bool { lower != TimeRange.earliest }
    var hasUpper: Bool { upper != TimeRange.latest }

    func intersection(_ other: TimeRange) -> TimeRange {
        TimeRange(lower: max(lower, other.lower), upper: min(upper, other.upper))
    }
}

extension Int64 {
    /// The sum, or the nearest time that can be expressed.
    func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        if overflow { return other > 0 ? TimeRange.latest : TimeRange.earliest }
        return Swift.min(Swift.max(sum, TimeRange.earliest), TimeRange.latest)
    }
}
