import Grid
import Testing

@Suite("Topology from switch states")
struct TopologyTests {
    /// A seeded network of nodes that lines and switches join at random.
    static func network(seed: UInt64, nodes: Int = 60) -> Network {
        var random = SeededGenerator(state: seed)
        var network = Network()
        for node in 0..<nodes { network.addNode("n\(node)", nominalVolts: 20_000) }
        func terminal() -> Terminal { Terminal(node: Int.random(in: 0..<nodes, using: &random)) }
        for line in 0..<nodes * 2 / 3 {
            let parameters = Line.Parameters.sequence(positive: SequenceParameters(impedance: Complex(1, 1)), zero: nil)
            network.lines.append(Line(Identity("l\(line)"), from: terminal(), to: terminal(), parameters: parameters, nominalVolts: 20_000))
        }
        for device in 0..<nodes {
            var (from, to) = (terminal(), terminal())
            if device % 7 == 0 { (from.phases, to.phases) = (.a, .a) }
            network.switches.append(Switch(Identity("s\(device)"), from: from, to: to, isOpen: Bool.random(using: &random)))
        }
        network.externalGrids = [
            ExternalGrid(Identity("g0"), terminal: Terminal(node: 0), nominalVolts: 20_000),
            ExternalGrid(Identity("g1"), terminal: Terminal(node: nodes - 1), nominalVolts: 20_000),
        ]
        return network
    }

    /// For each node the smallest node of its bus, and of its island, and whether it is energised.
    static func picture(_ topology: Topology) -> [[Int]] {
        var firstOfBus: [Int: Int] = [:]
        var firstOfIsland: [Int: Int] = [:]
        return (0..<topology.nodeCount).map { node in
            let bus = topology.bus(ofNode: node)
            let island = topology.island(ofBus: bus)
            firstOfBus[bus] = firstOfBus[bus] ?? node
            firstOfIsland[island] = firstOfIsland[island] ?? node
            return [firstOfBus[bus] ?? -1, firstOfIsland[island] ?? -1, topology.isEnergised(node: node) ? 1 : 0]
        }
    }

    @Test("After any operations it is what a new one is", arguments: [1, 2, 3, 4, 5] as [UInt64])
    func incremental(seed: UInt64) {
        var network = Self.network(seed: seed)
        var topology = Topology(network)
        var random = SeededGenerator(state: seed + 100)
        for _ in 0..<300 {
            let position = Int.random(in: 0..<network.switches.count, using: &random)
            let isOpen = Bool.random(using: &random)
            network.switches[position].isOpen = isOpen
            topology.setSwitch(position, isOpen: isOpen)
            let fresh = Topology(network)
            let isSame = Self.picture(topology) == Self.picture(fresh)
            #expect(isSame)
            #expect(topology.busCount == fresh.busCount)
            #expect(topology.islandList.map(\.busCount).sorted() == fresh.islandList.map(\.busCount).sorted())
            #expect(topology.islandList.map(\.sourceCount).sorted() == fresh.islandList.map(\.sourceCount).sorted())
        }
    }

