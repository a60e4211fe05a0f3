public import PluginAPI

/// Which stamps are taken, relative to the host's time: each day of stamps costs the store files of its own, so a device with a
/// wandering clock would hold up the others.
public struct AcceptanceWindow: Sendable {
    /// How far in the past; nil: as far as a stamp can be.
    public var ageSeconds: Int64?
    /// How far in the future; nil: as far as a stamp can be.
    public var leadSeconds: Int64?

    /// Takes every stamp.
    public init() {}

    /// Why a stamp is refused, as the end of a sentence that says what has it; nil if it is taken.
    public func refusal(of stamp: Timestamp, now: Timestamp) -> String? {
        if let ageSeconds, stamp.nanoseconds < now.nanoseconds &- ageSeconds &* 1_000_000_000 {
            return sentence(stamp, now, "before", ageSeconds, "accepted_age")
        }
        if let leadSeconds, stamp.nanoseconds > now.nanoseconds &+ leadSeconds &* 1_000_000_000 {
            return sentence(stamp, now, "after", leadSeconds, "accepted_lead")
        }
        return nil
    }

    private func sentence(_ stamp: Timestamp, _ now: Timestamp, _ side: String, _ limitSeconds: Int64, _ key: String) -> String {
        "has the timestamp \(stamp), more than \(DurationText.describe(seconds: limitSeconds)) \(side) the host's time \(now): "
            + "check the device's clock, or raise \(key)"
    }
}
