import SiteCalendar
import Testing

@Suite("Time zones")
struct ZoneTests {
    @Test("The days of a clock change have 92 and 100 quarter hours, all others 96", arguments: [
        ("Europe/Berlin", CivilDate(2026, 3, 29), CivilDate(2026, 10, 25)), ("Europe/Athens", CivilDate(2026, 3, 29), CivilDate(2026, 10, 25)),
        ("America/New_York", CivilDate(2026, 3, 8), CivilDate(2026, 11, 1)), ("Europe/Berlin", CivilDate(2045, 3, 26), CivilDate(2045, 10, 29)),
    ])
    func quarterHours(name: String, short: CivilDate, long: CivilDate) throws {
        let zone = try #require(SiteZone(name))
        #expect(zone.quarterHours(of: short) == 92)
        #expect(zone.quarterHours(of: long) == 100)
        let year = (0..<365).map { zone.quarterHours(of: CivilDate(short.year, 1, 1).adding(days: $0)) }
        #expect(year.filter { $0 == 96 }.count == 363)
        #expect(year.reduce(0, +) == 365 * 96)
    }

    @Test("A local time that comes twice is the first, one that is skipped is the change itself")
    func ambiguous() throws {
        let zone = try #require(SiteZone("Europe/Berlin"))
        #expect(zone.time(CivilDate(2026, 10, 25), secondOfDay: 9000) == 1_792_888_200, "02:30 CEST is 00:30 UTC")
        #expect(zone.time(CivilDate(2026, 3, 29), secondOfDay: 9000) == 1_774_746_000, "02:30 does not exist: 01:00 UTC")
        #expect(zone.local(1_792_888_200) == zone.local(1_792_888_200 + 3600))
    }

    @Test("A day whose midnight is skipped begins at one o'clock")
    func skippedMidnight() throws {
        let zone = try #require(SiteZone("America/Sao_Paulo"))
        let day = CivilDate(2017, 10, 15)
        #expect(zone.local(zone.start(of: day)).secondOfDay == 3600)
        #expect(zone.length(of: day) == 82_800)
    }

    @Test("Zones with half hours, without summer time, and beyond the table of their file")
    func offsets() throws {
        #expect(try #require(SiteZone("Asia/Kolkata")).offset(at: 1_700_000_000) == 19_800)
        #expect(try #require(SiteZone("Australia/Lord_Howe")).offset(at: 1_736_000_000) == 39_600)
        #expect(try #require(SiteZone("Europe/Berlin")).offset(at: 4_086_000_000) == 7200, "summer 2099 by the zone's rule")
        let last = SiteZone.utc.local(86_399)
        #expect(last.day == CivilDate(1970, 1, 1) && last.secondOfDay == 86_399 && last.hour == 23)
    }

    @Test("A name that the database does not have gives no zone", arguments: ["", "Europe/Atlantis", "../etc/passwd", "/etc/passwd"])
    func unknown(name: String) { #expect(SiteZone(name) == nil) }
}
