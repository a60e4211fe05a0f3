import ForecastModels
import Foundation
import SiteCalendar

/// Runs the protocol of the forecasting benchmark on one data set with the library's own pipeline.
///
/// `ForecastBenchmark SET TABLE.csv FORECAST.csv [--perfect] [--quick] [--verbose]`; prints one line of JSON. `--before` takes a time before
/// the test, for choosing settings. In the place of the protocol `--scale N` runs N series at once, `--tables FOLDER` writes the features of the
/// trees for other learners.
@main
struct ForecastBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 4 else {
            print("ForecastBenchmark SET TABLE.csv FORECAST.csv [--perfect] [--quick] [--verbose] [--before] [--scale N] [--tables FOLDER]")
            exit(2)
        }
        func option(_ name: String) -> String? { arguments.firstIndex(of: name).flatMap { $0 + 1 < arguments.count ? arguments[$0 + 1] : nil } }
        let set = try DataSet(
            name: arguments[1], path: arguments[2], isPerfect: arguments.contains("--perfect"), isQuick: arguments.contains("--quick"),
            isBefore: arguments.contains("--before"))
        if let count = option("--scale").flatMap({ Int($0) }) { return print(try ManySeries(set: set, count: count).measured()) }
        if let folder = option("--tables") { return try TreeTables(set: set, folder: folder).write() }
        var protocolRun = ProtocolRun(set: set, isVerbose: arguments.contains("--verbose"))
        try protocolRun.run()
        try protocolRun.forecasts.write(toFile: arguments[3], atomically: false, encoding: .utf8)
        print(protocolRun.summary)
    }
}

/// The rolling day-ahead run: gate at noon of the day before, refits on the protocol's days.
struct ProtocolRun {
    let set: DataSet
    let isVerbose: Bool
    private(set) var forecasts = "time," + (1...19).map { "q" + String(format: "%.2f", Double($0) / 20) }.joined(separator: ",") + "\n"
    private var fitSeconds: [Double] = []
    private var forecastSeconds: [Double] = []
    private var score = Score()

    init(set: DataSet, isVerbose: Bool) {
        self.set = set
        self.isVerbose = isVerbose
    }

    mutating func run() throws {
        var forecaster: TrainedForecaster?
        let perDay = set.series.grid.stepsPerDay
        for day in set.test {
            let gate = Int64(day) * 86_400 - 43_200
            if forecaster == nil || set.isRefit(CivilDate(daysSince1970: day)) {
                let seconds = try Self.time {
                    forecaster = try ForecastPipeline.train(
                        series: set.series, weather: set.weather, calendar: set.calendar, settings: set.settings, at: gate, continuing: forecaster)
                }
                fitSeconds.append(seconds)
            }
            let known = set.series.on(set.series.grid.covering(from: gate - 3 * 86_400, until: gate))
            try forecaster?.update(with: known, weather: set.weather, calendar: set.calendar, at: gate)
            var forecast: QuantileForecast?
            forecastSeconds.append(try Self.time {
                forecast = try forecaster?.forecast(at: gate, steps: perDay * 3 / 2, weather: set.weather, calendar: set.calendar)
            })
            if let forecast { write(forecast, from: perDay / 2) }
        }
        if isVerbose, let forecaster {
            for note in forecaster.report.notes { print(note) }
            for member in forecaster.report.members { print(member.model.name, member.pinball) }
            for share in forecaster.report.importance.prefix(20) { print(share.name, share.share) }
        }
    }

    private mutating func write(_ forecast: QuantileForecast, from first: Int) {
        for step in first..<forecast.grid.count {
            let time = forecast.grid.time(step)
            let row = Array(forecast[step].dropFirst().dropLast())
            let date = CivilDate(daysSince1970: Int(time / 86_400))
            let clock = String(format: "%02d:%02d:00", Int(time % 86_400 / 3600), Int(time % 3600 / 60))
            forecasts += "\(date) \(clock)," + row.map { String(format: "%.6g", $0) }.joined(separator: ",") + "\n"
            let index = set.series.grid.index(of: time)
            guard set.series.values.indices.contains(index), set.isScored[index] else { continue }
            score.add(set.series.values[index], row)
        }
    }

    static func time(_ body: () throws -> Void) rethrows -> Double {
        let clock = ContinuousClock()
        let took = try clock.measure(body)
        return Double(took.components.seconds) + Double(took.components.attoseconds) * 1e-18
    }

    /// One line of JSON.
    var summary: String {
        let sorted = (fitSeconds.sorted(), forecastSeconds.sorted())
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return String(
            format: "{\"set\": \"%@\", \"pinball19\": %.5f, \"cov80\": %.2f, \"cov90\": %.2f, \"n\": %d, \"first_fit_s\": %.2f, \"fit_s\": %.2f, "
                + "\"forecast_ms\": %.2f, \"peak_mb\": %d}",
            set.name, score.pinball, score.coverage80, score.coverage90, score.count, fitSeconds.first ?? 0, sorted.0[sorted.0.count / 2],
            1000 * sorted.1[sorted.1.count / 2], usage.ru_maxrss / 1024)
    }
}

/// Running sums of the protocol's metrics.
struct Score {
    private(set) var count = 0
    private var loss = 0.0
    private var inside80 = 0
    private var inside90 = 0

    mutating func add(_ outcome: Double, _ quantiles: [Double]) {
        guard !outcome.isNaN else { return }
        count += 1
        for (index, quantile) in quantiles.enumerated() {
            let level = Double(index + 1) / 20
            loss += max(level * (outcome - quantile), (level - 1) * (outcome - quantile)) / 19
        }
        if outcome >= quantiles[1], outcome <= quantiles[17] { inside80 += 1 }
        if outcome >= quantiles[0], outcome <= quantiles[18] { inside90 += 1 }
    }

    var pinball: Double { loss / Double(max(1, count)) }
    var coverage80: Double { 100 * Double(inside80) / Double(max(1, count)) }
    var coverage90: Double { 100 * Double(inside90) / Double(max(1, count)) }
}
