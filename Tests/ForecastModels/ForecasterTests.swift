import ForecastModels
import Testing

@Suite("Forecaster")
struct ForecasterTests {
    private let site = TestSite()

    private func trained(days: Int = 60, settings: ForecastSettings? = nil, _ value: (Int64) -> Double = { TestSite.load($0) }) throws -> (
        TrainedForecaster, WeatherHistory, CalendarColumns, Int64
    ) {
        let issue = TestSite.begin + Int64(days) * 86_400 - 12 * 3600
        let (weather, calendar) = (try site.weather(days: days), try site.calendar(days: days))
        let forecaster = try ForecastPipeline.train(
            series: try site.series(days: days, value), weather: weather, calendar: calendar, settings: settings ?? site.quick, at: issue)
        return (forecaster, weather, calendar, issue)
    }

    @Test("A load with a shape, a week and heating is forecast far better than its seasonal naive forecast, within its interval")
    func skill() throws {
        let days = 90
        let report = try ForecastPipeline.backtest(
            series: try site.series(days: days) { TestSite.load($0) }, weather: try site.weather(days: days), calendar: try site.calendar(days: days),
            settings: site.quick, days: 14, refitDays: 14)
        #expect(report.days == 14 && report.total.count == 14 * 24)
        #expect(report.skill > 0.25, "skill \(report.skill)")
        let names = report.byModel.map(\.model)
        #expect(Set(names) == [.seasonalNaive, .linear, .boostedResidual, .boostedRelative] && names.last == .seasonalNaive)
        #expect(report.byModel.allSatisfy { $0.metrics.count == 14 * 24 } && report.byModel[0].metrics.pinball < report.naivePinball)
        #expect(report.byLeadHours.map(\.hours) == [12..<18, 18..<24, 24..<30, 30..<36])
        #expect((0.6...0.95).contains(report.total.coverage80))
    }

