/// Which time stamps of a source are believed. All times are seconds since 1970, UTC.
public struct TimeStampRule: Hashable, Sendable {
    /// A stamp this far ahead of now is refused: clocks of meters drift by seconds, not by minutes.
    public var leadSeconds: Double
    /// A stamp this far in the past is refused: a meter's daily report is, a clock that was reset is not to be taken for one.
    public var ageSeconds: Double

    public init(leadSeconds: Double = 5, ageSeconds: Double = 3 * 86_400) {
        self.leadSeconds = leadSeconds
        self.ageSeconds = ageSeconds
    }

    /// Why a stamp is not believed, as a sentence; nil when it is.
    public func refusal(of seconds: Double, now: Double) -> String? {
        guard seconds.isFinite else { return "the time stamp is not a number: the device sends no time" }
        if seconds < Self.year2000 {
            return "the time stamp lies \(Int(seconds)) s after 1970: the device's clock was never set since it started"
        }
        if (Self.rollover - 1...Self.rollover + 86_400).contains(seconds), now < Self.rollover - 86_400 {
            return "the time stamp is the end of NTP's first era in February 2036: the device takes a lost NTP answer for the time"
        }
        if seconds > now + leadSeconds {
            return "the time stamp lies \(Int(seconds - now)) s in the future, at most \(leadSeconds) s are accepted: set the device's clock"
        }
        if seconds < now - ageSeconds {
            return "the time stamp is \(Int(now - seconds)) s old, at most \(ageSeconds) s are accepted: set the device's clock, or ask for later data"
        }
        return nil
    }

    private static let year2000 = 946_684_800.0
    /// 2036-02-07 06:28:16 UTC, where NTP's 32 bits of seconds begin anew (RFC 5905, section 6).
    private static let rollover = 2_085_978_496.0
}
