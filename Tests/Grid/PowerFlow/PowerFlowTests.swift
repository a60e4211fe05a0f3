import Grid
import SyntheticGrids
import Testing

@Suite("Power flow")
struct PowerFlowTests {
    static let methods: [PowerFlowOptions.Method] = [.currentIteration, .newtonRaphson]

    @Test("Two nodes give the voltage of the textbook", arguments: methods)
    func twoNodes(method: PowerFlowOptions.Method) throws {
        let powerFlow = try PowerFlow(SmallGrids.twoNodes, options: PowerFlowOptions(method: method, tolerance: 1e-12))
        for load in [Complex(1, 0.5), Complex(3, 2), Complex(-2, 0), Complex(0, -1)] {
            var state = PowerFlowState()
            let report = try powerFlow.solve(SmallGrids.load(load), into: &state)
            #expect(report.converged && report.method == method && report.failure == nil)
            #expect(abs(state.voltages[1].magnitude - SmallGrids.magnitude(load: load, impedance: SmallGrids.impedance)) < 1e-11)
        }
    }

    @Test("A load of constant impedance makes a voltage divider, one of constant current its drop", arguments: methods)
    func voltageDependentLoads(method: PowerFlowOptions.Method) throws {
        let powerFlow = try PowerFlow(SmallGrids.twoNodes, options: PowerFlowOptions(method: method, tolerance: 1e-12))
        var state = PowerFlowState()
        let load = Complex(2, 1)
        let none = [Complex.zero, .zero]
        _ = try powerFlow.solve(Injections(constantPower: none, constantImpedance: [.zero, -load]), into: &state)
        let divided = load.conjugate.reciprocal / (load.conjugate.reciprocal + SmallGrids.impedance)
        #expect((state.voltages[1] - divided).magnitude < 1e-11)
        _ = try powerFlow.solve(Injections(constantPower: none, constantCurrent: [.zero, -load]), into: &state)
        let current = load.conjugate * (state.voltages[1] / state.voltages[1].magnitude)
        #expect((Complex.one - SmallGrids.impedance * current - state.voltages[1]).magnitude < 1e-11)
        #expect(abs(current.magnitude - load.magnitude) < 1e-12)
    }

    @Test("The 33-bus feeder has its published losses and lowest voltage", arguments: methods)
    func baranWu(method: PowerFlowOptions.Method) throws {
        let feeder = BaranWuFeeder()
        let powerFlow = try PowerFlow(feeder.grid, options: PowerFlowOptions(method: method))
        var state = PowerFlowState()
        #expect(try powerFlow.solve(feeder.injections, into: &state).converged)
        let losses = powerFlow.flows(state).losses
        #expect(abs(losses.real * 1000 - 202.68) < 0.005 && abs(losses.imaginary * 1000 - 135.14) < 0.005)
        let magnitudes = state.voltages.map(\.magnitude)
        #expect(abs(magnitudes[17] - 0.9131) < 5e-5 && magnitudes.min() == magnitudes[17])
    }

    @Test("Sources give what loads and losses take, and every node balances")
    func balance() throws {
        let network = RadialNetwork(nodeCount: 300)
        let powerFlow = try PowerFlow(network.balancedGrid())
        let injections = network.injections()
        var state = PowerFlowState()
        #expect(try powerFlow.solve(injections, into: &state).method == .currentIteration)
        #expect(powerFlow.isRadial)
        let flows = powerFlow.flows(state, injections: injections)
        let loads = injections.constantPower.reduce(Complex.zero, +)
        #expect((flows.sources[0] + loads - flows.losses).magnitude < 1e-6)
        var sums = injections.constantPower
        for (branch, flow) in zip(powerFlow.grid.branches, flows.branches) {
            sums[Int(branch.from)] -= flow.fromPower
            sums[Int(branch.to)] -= flow.toPower
        }
        sums[0] += flows.sources[0]
        #expect(sums.allSatisfy { $0.magnitude < 1e-6 })
    }

    @Test("Current iteration and Newton–Raphson agree, from a cold start and from the last frame")
    func methodsAgree() throws {
        let network = RadialNetwork(nodeCount: 400, seed: 7)
        let grid = network.balancedGrid()
        let tolerance = 1e-11
        let (currents, newton) = (
            try PowerFlow(grid, options: PowerFlowOptions(method: .currentIteration, tolerance: tolerance)),
            try PowerFlow(grid, options: PowerFlowOptions(method: .newtonRaphson, tolerance: tolerance))
        )
        var warm = PowerFlowState()
        for frame in 0..<3 {
            let injections = network.injections { 1 + 0.2 * Double(($0 * 7 + frame * 13) % 11 - 5) / 5 }
            var cold = PowerFlowState()
            #expect(try newton.solve(injections, into: &cold).converged)
            let report = try currents.solve(injections, into: &warm)
            #expect(report.converged)
            #expect(zip(warm.voltages, cold.voltages).allSatisfy { ($0 - $1).magnitude < 1e-9 })
        }
    }

