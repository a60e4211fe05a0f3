import Estimation
import Grid
import Testing

@Suite("Observability of three phases")
struct UnbalancedObservabilityTests {
    /// An own feeder of single-phase laterals, loads in star and in delta, and a source whose phases are supposed symmetrical.
    private static let file = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/") + "/Data/grid/lane.xml"

    @Test("two quantities are missing for each conductor whose load nobody measures", arguments: [
        ([], 0), (["652"], 2), (["652", "611"], 4), (["646"], 4), (["671"], 6), (["675", "652"], 8),
    ] as [([String], Int)])
    func nullity(unmetered: [String], missing: Int) throws {
        let assembly = UnbalancedAssembly(CIMReader().read(paths: [Self.file]).network)
        let loaded = Set(assembly.injections.appliances.flatMap { [$0.from, $0.to] }.filter { $0 >= 0 })
        let sources = Set(assembly.grid.sources.map(\.conductor))
        let zeros = (0..<Int32(assembly.grid.conductorCount)).filter { !loaded.contains($0) && !sources.contains($0) }
        var measurements: [Estimation.Measurement] = []
        for conductor in 0..<Int32(assembly.grid.conductorCount) {
            let node = assembly.index.nodeNames[Int(assembly.grid.nodes[Int(conductor)])]
            // The level of the voltages is measured at the head of the feeder alone.
            if node == "650" { measurements.append(Estimation.Measurement(.voltageMagnitude, at: .node(conductor), value: 1, sigma: 0.01)) }
            guard loaded.contains(conductor), !unmetered.contains(node) else { continue }
            for quantity in [Quantity.activePower, .reactivePower] {
                measurements.append(Estimation.Measurement(quantity, at: .node(conductor), value: 0, sigma: 0.01))
            }
        }
        let estimator = Estimator(try EstimationModel(grid: assembly.grid, measurements: measurements, zeroInjections: zeros))
        let found = estimator.observability()
        #expect(found.nullity == missing && found.isObservable == (missing == 0))
    }

    /// The powers that flow into the first ends of all elements at the solution of the power flow, and all voltages' magnitudes.
    private func measured(_ assembly: UnbalancedAssembly) throws -> (measurements: [Estimation.Measurement], voltages: [Complex]) {
        let flow = try UnbalancedPowerFlow(assembly.grid, connections: assembly.injections.connections)
        var state = PowerFlowState()
        #expect(try flow.solve(assembly.injections.powers, into: &state).converged)
        var measurements = state.voltages.enumerated().map { node, voltage in
            Estimation.Measurement(.voltageMagnitude, at: .node(Int32(node)), value: voltage.magnitude, sigma: 0.001)
        }
        for (element, flows) in flow.flows(state).enumerated() {
            for conductor in 0..<assembly.grid.elements[element].firstEndCount {
                let place = Place.branch(Int32(element), .first, conductor: Int32(conductor))
                let power = flows.powers[conductor]
                measurements.append(Estimation.Measurement(.activePower, at: place, value: power.real, sigma: 0.01))
                measurements.append(Estimation.Measurement(.reactivePower, at: place, value: power.imaginary, sigma: 0.01))
            }
        }
        return (measurements, state.voltages)
    }

    @Test("admittances that are replaced in place give the estimate of a new model") func admittances() throws {
        var assembly = UnbalancedAssembly(CIMReader().read(paths: [Self.file]).network)
        let followed = Estimator(try EstimationModel(grid: assembly.grid, measurements: try measured(assembly).measurements, zeroInjections: []))
        // Frames that keep the factorisation before and after.
        for _ in 0..<3 {
            followed.setMeasurement(0, value: followed.measurement(0).value + 1e-4)
            #expect(followed.estimate().isConverged)
        }
        for tank in 0..<3 { assembly.setTap(transformer: tank, winding: 1, step: Double(4 - 3 * tank)) }
        for (branch, element) in assembly.grid.elements.enumerated() { followed.setAdmittance(element.admittance, ofBranch: branch) }
        let (measurements, voltages) = try measured(assembly)
        for shift in [1e-3, 1e-4, 0] {
            for (index, measurement) in measurements.enumerated() { followed.setMeasurement(index, value: measurement.value + shift) }
            #expect(followed.estimate().isConverged)
        }
        let estimate = try followed.estimateWithStatistics()
        let fresh = try Estimator(try EstimationModel(grid: assembly.grid, measurements: measurements, zeroInjections: [])).estimateWithStatistics()
        #expect(zip(estimate.voltages, voltages).allSatisfy { ($0 - $1).magnitude < 1e-7 } && estimate.objective < 1e-8)
        #expect(zip(estimate.magnitudeSigmas, fresh.magnitudeSigmas).allSatisfy { abs($0 - $1) < 1e-6 * $1 })
    }
}
