import ForecastModels
import Foundation
import SiteCalendar

/// A data set of the protocol with what the models need to know about it.
struct DataSet {
    let name: String
    let series: SeriesWindow
    let weather: WeatherHistory
    let calendar: CalendarColumns
    /// The calendar of a part of the grid.
    let makeCalendar: (TimeGrid) throws -> CalendarColumns
    let settings: ForecastSettings
    /// First and last day of the test, days since 1970.
    let test: ClosedRange<Int>
    /// Whether the models are refitted on a day.
    let isRefit: (CivilDate) -> Bool
    /// Extraterrestrial irradiance above zero, where only daylight is scored.
    let isScored: [Bool]

    /// - Parameters:
    ///   - path: a table of the protocol's `load_dataset`: time, load, temp, temp_fcst and further weather.
    ///   - isPerfect: with the measured temperature in place of the forecast.
    ///   - isBefore: a time before the test instead of it, for choosing settings without looking at the test.
    init(name: String, path: String, isPerfect: Bool, isQuick: Bool, isBefore: Bool) throws {
        let table = try Table(path: path)
        let step = name.hasPrefix("nl") ? 15 : 60
        let grid = try TimeGrid(start: table.times[0], stepMinutes: step, count: table.times.count)
        series = try SeriesWindow(grid: grid, values: table.columns["load"] ?? [])
        let scale: (Double) -> Double = switch name {
        case "gefcom": { ($0 - 32) / 1.8 }
        case "pv1", "pv2", "pv3": { $0 - 273.15 }
        default: { $0 }
        }
        let names: [(String, WeatherQuantity)] = [
            ("radiation_w_m2", .irradiance), ("ssrd_w_m2", .irradiance), ("tsr_w_m2", .clearIrradiance), ("clouds", .cloudCover), ("cloud", .cloudCover),
            ("windspeed", .windSpeed), ("windspeed_100m", .hubWindSpeed), ("humidity", .humidity), ("rh_pct", .humidity),
            ("u10", WeatherQuantity(rawValue: "wind_east")), ("v10", WeatherQuantity(rawValue: "wind_north")),
            ("tclw", WeatherQuantity(rawValue: "cloud_water")), ("tciw", WeatherQuantity(rawValue: "cloud_ice")),
        ]
        var forecast: [WeatherQuantity: [Double]] = [.temperature: (table.columns[isPerfect ? "temp" : "temp_fcst"] ?? []).map(scale)]
        for (column, quantity) in names { if let values = table.columns[column] { forecast[quantity] = values } }
        let isMeasured = name == "gefcom" || name == "tetouan"
        let measured = try isMeasured ? WeatherRun(issued: .min, grid: grid, columns: [.temperature: (table.columns["temp"] ?? []).map(scale)]) : nil
        weather = WeatherHistory(measured: measured, runs: [try WeatherRun(issued: .min, grid: grid, columns: forecast)])
        var settings = ForecastSettings()
        settings.isQuick = isQuick
        settings.windowDays = name == "gefcom" ? 1096 : name == "tetouan" ? 366 : name.hasPrefix("pv") ? 400 : 120
        if name.hasPrefix("pv") { settings.kind = .photovoltaic(capacity: 1) }
        self.settings = settings
        let country: String? = name == "gefcom" ? "US" : name == "tetouan" ? "MA" : name.hasPrefix("nl") ? "NL" : nil
        let place: Place? = name.hasPrefix("nl") ? Place(latitude: 52.2, longitude: 5.4) : nil
        makeCalendar = { try Self.calendar($0, holidays: country.flatMap { HolidayCalendar(country: $0) }, place: place) }
        calendar = try makeCalendar(grid)
        let days: (CivilDate, CivilDate) = switch name {
        case "gefcom": isBefore ? (CivilDate(2010, 1, 1), CivilDate(2010, 12, 31)) : (CivilDate(2011, 1, 1), CivilDate(2011, 12, 31))
        case "tetouan": isBefore ? (CivilDate(2017, 4, 1), CivilDate(2017, 6, 30)) : (CivilDate(2017, 7, 1), CivilDate(2017, 12, 30))
        case "pv1", "pv2", "pv3": isBefore ? (CivilDate(2012, 7, 1), CivilDate(2012, 9, 30)) : (CivilDate(2012, 10, 1), CivilDate(2013, 4, 30))
        case _ where isBefore: (CivilDate(2020, 11, 9), CivilDate(2020, 11, 30))
        default: (CivilDate(2020, 12, 1), CivilDate(2021, 1, 27))
        }
        test = days.0.daysSince1970...days.1.daysSince1970
        isRefit = switch name {
        case "gefcom": { $0.day == 1 && $0.month % 3 == 1 }
        case "tetouan", "pv1", "pv2", "pv3": { $0.day == 1 }
        default: { $0.weekday == 1 }
        }
        isScored = table.columns["tsr_w_m2"].map { $0.map { $0 > 0 } } ?? [Bool](repeating: true, count: grid.count)
        self.name = name
    }

    /// The protocol's days are those of its index, which has no change of the clock.
    private static func calendar(_ grid: TimeGrid, holidays: HolidayCalendar?, place: Place?) throws -> CalendarColumns {
        var kinds = DayKinds(holidays)
        var days: [Int32] = [], minutes: [Int16] = [], weekdays: [Int8] = [], years: [Int16] = [], dayKinds: [DayKind] = []
        var elevations: [Float] = [], clears: [Float] = []
        for index in 0..<grid.count {
            let time = grid.time(index)
            let date = CivilDate(daysSince1970: Int(time / 86_400))
            days.append(Int32(time / 86_400))
            minutes.append(Int16(time % 86_400 / 60))
            weekdays.append(Int8(date.weekday - 1))
            years.append(Int16(date.dayOfYear))
            var kind: DayKind = []
            if kinds.holiday(date) != nil { kind.insert(.holiday) }
            if kinds.holiday(date.adding(days: 1)) != nil { kind.insert(.dayBeforeHoliday) }
            if kinds.holiday(date.adding(days: -1)) != nil { kind.insert(.dayAfterHoliday) }
            if kinds.isBridgeDay(date) { kind.insert(.bridgeDay) }
            dayKinds.append(kind)
            if let place {
                let sun = SunPosition(at: place, time: Double(time) + Double(grid.stepSeconds) / 2)
                elevations.append(Float(sun.elevationDegrees))
                clears.append(Float(ClearSky.globalHorizontal(cosineOfZenith: sun.cosineOfZenith)))
            }
        }
        return try CalendarColumns(
            grid: grid, localDay: days, minuteOfDay: minutes, weekday: weekdays, dayOfYear: years, dayKind: dayKinds, solarElevation: elevations,
            clearSkyIrradiance: clears)
    }
}

/// A table of comma-separated numbers of which the first column is a time without zone.
struct Table {
    var times: [Int64] = []
    var columns: [String: [Double]] = [:]

    init(path: String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        var lines = text.split(separator: "\n")
        let names = lines.removeFirst().split(separator: ",").map(String.init)
        var values = [[Double]](repeating: [], count: names.count)
        for line in lines {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            let digits = fields[0].split(whereSeparator: { !$0.isNumber }).compactMap { Int($0) }
            let day = CivilDate(digits[0], digits[1], digits[2]).daysSince1970
            times.append(Int64(day * 86_400 + digits[3] * 3600 + digits[4] * 60))
            for column in 1..<names.count { values[column].append(Double(fields[column]) ?? .nan) }
        }
        for column in 1..<names.count { columns[names[column]] = values[column] }
    }
}
