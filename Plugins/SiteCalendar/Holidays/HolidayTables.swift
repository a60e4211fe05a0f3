/// The countries' tables.
enum HolidayTables {
    /// A country's holidays, and the regions that its entries may name.
    struct Country: Sendable {
        let regions: Set<String>
        let entries: [HolidayEntry]
    }

    static let all: [String: Country] = [
        "DE": germany, "AT": austria, "NL": netherlands, "BE": belgium, "FR": france, "IT": italy, "ES": spain, "GR": greece,
        "GB": unitedKingdom, "US": unitedStates, "MA": morocco,
    ]

    static func on(_ month: Int, _ day: Int) -> HolidayRule { .fixed(month: month, day: day) }
}
