@testable import ForecastModels
import Testing

@Suite("Models")
struct ModelTests {
    private func uniform(_ count: Int, seed: UInt64) -> [Double] {
        var generator = SplitMix(seed)
        return (0..<count).map { _ in generator.uniform() }
    }

    @Test("Linear quantiles find slope and spread of a line whose noise is uniform")
    func linear() {
        let count = 4000
        let x = uniform(count, seed: 1).map { 2 * $0 - 1 }
        let noise = uniform(count, seed: 2)
        let model = LinearQuantiles(
            rows: x, columns: 1, targets: zip(x, noise).map { 3 * $0 + $1 }, weights: [Double](repeating: 1, count: count), levels: [0.1, 0.5, 0.9],
            ridge: 0.1)
        for (index, level) in [0.1, 0.5, 0.9].enumerated() {
            #expect(abs(model.coefficients[2 * index] - 3) < 0.05)
            #expect(abs(model.coefficients[2 * index + 1] - level) < 0.04)
        }
    }

    @Test("Boosted trees find where a step lies and that the spread differs between its sides")
    func trees() throws {
        let count = 6000
        let x = uniform(count, seed: 3)
        let noise = uniform(count, seed: 4)
        let targets = (0..<count).map { Float(x[$0] < 0.5 ? noise[$0] : 10 + 4 * noise[$0]) }
        var settings = QuantileTrees.Settings()
        settings.rounds = 120
        var grower = TreeGrower(bins: FeatureBins(values: x.map(Float.init), rows: count, columns: 1), settings: settings)
        let model = try grower.fit(
            targets: targets, blocks: (0..<count).map { $0 / 50 }, blockWeights: [Double](repeating: 1, count: count / 50), levels: [0.1, 0.5, 0.9],
            isCancelled: { false })
        for (point, expected) in [(Float(0.2), [0.1, 0.5, 0.9]), (0.8, [10.4, 12, 13.6])] {
            var result = [Float](repeating: 0, count: 3)
            model.predict([point], &result)
            for (value, wanted) in zip(result, expected) { #expect(abs(Double(value) - wanted) < 0.3, "\(result)") }
        }
        #expect(model.isSound)
    }

    @Test("A missing value goes where training sent it")
    func missing() throws {
        let count = 2000
        let x = (0..<count).map { $0 % 2 == 0 ? Float.nan : Float($0 % 10) }
        var grower = TreeGrower(bins: FeatureBins(values: x, rows: count, columns: 1), settings: QuantileTrees.Settings())
        let model = try grower.fit(
            targets: x.map { $0.isNaN ? 5 : 1 }, blocks: (0..<count).map { $0 / 20 }, blockWeights: [Double](repeating: 1, count: count / 20),
            levels: [0.5], isCancelled: { false })
        var result: [Float] = [0]
        model.predict([.nan], &result)
        #expect(abs(result[0] - 5) < 0.1)
        model.predict([3], &result)
        #expect(abs(result[0] - 1) < 0.1)
    }

    @Test("Ridge regression solves what least squares solves, hour by hour")
    func ridge() {
        let x = uniform(2400, seed: 5)
        let hours = (0..<2400).map { $0 % 24 }
        let model = x.withUnsafeBufferPointer {
            HourlyRidge(
                rows: $0, columns: 1, hours: hours, parts: hours.map { $0 % 5 }, targets: zip(x, hours).map { Double($1) + 2 * $0 },
                weights: [Double](repeating: 1, count: 2400), neighbourWeight: 0, ridge: 0)
        }
        for hour in 0..<24 { #expect(abs(model.value([0.25], hour: hour) - (Double(hour) + 0.5)) < 1e-5) }
    }

    @Test("The quantile of a selection is that of the sorted values", arguments: [0.01, 0.1, 0.5, 0.9, 0.99])
    func selection(level: Double) {
        let values = uniform(1001, seed: 6).map(Float.init)
        var copy = values
        let selected = copy.withUnsafeMutableBufferPointer { Selection.quantile($0, count: values.count, level: level) }
        #expect(abs(Double(selected) - Numerics.sortedQuantile(values.map(Double.init).sorted(), level)) < 1e-6)
    }

    @Test("The normal quantile is that of the tables")
    func normal() {
        for (p, z) in [(0.5, 0.0), (0.9, 1.281_551_6), (0.01, -2.326_347_9), (0.975, 1.959_964_0)] {
            #expect(abs(Numerics.normalQuantile(p) - z) < 1e-6)
        }
    }

    @Test("Times in sentences are those of the calendar", arguments: [
        (0 as Int64, "1970-01-01 00:00 UTC"), (1_709_210_100, "2024-02-29 12:35 UTC"), (1_767_225_540, "2025-12-31 23:59 UTC"),
    ])
    func text(time: Int64, expected: String) { #expect(UTCText.minute(time) == expected) }

    @Test("Each tree feature has a name", arguments: [(true, true), (true, false), (false, true), (false, false)])
    func names(isRelative: Bool, isPhotovoltaic: Bool) {
        let basis = LinearBasis(hasAnnual: true, hasTrend: true, hasTemperature: true, hasSun: true, quantities: [.irradiance, .humidity, .hubWindSpeed])
        let features = TreeFeatures(basis: basis, isRelative: isRelative, isPhotovoltaic: isPhotovoltaic)
        #expect(features.names.count == features.count)
    }

    @Test("The weather of a step is that of the newest run known at its gate")
    func weather() throws {
        let grid = try TimeGrid(start: 0, stepMinutes: 60, count: 48)
        func run(_ issued: Int64, _ value: Double, from: Int = 0) throws -> WeatherRun {
            try WeatherRun(issued: issued, grid: grid, columns: [.temperature: (0..<48).map { $0 < from ? .nan : value }])
        }
        let history = WeatherHistory(measured: nil, runs: [try run(7200, 3, from: 24), try run(0, 1), try run(3600, 2)])
        #expect(history.forecast(.temperature, at: 36_000, knownAt: -1).isNaN)
        #expect(history.forecast(.temperature, at: 36_000, knownAt: 3599) == 1)
        #expect(history.forecast(.temperature, at: 36_000, knownAt: 9000) == 2)
        #expect(history.forecast(.temperature, at: 30 * 3600, knownAt: 9000) == 3)
    }
}