    @Test("Buses whose nodes stay together keep their numbers")
    func identities() {
        let network = Self.network(seed: 9)
        var topology = Topology(network)
        var random = SeededGenerator(state: 77)
        for _ in 0..<200 {
            let before = Dictionary(uniqueKeysWithValues: (0..<topology.busCapacity).filter(topology.isBus).map {
                (Set(topology.nodes(ofBus: $0)), $0)
            })
            topology.setSwitch(Int.random(in: 0..<network.switches.count, using: &random), isOpen: Bool.random(using: &random))
            for bus in 0..<topology.busCapacity where topology.isBus(bus) {
                if let known = before[Set(topology.nodes(ofBus: bus))] { #expect(known == bus) }
            }
        }
    }

    @Test("Operating a switch twice gives an empty change, a loop of switches too")
    func emptyChanges() {
        var network = Network()
        for node in 0..<3 { network.addNode("n\(node)", nominalVolts: 400) }
        for (from, to) in [(0, 1), (1, 2), (0, 2)] {
            network.switches.append(Switch(Identity("s\(from)\(to)"), from: Terminal(node: from), to: Terminal(node: to)))
        }
        var topology = Topology(network)
        #expect(topology.busCount == 1)
        #expect(topology.setSwitch(0, isOpen: true).isEmpty)
        #expect(topology.setSwitch(0, isOpen: true).isEmpty)
        let change = topology.setSwitch(1, isOpen: true)
        #expect(change.parted != nil)
        #expect(topology.busCount == 2)
        #expect(topology.setSwitch(0, isOpen: false).joined != nil)
    }

    @Test("Trees grow from the source, parents first, and loops are told")
    func forest() {
        var network = Network()
        for node in 0..<6 { network.addNode("n\(node)", nominalVolts: 20_000) }
        for (from, to) in [(0, 1), (1, 2), (2, 3), (3, 0), (4, 5)] {
            let parameters = Line.Parameters.sequence(positive: SequenceParameters(impedance: Complex(1, 1)), zero: nil)
            network.lines.append(
                Line(Identity("l\(from)\(to)"), from: Terminal(node: from), to: Terminal(node: to), parameters: parameters, nominalVolts: 20_000))
        }
        network.externalGrids = [ExternalGrid(Identity("g"), terminal: Terminal(node: 0), nominalVolts: 20_000)]
        let forest = FeederForest(Topology(network))
        #expect(forest.order.count == 4)
        #expect(forest.depths == [0, 1, 2, 1, -1, -1])
        #expect(forest.parents == [-1, 0, 1, 0, -1, -1])
        #expect(forest.loops.count == 1)
        #expect(!forest.isRadial)
        #expect(forest.feeders[2] == forest.feeders[1])
        #expect(forest.feeders[3] != forest.feeders[1])
    }

    @Test(
        "Node-breaker and bus-branch form of one grid have the same topology",
        .enabled(if: ReferenceData.isThere, "SKIPPED: no reference data"))
    func forms() {
        let networks = ["Node-Breaker", "Bus-Branch"].map {
            CIMReader().read(paths: [ReferenceData.path("cim/sample_grid_switches/\($0)")]).network
        }
        let groups = networks.map { network in
            let topology = Topology(network)
            var buses: [Int: Set<String>] = [:]
            for line in network.lines {
                for (end, terminal) in [("from", line.from), ("to", line.to)] {
                    guard let node = terminal.node else { continue }
                    buses[topology.bus(ofNode: node), default: []].insert(line.identity.name + " " + end)
                }
            }
            return Set(buses.values)
        }
        #expect(groups[0] == groups[1])
        #expect(!groups[0].isEmpty)
        #expect(Topology(networks[0]).busCount == Topology(networks[1]).busCount)
        #expect(Topology(networks[0]).islandList.count == Topology(networks[1]).islandList.count)
    }

    @Test(
        "The node-breaker form of the CIGRE grid is the bus-branch form with one line more, behind an open breaker",
        .enabled(if: ReferenceData.isThere, "SKIPPED: no reference data"))
    func cigreForms() throws {
        let networks = ["cigre_mv_breaker", "cigre_mv_notap"].map { CIMReader().read(paths: [ReferenceData.path("cim/\($0)")]).network }
        var topologies = networks.map { Topology($0) }
        #expect(networks[0].switches.count == 1 && networks[1].switches.isEmpty)
        let (breakers, branches) = (Self.lines(topologies[0], networks[0]), Self.lines(topologies[1], networks[1]))
        #expect(breakers.values.contains(["8-14"]))
        let without = breakers.values.map { $0.subtracting(["8-14"]) }.filter { !$0.isEmpty }
        #expect(without.map { $0.sorted() }.sorted { $0.lexicographicallyPrecedes($1) } == branches.values.map { $0.sorted() }.sorted { $0.lexicographicallyPrecedes($1) })
        #expect(topologies[0].setSwitch(0, isOpen: false).joined != nil)
        let closed = Self.lines(topologies[0], networks[0])
        #expect(closed.values.filter { $0.contains("8-14") }.contains(["3-8", "7-8", "8-9", "8-14"]))
    }

    /// The lines at each bus, by the numbers in their names, whichever comes first.
    private static func lines(_ topology: Topology, _ network: Network) -> [Int: Set<String>] {
        var lines: [Int: Set<String>] = [:]
        for line in network.lines {
            let numbers = line.identity.name.dropFirst().split(separator: "-").compactMap { Int($0) }.sorted()
            for terminal in [line.from, line.to] {
                if let node = terminal.node { lines[topology.bus(ofNode: node), default: []].insert(numbers.map(String.init).joined(separator: "-")) }
            }
        }
        return lines
    }
}
