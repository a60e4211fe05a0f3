import SiteCalendar

/// A standard load profile: what customers of one kind draw together at a time of the year, as a share of what they draw on average.
///
/// The shapes have the classic three seasons and three types of day. They are condensed from figures that the German association of
/// energy and water industries (BDEW) publishes for its profiles of 2025: hourly means over the months of each season, joined by straight
/// lines. Quarter hours differ from the means of the season by 1 to 2 % (household, business) and 4 % (agriculture) of the average, RMS.
public enum LoadProfile: String, CaseIterable, Hashable, Sendable {
    /// Households: two peaks a day, more in winter.
    case household = "H0"
    /// Commerce in general: by day, from Monday to Friday.
    case business = "G0"
    /// Farms: peaks of the milking hours.
    case agriculture = "L0"

    /// What is drawn in the quarter hour of an instant, of the average over the year: 1 on average.
    /// - Parameters:
    ///   - seconds: since 1970, UTC.
    ///   - site: where the customers live.
    public func share(at seconds: Double, site: ProfileSite = .german) -> Double {
        let time = Int(seconds.rounded(.down))
        let quarter = (time + site.zone.offset(at: time)).floorDivided(by: 900)
        // Knots stand in the middle of the hours.
        let hours = (Double(quarter) + 0.5) / 4 - 0.5
        let hour = hours.rounded(.down)
        let part = hours - hour
        let (first, second) = (knot(Int(hour), site), knot(Int(hour) + 1, site))
        return (first + part * (second - first)) / averageWatts
    }

    /// The same of a day of which is known what it is, for those who have a calendar already. Midnight lies between two hours of the same day.
    /// - Parameters:
    ///   - minuteOfDay: of the local clock.
    ///   - dayOfYear: 1 on January 1st; it tells the season.
    public func share(minuteOfDay: Int, day: ProfileDay, dayOfYear: Int) -> Double {
        let shape = table[Season(CivilDate(2001, 1, dayOfYear)).rawValue][day.rawValue]
        let hours = (Double(minuteOfDay / 15) + 0.5) / 4 - 0.5
        let hour = Int(hours.rounded(.down))
        let part = hours - Double(hour)
        let watts = Double(shape[hour.modulo(24)]) * (1 - part) + Double(shape[(hour + 1).modulo(24)]) * part
        return watts * (isDynamic ? Self.dynamisation(dayOfYear: dayOfYear) : 1) / averageWatts
    }

    /// The mean power in that quarter hour, in watt, of customers that draw so much in a year.
    public func watts(annualKilowattHours: Double, at seconds: Double, site: ProfileSite = .german) -> Double {
        annualKilowattHours * 1_000 / Self.hoursOfYear * share(at: seconds, site: site)
    }

    /// The largest share of a year: what relates a peak power to an annual energy.
    public var peakShare: Double { Self.extremes[self]?.peak ?? 1 }

    /// What customers draw in a year whose highest mean power of an hour is `peakWatts`, in kilowatt-hours.
    public func annualKilowattHours(peakWatts: Double) -> Double { peakWatts / peakShare * Self.hoursOfYear / 1_000 }

    static let hoursOfYear = 8_760.0

    /// Watt of customers of 1,000 kWh a year in an hour of local time, counted from 1970, before it is brought to an average of 1.
    private func knot(_ hour: Int, _ site: ProfileSite) -> Double {
        let date = CivilDate(daysSince1970: hour.floorDivided(by: 24))
        let shape = table[Season(date).rawValue][ProfileDay(date, isHoliday: site.isHoliday(date)).rawValue]
        return Double(shape[hour.modulo(24)]) * (isDynamic ? Self.dynamisation(dayOfYear: date.dayOfYear) : 1)
    }

    /// Households are scaled from day to day with the polynomial of the VDEW's guide of 1999 (Schieferdecker, Funk, Fünfgeld:
    /// *Anwendung der repräsentativen VDEW-Lastprofile step-by-step*, section 3): 1.24 at the begin of the year, 0.8 in summer.
    static func dynamisation(dayOfYear: Int) -> Double {
        let t = Double(dayOfYear)
        return (((-3.92e-10 * t + 3.2e-7) * t - 7.02e-5) * t + 2.1e-3) * t + 1.24
    }

    private var isDynamic: Bool { self == .household }

    private var averageWatts: Double { Self.extremes[self]?.average ?? 114.155 }

    /// Of a year without leap day that begins on a Monday.
    private static let extremes: [LoadProfile: (average: Double, peak: Double)] = {
        var result: [LoadProfile: (Double, Double)] = [:]
        let begin = CivilDate(2018, 1, 1).daysSince1970 * 24
        for profile in allCases {
            let knots = (begin..<begin + 8_760).map { profile.knot($0, .german) }
            let average = knots.reduce(0, +) / Double(knots.count)
            result[profile] = (average, (knots.max() ?? average) / average)
        }
        return result
    }()
}

extension Int {
    func floorDivided(by divisor: Int) -> Int { self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor) }
    func modulo(_ divisor: Int) -> Int { self - floorDivided(by: divisor) * divisor }
}
