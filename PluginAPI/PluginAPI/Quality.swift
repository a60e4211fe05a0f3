public import CPluginAPI

/// Quality of a value, bits in the sense of IEC 61850-7-3 `Quality`; the empty set is good.
@frozen public struct Quality: OptionSet, Hashable, Sendable {
    /// The bits as they cross the ABI.
    public let rawValue: dsotp_quality

    /// Takes bits as they cross the ABI.
    @inlinable public init(rawValue: dsotp_quality) { self.rawValue = rawValue }

    /// No reason for doubt.
    public static let good: Quality = []
    /// Not to be used.
    public static let invalid = Quality(rawValue: 1 << 0)
    /// To be used with care.
    public static let questionable = Quality(rawValue: 1 << 1)
    /// Beyond what the source can represent.
    public static let overflow = Quality(rawValue: 1 << 2)
    /// Beyond what is plausible.
    public static let outOfRange = Quality(rawValue: 1 << 3)
    /// The source is not calibrated.
    public static let badReference = Quality(rawValue: 1 << 4)
    /// Changes too often to be reported.
    public static let oscillatory = Quality(rawValue: 1 << 5)
    /// The source supervises itself and found a failure.
    public static let failure = Quality(rawValue: 1 << 6)
    /// Was not renewed in time.
    public static let oldData = Quality(rawValue: 1 << 7)
    /// Contradicts other values.
    public static let inconsistent = Quality(rawValue: 1 << 8)
    /// Below the accuracy that the source promises.
    public static let inaccurate = Quality(rawValue: 1 << 9)
    /// Entered by a person or another function in place of a measurement.
    public static let substituted = Quality(rawValue: 1 << 10)
    /// Sent to test, not from operation.
    public static let test = Quality(rawValue: 1 << 11)
    /// Frozen by an operator.
    public static let operatorBlocked = Quality(rawValue: 1 << 12)
    /// The clock of the source was not synchronised: the time is doubtful, and so is any phase angle.
    public static let clockNotSynchronised = Quality(rawValue: 1 << 13)
    /// Estimated, forecast or computed, not measured.
    public static let estimated = Quality(rawValue: 1 << 14)

    /// All bits that ABI 1.0 defines.
    public static let known = Quality(rawValue: (1 << 15) - 1)

    /// The names used in messages and configurations, bit 0 first.
    public static let names = [
        "invalid", "questionable", "overflow", "out_of_range", "bad_reference", "oscillatory", "failure", "old_data",
        "inconsistent", "inaccurate", "substituted", "test", "operator_blocked", "clock_not_synchronised", "estimated",
    ]

    /// The quality with one of ``names`` or `good`; nil for another word.
    public init?(named name: String) {
        if name == "good" {
            self = .good
        } else if let bit = Quality.names.firstIndex(of: name) {
            self = Quality(rawValue: 1 << dsotp_quality(bit))
        } else {
            return nil
        }
    }
}
