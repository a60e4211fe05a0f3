import Estimation
import Grid
import Testing

@Suite("Bad data")
struct BadDataTests {
    private let random = RandomGrid(nodes: 24, seed: 21)

    /// Meters with redundancy: the voltage at every node as well.
    private var measurements: [Measurement] {
        random.measurements
            + (0..<24).filter { $0 % 3 != 0 }.map {
                Measurement(.voltageMagnitude, at: .node(Int32($0)), value: random.state[$0].magnitude, sigma: 0.00003)
            }
    }

    private func report(_ change: (inout [Measurement]) -> Void) throws -> BadDataReport {
        var measurements = random.noisy(measurements, seed: 22)
        change(&measurements)
        return try Estimator(EstimationModel(grid: random.grid, measurements: measurements, zeroInjections: random.zeroInjections))
            .estimateWithoutBadData()
    }

    @Test("A clean set loses nothing")
    func clean() throws {
        let report = try report { _ in }
        #expect(report.removals.isEmpty && !report.wasSuspicious)
    }

    /// The meter of the largest load.
    private var load: Int {
        measurements.indices.filter { measurements[$0].quantity == .activePower }.max { abs(measurements[$0].value) < abs(measurements[$1].value) } ?? 0
    }

    @Test("A wrong sign and a wrong unit are suspected by name", arguments: [
        (Suspicion.sign, { @Sendable (value: Double) in -value }), (.unit(factor: 1000), { @Sendable in 1000 * $0 }),
    ])
    func named(suspicion: Suspicion, error: @Sendable (Double) -> Double) throws {
        let index = load
        let report = try report { $0[index].value = error($0[index].value) }
        #expect(report.removals.map(\.measurement) == [index])
        #expect(report.removals.first?.suspicion == suspicion)
        #expect(report.removals.first?.suspicion?.sentence.contains("fits") == true)
    }

    @Test("A meter in volts from phase to phase is suspected by √3")
    func rootOfThree() throws {
        let index = measurements.count - 1
        let report = try report { $0[index].value *= 3.0.squareRoot() }
        #expect(report.removals.map(\.measurement) == [index])
        #expect(report.removals.first?.suspicion == .unit(factor: 3.0.squareRoot()))
    }

    @Test("A robust loss needs no removal and trusts the bad meter least", arguments: [RobustLoss.huber(), .leastAbsoluteValue(width: 0.01)])
    func robust(loss: RobustLoss) throws {
        var measurements = random.noisy(measurements, seed: 23)
        let index = measurements.count - 2
        measurements[index].value += 0.01
        let model = try EstimationModel(grid: random.grid, measurements: measurements, zeroInjections: random.zeroInjections)
        let estimator = Estimator(model)
        let plain = try estimator.estimateWithStatistics()
        let robust = try estimator.estimateRobustly(loss, maximumRounds: 300)
        #expect(robust.trust.indices.min { robust.trust[$0] < robust.trust[$1] } == index)
        func error(_ voltages: [Complex]) -> Double {
            zip(voltages, random.state).map { ($0.magnitude - $1.magnitude) * ($0.magnitude - $1.magnitude) }.reduce(0, +).squareRoot()
        }
        #expect(error(robust.voltages) < 0.7 * error(plain.voltages))
        #expect(estimator.measurement(index).sigma == measurements[index].sigma)
    }

    @Test("A frame without a solution says why, and the next good one recovers")
    func divergence() throws {
        let model = try EstimationModel(grid: random.grid, measurements: random.measurements, zeroInjections: random.zeroInjections)
        let estimator = Estimator(model)
        #expect(estimator.estimate().isConverged)
        let index = load
        estimator.setMeasurement(index, value: .infinity)
        let outcome = estimator.estimate()
        #expect(!outcome.isConverged && outcome.reason?.isEmpty == false)
        estimator.setMeasurement(index, value: random.measurements[index].value)
        #expect(estimator.estimate().isConverged)
        #expect(zip(estimator.voltages, random.state).allSatisfy { ($0 - $1).magnitude < 1e-7 })
    }
}

@Suite("Suspicions in three-phase grids")
struct PhaseSwapTests {
    /// A three-phase line with coupled conductors and unequal loads.
    private func grid() -> UnbalancedGrid {
        var admittance = [Complex](repeating: .zero, count: 36)
        for row in 0..<3 {
            for column in 0..<3 {
                let y = row == column ? Complex(6, -9) : Complex(-1.2, 2.1)
                admittance[row * 6 + column] = y
                admittance[(row + 3) * 6 + column + 3] = y
                admittance[row * 6 + column + 3] = -y
                admittance[(row + 3) * 6 + column] = -y
            }
        }
        let angles = [0, -2 * Double.pi / 3, 2 * Double.pi / 3]
        return UnbalancedGrid(
            basePowerVA: 1e5, nominalVolts: Array(repeating: 230, count: 6), nominalAngles: angles + angles, nodes: [0, 0, 0, 1, 1, 1],
            phases: [0, 1, 2, 0, 1, 2],
            elements: [UnbalancedGrid.Element(terminals: [0, 1, 2, 3, 4, 5], firstEndCount: 3, admittance: admittance)],
            sources: (0..<3).map { UnbalancedGrid.Source(conductor: Int32($0), voltage: Complex(magnitude: 1, angle: angles[$0])) })
    }

