import SiteCalendar
import Testing

@Suite("Holidays")
struct HolidayTests {
    static func days(_ country: String, _ region: String? = nil, _ year: Int) throws -> [String] {
        try #require(HolidayCalendar(country: country, region: region)).holidays(in: year).map { $0.day.description }
    }

    @Test("Easter falls on the published Sundays", arguments: [
        (1818, "1818-03-22", "1818-04-26"), (2000, "2000-04-23", "2000-04-30"), (2008, "2008-03-23", "2008-04-27"),
        (2017, "2017-04-16", "2017-04-16"), (2024, "2024-03-31", "2024-05-05"), (2025, "2025-04-20", "2025-04-20"),
        (2026, "2026-04-05", "2026-04-12"), (2038, "2038-04-25", "2038-04-25"),
    ])
    func easter(year: Int, western: String, orthodox: String) {
        #expect(Easter.western(year).description == western)
        #expect(Easter.orthodox(year).description == orthodox)
    }

    @Test("North Rhine-Westphalia keeps eleven days of 2026, Saxony its day of repentance, Berlin its own")
    func german() throws {
        #expect(try Self.days("DE", "NW", 2026) == [
            "2026-01-01", "2026-04-03", "2026-04-06", "2026-05-01", "2026-05-14", "2026-05-25", "2026-06-04", "2026-10-03", "2026-11-01",
            "2026-12-25", "2026-12-26",
        ])
        #expect(try Self.days("DE", "SN", 2023).contains("2023-11-22"))
        #expect(try Self.days("DE", "BE", 2025).contains("2025-05-08"))
        #expect(try !Self.days("DE", "BE", 2024).contains("2024-05-08"))
        #expect(try Self.days("DE", nil, 2017).contains("2017-10-31"), "the Reformation's 500th year was kept everywhere")
        #expect(try !Self.days("DE", "HH", 2016).contains("2016-10-31"))
        #expect(try Self.days("DE", "HH", 2018).contains("2018-10-31"))
        #expect(HolidayCalendar.regions(of: "DE").count == 16)
    }

    @Test("A year of each other country is as published")
    func others() throws {
        #expect(try Self.days("GR", nil, 2024) == [
            "2024-01-01", "2024-01-06", "2024-03-18", "2024-03-25", "2024-05-03", "2024-05-05", "2024-05-06", "2024-05-07", "2024-06-24",
            "2024-08-15", "2024-10-28", "2024-12-25", "2024-12-26",
        ])
        #expect(try Self.days("NL", nil, 2025) == [
            "2025-01-01", "2025-04-20", "2025-04-21", "2025-04-26", "2025-05-05", "2025-05-29", "2025-06-08", "2025-06-09", "2025-12-25",
            "2025-12-26",
        ])
        #expect(try Self.days("GB", "ENG", 2022) == [
            "2022-01-01", "2022-01-03", "2022-04-15", "2022-04-18", "2022-05-02", "2022-06-02", "2022-06-03", "2022-08-29", "2022-09-19",
            "2022-12-25", "2022-12-26", "2022-12-27",
        ])
        #expect(try Self.days("GB", "SCT", 2022).prefix(4) == ["2022-01-01", "2022-01-02", "2022-01-03", "2022-01-04"])
        #expect(try Self.days("US", nil, 2021) == [
            "2021-01-01", "2021-01-18", "2021-02-15", "2021-05-31", "2021-06-18", "2021-06-19", "2021-07-04", "2021-07-05", "2021-09-06",
            "2021-10-11", "2021-11-11", "2021-11-25", "2021-12-24", "2021-12-25", "2021-12-31",
        ])
        #expect(try Self.days("FR", nil, 2026).count == 11)
        #expect(try Self.days("IT", nil, 2026).contains("2026-10-04"), "St Francis of Assisi is kept again from 2026")
        #expect(try Self.days("BE", nil, 2026).count == 10)
        #expect(try Self.days("AT", nil, 2026).count == 13)
        #expect(try Self.days("ES", "CT", 2026).contains("2026-09-11"))
        #expect(try Self.days("MA", nil, 2017).contains("2017-06-26"), "Eid al-Fitr of 1438")
    }

    @Test("A country or region that is not known gives no calendar")
    func unknown() {
        #expect(HolidayCalendar(country: "XX") == nil)
        #expect(HolidayCalendar(country: "DE", region: "XX") == nil)
        #expect(HolidayCalendar.countries == ["AT", "BE", "DE", "ES", "FR", "GB", "GR", "IT", "MA", "NL", "US"])
    }

    @Test("The working day between a holiday and a weekend is a bridge day", arguments: [
        (CivilDate(2026, 5, 15), true, "the Friday after Ascension Day"), (CivilDate(2026, 6, 5), true, "the Friday after Corpus Christi"),
        (CivilDate(2018, 4, 30), true, "the Monday before Labour Day"), (CivilDate(2026, 5, 14), false, "the holiday itself"),
        (CivilDate(2026, 5, 22), false, "any Friday"), (CivilDate(2026, 5, 1), false, "a holiday on a Friday"),
    ])
    func bridges(day: CivilDate, isBridge: Bool, what: String) {
        var kinds = DayKinds(HolidayCalendar(country: "DE", region: "NW"))
        let found = kinds.isBridgeDay(day)
        #expect(found == isBridge, "\(what)")
        var none = DayKinds(nil)
        let without = none.isBridgeDay(day)
        #expect(!without, "without a calendar there are none")
    }

    @Test("Days count through leap years and centuries", arguments: [
        (0, "1970-01-01", 4), (-1, "1969-12-31", 3), (11_016, "2000-02-29", 2), (19_782, "2024-02-29", 4), (47_541, "2100-03-01", 1),
    ])
    func civil(days: Int, text: String, weekday: Int) {
        let day = CivilDate(daysSince1970: days)
        #expect(day.description == text)
        #expect(day.weekday == weekday)
        #expect(CivilDate(day.year, day.month, day.day).daysSince1970 == days)
    }
}
