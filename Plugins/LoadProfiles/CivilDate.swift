/// A date of the Gregorian calendar.
struct CivilDate: Hashable, Sendable {
    /// Days since 1970-01-01.
    let day: Int
    let year: Int
    /// 1 … 12.
    let month: Int
    /// 1 … 31.
    let dayOfMonth: Int

    /// By the days since 1970, after Hinnant, *chrono-Compatible Low-Level Date Algorithms*, `civil_from_days`.
    init(day: Int) {
        self.day = day
        let shifted = day + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let fromMarch = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * fromMarch + 2) / 153
        dayOfMonth = fromMarch - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days since 1970 of a date (`days_from_civil` of the same source).
    static func days(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = year.floorDivided(by: 400)
        let yearOfEra = year - era * 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear - 719_468
    }

    /// 1 Monday … 7 Sunday.
    var weekday: Int { (day + 3).modulo(7) + 1 }

    /// 1 on January 1st.
    var dayOfYear: Int { day - CivilDate.days(year: year, month: 1, day: 1) + 1 }

    /// Days since 1970 of Easter Sunday (Meeus, *Astronomical Algorithms*, chapter 8, Gregorian Easter).
    static func easter(year: Int) -> Int {
        let (a, b, c) = (year % 19, year / 100, year % 100)
        let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30
        let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7
        let m = (a + 11 * h + 22 * l) / 451
        let sum = h + l - 7 * m + 114
        return days(year: year, month: sum / 31, day: sum % 31 + 1)
    }
}

extension Int {
    func floorDivided(by divisor: Int) -> Int { self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor) }
    func modulo(_ divisor: Int) -> Int { self - floorDivided(by: divisor) * divisor }
}
