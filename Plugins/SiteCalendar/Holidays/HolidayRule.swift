/// When a holiday falls.
enum HolidayRule: Sendable {
    /// The same day every year.
    case fixed(month: Int, day: Int)
    /// Days after western Easter Sunday.
    case easter(Int)
    /// Days after Orthodox Easter Sunday.
    case orthodoxEaster(Int)
    /// The n-th such weekday of a month, from 1; the last for -1.
    case weekday(Int, number: Int, month: Int)
    /// The last such weekday before a day.
    case weekdayBefore(Int, month: Int, day: Int)
    /// Days that follow no rule of the solar calendar, by year.
    case listed([Int: [CivilDate]])

    /// The days of a year; none where a list does not reach so far.
    func days(in year: Int) -> [CivilDate] {
        switch self {
        case .fixed(let month, let day): return [CivilDate(year, month, day)]
        case .easter(let offset): return [Easter.western(year).adding(days: offset)]
        case .orthodoxEaster(let offset): return [Easter.orthodox(year).adding(days: offset)]
        case .weekday(let weekday, -1, let month):
            let last = CivilDate(year, month + 1, 1).adding(days: -1)
            return [last.adding(days: -((last.weekday - weekday + 7) % 7))]
        case .weekday(let weekday, let number, let month):
            let first = CivilDate(year, month, 1)
            return [first.adding(days: (weekday - first.weekday + 7) % 7 + 7 * (number - 1))]
        case .weekdayBefore(let weekday, let month, let day):
            let before = CivilDate(year, month, day).adding(days: -1)
            return [before.adding(days: -((before.weekday - weekday + 7) % 7))]
        case .listed(let days): return days[year] ?? []
        }
    }
}

/// What becomes of a holiday on a weekend.
enum Observance: Sendable {
    /// Nothing.
    case asIs
    /// The next working day that is no holiday itself is free too (United Kingdom).
    case nextWorkingDay
    /// Saturday gives the Friday before, Sunday the Monday after (United States, federal).
    case nearestWorkingDay
    /// A Sunday gives the Saturday before in its place (King's Day of the Netherlands).
    case saturdayInsteadOfSunday
    /// Only while it falls on Monday to Saturday; a Sunday gives Monday in its place (Spain's regions differ; this is the usual case).
    case mondayInsteadOfSunday
}

/// A holiday of a country with the regions and years that keep it.
struct HolidayEntry: Sendable {
    let name: String
    let rule: HolidayRule
    /// Regions that keep it; nil for the whole country.
    var regions: Set<String>? = nil
    var years: ClosedRange<Int> = 1900...2099
    var observance: Observance = .asIs

    func applies(to region: String?, in year: Int) -> Bool {
        guard years.contains(year) else { return false }
        guard let regions else { return true }
        return region.map(regions.contains) ?? false
    }
}
