import Estimation
import Grid
import Testing

@Suite("Models of estimation")
struct ModelTests {
    private func refusal(_ measurements: [Measurement], zeros: [Int32] = []) -> String? {
        let grid = RandomGrid(nodes: 4, seed: 1).grid
        do {
            _ = try EstimationModel(grid: grid, measurements: measurements, zeroInjections: zeros)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("What cannot be used is refused with a sentence that says which and why", arguments: [
        (Measurement(.voltageMagnitude, at: .node(4), value: 1, sigma: 1), "node 4"),
        (Measurement(.currentMagnitude, at: .node(1), value: 1, sigma: 1), "end of a branch"),
        (Measurement(.voltageMagnitude, at: .branch(0, .first), value: 1, sigma: 1), "at a node"),
        (Measurement(.activePower, at: .branch(9, .first), value: 1, sigma: 1), "branch 9"),
        (Measurement(.activePower, at: .branch(0, .second, conductor: 1), value: 1, sigma: 1), "conductor 1"),
        (Measurement(.activePower, at: .node(1), value: 1, sigma: 0), "sigma is 0"),
        (Measurement(.activePower, at: .node(1), value: .nan, sigma: 1), "value is nan"),
        (Measurement(.activePower, at: .node(3), value: 0, sigma: 1), "zero injections"),
    ])
    func refused(measurement: Measurement, words: String) throws {
        let fine = Measurement(.voltageMagnitude, at: .node(0), value: 1, sigma: 0.01)
        let sentence = try #require(refusal([fine, measurement], zeros: [3]))
        #expect(sentence.contains("measurement 1") && sentence.contains(words), "\(sentence)")
    }

    @Test("A zero injection beyond the grid is refused")
    func zeros() throws { #expect(try #require(refusal([], zeros: [7])).contains("node 7")) }

    @Test("A measurement with an infinite sigma takes no part, and its residual is told all the same")
    func leftOut() throws {
        let random = RandomGrid(nodes: 9, seed: 2)
        var measurements = random.measurements
        measurements[1].sigma = .infinity
        measurements[1].value = 7
        let estimate = try Estimator(
            EstimationModel(grid: random.grid, measurements: measurements, zeroInjections: random.zeroInjections)
        ).estimateWithStatistics()
        #expect(zip(estimate.voltages, random.state).allSatisfy { ($0 - $1).magnitude < 1e-7 })
        #expect(estimate.residuals[1] > 5 && estimate.normalizedResiduals[1].isNaN)
        #expect(!estimate.criticalMeasurements.contains(1))
    }

    @Test("Several meters at one place act as their weighted mean")
    func together() throws {
        let random = RandomGrid(nodes: 6, seed: 3)
        var twice = random.measurements
        let index = try #require(twice.firstIndex { $0.quantity == .activePower })
        var other = twice[index]
        twice[index].value += twice[index].sigma
        other.value -= 4 * other.sigma
        other.sigma *= 2
        let mean = (twice[index].value / (twice[index].sigma * twice[index].sigma) + other.value / (other.sigma * other.sigma))
        let weight = 1 / (twice[index].sigma * twice[index].sigma) + 1 / (other.sigma * other.sigma)
        var once = random.measurements
        once[index].value = mean / weight
        once[index].sigma = (1 / weight).squareRoot()
        let first = try Estimator(EstimationModel(grid: random.grid, measurements: twice + [other], zeroInjections: random.zeroInjections))
            .estimateWithStatistics()
        let second = try Estimator(EstimationModel(grid: random.grid, measurements: once, zeroInjections: random.zeroInjections))
            .estimateWithStatistics()
        for node in 0..<6 {
            #expect((first.voltages[node] - second.voltages[node]).magnitude < 1e-9)
            #expect(abs(first.magnitudeSigmas[node] - second.magnitudeSigmas[node]) < 1e-6 * second.magnitudeSigmas[node])
        }
    }
}
