/// The public holidays of a country and region.
public struct HolidayCalendar: Sendable {
    /// ISO 3166-1 code.
    public let country: String
    /// The second part of the ISO 3166-2 code, nil for what the whole country keeps.
    public let region: String?
    private let entries: [HolidayEntry]

    /// Countries whose holidays are known.
    public static var countries: [String] { HolidayTables.all.keys.sorted() }

    /// Regions that keep holidays of their own.
    public static func regions(of country: String) -> [String] { (HolidayTables.all[country]?.regions ?? []).sorted() }

    /// - Parameters:
    ///   - country: ISO 3166-1, `DE`.
    ///   - region: ISO 3166-2 without the country, `NW` or `SCT`; nil for what the whole country keeps.
    /// - Returns: nil for a country or region that is not known: see ``countries`` and ``regions(of:)``.
    public init?(country: String, region: String? = nil) {
        guard let table = HolidayTables.all[country], region.map(table.regions.contains) ?? true else { return nil }
        self.country = country
        self.region = region
        entries = table.entries
    }

    /// The holidays of a year, in the order of their days.
    public func holidays(in year: Int) -> [(day: CivilDate, name: String)] {
        var found: [CivilDate: String] = [:]
        var substitutes: [(day: CivilDate, name: String, isAfter: Bool)] = []
        for entry in entries where entry.applies(to: region, in: year) {
            for day in entry.rule.days(in: year) { note(day, entry, &found, &substitutes) }
        }
        // New Year's Day of the next year may be kept on December 31st.
        for entry in entries where entry.observance == .nearestWorkingDay && entry.applies(to: region, in: year + 1) {
            for day in entry.rule.days(in: year + 1) where day.month == 1 && day.day == 1 && day.weekday == 6 {
                found[day.adding(days: -1)] = "\(entry.name) (observed)"
            }
        }
        for substitute in substitutes.sorted(by: { $0.day < $1.day }) {
            var day = substitute.day
            while substitute.isAfter && (day.weekday > 5 || found[day] != nil) { day = day.adding(days: 1) }
            if day.year == year, found[day] == nil { found[day] = "\(substitute.name) (observed)" }
        }
        return found.sorted { $0.key < $1.key }.map { (day: $0.key, name: $0.value) }
    }

    private func note(
        _ day: CivilDate, _ entry: HolidayEntry, _ found: inout [CivilDate: String],
        _ substitutes: inout [(day: CivilDate, name: String, isAfter: Bool)]
    ) {
        switch (entry.observance, day.weekday) {
        case (.saturdayInsteadOfSunday, 7): return found[day.adding(days: -1)] = entry.name
        case (.mondayInsteadOfSunday, 7): return found[day.adding(days: 1)] = entry.name
        case (.nextWorkingDay, 6...): substitutes.append((day.adding(days: 1), entry.name, true))
        case (.nearestWorkingDay, 6): substitutes.append((day.adding(days: -1), entry.name, false))
        case (.nearestWorkingDay, 7): substitutes.append((day.adding(days: 1), entry.name, true))
        default: break
        }
        found[day] = found[day].map { $0 == entry.name ? $0 : "\($0), \(entry.name)" } ?? entry.name
    }
}

/// The holidays and bridge days of the years that were asked for, kept: asking for a day costs a look into a table.
public struct DayKinds: Sendable {
    private let calendar: HolidayCalendar?
    private var years: [Int: [CivilDate: String]] = [:]

    /// Without a calendar no day is a holiday.
    public init(_ calendar: HolidayCalendar?) { self.calendar = calendar }

    /// The name of the holiday, nil on other days.
    public mutating func holiday(_ day: CivilDate) -> String? {
        guard let calendar else { return nil }
        if let known = years[day.year] { return known[day] }
        let year = Dictionary(uniqueKeysWithValues: calendar.holidays(in: day.year).map { ($0.day, $0.name) })
        years[day.year] = year
        return year[day]
    }

    /// Whether many take the day off: the one working day between a holiday and a weekend.
    public mutating func isBridgeDay(_ day: CivilDate) -> Bool {
        guard day.weekday <= 5, holiday(day) == nil else { return false }
        if day.weekday == 5, holiday(day.adding(days: -1)) != nil { return true }
        return day.weekday == 1 && holiday(day.adding(days: 1)) != nil
    }
}
