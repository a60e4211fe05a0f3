import Estimation
import Grid
import Testing

@Suite("Properties of every estimate")
struct PropertyTests {
    static let grids: [(nodes: Int, loops: Int, seed: UInt64)] = [(4, 0, 1), (12, 0, 2), (30, 0, 3), (30, 4, 4), (60, 0, 5), (60, 12, 6)]

    private func estimate(_ grid: BalancedGrid, _ measurements: [Measurement], _ zeros: [Int32]) throws -> Estimate {
        var options = Estimator.Options()
        options.tolerance = 1e-11
        return try Estimator(EstimationModel(grid: grid, measurements: measurements, zeroInjections: zeros), options: options)
            .estimateWithStatistics()
    }

    private func distance(_ a: [Complex], _ b: [Complex]) -> Double { zip(a, b).map { ($0 - $1).magnitude }.max() ?? .infinity }

    @Test("Noise-free measurements reproduce the state", arguments: grids)
    func exact(nodes: Int, loops: Int, seed: UInt64) throws {
        let random = RandomGrid(nodes: nodes, loops: loops, seed: seed)
        let result = try estimate(random.grid, random.measurements, random.zeroInjections)
        #expect(distance(result.voltages, random.state) < 1e-9)
        #expect(result.objective < 1e-9)
    }

