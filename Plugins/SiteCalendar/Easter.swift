/// Easter Sunday of a year.
public enum Easter {
    /// Of the western churches (J. Meeus, Astronomical Algorithms, chapter 8, after the anonymous algorithm of 1876). Years from 1583.
    public static func western(_ year: Int) -> CivilDate {
        let a = year % 19, b = year / 100, c = year % 100
        let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30
        let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7
        let m = (a + 11 * h + 22 * l) / 451
        let sum = h + l - 7 * m + 114
        return CivilDate(year, sum / 31, sum % 31 + 1)
    }

    /// Of the Orthodox churches, as a Gregorian date (the same chapter, Julian Easter; 13 days between the calendars from 1900 to 2099).
    public static func orthodox(_ year: Int) -> CivilDate {
        let d = (19 * (year % 19) + 15) % 30
        let e = (2 * (year % 4) + 4 * (year % 7) - d + 34) % 7
        let sum = d + e + 114
        return CivilDate(year, sum / 31, sum % 31 + 1).adding(days: year / 100 - year / 400 - 2)
    }
}
