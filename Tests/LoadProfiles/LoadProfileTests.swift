import LoadProfiles
import SiteCalendar
import Testing

@Suite("Standard load profiles")
struct LoadProfileTests {
    /// Seconds since 1970 of 2026-01-01, 00:00 UTC, a Thursday.
    static let newYear = 1_767_225_600.0

    static func seconds(day: Int, hour: Double) -> Double { newYear + Double(day) * 86_400 + hour * 3_600 }

    @Test("a year of customers of 1,000 kWh is 1,000 kWh", arguments: LoadProfile.allCases) func energy(profile: LoadProfile) {
        for year in 0..<4 {
            let quarters = (0..<365 * 96).map { Self.newYear + Double(year * 365) * 86_400 + Double($0) * 900 }
            let kilowattHours = quarters.reduce(0) { $0 + profile.watts(annualKilowattHours: 1_000, at: $1) } / 4_000
            #expect((990...1_010).contains(kilowattHours), "\(kilowattHours) kWh")
        }
    }

    @Test("households draw most on winter evenings, businesses on workdays by day, farms while they milk") func shapes() {
        let (winter, summer) = (Self.seconds(day: 13, hour: 18), Self.seconds(day: 194, hour: 17))
        #expect(LoadProfile.household.share(at: winter) > 1.3 * LoadProfile.household.share(at: summer))
        #expect(LoadProfile.household.share(at: Self.seconds(day: 13, hour: 2)) < 0.75)
        // Wednesday and Sunday, 10 in the morning.
        #expect(LoadProfile.business.share(at: Self.seconds(day: 13, hour: 9)) > 3 * LoadProfile.business.share(at: Self.seconds(day: 17, hour: 9)))
        let farm = (0..<24).map { LoadProfile.agriculture.share(at: Self.seconds(day: 13, hour: Double($0) - 0.5)) }
        #expect(farm.indices.filter { farm[$0] > 1.6 } == [8, 9, 18, 19])
    }

    @Test("holidays are Sundays and clocks follow the European rule") func calendar() {
        // Whit Monday and Labour Day of 2026, a Monday and a Friday, against the Sundays nearby.
        for (holiday, sunday) in [(144, 143), (120, 122)] {
            let noon = 10.0
            let share = LoadProfile.business.share(at: Self.seconds(day: holiday, hour: noon))
            #expect(abs(share - LoadProfile.business.share(at: Self.seconds(day: sunday, hour: noon))) < 1e-9)
            #expect(LoadProfile.business.share(at: Self.seconds(day: holiday, hour: noon), site: ProfileSite(zone: .centralEuropean, holidays: nil)) > 2 * share)
        }
        // 2026-03-29 and 2026-10-25, 01:00 UTC.
        let zone = SiteZone.centralEuropean
        for (change, before, after) in [(Self.seconds(day: 87, hour: 1), 3_600, 7_200), (Self.seconds(day: 297, hour: 1), 7_200, 3_600)] {
            #expect(zone.offset(at: Int(change) - 1) == before && zone.offset(at: Int(change)) == after)
        }
        let summer = Int(Self.seconds(day: 87, hour: 1))
        for (name, before, after) in [("WET", 0, 3_600), ("EET", 7_200, 10_800)] {
            let zone = SiteZone.european(name)
            #expect(zone?.offset(at: summer - 1) == before && zone?.offset(at: summer) == after, "\(name) changes in the same moment")
        }
        #expect(SiteZone.european("Berlin") == nil)
        #expect(SiteZone.fixed(offsetSeconds: -12_600).offset(at: summer) == -12_600 && SiteZone.fixed(offsetSeconds: 19_800).offset(at: 0) == 19_800)
    }

    @Test("a share by minute and kind of day is that of the instant, away from midnight") func columns() {
        for profile in LoadProfile.allCases {
            for (day, kind) in [(13, ProfileDay.workday), (16, .saturday), (17, .sunday), (195, .workday)] {
                for quarter in 4..<92 {
                    let offset = day > 100 ? 7_200.0 : 3_600
                    let instant = Self.seconds(day: day, hour: Double(quarter) / 4) - offset
                    let share = profile.share(minuteOfDay: quarter * 15, day: kind, dayOfYear: day + 1)
                    #expect(abs(share - profile.share(at: instant)) < 1e-9, "\(profile) \(day) \(quarter)")
                }
            }
        }
    }

    @Test("neither midnight nor a new day makes a step, and instants before 1970 have a share too") func continuity() {
        for profile in LoadProfile.allCases {
            var last = profile.share(at: -86_400)
            for quarter in 0..<30 * 96 {
                let share = profile.share(at: -86_400 + Double(quarter) * 900)
                #expect(abs(share - last) < 0.25 && share > 0.2)
                last = share
            }
        }
    }

    @Test("a peak power and an annual energy belong together", arguments: LoadProfile.allCases) func peak(profile: LoadProfile) {
        let energy = profile.annualKilowattHours(peakWatts: 10_000)
        let most = (0..<365 * 96).map { profile.watts(annualKilowattHours: energy, at: Self.newYear + Double($0) * 900) }.max() ?? 0
        #expect((9_500...10_100).contains(most))
    }

    @Test("one household is uncertain by more than it draws, a hundred by a sixth") func sigma() {
        let single = ProfileUncertainty().sigmaWatts(annualKilowattHours: 3_500)
        let hundred = ProfileUncertainty().sigmaWatts(annualKilowattHours: 350_000)
        #expect((1.2...1.3).contains(single / 399.5) && (0.15...0.17).contains(hundred / 39_950))
        #expect(ProfileUncertainty().sigmaWatts(annualKilowattHours: 3_500, customers: 4) < 0.6 * single)
    }
}
