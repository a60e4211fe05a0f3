import ForecastModels
import Foundation

/// A site in central Europe with made-up weather and load: everything a pure function of time and seed.
struct TestSite {
    /// 2024-01-01 00:00 UTC, a Monday.
    static let begin: Int64 = 1_704_067_200
    let stepMinutes: Int

    init(stepMinutes: Int = 60) { self.stepMinutes = stepMinutes }

    func grid(days: Int, from: Int64 = begin) -> TimeGrid {
        guard let grid = try? TimeGrid(start: from, stepMinutes: stepMinutes, count: days * 1440 / stepMinutes) else {
            preconditionFailure("the test asked for a grid that is none")
        }
        return grid
    }

    /// Hours by which the local clock is ahead of UTC: 1, or 2 from the last Sunday of March to that of October (2024 to 2026).
    static func offsetHours(_ time: Int64) -> Int64 {
        let summers: [ClosedRange<Int64>] = [1_711_846_800...1_729_990_799, 1_743_296_400...1_761_440_399, 1_774_746_000...1_792_889_999]
        return summers.contains { $0.contains(time) } ? 2 : 1
    }

    func calendar(days: Int, from: Int64 = begin - 86_400) throws -> CalendarColumns {
        let grid = grid(days: days + 10, from: from)
        var local: [Int32] = [], minute: [Int16] = [], weekday: [Int8] = [], year: [Int16] = [], elevation: [Float] = [], clear: [Float] = []
        for index in 0..<grid.count {
            let time = grid.time(index) + Self.offsetHours(grid.time(index)) * 3600
            local.append(Int32(time / 86_400))
            minute.append(Int16(time % 86_400 / 60))
            weekday.append(Int8((time / 86_400 + 3) % 7))
            year.append(Int16((time / 86_400 - 19_723) % 366 + 1))
            let height = Self.sun(grid.time(index))
            elevation.append(Float(60 * height))
            clear.append(Float(900 * max(0, height)))
        }
        return try CalendarColumns(
            grid: grid, localDay: local, minuteOfDay: minute, weekday: weekday, dayOfYear: year,
            dayKind: [DayKind](repeating: [], count: grid.count), solarElevation: elevation, clearSkyIrradiance: clear)
    }

    /// Height of a simple sun, -1...1.
    static func sun(_ time: Int64) -> Double {
        let day = Double(time) / 86_400
        return -cos(2 * .pi * (day - day.rounded(.down))) - 0.3 * cos(2 * .pi * day / 365.25)
    }

    /// A number of a time and a seed, standard normal.
    static func noise(_ time: Int64, _ seed: UInt64) -> Double {
        var state = UInt64(bitPattern: time) &* 0x9E37_79B9_7F4A_7C15 ^ seed &* 0xD1B5_4A32_D192_ED03
        var sum = 0.0
        for _ in 0..<12 {
            state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
            state ^= state >> 31
            state &+= 0x9E37_79B9_7F4A_7C15
            sum += Double(state >> 11) * 0x1p-53
        }
        return sum - 6
    }

    static func temperature(_ time: Int64) -> Double {
        let day = Double(time) / 86_400
        return 10 - 9 * cos(2 * .pi * day / 365.25) + 4 * sin(2 * .pi * (day - 0.4)) + 3 * sin(day / 3.1) + 2 * sin(day / 1.7)
    }

    /// A feeder's load in MW: day, week, heating, noise.
    static func load(_ time: Int64, seed: UInt64 = 1) -> Double {
        let local = time + offsetHours(time) * 3600
        let hour = Double(local % 86_400) / 3600
        let weekend = (local / 86_400 + 3) % 7 >= 5
        let shape = 5 + 2 * exp(-pow((hour - 19) / 3, 2)) + (weekend ? 0.3 : 1.2) * exp(-pow((hour - 10) / 4, 2))
        return shape + 0.12 * max(0, 16 - temperature(time)) + 0.25 * noise(time, seed)
    }

    func series(days: Int, _ value: (Int64) -> Double) throws -> SeriesWindow {
        let grid = grid(days: days)
        return try SeriesWindow(grid: grid, values: (0..<grid.count).map { value(grid.time($0)) })
    }

    func weather(days: Int) throws -> WeatherHistory {
        let grid = grid(days: days + 9)
        let columns: [WeatherQuantity: [Double]] = [
            .temperature: (0..<grid.count).map { Self.temperature(grid.time($0)) },
            .irradiance: (0..<grid.count).map { 900 * max(0, Self.sun(grid.time($0))) * (0.6 + 0.4 * sin(Double(grid.time($0)) / 90_000)) },
        ]
        return WeatherHistory(measured: nil, runs: [try WeatherRun(issued: .min, grid: grid, columns: columns)])
    }

    var quick: ForecastSettings {
        var settings = ForecastSettings()
        settings.isQuick = true
        return settings
    }
}

extension QuantileForecast {
    /// Whether no quantile of any step is below one of a lower level, and all are numbers.
    var isOrdered: Bool {
        (0..<grid.count).allSatisfy { step in
            let row = self[step]
            return row.allSatisfy(\.isFinite) && zip(row, row.dropFirst()).allSatisfy { $0 <= $1 }
        }
    }
}

/// Sine, for tests that import nothing of the C library.
func sine(_ x: Double) -> Double { sin(x) }

/// Hyperbolic tangent.
func tangent(_ x: Double) -> Double { tanh(x) }

/// Exponential.
func exponential(_ x: Double) -> Double { exp(x) }
