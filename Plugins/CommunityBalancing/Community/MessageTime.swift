import PluginAPI

extension Timestamp {
    /// 2000-01-01 and 2101-01-01.
    private static let balanced = Timestamp(seconds: 946_684_800)..<Timestamp(seconds: 4_133_980_800)

    /// A time as messages and bodies write it, ISO 8601, UTC where no zone stands; nil for something else, and for a time before 2000 or after 2100, of
    /// which differences need not fit.
    init?(message text: String) {
        guard let time = Array(text.utf8).withUnsafeBytes({ Timestamp(iso8601: $0, offsetIfMissing: 0) }), Self.balanced.contains(time) else { return nil }
        self = time
    }

    /// The same in milliseconds since 1970, as PMUs' messages have it.
    init?(messageMilliseconds milliseconds: Int64) {
        let (nanoseconds, isTooMuch) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        let time = Timestamp(nanoseconds: nanoseconds)
        guard !isTooMuch, Self.balanced.contains(time) else { return nil }
        self = time
    }
}
