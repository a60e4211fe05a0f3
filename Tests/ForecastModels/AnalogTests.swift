@testable import ForecastModels
import Testing

@Suite("Analogs: what came of the most similar weather")
struct AnalogTests {
    private let site = TestSite()

    /// A plant whose power is bent in the irradiance: no line, and no weather of another time of the day, tells it.
    private func power(_ irradiance: Double, _ time: Int64) -> Double {
        irradiance <= 0 ? 0 : 5 * tangent(irradiance / 600) * (1 + 0.1 * TestSite.noise(time, 7))
    }

    private func frame(days: Int, weather: WeatherHistory) throws -> Frame {
        let series = try site.series(days: days) { power(weather.forecast(.irradiance, at: $0, knownAt: .max), $0) }
        let issue = series.grid.end
        return try Frame(
            grid: site.grid(days: days + 1), load: series, weather: weather, calendar: try site.calendar(days: days + 3), gateMinute: 720, issue: issue)
    }

    private func daylight(_ frame: Frame) -> [Int] { (0..<frame.known).filter { frame.isDaylight($0) && !frame.load[$0].isNaN } }

    @Test("The quantiles are those of the nearest past steps within an hour of the time of the day, found here one by one")
    func nearest() throws {
        let weather = try site.weather(days: 80)
        let frame = try frame(days: 80, weather: weather)
        let steps = daylight(frame)
        let quantities = frame.weather.quantities
        let ensemble = try #require(AnalogEnsemble(frame: frame, quantities: quantities, steps: steps))
        let columns = AnalogColumns(quantities: quantities)
        func row(_ step: Int) -> [Double] {
            var own = [Float](repeating: 0, count: columns.count)
            own.withUnsafeMutableBufferPointer { columns.write($0.baseAddress!, frame: frame, step: step) }
            return own.indices.map { (Double(own[$0]) - Double(ensemble.means[$0])) * Double(ensemble.scales[$0]) }
        }
        let past = steps.map { (step: $0, row: row($0).map { $0.isNaN ? 0 : $0 }) }
        let settings = site.quick
        let inputs = ModelInputs(frame: frame, base: BaseModel(frame: frame, untilDay: frame.days - 1, settings: settings))
        // The last day of the frame is an hour of the local day after.
        let day = DayRows(inputs: inputs, day: frame.days - 2)
        var result = [Double](repeating: .nan, count: day.steps.count * Members.levels.count)
        ensemble.predict(day, inputs: inputs, into: &result)
        var seen = 0
        for (offset, step) in day.steps.enumerated() {
            let median = result[offset * Members.levels.count + Members.medianIndex]
            guard frame.isDaylight(step) else {
                #expect(median == 0)
                continue
            }
            let own = row(step)
            let minute = Int(frame.grid.time(step) / 60 % 1440)
            let like = past.filter {
                let apart = abs(Int(frame.grid.time($0.step) / 60 % 1440) - minute)
                return min(apart, 1440 - apart) <= 60
            }.map { candidate in
                (outcome: frame.load[candidate.step], distance: zip(candidate.row, own).reduce(0) { $1.1.isNaN ? $0 : $0 + ($1.0 - $1.1) * ($1.0 - $1.1) })
            }.sorted { $0.distance < $1.distance }.prefix(AnalogEnsemble.neighbours)
            let outcomes = like.map(\.outcome).sorted()
            let levels = result[offset * Members.levels.count..<(offset + 1) * Members.levels.count]
            #expect(levels.allSatisfy { $0 >= outcomes[0] - 1e-5 && $0 <= outcomes[outcomes.count - 1] + 1e-5 })
            let scale = like[like.count / 2].distance
            let sorted = like.map { ($0.outcome, exponential(-$0.distance / scale)) }.sorted { $0.0 < $1.0 }
            let half = sorted.reduce(0) { $0 + $1.1 } / 2
            var sum = 0.0
            let crossing = sorted.firstIndex { sum += $0.1; return sum >= half } ?? 0
            #expect(median >= sorted[max(0, crossing - 1)].0 - 1e-5 && median <= sorted[min(sorted.count - 1, crossing + 1)].0 + 1e-5)
            seen += 1
        }
        #expect(seen >= 8)
    }

    @Test("A history of quarter hours is thinned out so that no time of the day is lost; without forecast irradiance there are no analogs")
    func thinning() throws {
        let quarters = TimeGrid(unchecked: TestSite.begin, 15, 400 * 96)
        let run = try WeatherRun(
            issued: .min, grid: quarters, columns: [.irradiance: (0..<quarters.count).map { max(0, 800 * TestSite.sun(quarters.time($0))) }])
        let other = try WeatherRun(issued: .min, grid: quarters, columns: [.temperature: [Double](repeating: 10, count: quarters.count)])
        let series = try SeriesWindow(grid: quarters, values: (0..<quarters.count).map { Double($0 % 96) })
        let days = (0..<quarters.count).map { $0 / 96 }
        let calendar = try CalendarColumns(
            grid: quarters, localDay: days.map { Int32($0) }, minuteOfDay: (0..<quarters.count).map { Int16($0 % 96 * 15) },
            weekday: days.map { Int8($0 % 7) }, dayOfYear: days.map { Int16($0 % 366 + 1) }, dayKind: days.map { _ in [] })
        func ensemble(_ run: WeatherRun) throws -> AnalogEnsemble? {
            let frame = try Frame(
                grid: quarters, load: series, weather: WeatherHistory(measured: nil, runs: [run]), calendar: calendar, gateMinute: 720, issue: quarters.end)
            return AnalogEnsemble(frame: frame, quantities: frame.weather.quantities, steps: Array(0..<frame.known))
        }
        let found = try #require(try ensemble(run))
        #expect(found.minutes.count <= AnalogEnsemble.maximumRows && found.minutes.count > AnalogEnsemble.maximumRows / 2)
        #expect(Set(found.minutes).count == 96)
        #expect(try ensemble(other) == nil)
    }

    @Test("A plant's forecaster has them, says so, and its bytes give back one that forecasts the same; damaged ones are refused")
    func archive() throws {
        let weather = try site.weather(days: 90)
        let series = try site.series(days: 90) { power(weather.forecast(.irradiance, at: $0, knownAt: .max), $0) }
        var settings = site.quick
        settings.kind = .photovoltaic(capacity: 6)
        let calendar = try site.calendar(days: 95)
        let issue = series.grid.end - 12 * 3600
        let forecaster = try ForecastPipeline.train(series: series, weather: weather, calendar: calendar, settings: settings, at: issue)
        let expected = try forecaster.forecast(at: issue, steps: 36, weather: weather, calendar: calendar)
        #expect(expected.members.contains { $0.model == .analogs })
        let bytes = forecaster.serialised()
        let again = try TrainedForecaster(serialised: bytes)
        #expect(try again.forecast(at: issue, steps: 36, weather: weather, calendar: calendar).values == expected.values)
        var writer = ByteWriter()
        let models = try #require(forecaster.models?.analogs)
        AnalogEnsemble(
            count: models.count, columns: models.columns, means: models.means, scales: models.scales, minutes: models.minutes.reversed(), rows: models.rows,
            outcomes: models.outcomes
        ).write(&writer)
        var reader = ByteReader(writer.bytes)
        #expect(throws: ForecastError.self) { try AnalogEnsemble(&reader) }
    }
}
