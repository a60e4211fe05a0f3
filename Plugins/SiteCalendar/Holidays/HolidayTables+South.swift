extension HolidayTables {
    /// Legge 27 maggio 1949 n. 260 and its changes; `BZ` keeps Whit Monday.
    static let italy = Country(
        regions: ["BZ"],
        entries: [
            HolidayEntry(name: "New Year's Day", rule: on(1, 1)), HolidayEntry(name: "Epiphany", rule: on(1, 6), years: 1986...2099),
            HolidayEntry(name: "Easter Sunday", rule: .easter(0)), HolidayEntry(name: "Easter Monday", rule: .easter(1)),
            HolidayEntry(name: "Liberation Day", rule: on(4, 25)), HolidayEntry(name: "Labour Day", rule: on(5, 1)),
            HolidayEntry(name: "Whit Monday", rule: .easter(50), regions: ["BZ"]),
            HolidayEntry(name: "Republic Day", rule: on(6, 2), years: 2001...2099), HolidayEntry(name: "Assumption Day", rule: on(8, 15)),
            HolidayEntry(name: "St Francis of Assisi", rule: on(10, 4), years: 2026...2099),
            HolidayEntry(name: "All Saints' Day", rule: on(11, 1)), HolidayEntry(name: "Immaculate Conception", rule: on(12, 8)),
            HolidayEntry(name: "Christmas Day", rule: on(12, 25)), HolidayEntry(name: "St Stephen's Day", rule: on(12, 26)),
        ])

    /// What the whole country keeps (Estatuto de los Trabajadores, article 37.2), Maundy Thursday where it is kept, and the day of each region
    /// that has a fixed one. Which Sundays are moved to a Monday is decided by each region each year and is not in here.
    static let spain = Country(
        regions: ["AN", "AR", "AS", "CB", "CL", "CM", "CN", "CT", "EX", "GA", "IB", "MC", "MD", "NC", "PV", "RI", "VC"],
        entries: [
            HolidayEntry(name: "New Year's Day", rule: on(1, 1)), HolidayEntry(name: "Epiphany", rule: on(1, 6)),
            HolidayEntry(
                name: "Maundy Thursday", rule: .easter(-3),
                regions: ["AN", "AR", "AS", "CB", "CL", "CM", "CN", "EX", "GA", "IB", "MC", "MD", "NC", "PV", "RI"]),
            HolidayEntry(name: "Good Friday", rule: .easter(-2)),
            HolidayEntry(name: "Easter Monday", rule: .easter(1), regions: ["CT", "IB", "NC", "PV", "RI", "VC"]),
            HolidayEntry(name: "Labour Day", rule: on(5, 1)), HolidayEntry(name: "Assumption Day", rule: on(8, 15)),
            HolidayEntry(name: "National Day", rule: on(10, 12)), HolidayEntry(name: "All Saints' Day", rule: on(11, 1)),
            HolidayEntry(name: "Constitution Day", rule: on(12, 6)), HolidayEntry(name: "Immaculate Conception", rule: on(12, 8)),
            HolidayEntry(name: "Christmas Day", rule: on(12, 25)),
            HolidayEntry(name: "Day of Andalusia", rule: on(2, 28), regions: ["AN"]),
            HolidayEntry(name: "Day of the Balearic Islands", rule: on(3, 1), regions: ["IB"]),
            HolidayEntry(name: "Day of Aragon", rule: on(4, 23), regions: ["AR", "CL"]),
            HolidayEntry(name: "Day of Madrid", rule: on(5, 2), regions: ["MD"]),
            HolidayEntry(name: "Day of the Canary Islands", rule: on(5, 30), regions: ["CN"]),
            HolidayEntry(name: "Day of Castile-La Mancha", rule: on(5, 31), regions: ["CM"]),
            HolidayEntry(name: "Day of Murcia", rule: on(6, 9), regions: ["MC", "RI"]),
            HolidayEntry(name: "St John's Day", rule: on(6, 24), regions: ["CT"]),
            HolidayEntry(name: "National Day of Galicia", rule: on(7, 25), regions: ["GA"]),
            HolidayEntry(name: "Day of Asturias", rule: on(9, 8), regions: ["AS", "EX"]),
            HolidayEntry(name: "Our Lady of Bien Aparecida", rule: on(9, 15), regions: ["CB"]),
            HolidayEntry(name: "National Day of Catalonia", rule: on(9, 11), regions: ["CT"]),
            HolidayEntry(name: "Day of Valencia", rule: on(10, 9), regions: ["VC"]),
            HolidayEntry(name: "St Stephen's Day", rule: on(12, 26), regions: ["CT"]),
        ])

    /// Movable days follow Orthodox Easter. Labour Day moves when it meets Holy Week or a Sunday; the
    /// ministry says so for each year: the moves of 2021, 2022 and 2024 are known.
    static let greece = Country(
        regions: [],
        entries: [
            HolidayEntry(name: "New Year's Day", rule: on(1, 1)), HolidayEntry(name: "Epiphany", rule: on(1, 6)),
            HolidayEntry(name: "Clean Monday", rule: .orthodoxEaster(-48)), HolidayEntry(name: "Independence Day", rule: on(3, 25)),
            HolidayEntry(name: "Good Friday", rule: .orthodoxEaster(-2)), HolidayEntry(name: "Easter Sunday", rule: .orthodoxEaster(0)),
            HolidayEntry(name: "Easter Monday", rule: .orthodoxEaster(1)), HolidayEntry(name: "Labour Day", rule: on(5, 1), years: 1900...2020),
            HolidayEntry(name: "Labour Day", rule: on(5, 4), years: 2021...2021),
            HolidayEntry(name: "Labour Day", rule: on(5, 2), years: 2022...2022),
            HolidayEntry(name: "Labour Day", rule: on(5, 1), years: 2023...2023),
            HolidayEntry(name: "Labour Day", rule: on(5, 7), years: 2024...2024),
            HolidayEntry(name: "Labour Day", rule: on(5, 1), years: 2025...2099), HolidayEntry(name: "Whit Monday", rule: .orthodoxEaster(50)),
            HolidayEntry(name: "Dormition of the Mother of God", rule: on(8, 15)), HolidayEntry(name: "Ochi Day", rule: on(10, 28)),
            HolidayEntry(name: "Christmas Day", rule: on(12, 25)),
            HolidayEntry(name: "Synaxis of the Mother of God", rule: on(12, 26)),
        ])

    /// Fixed days by law. The two great feasts follow the sighting of the moon and are listed for 2016 to 2026; the Prophet's birthday and the
    /// Islamic new year are not.
    static let morocco = Country(
        regions: [],
        entries: [
            HolidayEntry(name: "New Year's Day", rule: on(1, 1)), HolidayEntry(name: "Independence Manifesto Day", rule: on(1, 11)),
            HolidayEntry(name: "Amazigh New Year", rule: on(1, 14), years: 2024...2099), HolidayEntry(name: "Labour Day", rule: on(5, 1)),
            HolidayEntry(name: "Throne Day", rule: on(7, 30), years: 2000...2099), HolidayEntry(name: "Oued Ed-Dahab Day", rule: on(8, 14)),
            HolidayEntry(name: "Revolution Day", rule: on(8, 20)), HolidayEntry(name: "Youth Day", rule: on(8, 21)),
            HolidayEntry(name: "Green March Day", rule: on(11, 6)), HolidayEntry(name: "Independence Day", rule: on(11, 18)),
            HolidayEntry(
                name: "Eid al-Fitr",
                rule: .listed(pairs([
                    (2016, 7, 6), (2017, 6, 26), (2018, 6, 16), (2019, 6, 5), (2020, 5, 24), (2021, 5, 13), (2022, 5, 2), (2023, 4, 22),
                    (2024, 4, 10), (2025, 3, 31), (2026, 3, 20),
                ]))),
            HolidayEntry(
                name: "Eid al-Adha",
                rule: .listed(pairs([
                    (2016, 9, 12), (2017, 9, 1), (2018, 8, 22), (2019, 8, 12), (2020, 7, 31), (2021, 7, 21), (2022, 7, 10), (2023, 6, 29),
                    (2024, 6, 17), (2025, 6, 7), (2026, 5, 27),
                ]))),
        ])

    /// A feast and the day after it.
    private static func pairs(_ days: [(Int, Int, Int)]) -> [Int: [CivilDate]] {
        Dictionary(uniqueKeysWithValues: days.map { year, month, day in
            (year, [CivilDate(year, month, day), CivilDate(year, month, day + 1)])
        })
    }
}
