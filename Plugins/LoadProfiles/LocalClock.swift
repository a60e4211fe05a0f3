/// What clocks show where customers live.
public enum LocalClock: Hashable, Sendable {
    /// So many seconds east of UTC, the whole year.
    case fixed(offsetSeconds: Int)
    /// The standard time so many seconds east of UTC, and an hour more from the last Sunday of March to that of October, 01:00 UTC
    /// (directive 2000/84/EC).
    case european(standardSeconds: Int)

    /// UTC+1, and UTC+2 in summer.
    public static let centralEuropean = LocalClock.european(standardSeconds: 3_600)

    /// `WET`, `CET`, `EET` or `UTC`; nil for other texts.
    public init?(_ text: String) {
        switch text {
        case "UTC": self = .fixed(offsetSeconds: 0)
        case "WET": self = .european(standardSeconds: 0)
        case "CET": self = .centralEuropean
        case "EET": self = .european(standardSeconds: 7_200)
        default: return nil
        }
    }

    /// Seconds east of UTC at an instant, in seconds since 1970.
    public func offset(at seconds: Double) -> Int {
        switch self {
        case .fixed(let offset): return offset
        case .european(let standard):
            let year = CivilDate(day: Int((seconds / 86_400).rounded(.down))).year
            let begin = Double(Self.lastSunday(year: year, month: 3)) * 86_400 + 3_600
            let end = Double(Self.lastSunday(year: year, month: 10)) * 86_400 + 3_600
            return seconds >= begin && seconds < end ? standard + 3_600 : standard
        }
    }

    /// The instant as if the local clock were UTC: seconds since 1970, local.
    func local(_ seconds: Double) -> Double { seconds + Double(offset(at: seconds)) }

    private static func lastSunday(year: Int, month: Int) -> Int {
        let last = CivilDate.days(year: year, month: month, day: 31)
        return last - CivilDate(day: last).weekday % 7
    }
}
