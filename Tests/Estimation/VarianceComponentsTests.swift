import Estimation
import Grid
import Testing

@Suite("Variance components")
struct VarianceComponentsTests {
    @Test("Standard deviations that were stated too large or too small are found from the scatter, group by group")
    func groups() throws {
        let known = RandomGrid(nodes: 120, seed: 5)
        var random = Seeded(11)
        // Stated: 1 % of voltage, 0.1 % of the base for power. In truth a tenth and three times of that, with two meters of each.
        var measurements: [Estimation.Measurement] = []
        for node in 0..<120 {
            for _ in 0..<2 {
                let place = Place.node(Int32(node))
                let volts = known.state[node].magnitude + 0.001 * random.normal()
                measurements.append(Estimation.Measurement(.voltageMagnitude, at: place, value: volts, sigma: 0.01))
                guard node > 0, !known.zeroInjections.contains(Int32(node)) else { continue }
                let power = known.injections[node] + Complex(0.003 * random.normal(), 0.003 * random.normal())
                measurements.append(Estimation.Measurement(.activePower, at: place, value: power.real, sigma: 0.001))
                measurements.append(Estimation.Measurement(.reactivePower, at: place, value: power.imaginary, sigma: 0.001))
            }
        }
        let model = try EstimationModel(grid: known.grid, measurements: measurements, zeroInjections: known.zeroInjections)
        let groups = measurements.map { $0.quantity == .voltageMagnitude ? 0 : 1 }
        let found = try Estimator(model).estimateWithVarianceComponents(groups: groups)
        #expect((0.07...0.14).contains(found.factors[0]) && (2.5...3.5).contains(found.factors[1]), "\(found.factors)")
        #expect(abs(found.redundancies.reduce(0, +) - Double(found.estimate.degreesOfFreedom)) < 0.02 * Double(found.estimate.degreesOfFreedom))
        #expect(found.estimate.objective < found.estimate.chiSquare95)
    }
}
