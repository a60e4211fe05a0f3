import Grid
import Testing

@Suite("Switches operated in a calculation model")
struct SwitchingTests {
    /// A seeded network of everything that an assembly makes nodes, branches, shunts and injections of, joined at random.
    static func network(seed: UInt64, nodes: Int = 60) -> Network {
        var random = SeededGenerator(state: seed)
        var network = Network()
        // Some nodes have no nominal voltage: what lies behind them is energised, they themselves are left out.
        for node in 0..<nodes { network.addNode("n\(node)", nominalVolts: node % 13 == 5 ? 0 : 20_000) }
        func terminal() -> Terminal { Terminal(node: Int.random(in: 0..<nodes, using: &random), isConnected: Int.random(in: 0..<20, using: &random) > 0) }
        for line in 0..<nodes / 2 {
            let sequence = SequenceParameters(impedance: line == 3 ? .zero : Complex(1, Double(line + 1)), admittance: Complex(0, 1e-5))
            network.lines.append(Line(
                Identity("l\(line)"), from: terminal(), to: terminal(), parameters: .sequence(positive: sequence, zero: nil), nominalVolts: 20_000))
        }
        for number in 0..<nodes / 8 {
            let windings = (0..<(number % 2 == 0 ? 3 : 2)).map { winding in
                Transformer.Winding(
                    terminal: terminal(), connection: winding == 0 ? .delta : .starNeutral, clock: winding == 0 ? 0 : 5, ratedVolts: 20_000,
                    ratedVA: 1e6, impedance: Complex(0.5, 5))
            }
            network.transformers.append(Transformer(Identity("t\(number)"), windings: windings, magnetisingAdmittance: Complex(1e-6, -1e-5)))
        }
        for device in 0..<nodes {
            network.switches.append(
                Switch(Identity("s\(device)"), from: terminal(), to: terminal(), isOpen: Bool.random(using: &random)))
        }
        for number in 0..<nodes / 2 {
            network.loads.append(Load(Identity("p\(number)"), terminal: terminal(), power: Complex(Double(number) * 1e3, 1e3), nominalVolts: 20_000))
        }
        network.generators = [Generator(Identity("m"), kind: .wind, terminal: terminal(), power: Complex(5e4, 0), nominalVolts: 20_000)]
        network.shunts = (0..<3).map { Shunt(Identity("c\($0)"), terminal: terminal(), admittance: Complex(0, 1e-3), nominalVolts: 20_000) }
        network.externalGrids = [
            ExternalGrid(Identity("g0"), terminal: Terminal(node: 0), impedance: Complex(0, 1), nominalVolts: 20_000),
            ExternalGrid(Identity("g1"), terminal: Terminal(node: nodes - 1), nominalVolts: 20_000),
        ]
        return network
    }

    @Test("After any operations the model is what a new one is, but for the numbers", arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func sameAsFresh(seed: UInt64) throws {
        var network = Self.network(seed: seed)
        var assembly = BalancedAssembly(network)
        var random = SeededGenerator(state: seed + 100)
        for _ in 0..<200 {
            let position = Int.random(in: 0..<network.switches.count, using: &random)
            let isOpen = Bool.random(using: &random)
            network.switches[position].isOpen = isOpen
            assembly.setSwitch(position, isOpen: isOpen)
            try expectSame(assembly, BalancedAssembly(network))
        }
    }

    @Test("Nodes that a switch does not concern keep their numbers")
    func keptNumbers() {
        var network = Self.network(seed: 11, nodes: 40)
        network.transformers = []
        network.externalGrids[0].impedance = .zero
        var assembly = BalancedAssembly(network)
        var random = SeededGenerator(state: 5)
        var count = 0
        for _ in 0..<400 {
            let before = assembly.index.nodeOfNetworkNode
            let nodes = Int32(assembly.grid.nodeCount)
            let change = assembly.setSwitch(Int.random(in: 0..<network.switches.count, using: &random), isOpen: Bool.random(using: &random))
            guard change.parted != nil, change.partedIslands == nil, Int32(assembly.grid.nodeCount) == nodes + 1 else { continue }
            count += 1
            for (old, new) in zip(before, assembly.index.nodeOfNetworkNode) { #expect(new == old || new == nodes) }
        }
        #expect(count > 5)
    }

    private func expectSame(_ own: BalancedAssembly, _ fresh: BalancedAssembly) throws {
        #expect(own.grid.nodeCount == fresh.grid.nodeCount)
        #expect(Set(own.problems) == Set(fresh.problems))
        var freshNode = [Int](repeating: -1, count: own.grid.nodeCount)
        for (a, b) in zip(own.index.nodeOfNetworkNode, fresh.index.nodeOfNetworkNode) {
            #expect((a < 0) == (b < 0))
            if a >= 0 { freshNode[Int(a)] = Int(b) }
        }
        for (node, origin) in own.index.nodeOrigins.enumerated() where freshNode[node] < 0 {
            freshNode[node] = try #require(fresh.index.nodeOrigins.firstIndex(of: origin))
        }
        #expect(Set(freshNode).count == freshNode.count)
        for (node, other) in freshNode.enumerated() {
            #expect(own.index.nodeNames[node] == fresh.index.nodeNames[other])
            #expect(own.grid.nominalVolts[node] == fresh.grid.nominalVolts[other] && own.index.nominalVolts[node] == own.grid.nominalVolts[node])
            #expect((own.grid.shunts[node] - fresh.grid.shunts[other]).magnitude < 1e-9)
            #expect((own.injections.constantPower[node] - fresh.injections.constantPower[other]).magnitude < 1e-9)
            #expect((own.injections.constantImpedance[node] - fresh.injections.constantImpedance[other]).magnitude < 1e-9)
        }
        let freshBranches = Dictionary(uniqueKeysWithValues: zip(fresh.index.branchOrigins, fresh.grid.branches))
        #expect(own.grid.branches.count == freshBranches.count)
        for (number, (origin, branch)) in zip(own.index.branchOrigins, own.grid.branches).enumerated() {
            var moved = branch
            (moved.from, moved.to) = (Int32(freshNode[Int(branch.from)]), Int32(freshNode[Int(branch.to)]))
            #expect(moved == freshBranches[origin])
            #expect(own.index.branches(of: origin.equipment).contains(Int32(number)))
        }
        let sources = own.grid.sources.map { BalancedGrid.Source(node: Int32(freshNode[Int($0.node)]), voltage: $0.voltage) }
        #expect(sources == fresh.grid.sources)
    }
}
