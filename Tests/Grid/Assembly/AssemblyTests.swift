import Grid
import Testing

@Suite("Calculation models of a network")
struct AssemblyTests {
    static func feeder() -> Network { CIMReader().read(paths: [ReferenceData.own("three_winding_feeder")]).network }

    @Test("A line is a pi model with its charging, in per unit")
    func line() throws {
        let network = Self.feeder()
        let assembly = BalancedAssembly(network)
        let cable = try #require(NetworkIndex(network).equipment["cable"])
        let branch = assembly.grid.branches[Int(try #require(assembly.index.branches(of: cable).first))]
        let base = 20_000.0 * 20_000 / 1e6
        let series = Complex(0.56, 0.42).reciprocal * base
        #expect((branch.yft + series).magnitude < 1e-9)
        #expect((branch.yff - series - Complex(0, 1.3e-4) * base).magnitude < 1e-9)
        #expect(assembly.index.ratings[Int(assembly.index.branches(of: cable)[0])].first == 320)
    }

    @Test("Loads are drawn, machines feed in, and shares follow the voltage")
    func injections() throws {
        let network = Self.feeder()
        let assembly = BalancedAssembly(network)
        let load = try #require(network.loads.first { $0.identity.mRID == "load" })
        let node = try #require(assembly.index.node(of: load.terminal))
        // 6 MW + 1.5 Mvar in shares of 20 % Z, 30 % I, 50 % P; the machine at the node feeds in 1.5 MW and draws 0.2 Mvar.
        #expect((assembly.injections.power(node: node, magnitude: 1) - Complex(-4.5, -1.7)).magnitude < 1e-12)
        let low = assembly.injections.power(node: node, magnitude: 0.9)
        #expect(abs(low.real - (1.5 - 6 * (0.2 * 0.81 + 0.3 * 0.9 + 0.5))) < 1e-12)
        #expect(abs(low.imaginary + 1.7) < 1e-12)
    }

    @Test("A transformer with three windings has a star point of its own")
    func starPoint() throws {
        let network = Self.feeder()
        let assembly = BalancedAssembly(network)
        let transformer = EquipmentReference(.transformer, 0)
        #expect(assembly.index.branches(of: transformer).count == 3)
        #expect(assembly.index.nodeOrigins.contains(.starPoint(transformer: 0)))
        let flow = try DenseFlow.solved(assembly)
        let node = try #require(assembly.index.node(of: network.transformers[0].windings[2].terminal))
        #expect(abs(flow.voltages[node].angle + 5 * .pi / 6) < 0.1)
        #expect(abs(flow.voltages[node].magnitude - 1.05) < 0.05)
    }

    @Test("The three-phase model of a symmetrical grid gives the voltages of the positive sequence")
    func symmetry() throws {
        let network = Self.feeder()
        let balanced = BalancedAssembly(network)
        let unbalanced = UnbalancedAssembly(network)
        let one = try DenseFlow.solved(balanced)
        let three = try DenseFlow.solved(unbalanced)
        for (position, node) in network.nodes.enumerated() {
            let own = try #require(balanced.index.node(of: Terminal(node: position)))
            for (phase, turn) in [(Phase.a, 0.0), (.b, -2 * .pi / 3), (.c, 2 * .pi / 3)] {
                let conductor = try #require(unbalanced.conductor(of: Terminal(node: position), phase: phase))
                let expected = one.voltages[own] * Complex(magnitude: 1, angle: turn)
                #expect((three.voltages[conductor] - expected).magnitude < 1e-5, "\(node.identity.name) \(phase.name)")
            }
        }
    }

    @Test("A tap moves in place to what a new assembly has")
    func taps() {
        var network = Self.feeder()
        var balanced = BalancedAssembly(network)
        var unbalanced = UnbalancedAssembly(network)
        balanced.setTap(transformer: 0, winding: 0, step: 3)
        unbalanced.setTap(transformer: 0, winding: 0, step: 3)
        let before = BalancedAssembly(network).grid.branches
        network.transformers[0].windings[0].ratioTap?.step = 3
        let isSame = balanced.grid.branches == BalancedAssembly(network).grid.branches
        let isChanged = balanced.grid.branches != before
        let isSameInPhases = unbalanced.grid.elements == UnbalancedAssembly(network).grid.elements
        #expect(isSame && isChanged && isSameInPhases)
    }

    @Test("Loads and machines change in place to what a new assembly has")
    func powers() {
        var network = Self.feeder()
        var balanced = BalancedAssembly(network)
        var unbalanced = UnbalancedAssembly(network)
        let position = network.loads.firstIndex { $0.identity.mRID == "load" } ?? 0
        balanced.setLoad(position, power: Complex(2e6, 1e6))
        unbalanced.setLoad(position, power: Complex(2e6, 1e6))
        balanced.setGenerator(0, power: Complex(1e6, 0))
        unbalanced.setGenerator(0, power: Complex(1e6, 0))
        network.loads[position].power = Complex(2e6, 1e6)
        network.generators[0].power = Complex(1e6, 0)
        let fresh = BalancedAssembly(network).injections
        for (a, b) in zip(balanced.injections.constantPower, fresh.constantPower) { #expect((a - b).magnitude < 1e-12) }
        for (a, b) in zip(balanced.injections.constantCurrent, fresh.constantCurrent) { #expect((a - b).magnitude < 1e-12) }
        let isSame = unbalanced.injections == UnbalancedAssembly(network).injections
        #expect(isSame)
    }

    @Test("A switch opens and closes to what a new assembly has; what is cut off has no node")
    func switches() throws {
        var network = Self.feeder()
        var assembly = BalancedAssembly(network)
        var phases = UnbalancedAssembly(network)
        let breaker = try #require(network.switches.firstIndex { $0.identity.mRID == "cb" })
        assembly.setSwitch(breaker, isOpen: true)
        phases.setSwitch(breaker, isOpen: true)
        network.switches[breaker].isOpen = true
        let fresh = BalancedAssembly(network)
        #expect(assembly.grid.nodeCount == fresh.grid.nodeCount)
        #expect(assembly.index.node(of: network.loads[0].terminal) == nil)
        #expect(phases.grid.conductorCount == UnbalancedAssembly(network).grid.conductorCount)
        assembly.setSwitch(breaker, isOpen: false)
        phases.setSwitch(breaker, isOpen: false)
        network.switches[breaker].isOpen = false
        #expect(assembly.grid.branches.count == BalancedAssembly(network).grid.branches.count)
        #expect(assembly.index.node(of: network.loads[0].terminal) != nil)
        #expect(phases.grid.conductorCount == UnbalancedAssembly(network).grid.conductorCount)
    }

    @Test("A switch that is open in one phase cuts that phase's conductor alone")
    func onePole() throws {
        var network = Self.feeder()
        let breaker = try #require(network.switches.firstIndex { $0.identity.mRID == "cb" })
        network.switches[breaker].openPhases = .b
        let assembly = UnbalancedAssembly(network)
        let load = try #require(network.loads.first { $0.identity.mRID == "load" })
        let head = network.switches[breaker]
        for phase in [Phase.a, .c] {
            let conductor = try #require(assembly.conductor(of: load.terminal, phase: phase))
            #expect(conductor >= 0)
            #expect(assembly.conductor(of: head.from, phase: phase) == assembly.conductor(of: head.to, phase: phase))
        }
        #expect(assembly.conductor(of: head.from, phase: .b) != assembly.conductor(of: head.to, phase: .b))
    }

    @Test("Terminals lead to branch ends and back")
    func index() throws {
        let network = Self.feeder()
        let assembly = BalancedAssembly(network)
        let lookup = NetworkIndex(network)
        let end = try #require(lookup.terminals["t-cable-2"])
        let place = try #require(assembly.index.branch(at: end))
        #expect(!place.isFirstEnd)
        let origin = assembly.index.branchOrigins[Int(place.branch)]
        #expect(network.identity(of: origin.equipment).mRID == "cable")
        let node = try #require(lookup.nodes["end20"])
        #expect(assembly.index.nodeOfNetworkNode[node] == assembly.grid.branches[Int(place.branch)].to)
    }
}
