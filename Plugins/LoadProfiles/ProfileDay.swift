import SiteCalendar

/// The seasons of the profiles.
enum Season: Int {
    /// November 1st to March 20th.
    case winter
    /// March 21st to May 14th, September 15th to October 31st.
    case transition
    /// May 15th to September 14th.
    case summer

    init(_ date: CivilDate) {
        switch (date.month, date.day) {
        case (1...2, _), (11...12, _), (3, ...20): self = .winter
        case (6...8, _), (5, 15...), (9, ...14): self = .summer
        default: self = .transition
        }
    }
}

/// The types of day of the profiles.
public enum ProfileDay: Int, Sendable {
    case workday
    /// Saturdays, and December 24th and 31st where they are no Sundays.
    case saturday
    /// Sundays and holidays.
    case sunday

    init(_ date: CivilDate, isHoliday: Bool) {
        if date.weekday == 7 || isHoliday {
            self = .sunday
        } else if date.weekday == 6 || date.month == 12 && (date.day == 24 || date.day == 31) {
            self = .saturday
        } else {
            self = .workday
        }
    }
}
