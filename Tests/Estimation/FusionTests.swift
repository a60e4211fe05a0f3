import Estimation
import Grid
import Testing

@Suite("Fusion of sources that report when they please")
struct FusionTests {
    static let now = 1_800_000_000.0

    @Test("Time stamps that no clock of today shows are refused with a sentence", arguments: [
        (0.0, "1970"), (120.0, "1970"), (2_085_978_496.0, "2036"), (2_085_978_500.0, "2036"), (now + 60, "future"), (now - 40 * 86_400, "old"),
        (.nan, "not a number"),
    ])
    func refusedStamps(seconds: Double, word: String) throws {
        let sentence = try #require(TimeStampRule().refusal(of: seconds, now: Self.now))
        #expect(sentence.contains(word))
    }

    @Test("A stamp of now, of a second ahead and of a day-late report is believed", arguments: [0.0, 1, -86_400])
    func acceptedStamps(offset: Double) { #expect(TimeStampRule().refusal(of: Self.now + offset, now: Self.now) == nil) }

    @Test("A sigma stays while the value is young, grows with the square root of its age, and is infinite when it has expired")
    func ageing() {
        let rule = AgeingRule(intervalSeconds: 10, relativeDrift: 0.01, expirySeconds: 1000)
        #expect(rule.sigma(0.02, scale: 1, ageSeconds: 8) == 0.02)
        let grown = rule.sigma(0.02, scale: 1, ageSeconds: 110)
        #expect(abs(grown * grown - (0.02 * 0.02 + 0.01 * 0.01 * 100)) < 1e-15)
        #expect(rule.sigma(0.02, scale: 1, ageSeconds: 1001).isInfinite)
        #expect(AgeingRule.profile.sigma(0.3, scale: 1, ageSeconds: 1e9) == 0.3)
    }

    /// A line from a source with a PMU to a load with a meter and a profile.
    private func model() throws -> EstimationModel {
        let y = Complex(0.02, 0.04).reciprocal
        let grid = BalancedGrid(
            basePowerVA: 1e6, nominalVolts: [20_000, 20_000], nominalAngles: [0, 0],
            branches: [BalancedGrid.Branch(from: 0, to: 1, yff: y, yft: -y, ytf: -y, ytt: y)], shunts: [.zero, .zero],
            sources: [BalancedGrid.Source(node: 0, voltage: .one)])
        return try EstimationModel(
            grid: grid,
            measurements: [
                Measurement(.voltageMagnitude, at: .node(0), value: 0, sigma: 0.001),
                Measurement(.voltageAngle, at: .node(0), value: 0, sigma: 0.001),
                Measurement(.activePower, at: .node(1), value: 0, sigma: 0.01), Measurement(.reactivePower, at: .node(1), value: 0, sigma: 0.01),
            ] + SupposedPower.profile(active: -0.4, reactive: -0.1, floor: 0.01).measurements(at: 1), zeroInjections: [])
    }

    private func buffer(_ model: EstimationModel) -> MeasurementBuffer {
        let pmu = MeasurementBuffer.Settings(ageing: .pmu, scale: 1)
        let meter = MeasurementBuffer.Settings(ageing: .quarterHourMeter, scale: 0.5)
        return MeasurementBuffer(model, settings: [pmu, pmu, meter, meter, meter, meter])
    }

    @Test("A PMU whose clock is not synchronised loses its angle and keeps its magnitude")
    func unsynchronised() throws {
        var buffer = buffer(try model())
        var quality = MeasurementBuffer.Quality()
        quality.isSynchronised = false
        for measurement in 0...1 {
            #expect(buffer.offer(measurement, value: 1, atSeconds: Self.now, quality: quality, nowSeconds: Self.now) == .taken)
        }
        #expect(buffer.reading(0, nowSeconds: Self.now).sigma == 0.001)
        #expect(buffer.reading(1, nowSeconds: Self.now).sigma.isInfinite)
    }

    @Test("The latest value wins, whatever the order of arrival; what is no number is refused")
    func order() throws {
        var buffer = buffer(try model())
        #expect(buffer.offer(2, value: -0.5, atSeconds: Self.now - 60, nowSeconds: Self.now) == .taken)
        #expect(buffer.offer(2, value: -0.9, atSeconds: Self.now - 900, nowSeconds: Self.now) == .late)
        #expect(buffer.reading(2, nowSeconds: Self.now).value == -0.5)
        guard case .refused(let sentence) = buffer.offer(2, value: .nan, atSeconds: Self.now, nowSeconds: Self.now) else {
            Issue.record("a value that is no number was taken")
            return
        }
        #expect(sentence.contains("no number"))
    }

    @Test("While the meter is fresh it decides, when it has expired the profile does, and the grade says so")
    func fallsBack() throws {
        let model = try model()
        let estimator = Estimator(model)
        var buffer = buffer(model)
        _ = buffer.offer(0, value: 1.01, atSeconds: Self.now, nowSeconds: Self.now)
        _ = buffer.offer(1, value: 0, atSeconds: Self.now, nowSeconds: Self.now)
        _ = buffer.offer(2, value: -0.7, atSeconds: Self.now, nowSeconds: Self.now)
        _ = buffer.offer(3, value: -0.2, atSeconds: Self.now, nowSeconds: Self.now)
        buffer.apply(to: estimator, nowSeconds: Self.now)
        let fresh = try estimator.estimateWithStatistics()
        #expect(fresh.grades == [.measured, .estimated])
        #expect(abs(estimator.estimatedMeasurements()[2] + 0.7) < 0.01)
        let later = Self.now + 3 * 86_400
        _ = buffer.offer(0, value: 1.01, atSeconds: later, nowSeconds: later)
        _ = buffer.offer(1, value: 0, atSeconds: later, nowSeconds: later)
        buffer.apply(to: estimator, nowSeconds: later)
        let stale = try estimator.estimateWithStatistics()
        #expect(stale.grades == [.measured, .pseudoOnly])
        #expect(abs(estimator.estimatedMeasurements()[2] + 0.4) < 1e-6)
        #expect(stale.magnitudeSigmas[1] > 2 * fresh.magnitudeSigmas[1])
    }

    @Test("Supposed powers own up to what they are")
    func supposed() {
        let profile = SupposedPower.profile(active: -0.01, reactive: -0.002, floor: 0.001)
        #expect(profile.activeSigma == 0.004 && profile.reactiveSigma == 0.001)
        let reading = SupposedPower.meterReading(energy: -0.5, intervalHours: 0.25, floor: 0.001)
        #expect(reading.active == -2 && abs(reading.activeSigma - 0.3) < 1e-12 && reading.reactiveSigma > abs(0.4 * reading.reactive))
        let estimated = SupposedPower.meterReading(energy: -0.5, intervalHours: 0.25, floor: 0.001, isEstimated: true)
        #expect(abs(estimated.activeSigma - 3 * reading.activeSigma) < 1e-12)
        let rating = SupposedPower.rating(apparent: 0.4)
        #expect(rating.active < 0 && rating.activeSigma >= abs(rating.active))
        let both = profile + rating
        #expect(abs(both.activeSigma * both.activeSigma - (0.004 * 0.004 + rating.activeSigma * rating.activeSigma)) < 1e-15)
        #expect(zeroInjections(nodeCount: 5, equipped: [0, 3]) == [1, 2, 4])
    }

    @Test("A good state ages visibly while later frames fail, and is current again with the next good one")
    func history() throws {
        let random = RandomGrid(nodes: 6, seed: 1)
        let model = try EstimationModel(grid: random.grid, measurements: random.measurements, zeroInjections: random.zeroInjections)
        let estimate = try Estimator(model).estimateWithStatistics()
        var history = StateHistory()
        #expect(history.state(nowSeconds: Self.now) == nil)
        history.record(estimate, atSeconds: Self.now)
        let young = try #require(history.state(nowSeconds: Self.now))
        #expect(young.ageSeconds == 0 && young.staleReason == nil && young.magnitudeSigmas == estimate.magnitudeSigmas)
        history.recordFailure("no convergence", atSeconds: Self.now + 450)
        history.recordFailure("no convergence", atSeconds: Self.now + 900)
        let old = try #require(history.state(nowSeconds: Self.now + 900))
        #expect(old.ageSeconds == 900 && old.staleReason == "no convergence" && history.failures == 2)
        #expect(zip(old.magnitudeSigmas, young.magnitudeSigmas).allSatisfy { $0 > 0.005 && $0 > $1 })
        history.record(estimate, atSeconds: Self.now + 901)
        #expect(history.state(nowSeconds: Self.now + 901)?.staleReason == nil && history.failures == 0)
    }
}