    private let loads = [Complex(-0.5, -0.1), Complex(-0.1, -0.02), Complex(-0.3, -0.05)]

    /// Voltages at both ends, powers at the load and at the head of the line; the state that fits the loads comes from them alone.
    private func measurements() throws -> [Measurement] {
        var base: [Measurement] = []
        for phase in 0..<3 {
            base.append(Measurement(.voltageMagnitude, at: .node(Int32(phase)), value: 1, sigma: 0.001))
            base.append(Measurement(.activePower, at: .node(Int32(phase + 3)), value: loads[phase].real, sigma: 0.005))
            base.append(Measurement(.reactivePower, at: .node(Int32(phase + 3)), value: loads[phase].imaginary, sigma: 0.005))
        }
        let estimator = Estimator(try EstimationModel(grid: grid(), measurements: base, zeroInjections: []))
        _ = estimator.estimate()
        for phase in 0..<3 {
            let place = Place.branch(0, .first, conductor: Int32(phase))
            let values = try estimator.values(of: [(.activePower, place), (.reactivePower, place)])
            base.append(Measurement(.voltageMagnitude, at: .node(Int32(phase + 3)), value: estimator.voltage(phase + 3).magnitude, sigma: 0.001))
            base.append(Measurement(.activePower, at: place, value: values[0].value, sigma: 0.005))
            base.append(Measurement(.reactivePower, at: place, value: values[1].value, sigma: 0.005))
        }
        return base
    }

    @Test("Interchanged phases of a meter are suspected by name")
    func swapped() throws {
        var measurements = try measurements()
        let (a, b) = (1, 4)
        #expect(measurements[a].place == .node(3) && measurements[b].place == .node(4))
        let held = measurements[a].value
        measurements[a].value = measurements[b].value
        measurements[b].value = held
        let report = try Estimator(EstimationModel(grid: grid(), measurements: measurements, zeroInjections: [])).estimateWithoutBadData()
        #expect(Set(report.removals.map(\.measurement)) == [a, b])
        for removal in report.removals { #expect(removal.suspicion == .phaseSwap(conductor: removal.measurement == a ? 4 : 3)) }
    }

    @Test("The angles of a source without angle meters are symmetrical, those of the load follow from the grid")
    func reference() throws {
        let estimate = try Estimator(EstimationModel(grid: grid(), measurements: measurements(), zeroInjections: [])).estimateWithStatistics()
        #expect(abs(estimate.voltages[0].angle) < 1e-9)
        #expect(abs(estimate.voltages[1].angle + 2 * Double.pi / 3) < 1e-9)
        #expect(estimate.objective < 1e-6 && estimate.voltages[3].angle != 0)
        #expect(estimate.criticalMeasurements.isEmpty)
    }
}

@Suite("Wrong switch states")
struct SwitchTests {
    @Test("A tie that is closed in the field and open in the model contradicts the meters, its ends are among the suspicious nodes, and closing it explains all")
    func tie() throws {
        let field = RandomGrid(nodes: 30, loops: 1, seed: 53)
        let tie = try #require(field.grid.branches.last)
        var grid = field.grid
        grid.branches.removeLast()
        var measurements = field.measurements
        for node in 0..<30 where node % 3 != 0 {
            measurements.append(Measurement(.voltageMagnitude, at: .node(Int32(node)), value: field.state[node].magnitude, sigma: 1e-5))
        }
        let estimate = try Estimator(EstimationModel(grid: grid, measurements: measurements, zeroInjections: field.zeroInjections)).estimateWithStatistics()
        #expect(estimate.objective > estimate.chiSquare99)
        let suspicious = estimate.zeroInjections.sorted { $0.normalizedMultiplier > $1.normalizedMultiplier }.prefix(2)
        #expect(suspicious.contains { ($0.conductor == tie.from || $0.conductor == tie.to) && $0.normalizedMultiplier > 10 })
        let other = try #require(grid.branches.indices.first { grid.branches[$0].from != 0 && $0 > 5 })
        let verdicts = try testTopology(
            of: grid, measurements: measurements, zeroInjections: field.zeroInjections,
            hypotheses: [SwitchHypothesis("tie", .closed(tie)), SwitchHypothesis("other", .opened(other))])
        #expect(verdicts.first?.hypothesis == "tie")
        #expect(verdicts.first.map { $0.plausibility > 0.99 } == true)
        #expect(verdicts.first { $0.hypothesis == nil }.map { $0.plausibility < 0.01 } == true)
    }
}
