extension HolidayTables {
    /// The holiday laws of the sixteen states (overview of the Federal Ministry of the Interior). Corpus Christi in parts of Saxony and
    /// Thuringia and Assumption in parts of Bavaria are kept by communes: `BY` has Assumption, as most of its communes have.
    static let germany = Country(
        regions: ["BW", "BY", "BE", "BB", "HB", "HH", "HE", "MV", "NI", "NW", "RP", "SL", "SN", "ST", "SH", "TH"],
        entries: [
            HolidayEntry(name: "New Year's Day", rule: on(1, 1)),
            HolidayEntry(name: "Epiphany", rule: on(1, 6), regions: ["BW", "BY", "ST"]),
            HolidayEntry(name: "International Women's Day", rule: on(3, 8), regions: ["BE"], years: 2019...2099),
            HolidayEntry(name: "International Women's Day", rule: on(3, 8), regions: ["MV"], years: 2023...2099),
            HolidayEntry(name: "Good Friday", rule: .easter(-2)),
            HolidayEntry(name: "Easter Sunday", rule: .easter(0), regions: ["BB"]),
            HolidayEntry(name: "Easter Monday", rule: .easter(1)),
            HolidayEntry(name: "Labour Day", rule: on(5, 1)),
            HolidayEntry(name: "Liberation Day", rule: on(5, 8), regions: ["BE"], years: 2020...2020),
            HolidayEntry(name: "Liberation Day", rule: on(5, 8), regions: ["BE"], years: 2025...2025),
            HolidayEntry(name: "Ascension Day", rule: .easter(39)),
            HolidayEntry(name: "Whit Sunday", rule: .easter(49), regions: ["BB"]),
            HolidayEntry(name: "Whit Monday", rule: .easter(50)),
            HolidayEntry(name: "Corpus Christi", rule: .easter(60), regions: ["BW", "BY", "HE", "NW", "RP", "SL"]),
            HolidayEntry(name: "Assumption Day", rule: on(8, 15), regions: ["BY", "SL"]),
            HolidayEntry(name: "World Children's Day", rule: on(9, 20), regions: ["TH"], years: 2019...2099),
            HolidayEntry(name: "Day of German Unity", rule: on(10, 3), years: 1990...2099),
            HolidayEntry(name: "Reformation Day", rule: on(10, 31), regions: ["BB", "MV", "SN", "ST", "TH"]),
            HolidayEntry(name: "Reformation Day", rule: on(10, 31), regions: ["HB", "HH", "NI", "SH"], years: 2018...2099),
            HolidayEntry(name: "Reformation Day", rule: on(10, 31), years: 2017...2017),
            HolidayEntry(name: "All Saints' Day", rule: on(11, 1), regions: ["BW", "BY", "NW", "RP", "SL"]),
            HolidayEntry(name: "Day of Repentance and Prayer", rule: .weekdayBefore(3, month: 11, day: 23), regions: ["SN"]),
            HolidayEntry(name: "Christmas Day", rule: on(12, 25)),
            HolidayEntry(name: "Boxing Day", rule: on(12, 26)),
        ])

    /// Arbeitsruhegesetz, section 7.
    static let austria = Country(
        regions: [],
        entries: [
            HolidayEntry(name: "New Year's Day", rule: on(1, 1)), HolidayEntry(name: "Epiphany", rule: on(1, 6)),
            HolidayEntry(name: "Easter Monday", rule: .easter(1)), HolidayEntry(name: "National Holiday", rule: on(5, 1)),
            HolidayEntry(name: "Ascension Day", rule: .easter(39)), HolidayEntry(name: "Whit Monday", rule: .easter(50)),
            HolidayEntry(name: "Corpus Christi", rule: .easter(60)), HolidayEntry(name: "Assumption Day", rule: on(8, 15)),
            HolidayEntry(name: "National Day", rule: on(10, 26)), HolidayEntry(name: "All Saints' Day", rule: on(11, 1)),
            HolidayEntry(name: "Immaculate Conception", rule: on(12, 8)), HolidayEntry(name: "Christmas Day", rule: on(12, 25)),
            HolidayEntry(name: "St Stephen's Day", rule: on(12, 26)),
        ])
}