    @Test("Renumbering the nodes changes nothing")
    func permutation() throws {
        let network = RadialNetwork(nodeCount: 200)
        let grid = network.balancedGrid()
        let injections = network.injections()
        // 77 and 200 have no common divisor.
        let names = (0..<200).map { Int32($0 * 77 % 200) }
        func renamed<Value>(_ values: [Value]) -> [Value] {
            var result = values
            for (node, value) in values.enumerated() { result[Int(names[node])] = value }
            return result
        }
        let other = BalancedGrid(
            basePowerVA: grid.basePowerVA, nominalVolts: renamed(grid.nominalVolts), nominalAngles: renamed(grid.nominalAngles),
            branches: grid.branches.reversed().map {
                .init(from: names[Int($0.to)], to: names[Int($0.from)], yff: $0.ytt, yft: $0.ytf, ytf: $0.yft, ytt: $0.yff)
            },
            shunts: renamed(grid.shunts), sources: [.init(node: names[0], voltage: grid.sources[0].voltage)])
        var (state, renamedState) = (PowerFlowState(), PowerFlowState())
        _ = try PowerFlow(grid).solve(injections, into: &state)
        _ = try PowerFlow(other).solve(Injections(constantPower: renamed(injections.constantPower)), into: &renamedState)
        #expect(zip(renamed(state.voltages), renamedState.voltages).allSatisfy { ($0 - $1).magnitude < 1e-9 })
    }

    @Test("Another base power changes nothing")
    func basePower() throws {
        var states = [PowerFlowState(), PowerFlowState()]
        for (index, base) in [1e5, 1e8].enumerated() {
            let feeder = BaranWuFeeder(basePowerVA: base)
            _ = try PowerFlow(feeder.grid, options: PowerFlowOptions(tolerance: 1e-12)).solve(feeder.injections, into: &states[index])
        }
        #expect(zip(states[0].voltages, states[1].voltages).allSatisfy { ($0 - $1).magnitude < 1e-10 })
    }

    @Test("A loop is solved through its fill-in; one that shifts the phase goes to Newton–Raphson")
    func loops() throws {
        let ring = [SmallGrids.line(0, 1, Complex(0.02, 0.04)), SmallGrids.line(1, 2, Complex(0.03, 0.02)), SmallGrids.line(2, 3, Complex(0.01, 0.03))]
        for (shift, method) in [(0.0, PowerFlowOptions.Method.currentIteration), (0.05, .newtonRaphson)] {
            let closing = SmallGrids.transformer(0, 3, Complex(0.01, 0.05), ratio: Complex(magnitude: 1.02, angle: shift))
            let powerFlow = try PowerFlow(SmallGrids.grid(nodes: 4, ring + [closing]), options: PowerFlowOptions(tolerance: 1e-11))
            let injections = Injections(constantPower: [.zero, Complex(-0.5, -0.2), Complex(-0.8, 0.1), Complex(0.3, 0)])
            var state = PowerFlowState()
            let report = try powerFlow.solve(injections, into: &state)
            #expect(report.converged && report.method == method)
            let flows = powerFlow.flows(state)
            #expect((flows.sources[0] + injections.constantPower.reduce(.zero, +) - flows.losses).magnitude < 1e-9)
        }
    }

    @Test("Islands with sources of their own are solved together, each as if alone")
    func islands() throws {
        var grid = SmallGrids.grid(nodes: 4, [SmallGrids.line(0, 1, SmallGrids.impedance), SmallGrids.line(2, 3, SmallGrids.impedance)])
        grid.sources.append(.init(node: 3, voltage: Complex(magnitude: 1.05, angle: 0.3)))
        let loads = Injections(constantPower: [.zero, Complex(-1, -0.5), Complex(-2, 0), .zero])
        var state = PowerFlowState()
        #expect(try PowerFlow(grid, options: PowerFlowOptions(tolerance: 1e-12)).solve(loads, into: &state).converged)
        #expect(abs(state.voltages[1].magnitude - SmallGrids.magnitude(load: Complex(1, 0.5), impedance: SmallGrids.impedance)) < 1e-10)
        #expect(abs(state.voltages[2].magnitude - SmallGrids.magnitude(load: Complex(2, 0), impedance: SmallGrids.impedance, source: 1.05)) < 1e-10)
    }
}
