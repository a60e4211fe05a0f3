extension HolidayTables {
    /// Liberation Day is a day off for most employers every five years, and a holiday of government every year: it counts as one in the
    /// years that most keep. King's Day moved from April 30th to 27th in 2014.
    static let netherlands = Country(
        regions: [],
        entries: [
            HolidayEntry(name: "New Year's Day", rule: on(1, 1)), HolidayEntry(name: "Easter Sunday", rule: .easter(0)),
            HolidayEntry(name: "Easter Monday", rule: .easter(1)),
            HolidayEntry(name: "Queen's Day", rule: on(4, 30), years: 1949...2013, observance: .saturdayInsteadOfSunday),
            HolidayEntry(name: "King's Day", rule: on(4, 27), years: 2014...2099, observance: .saturdayInsteadOfSunday),
            HolidayEntry(
                name: "Liberation Day",
                rule: .listed(Dictionary(uniqueKeysWithValues: stride(from: 1990, through: 2095, by: 5).map { ($0, [CivilDate($0, 5, 5)]) }))),
            HolidayEntry(name: "Ascension Day", rule: .easter(39)), HolidayEntry(name: "Whit Sunday", rule: .easter(49)),
            HolidayEntry(name: "Whit Monday", rule: .easter(50)), HolidayEntry(name: "Christmas Day", rule: on(12, 25)),
            HolidayEntry(name: "Second Day of Christmas", rule: on(12, 26)),
        ])

    /// The ten legal holidays (royal decree of 18 April 1974).
    static let belgium = Country(
        regions: [],
        entries: [
            HolidayEntry(name: "New Year's Day", rule: on(1, 1)), HolidayEntry(name: "Easter Monday", rule: .easter(1)),
            HolidayEntry(name: "Labour Day", rule: on(5, 1)), HolidayEntry(name: "Ascension Day", rule: .easter(39)),
            HolidayEntry(name: "Whit Monday", rule: .easter(50)), HolidayEntry(name: "National Day", rule: on(7, 21)),
            HolidayEntry(name: "Assumption Day", rule: on(8, 15)), HolidayEntry(name: "All Saints' Day", rule: on(11, 1)),
            HolidayEntry(name: "Armistice Day", rule: on(11, 11)), HolidayEntry(name: "Christmas Day", rule: on(12, 25)),
        ])

    /// Code du travail, article L3133-1; `57`, `67` and `68` keep the two days of Alsace and Moselle.
    static let france = Country(
        regions: ["57", "67", "68"],
        entries: [
            HolidayEntry(name: "New Year's Day", rule: on(1, 1)),
            HolidayEntry(name: "Good Friday", rule: .easter(-2), regions: ["57", "67", "68"]),
            HolidayEntry(name: "Easter Monday", rule: .easter(1)), HolidayEntry(name: "Labour Day", rule: on(5, 1)),
            HolidayEntry(name: "Victory in Europe Day", rule: on(5, 8), years: 1982...2099),
            HolidayEntry(name: "Ascension Day", rule: .easter(39)), HolidayEntry(name: "Whit Monday", rule: .easter(50)),
            HolidayEntry(name: "National Day", rule: on(7, 14)), HolidayEntry(name: "Assumption Day", rule: on(8, 15)),
            HolidayEntry(name: "All Saints' Day", rule: on(11, 1)), HolidayEntry(name: "Armistice Day", rule: on(11, 11)),
            HolidayEntry(name: "Christmas Day", rule: on(12, 25)),
            HolidayEntry(name: "St Stephen's Day", rule: on(12, 26), regions: ["57", "67", "68"]),
        ])

    /// Bank holidays (Banking and Financial Dealings Act 1971, and what was proclaimed since 2010): `ENG`, `WLS`, `SCT`, `NIR`.
    static let unitedKingdom = Country(
        regions: ["ENG", "WLS", "SCT", "NIR"],
        entries: [
            HolidayEntry(name: "New Year's Day", rule: on(1, 1), observance: .nextWorkingDay),
            HolidayEntry(name: "2nd January", rule: on(1, 2), regions: ["SCT"], observance: .nextWorkingDay),
            HolidayEntry(name: "St Patrick's Day", rule: on(3, 17), regions: ["NIR"], observance: .nextWorkingDay),
            HolidayEntry(name: "Good Friday", rule: .easter(-2)),
            HolidayEntry(name: "Easter Monday", rule: .easter(1), regions: ["ENG", "WLS", "NIR"]),
            HolidayEntry(name: "Early May Bank Holiday", rule: .weekday(1, number: 1, month: 5), years: 1978...2019),
            HolidayEntry(name: "Early May Bank Holiday", rule: on(5, 8), years: 2020...2020),
            HolidayEntry(name: "Early May Bank Holiday", rule: .weekday(1, number: 1, month: 5), years: 2021...2099),
            HolidayEntry(name: "Spring Bank Holiday", rule: .weekday(1, number: -1, month: 5), years: 1971...2011),
            HolidayEntry(name: "Spring Bank Holiday", rule: on(6, 4), years: 2012...2012),
            HolidayEntry(name: "Spring Bank Holiday", rule: .weekday(1, number: -1, month: 5), years: 2013...2021),
            HolidayEntry(name: "Spring Bank Holiday", rule: on(6, 2), years: 2022...2022),
            HolidayEntry(name: "Spring Bank Holiday", rule: .weekday(1, number: -1, month: 5), years: 2023...2099),
            HolidayEntry(
                name: "Royal occasion",
                rule: .listed([
                    2011: [CivilDate(2011, 4, 29)], 2012: [CivilDate(2012, 6, 5)],
                    2022: [CivilDate(2022, 6, 3), CivilDate(2022, 9, 19)], 2023: [CivilDate(2023, 5, 8)],
                ])),
            HolidayEntry(name: "World Cup bank holiday", rule: on(6, 15), regions: ["SCT"], years: 2026...2026),
            HolidayEntry(name: "Battle of the Boyne", rule: on(7, 12), regions: ["NIR"], observance: .nextWorkingDay),
            HolidayEntry(name: "Summer Bank Holiday", rule: .weekday(1, number: 1, month: 8), regions: ["SCT"]),
            HolidayEntry(name: "Summer Bank Holiday", rule: .weekday(1, number: -1, month: 8), regions: ["ENG", "WLS", "NIR"]),
            HolidayEntry(name: "St Andrew's Day", rule: on(11, 30), regions: ["SCT"], years: 2007...2099, observance: .nextWorkingDay),
            HolidayEntry(name: "Christmas Day", rule: on(12, 25), observance: .nextWorkingDay),
            HolidayEntry(name: "Boxing Day", rule: on(12, 26), observance: .nextWorkingDay),
        ])

    /// Federal holidays (5 U.S.C. 6103).
    static let unitedStates = Country(
        regions: [],
        entries: [
            HolidayEntry(name: "New Year's Day", rule: on(1, 1), observance: .nearestWorkingDay),
            HolidayEntry(name: "Birthday of Martin Luther King, Jr.", rule: .weekday(1, number: 3, month: 1), years: 1986...2099),
            HolidayEntry(name: "Washington's Birthday", rule: .weekday(1, number: 3, month: 2), years: 1971...2099),
            HolidayEntry(name: "Memorial Day", rule: .weekday(1, number: -1, month: 5), years: 1971...2099),
            HolidayEntry(name: "Juneteenth", rule: on(6, 19), years: 2021...2099, observance: .nearestWorkingDay),
            HolidayEntry(name: "Independence Day", rule: on(7, 4), observance: .nearestWorkingDay),
            HolidayEntry(name: "Labor Day", rule: .weekday(1, number: 1, month: 9)),
            HolidayEntry(name: "Columbus Day", rule: .weekday(1, number: 2, month: 10), years: 1971...2099),
            HolidayEntry(name: "Veterans Day", rule: on(11, 11), years: 1978...2099, observance: .nearestWorkingDay),
            HolidayEntry(name: "Thanksgiving Day", rule: .weekday(4, number: 4, month: 11)),
            HolidayEntry(name: "Christmas Day", rule: on(12, 25), observance: .nearestWorkingDay),
        ])
}
