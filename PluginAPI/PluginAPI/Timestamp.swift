public import CPluginAPI

/// A point in time: nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted. Laid out as `dsotp_time`.
@frozen public struct Timestamp: Hashable, Comparable, Sendable {
    /// As it crosses the ABI.
    public var nanoseconds: dsotp_time

    /// Takes a time as it crosses the ABI.
    @inlinable public init(nanoseconds: dsotp_time) { self.nanoseconds = nanoseconds }

    /// Whole seconds since 1970.
    public init(seconds: Int64) { nanoseconds = seconds &* 1_000_000_000 }

    @inlinable public static func < (left: Timestamp, right: Timestamp) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The time after a duration.
    public static func + (time: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(nanoseconds: time.nanoseconds &+ duration.nanoseconds)
    }

    /// The time before a duration.
    public static func - (time: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(nanoseconds: time.nanoseconds &- duration.nanoseconds)
    }

    /// How long from `earlier` to `later`.
    public static func - (later: Timestamp, earlier: Timestamp) -> Duration {
        .nanoseconds(later.nanoseconds &- earlier.nanoseconds)
    }
}

extension Duration {
    /// As `dsotp_duration`, rounded towards zero; durations above 292 years are cut to that.
    public var nanoseconds: dsotp_duration {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowOfSum) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || overflowOfSum ? (seconds < 0 ? .min : .max) : sum
    }
}
