import ForecastModels
import Foundation
import SiteCalendar

/// Many series on one core: what the service does with each of them at an hour's boundary, with models of their own in memory, and what
/// their trainings cost.
///
/// Models are trained on the set's series in several sizes and read back from their archives, one for each series, so that none shares memory
/// with another; then hours pass in which each takes the hour's reading in, learns from it, and forecasts two days.
struct ManySeries {
    let set: DataSet
    let count: Int

    private static let trained = 3
    private static let hours = 24
    private static let horizon = 48

    func measured() throws -> String {
        let begin = Int64(set.test.lowerBound) * 86_400 - 43_200
        var archives: [[UInt8]] = []
        var training: [Double] = []
        for number in 0..<Self.trained {
            let before = Self.processorSeconds
            let own = try scaled(number)
            let forecaster = try ForecastPipeline.train(
                series: own, weather: set.weather, calendar: set.calendar, settings: set.settings, at: begin)
            training.append(Self.processorSeconds - before)
            archives.append(forecaster.serialised())
        }
        let windows = try (0..<Self.trained).map { try scaled($0) }
        let empty = Self.residentBytes
        var forecasters = try (0..<count).map { try TrainedForecaster(serialised: archives[$0 % Self.trained]) }
        let full = Self.residentBytes
        var slowest = 0.0
        var perHour: [Double] = []
        let step = set.series.grid.stepSeconds
        for hour in 1...Self.hours {
            let issue = begin + Int64(hour) * 3600
            // What the service passes: its window of the last weeks, weather and calendar of as far as the models look.
            let near = set.series.grid.covering(from: issue - 40 * 86_400, until: issue + 12 * 86_400)
            let calendar = try set.makeCalendar(near)
            let readings = windows.map { $0.on(set.series.grid.covering(from: issue - 63 * 86_400, until: issue)) }
            let before = Self.processorSeconds
            for index in forecasters.indices {
                let own = Self.processorSeconds
                try forecasters[index].update(with: readings[index % Self.trained], weather: set.weather, calendar: calendar, at: issue)
                _ = try forecasters[index].forecast(
                    at: issue, steps: Self.horizon * Int(3600 / step), weather: set.weather, calendar: calendar)
                slowest = max(slowest, Self.processorSeconds - own)
            }
            perHour.append(Self.processorSeconds - before)
        }
        perHour.sort()
        let one = perHour[perHour.count / 2] / Double(count)
        let fit = training.sorted()[Self.trained / 2]
        return String(
            format: "{\"set\": \"%@\", \"series\": %d, \"hours\": %d, \"update_and_forecast_ms\": %.3f, \"busiest_hour_ms\": %.3f, "
                + "\"slowest_ms\": %.1f, \"seconds_an_hour_of_10000\": %.1f, \"training_s\": %.2f, \"training_seconds_a_day_of_10000\": %.0f, "
                + "\"kilobytes_a_series\": %.0f, \"archive_kilobytes\": %.0f}",
            set.name, count, Self.hours, 1000 * one, 1000 * (perHour.last ?? 0) / Double(count), 1000 * slowest, 10_000 * one, fit,
            10_000 * fit / 30, Double(full - empty) / Double(count) / 1024, Double(archives[0].count) / 1024)
    }

    private func scaled(_ number: Int) throws -> SeriesWindow {
        try SeriesWindow(grid: set.series.grid, values: set.series.values.map { $0 * (1 + 0.5 * Double(number)) })
    }

    private static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private static var residentBytes: Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let fields = text.split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
