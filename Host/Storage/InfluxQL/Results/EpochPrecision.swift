/// The unit of times in a result, `epoch=` of the HTTP API. Without one, times are RFC 3339.
public enum EpochPrecision: String, Sendable, Hashable, CaseIterable {
    case nanoseconds = "ns"
    case microseconds = "u"
    case milliseconds = "ms"
    case seconds = "s"
    case minutes = "m"
    case hours = "h"

    /// From the parameter's text (`n` and `ns`, `u` and `µ`, `ms`, `s`, `m`, `h`); `nil` for none or an unknown one.
    public init?(parameter text: String) {
        switch text {
        case "n": self = .nanoseconds
        case "µ": self = .microseconds
        default: self.init(rawValue: text)
        }
    }

    /// The unit in nanoseconds.
    public var nanoseconds: Int64 {
        switch self {
        case .nanoseconds: 1
        case .microseconds: 1_000
        case .milliseconds: 1_000_000
        case .seconds: 1_000_000_000
        case .minutes: 60_000_000_000
        case .hours: 3_600_000_000_000
        }
    }
}
