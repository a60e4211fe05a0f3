@testable import ForecastModels
import Testing

@Suite("Corner cases of series")
struct CornerCaseTests {
    private let site = TestSite()

    private func forecast(
        _ series: SeriesWindow, days: Int, settings: ForecastSettings? = nil, steps: Int = 36
    ) throws -> (QuantileForecast, TrainedForecaster) {
        let issue = TestSite.begin + Int64(days) * 86_400
        let (weather, calendar) = (try site.weather(days: days), try site.calendar(days: days))
        let forecaster = try ForecastPipeline.train(
            series: series, weather: weather, calendar: calendar, settings: settings ?? site.quick, at: issue)
        return (try forecaster.forecast(at: issue, steps: steps, weather: weather, calendar: calendar), forecaster)
    }

    @Test("Quantiles rise and plants stay between night and capacity, on a thousand random series")
    func thousand() throws {
        let calendar = try site.calendar(days: 24)
        let weather = try site.weather(days: 24)
        for seed in 0..<1000 as Range<UInt64> {
            let days = Int(seed % 25 == 0 ? 15 + seed / 25 % 8 : seed % 14)
            let capacity = 1 + Double(seed % 7)
            var settings = site.quick
            if seed % 2 == 0 { settings.kind = .photovoltaic(capacity: capacity) }
            if seed % 5 == 1 { settings.kind = .wind(capacity: capacity) }
            let series = try site.series(days: days) { time in
                let noise = TestSite.noise(time, seed)
                if noise > 1.3 { return .nan }
                return settings.kind == .load
                    ? 20 * TestSite.noise(time / 86_400, seed) * noise : capacity * max(0, TestSite.sun(time)) * (0.6 + 0.3 * noise)
            }
            let issue = TestSite.begin + Int64(days) * 86_400
            let forecaster = try ForecastPipeline.train(series: series, weather: weather, calendar: calendar, settings: settings, at: issue)
            let forecast = try forecaster.forecast(at: issue, steps: 36, weather: weather, calendar: calendar)
            guard forecast.isOrdered else {
                Issue.record("series \(seed) has quantiles that fall")
                continue
            }
            guard settings.kind != .load else { continue }
            #expect(forecast.values.allSatisfy { $0 >= 0 && $0 <= 1.05 * capacity + 1e-9 }, "series \(seed) leaves its bounds")
            guard case .photovoltaic = settings.kind else { continue }
            for step in 0..<36 where TestSite.sun(forecast.grid.time(step)) < -0.05 {
                #expect(forecast[step].allSatisfy { $0 == 0 }, "series \(seed) shines at night")
            }
        }
    }

    @Test("Three readings are enough for a forecast of their size, flagged as a cold start")
    func threeReadings() throws {
        let begin = TestSite.begin
        let series = try SeriesWindow(readings: [(begin, 4.0), (begin + 3600, 4.2), (begin + 7200, 3.9)], stepMinutes: 60)
        let (forecast, _) = try forecast(series, days: 1)
        #expect(forecast.isOrdered && forecast.flags.contains(.coldStart))
        #expect((2...16).contains(forecast.median.reduce(0, +) / 36))
    }

    @Test("A series without any reading is forecast as zero, a plant by its capacity")
    func empty() throws {
        let series = try SeriesWindow(readings: [], stepMinutes: 60)
        let (load, _) = try forecast(series, days: 1)
        #expect(load.isOrdered && load.flags.contains(.coldStart))
        var settings = site.quick
        settings.kind = .photovoltaic(capacity: 5)
        let (plant, _) = try forecast(series, days: 1, settings: settings)
        #expect(plant.isOrdered && (plant.median.max() ?? 0) > 0.3)
    }

    @Test("A constant series is forecast as what it is, and told")
    func constant() throws {
        let (forecast, forecaster) = try forecast(try site.series(days: 40) { _ in 7 }, days: 40)
        #expect(forecaster.report.flags.contains(.constant))
        #expect(forecast.isOrdered && forecast.median.allSatisfy { abs($0 - 7) < 0.01 })
    }

    @Test("Readings in any order, twice and between the steps: means of intervals, the last of two at one time")
    func duplicates() throws {
        let begin = TestSite.begin
        let series = try SeriesWindow(
            readings: [(begin + 7200, 5), (begin, 1), (begin + 600, 3), (begin + 7200, 6), (begin + 60, .nan)], stepMinutes: 60)
        #expect(series.grid.count == 3 && series.values[0] == 2 && series.values[1].isNaN && series.values[2] == 6)
    }