    @Test("The same seed and input give the same forecaster, and bytes give back one that forecasts the same")
    func archive() throws {
        let (one, weather, calendar, issue) = try trained()
        var (other, _, _, _) = try trained()
        var again = try TrainedForecaster(serialised: one.serialised())
        let expected = try one.forecast(at: issue, steps: 72, weather: weather, calendar: calendar).values
        #expect(try other.forecast(at: issue, steps: 72, weather: weather, calendar: calendar).values == expected)
        #expect(try again.forecast(at: issue, steps: 72, weather: weather, calendar: calendar).values == expected)
        let later = issue + 5 * 3600
        let readings = try site.series(days: 60) { TestSite.load($0) }
        try other.update(with: readings, weather: weather, calendar: calendar, at: later)
        try again.update(with: readings, weather: weather, calendar: calendar, at: later)
        #expect(
            try again.forecast(at: later, steps: 24, weather: weather, calendar: calendar).values
                == other.forecast(at: later, steps: 24, weather: weather, calendar: calendar).values)
        #expect(again.report.members == one.report.members && again.settings == one.settings)
    }

    @Test("Bytes that are cut off, of another version or not a forecaster are refused with a sentence")
    func badArchive() throws {
        let bytes = try trained(days: 20).0.serialised()
        for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 40)) {
            #expect(throws: ForecastError.self) { try TrainedForecaster(serialised: Array(bytes[..<count])) }
        }
        var newer = bytes
        newer[8] = 99
        #expect { try TrainedForecaster(serialised: newer) } throws: { "\($0)".contains("version is 99") }
    }

    @Test("Nothing that becomes known after the issue changes a training or a forecast")
    func lookAhead() throws {
        let (forecaster, weather, calendar, issue) = try trained()
        let (changed, _, _, _) = try trained { $0 >= issue ? 1000 : TestSite.load($0) }
        let grid = site.grid(days: 69)
        // A later run that knows everything better, and measurements that exist only after the issue.
        let late = try WeatherRun(issued: issue + 1, grid: grid, columns: [.temperature: [Double](repeating: 99, count: grid.count)])
        let measured = try WeatherRun(
            issued: .min, grid: grid,
            columns: [.temperature: (0..<grid.count).map { grid.time($0 + 1) > issue ? -99 : weather.forecast(.temperature, at: grid.time($0), knownAt: issue) }])
        let told = WeatherHistory(measured: measured, runs: weather.runs + [late])
        let expected = try forecaster.forecast(at: issue, steps: 60, weather: weather, calendar: calendar).values
        #expect(try changed.forecast(at: issue, steps: 60, weather: weather, calendar: calendar).values == expected)
        #expect(try forecaster.forecast(at: issue, steps: 60, weather: told, calendar: calendar).values == expected)
    }

    @Test("A forecast of a day does not change when its own day's readings come, other than by the correction of the last hours")
    func gate() throws {
        var (forecaster, weather, calendar, issue) = try trained()
        let before = try forecaster.forecast(at: issue, steps: 36, weather: weather, calendar: calendar)
        let later = issue + 3600
        try forecaster.update(with: try site.series(days: 60) { _ in .nan }, weather: weather, calendar: calendar, at: later)
        let after = try forecaster.forecast(at: later, steps: 35, weather: weather, calendar: calendar)
        // Beyond the reach of the correction, twelve hours, and with nothing new known, they are the same until the end of the day ahead.
        for step in 14..<34 { #expect(Array(before[step + 1]) == Array(after[step])) }
    }

    @Test("An error of the last hours goes on into the next ones and fades")
    func intraday() throws {
        let drifting: (Int64) -> Double = { TestSite.load($0) + 1.5 * sine(Double($0) / 20_000) }
        var (forecaster, weather, calendar, issue) = try trained(days: 70, drifting)
        let later = issue + 6 * 3600
        let readings = try site.series(days: 71) { drifting($0) + ($0 >= issue ? 3 : 0) }
        let cut = readings.on(readings.grid.covering(from: TestSite.begin, until: later))
        let base = try forecaster.forecast(at: later, steps: 20, weather: weather, calendar: calendar).median
        try forecaster.update(with: cut, weather: weather, calendar: calendar, at: later)
        let forecast = try forecaster.forecast(at: later, steps: 20, weather: weather, calendar: calendar)
        #expect(forecast.stepFlags[0].contains(.intradayCorrected) && !forecast.stepFlags[15].contains(.intradayCorrected))
        #expect(forecast.median[0] > base[0] + 0.8, "\(forecast.median[0]) after \(base[0])")
        #expect(abs(forecast.median[15] - base[15]) < 1)
    }

    @Test("Seven days ahead are forecast, wider than one day ahead, and say so")
    func week() throws {
        let (forecaster, weather, calendar, issue) = try trained()
        let forecast = try forecaster.forecast(at: issue, steps: 7 * 24, weather: weather, calendar: calendar)
        #expect(forecast.isOrdered && forecast.grid.count == 168)
        #expect(forecast.stepFlags[160].contains(.extendedHorizon) && !forecast.stepFlags[30].contains(.extendedHorizon))
        let sigma = forecast.standardDeviation
        #expect(sigma[144..<168].reduce(0, +) > sigma[12..<36].reduce(0, +))
        for step in 36..<168 { #expect(abs(forecast.median[step] - TestSite.load(forecast.grid.time(step))) < 2.5) }
    }

    @Test("A back-test whose time is over tells of the days that it came to")
    func cutBacktest() throws {
        let report = try ForecastPipeline.backtest(
            series: try site.series(days: 60) { TestSite.load($0) }, weather: try site.weather(days: 60), calendar: try site.calendar(days: 60),
            settings: site.quick, days: 20, budget: TrainingBudget(seconds: 0))
        #expect(report.days == 1 && report.total.count == 24 && report.span.upperBound - report.span.lowerBound == 86_400)
    }

    @Test("How fast uncertainty grows with the days ahead is learnt: fast where the level wanders, hardly where every day is like the last")
    func reach() throws {
        var walk = [0.0]
        for day in 0..<200 { walk.append(walk[day] + 0.7 * TestSite.noise(Int64(day), 77)) }
        let wandering: (Int64) -> Double = { 20 + walk[Int(($0 - TestSite.begin) / 86_400)] + 0.3 * TestSite.noise($0, 5) }
        func growth(_ value: (Int64) -> Double) throws -> (ratio: Double, coverage: Double) {
            var (forecaster, weather, calendar, issue) = try trained(days: 120, value)
            calendar = try site.calendar(days: 190)
            var (inside, count, near, far) = (0.0, 0.0, 0.0, 0.0)
            for _ in 0..<14 {
                let known = try site.series(days: 190, value)
                try forecaster.update(with: known.on(known.grid.covering(from: issue - 10 * 86_400, until: issue)), weather: weather, calendar: calendar, at: issue)
                let forecast = try forecaster.forecast(at: issue, steps: 7 * 24, weather: weather, calendar: calendar)
                let (low, high, sigma) = (forecast.quantile(0.1), forecast.quantile(0.9), forecast.standardDeviation)
                near += sigma[12..<36].reduce(0, +)
                far += sigma[132..<156].reduce(0, +)
                for step in 84..<168 {
                    inside += (low[step]...high[step]).contains(value(forecast.grid.time(step))) ? 1 : 0
                    count += 1
                }
                issue += 4 * 86_400
            }
            return (far / near, inside / count)
        }
        let (fast, slow) = (try growth(wandering), try growth { TestSite.load($0) })
        #expect(fast.ratio > 1.5 && fast.ratio > slow.ratio + 0.25, "\(fast) \(slow)")
        #expect(fast.coverage > 0.62 && (0.7...0.95).contains(slow.coverage), "\(fast) \(slow)")
    }

    @Test("The interval holds 80 % of a series whose spread grows")
    func coverage() throws {
        let days = 150
        let growing: (Int64) -> Double = { time in
            let day = Double(time - TestSite.begin) / 86_400
            return 10 + 2 * sine(Double(time % 86_400) / 13_751) + (0.3 + day / 100) * TestSite.noise(time, 3)
        }
        let report = try ForecastPipeline.backtest(
            series: try site.series(days: days, growing), weather: .none, calendar: try site.calendar(days: days), settings: site.quick, days: 60,
            refitDays: 60)
        #expect((0.77...0.83).contains(report.total.coverage80), "\(report.total.coverage80)")
        #expect((0.87...0.93).contains(report.total.coverage90), "\(report.total.coverage90)")
    }

    @Test("A training that is cancelled says so, one out of time answers with what it has")
    func budget() throws {
        let (series, weather, calendar) = (try site.series(days: 60) { TestSite.load($0) }, try site.weather(days: 60), try site.calendar(days: 60))
        let issue = TestSite.begin + 60 * 86_400
        #expect { try ForecastPipeline.train(
            series: series, weather: weather, calendar: calendar, settings: site.quick, at: issue, budget: TrainingBudget(isCancelled: { true }))
        } throws: { ($0 as? ForecastError)?.isCancellation == true }
        let late = try ForecastPipeline.train(
            series: series, weather: weather, calendar: calendar, settings: site.quick, at: issue, budget: TrainingBudget(seconds: 0))
        let forecast = try late.forecast(at: issue, steps: 24, weather: weather, calendar: calendar)
        #expect(forecast.isOrdered && !forecast.members.contains { $0.model == .linear })
    }
}
