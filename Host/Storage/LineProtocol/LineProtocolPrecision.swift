/// The unit of the timestamps of a write, as its `precision` parameter names it.
public enum LineProtocolPrecision: Sendable, Hashable, CaseIterable {
    case nanoseconds, microseconds, milliseconds, seconds, minutes, hours

    /// The precision that a `precision` parameter names: `n`, `ns`, `u`, `µ`, `ms`, `s`, `m` or `h`. Anything else means
    /// nanoseconds, as InfluxDB 1.x takes it.
    public init(parameter: String) {
        switch parameter {
        case "u", "µ", "μ": self = .microseconds
        case "ms": self = .milliseconds
        case "s": self = .seconds
        case "m": self = .minutes
        case "h": self = .hours
        default: self = .nanoseconds
        }
    }

    /// Nanoseconds in one unit.
    public var nanosecondsPerUnit: Int64 {
        switch self {
        case .nanoseconds: 1
        case .microseconds: 1_000
        case .milliseconds: 1_000_000
        case .seconds: 1_000_000_000
        case .minutes: 60_000_000_000
        case .hours: 3_600_000_000_000
        }
    }

    /// The times that InfluxDB 1.x stores, in nanoseconds since 1970-01-01T00:00:00Z.
    static let storableTimes: ClosedRange<Int64> = (Int64.min + 2)...(Int64.max - 1)

    /// A timestamp of this precision in nanoseconds since 1970-01-01T00:00:00Z; `nil` if that is outside what can be stored.
    func nanoseconds(_ timestamp: Int64) -> Int64? {
        let (time, overflow) = timestamp.multipliedReportingOverflow(by: nanosecondsPerUnit)
        return !overflow && Self.storableTimes.contains(time) ? time : nil
    }

    /// The last whole unit that is not after `time`: what a point without a timestamp gets.
    func floor(_ time: Int64) -> Int64 {
        let beyond = time % nanosecondsPerUnit
        let (floored, overflow) = time.subtractingReportingOverflow(beyond < 0 ? beyond + nanosecondsPerUnit : beyond)
        return overflow ? time : floored
    }
}
