public import SiteCalendar

/// Where customers live: what their clocks show, and on which days they live as on a Sunday.
public struct ProfileSite: Sendable {
    let zone: SiteZone
    /// Days since 1970.
    private let holidays: Set<Int>

    /// Years whose holidays are looked up once, so that a share costs no calendar.
    private static let years = 1970...2100

    /// - Parameter holidays: nil: no day but Sundays.
    public init(zone: SiteZone, holidays: HolidayCalendar?) {
        self.zone = zone
        self.holidays = holidays.map { calendar in Set(Self.years.flatMap { calendar.holidays(in: $0).map(\.day.daysSince1970) }) } ?? []
    }

    /// Central European time and the holidays that all of Germany keeps.
    public static let german = ProfileSite(zone: .centralEuropean, holidays: HolidayCalendar(country: "DE"))

    func isHoliday(_ date: CivilDate) -> Bool { holidays.contains(date.daysSince1970) }
}

extension SiteZone {
    /// UTC+1, and an hour more from the last Sunday of March to that of October, 01:00 UTC (directive 2000/84/EC).
    public static let centralEuropean = european("CET-1CEST", change: 2)

    /// `WET`, `CET` or `EET` by the European rule, or `UTC`; nil for other texts.
    public static func european(_ text: String) -> SiteZone? {
        switch text {
        case "UTC": .utc
        case "WET": european("WET0WEST", change: 1)
        case "CET": .centralEuropean
        case "EET": european("EET-2EEST", change: 3)
        default: nil
        }
    }

    /// All of Europe changes in the same moment, so that local hours of the change differ.
    private static func european(_ names: String, change: Int) -> SiteZone {
        SiteZone(rule: "\(names),M3.5.0/\(change),M10.5.0/\(change + 1)") ?? .utc
    }

    /// So many seconds east of UTC, the whole year.
    public static func fixed(offsetSeconds: Int) -> SiteZone {
        let size = abs(offsetSeconds)
        return SiteZone(rule: "<local>\(offsetSeconds > 0 ? "-" : "")\(size / 3600):\(size / 60 % 60):\(size % 60)") ?? .utc
    }
}