    @Test("Scaling all sigmas alike changes nothing but the standard deviations, which scale", arguments: grids)
    func scaling(nodes: Int, loops: Int, seed: UInt64) throws {
        let random = RandomGrid(nodes: nodes, loops: loops, seed: seed)
        let measurements = random.noisy(random.measurements, seed: 7)
        let scaled = measurements.map { measurement in
            var measurement = measurement
            measurement.sigma *= 3
            return measurement
        }
        let (first, second) = (
            try estimate(random.grid, measurements, random.zeroInjections), try estimate(random.grid, scaled, random.zeroInjections))
        #expect(distance(first.voltages, second.voltages) < 1e-9)
        #expect(abs(first.objective - 9 * second.objective) < 1e-6 * first.objective + 1e-9)
        for (a, b) in zip(first.magnitudeSigmas, second.magnitudeSigmas) { #expect(abs(3 * a - b) < 1e-5 * b) }
    }

    @Test("Numbering nodes and measurements otherwise changes nothing", arguments: grids)
    func permutation(nodes: Int, loops: Int, seed: UInt64) throws {
        let random = RandomGrid(nodes: nodes, loops: loops, seed: seed)
        var generator = Seeded(seed + 100)
        let order = (0..<Int32(nodes)).map { $0 }.shuffled(using: &generator)
        var grid = random.grid
        grid.branches = grid.branches.map { branch in
            var branch = branch
            branch.from = order[Int(branch.from)]
            branch.to = order[Int(branch.to)]
            return branch
        }
        for (node, place) in order.enumerated() { grid.shunts[Int(place)] = random.grid.shunts[node] }
        grid.sources[0].node = order[0]
        let measurements = random.noisy(random.measurements, seed: 8)
        let renamed = measurements.map { measurement in
            var measurement = measurement
            if case .node(let node) = measurement.place { measurement.place = .node(order[Int(node)]) }
            return measurement
        }.shuffled(using: &generator)
        let first = try estimate(random.grid, measurements, random.zeroInjections)
        let second = try estimate(grid, renamed, random.zeroInjections.map { order[Int($0)] })
        #expect(distance(first.voltages, order.map { second.voltages[Int($0)] }) < 1e-9)
        #expect(abs(first.objective - second.objective) < 1e-6 * first.objective + 1e-9)
        for (node, place) in order.enumerated() {
            #expect(abs(first.magnitudeSigmas[node] - second.magnitudeSigmas[Int(place)]) < 1e-6 * first.magnitudeSigmas[node])
        }
    }

    @Test("One more consistent measurement never makes anything less certain", arguments: grids)
    func monotony(nodes: Int, loops: Int, seed: UInt64) throws {
        let random = RandomGrid(nodes: nodes, loops: loops, seed: seed)
        let before = try estimate(random.grid, random.measurements, random.zeroInjections)
        let node = Int32(nodes - 1)
        let flow = random.grid.branches[0]
        let current = flow.yff * random.state[Int(flow.from)] + flow.yft * random.state[Int(flow.to)]
        let power = random.state[Int(flow.from)] * current.conjugate
        for extra in [
            Measurement(.voltageMagnitude, at: .node(node), value: random.state[Int(node)].magnitude, sigma: 0.002),
            Measurement(.activePower, at: .branch(0, .first), value: power.real, sigma: 0.01),
            Measurement(.currentMagnitude, at: .branch(0, .first), value: current.magnitude, sigma: 0.01),
        ] {
            let after = try estimate(random.grid, random.measurements + [extra], random.zeroInjections)
            for (a, b) in zip(after.magnitudeSigmas, before.magnitudeSigmas) { #expect(a <= b * (1 + 1e-7)) }
            // At the reference it is zero, but for the root of the rounding.
            for (a, b) in zip(after.angleSigmas, before.angleSigmas) { #expect(a <= b * (1 + 1e-6) + 1e-7) }
        }
    }

    @Test("Loads that only noisy voltages tell still have an optimum, though full steps go round in circles", arguments: [0, 3, 6])
    func downhill(loops: Int) throws {
        let random = RandomGrid(nodes: 40, loops: loops, seed: 45)
        let measurements = random.noisy(random.measurements.filter { $0.place != .node(38) }, seed: 42)
        let model = try EstimationModel(grid: random.grid, measurements: measurements, zeroInjections: random.zeroInjections)
        let estimator = Estimator(model)
        let outcome = estimator.estimate()
        #expect(outcome.isConverged)
        // The true state is a candidate too.
        let truth = zip(measurements, random.measurements.filter { $0.place != .node(38) }).reduce(0) { sum, pair in
            let deviation = (pair.0.value - pair.1.value) / pair.0.sigma
            return sum + deviation * deviation
        }
        #expect(estimator.objective < truth)
    }

    @Test("The scatter of many estimates is the standard deviation that each one tells")
    func coverage() throws {
        let random = RandomGrid(nodes: 18, seed: 11)
        let model = try EstimationModel(grid: random.grid, measurements: random.measurements, zeroInjections: random.zeroInjections)
        let estimator = Estimator(model)
        let told = try estimator.estimateWithStatistics().magnitudeSigmas
        var squares = [Double](repeating: 0, count: 18)
        var objectives = 0.0
        let rounds = 400
        for round in 0..<rounds {
            for (index, measurement) in random.noisy(random.measurements, seed: UInt64(1000 + round)).enumerated() {
                estimator.setMeasurement(index, value: measurement.value)
            }
            #expect(estimator.estimate().isConverged)
            objectives += estimator.objective
            for node in 0..<18 {
                let error = estimator.voltage(node).magnitude - random.state[node].magnitude
                squares[node] += error * error
            }
        }
        for node in 0..<18 {
            let ratio = (squares[node] / Double(rounds)).squareRoot() / told[node]
            #expect((0.85...1.15).contains(ratio), "node \(node): \(ratio)")
        }
        #expect(abs(objectives / Double(rounds) / Double(estimator.degreesOfFreedom) - 1) < 0.15)
    }

    @Test("Where only phasors are measured one solve is the optimum")
    func linear() throws {
        let random = RandomGrid(nodes: 20, seed: 12)
        var measurements: [Measurement] = []
        for node in 0..<20 {
            measurements.append(Measurement(.voltageReal, at: .node(Int32(node)), value: random.state[node].real, sigma: 0.001))
            measurements.append(Measurement(.voltageImaginary, at: .node(Int32(node)), value: random.state[node].imaginary, sigma: 0.001))
        }
        let model = try EstimationModel(
            grid: random.grid, measurements: random.noisy(measurements, seed: 3), zeroInjections: random.zeroInjections)
        let estimator = Estimator(model)
        #expect(estimator.isLinear)
        let outcome = estimator.estimate()
        #expect(outcome.isConverged && outcome.iterations == 1)
        let voltages = estimator.voltages
        estimator.setMeasurement(0, value: estimator.measurement(0).value)
        #expect(estimator.estimate().lastStep < 1e-12)
        #expect(distance(voltages, estimator.voltages) < 1e-12)
    }
}

@Suite("The pivoting factorisation beside the block factorisation")
struct PivotingTests {
    @Test("KLU comes to the same estimate, on trees, with loops and in an unobservable grid", arguments: [(40, 0), (40, 6)])
    func same(nodes: Int, loops: Int) throws {
        let random = RandomGrid(nodes: nodes, loops: loops, seed: 41)
        for measurements in [random.measurements, random.measurements.filter { $0.place != .node(Int32(nodes - 2)) }] {
            let model = try EstimationModel(
                grid: random.grid, measurements: random.noisy(measurements, seed: 42), zeroInjections: random.zeroInjections)
            var options = Estimator.Options()
            options.tolerance = 1e-10
            let block = try Estimator(model, options: options).estimateWithStatistics()
            options.factorization = .pivoting
            let pivoting = try Estimator(model, options: options).estimateWithStatistics()
            for node in 0..<nodes where block.grades[node] != .notEstimable {
                #expect((block.voltages[node] - pivoting.voltages[node]).magnitude < 1e-8)
            }
            #expect(block.grades == pivoting.grades)
        }
    }
}
