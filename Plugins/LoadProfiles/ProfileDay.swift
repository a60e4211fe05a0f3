/// The seasons of the profiles.
enum Season: Int {
    /// November 1st to March 20th.
    case winter
    /// March 21st to May 14th, September 15th to October 31st.
    case transition
    /// May 15th to September 14th.
    case summer

    init(_ date: CivilDate) {
        switch (date.month, date.dayOfMonth) {
        case (1...2, _), (11...12, _), (3, ...20): self = .winter
        case (6...8, _), (5, 15...), (9, ...14): self = .summer
        default: self = .transition
        }
    }
}

/// The types of day of the profiles.
enum DayKind: Int {
    case workday
    /// Saturdays, and December 24th and 31st where they are no Sundays.
    case saturday
    /// Sundays and holidays.
    case sunday

    init(_ date: CivilDate, _ holidays: HolidayCalendar) {
        if date.weekday == 7 || holidays.contains(date) {
            self = .sunday
        } else if date.weekday == 6 || date.month == 12 && (date.dayOfMonth == 24 || date.dayOfMonth == 31) {
            self = .saturday
        } else {
            self = .workday
        }
    }
}

/// Days on which people live as on a Sunday.
public struct HolidayCalendar: Hashable, Sendable {
    /// Days of every year.
    public var dates: [MonthDay]
    /// Days counted from Easter Sunday: -2 is Good Friday.
    public var daysFromEaster: [Int]

    public struct MonthDay: Hashable, Sendable {
        /// 1 … 12.
        public var month: Int
        /// 1 … 31.
        public var day: Int

        public init(month: Int, day: Int) {
            self.month = month
            self.day = day
        }
    }

    public init(dates: [MonthDay], daysFromEaster: [Int]) {
        self.dates = dates
        self.daysFromEaster = daysFromEaster
    }

    /// No day but Sundays.
    public static let none = HolidayCalendar(dates: [], daysFromEaster: [])

    /// The holidays of all German states.
    public static let german = HolidayCalendar(
        dates: [(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)].map { MonthDay(month: $0.0, day: $0.1) }, daysFromEaster: [-2, 1, 39, 50])

    func contains(_ date: CivilDate) -> Bool {
        if dates.contains(MonthDay(month: date.month, day: date.dayOfMonth)) { return true }
        return !daysFromEaster.isEmpty && daysFromEaster.contains(date.day - CivilDate.easter(year: date.year))
    }
}