    @Test("Holes in the history and before the issue leave a forecast of the same quality class")
    func holes() throws {
        let holed = try site.series(days: 60) { time in
            TestSite.noise(time / 40_000, 9) > 1 || time > TestSite.begin + 60 * 86_400 - 30 * 3600 ? .nan : TestSite.load(time)
        }
        let (forecast, _) = try forecast(holed, days: 60)
        #expect(forecast.isOrdered && forecast.flags.contains(.staleReadings))
        for step in 0..<36 { #expect(abs(forecast.median[step] - TestSite.load(forecast.grid.time(step))) < 2) }
    }

    @Test("A day of 23 and one of 25 hours keep their clock", arguments: [1_711_756_800 as Int64, 1_729_900_800, 1_709_164_800])
    func clockChange(issue: Int64) throws {
        // Issues at midnight UTC of the day before the change, and before a February 29th.
        let days = Int((issue - TestSite.begin) / 86_400)
        let site = TestSite(stepMinutes: 15)
        let (weather, calendar) = (try site.weather(days: days), try site.calendar(days: days))
        let forecaster = try ForecastPipeline.train(
            series: try site.series(days: days) { TestSite.load($0, seed: 4) }, weather: weather, calendar: calendar, settings: limited(site.quick), at: issue)
        let forecast = try forecaster.forecast(at: issue, steps: 3 * 96, weather: weather, calendar: calendar)
        #expect(forecast.isOrdered)
        var worst = 0.0
        for step in 0..<3 * 96 { worst = max(worst, abs(forecast.median[step] - TestSite.load(forecast.grid.time(step), seed: 4))) }
        #expect(worst < 2.2, "worst \(worst)")
    }

    private func limited(_ settings: ForecastSettings) -> ForecastSettings {
        var settings = settings
        settings.windowDays = 50
        return settings
    }

    @Test("A meter that stood still, single absurd values and a new size of the object are found and told")
    func hygiene() throws {
        let days = 84
        let spoilt = try site.series(days: days) { time in
            let hour = (time - TestSite.begin) / 3600
            if (300..<360).contains(hour) { return 6.5 }
            if hour == 700 || hour == 901 { return 900 }
            return TestSite.load(time) * (hour < 40 * 24 ? 0.4 : 1)
        }
        let (forecast, forecaster) = try forecast(spoilt, days: days)
        #expect(forecaster.report.flags.isSuperset(of: [.flatLine, .outliers, .levelShift]), "\(forecaster.report.flags.names)")
        #expect(forecaster.report.notes.count == 3, "\(forecaster.report.notes)")
        for step in 0..<36 { #expect(abs(forecast.median[step] - TestSite.load(forecast.grid.time(step))) < 2) }
        let (_, clean) = try self.forecast(try site.series(days: days) { TestSite.load($0) }, days: days)
        #expect(clean.report.flags.isEmpty && clean.report.notes.isEmpty, "\(clean.report.notes)")
    }

    @Test("A calm of two days is no meter of a wind farm that stands still; any other value for two days is, and so is a calm of nine")
    func calm() throws {
        func flags(_ value: Double, days: Int) throws -> QualityFlags {
            let series = try site.series(days: 60) { time in
                let day = Int(time - TestSite.begin) / 86_400
                return (20..<20 + days).contains(day) ? value : 3 + 2 * TestSite.noise(time, 9)
            }
            var settings = site.quick
            settings.kind = .wind(capacity: 6)
            return Hygiene.clean(series, until: series.grid.end, settings: settings).1.flags
        }
        #expect(try !flags(0, days: 2).contains(.flatLine))
        #expect(try flags(2.5, days: 2).contains(.flatLine))
        #expect(try flags(0, days: 9).contains(.flatLine))
    }

    @Test("A season that sets in is no new size of the object")
    func seasons() throws {
        let days = 800
        let series = try site.series(days: days) { time in
            let day = Double(time - TestSite.begin) / 86_400
            return 5 + 9 / (1 + exponential(-(sine(2 * .pi * day / 365.25) - 0.4) * 30)) + 0.3 * TestSite.noise(time, 2)
        }
        var settings = site.quick
        settings.windowDays = days
        let (_, forecaster) = try forecast(series, days: days, settings: settings)
        #expect(!forecaster.report.flags.contains(.levelShift), "\(forecaster.report.notes)")
    }

    @Test("Weather that ends within the horizon is told for the steps it misses, and nothing stands in for it silently")
    func missingWeather() throws {
        let days = 50
        let issue = TestSite.begin + Int64(days) * 86_400
        let (weather, calendar) = (try site.weather(days: days), try site.calendar(days: days))
        let forecaster = try ForecastPipeline.train(
            series: try site.series(days: days) { TestSite.load($0) }, weather: weather, calendar: calendar, settings: site.quick, at: issue)
        let short = try WeatherRun(
            issued: .min, grid: site.grid(days: days + 1), columns: weather.runs[0].columns.mapValues { Array($0[..<((days + 1) * 24)]) })
        let forecast = try forecaster.forecast(at: issue, steps: 36, weather: WeatherHistory(measured: nil, runs: [short]), calendar: calendar)
        #expect(!forecast.stepFlags[20].contains(.weatherMissing) && forecast.stepFlags[30].contains(.weatherMissing) && forecast.isOrdered)
    }

    @Test("A net load is split into what follows the sun, what follows the wind and the rest")
    func split() throws {
        let grid = site.grid(days: 40)
        func wind(_ time: Int64) -> Double { max(0, 8 + 4 * sine(Double(time) / 50_000) + 2 * TestSite.noise(time / 20_000, 5)) }
        func sun(_ time: Int64) -> Double { 900 * max(0, TestSite.sun(time)) * (0.5 + 0.4 * sine(Double(time) / 70_000)) }
        func turbine(_ time: Int64) -> Double { 4 * (0.5 + 0.5 * tangent((wind(time) - 9) / 3.2)) }
        let weather = WeatherHistory(measured: nil, runs: [
            try WeatherRun(issued: .min, grid: grid, columns: [
                .irradiance: (0..<grid.count).map { sun(grid.time($0)) }, .hubWindSpeed: (0..<grid.count).map { wind(grid.time($0)) },
            ])
        ])
        let net = try site.series(days: 40) { TestSite.load($0) - 0.005 * sun($0) - turbine($0) }
        let issue = TestSite.begin + 40 * 86_400
        let split = try ComponentSplit(series: net, weather: weather, calendar: try site.calendar(days: 40), at: issue)
        #expect(abs(split.solarPerIrradiance + 0.005) < 0.0008 && abs(split.windCapacity + 4) < 0.4 && split.halfPowerSpeed == 9)
        let parts = split.parts(of: net, weather: weather, knownAt: issue)
        for step in 0..<grid.count {
            #expect(abs(parts.consumption[step] + parts.solar[step] + parts.wind[step] - net.values[step]) < 1e-9)
        }
        // The last day of the forecast has no weather any more.
        let short = try WeatherRun(
            issued: .min, grid: site.grid(days: 39), columns: weather.runs[0].columns.mapValues { Array($0[..<(39 * 24)]) })
        let blind = split.parts(of: net, weather: WeatherHistory(measured: nil, runs: [short]), knownAt: issue)
        #expect(blind.solar[39 * 24 - 1] == parts.solar[39 * 24 - 1])
        for step in 39 * 24..<40 * 24 { #expect(blind.solar[step].isNaN && blind.wind[step].isNaN && blind.consumption[step].isNaN, "nothing stands in for it") }
        #expect { try ComponentSplit(
            series: try SeriesWindow(readings: [], stepMinutes: 60), weather: weather, calendar: try site.calendar(days: 40), at: issue)
        } throws: { "\($0)".contains("takes two weeks of it with irradiance or wind speed, got 0 days") }
        let plain = try ComponentSplit(
            series: try site.series(days: 40) { TestSite.load($0) + 0.005 * sun($0) }, weather: weather, calendar: try site.calendar(days: 40), at: issue)
        #expect(plain.solarPerIrradiance == 0)
    }

    @Test("What can't be a grid, a weather column or a calendar is refused with a sentence")
    func refused() throws {
        #expect(throws: ForecastError.self) { try TimeGrid(start: 0, stepMinutes: 7, count: 1) }
        #expect(throws: ForecastError.self) { try TimeGrid(start: 60, stepMinutes: 15, count: 1) }
        #expect(throws: ForecastError.self) { try SeriesWindow(grid: site.grid(days: 1), values: [1]) }
        #expect(throws: ForecastError.self) { try WeatherRun(issued: 0, grid: site.grid(days: 1), columns: [.temperature: [1]]) }
        let series = try site.series(days: 30) { TestSite.load($0) }
        let issue = TestSite.begin + 30 * 86_400
        let forecaster = try ForecastPipeline.train(series: series, weather: .none, calendar: try site.calendar(days: 30), settings: site.quick, at: issue)
        #expect { try forecaster.forecast(at: issue, steps: 10 * 24, weather: .none, calendar: try site.calendar(days: 30)) } throws: {
            "\($0)".contains("must reach the end of the horizon")
        }
        #expect { try ForecastPipeline.train(
            series: series, weather: .none, calendar: try site.calendar(days: 5), settings: site.quick, at: TestSite.begin + 30 * 86_400)
        } throws: { "\($0)".contains("calendar must reach") }
    }
}
