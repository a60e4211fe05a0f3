import Grid

/// What a ``SwitchingModel`` is made of, in the order in which one part needs the other.
struct SwitchingModelParts {
    let grid: BalancedGrid
    let index: GridIndex
    let switchNodes: [(from: Int32, to: Int32)]
    let sources: [BalancedGrid.Source]
    let sectionOfNode: [Int32]
    let sections: [Section]

    init(_ network: Network) {
        let assembly = BalancedAssembly(Self.withoutSwitches(network))
        let (grid, index) = (assembly.grid, assembly.index)
        let switchNodes = network.switches.map { device -> (from: Int32, to: Int32) in
            guard let from = index.node(of: device.from), let to = index.node(of: device.to), from != to else { return (-1, -1) }
            return (Int32(from), Int32(to))
        }
        var isReal = [Bool](repeating: false, count: grid.nodeCount)
        for (node, origin) in index.nodeOrigins.enumerated() {
            if case .source(let position) = origin, position < network.externalGrids.count { isReal[node] = true }
        }
        for external in network.externalGrids where external.impedance.magnitude == 0 {
            if let node = index.node(of: external.terminal) { isReal[node] = true }
        }
        let sources = grid.sources.filter { isReal[Int($0.node)] }
        let sectionOfNode = Self.components(grid)
        self.grid = grid
        self.index = index
        self.switchNodes = switchNodes
        self.sources = sources
        self.sectionOfNode = sectionOfNode
        sections = Self.sections(grid, sectionOfNode, switchNodes, sources)
    }

    /// The network without its switches, each part that they joined with an external grid of its own, so that the assembly leaves nothing
    /// out. Nodes without a nominal voltage take that of the other side of a switch.
    private static func withoutSwitches(_ network: Network) -> Network {
        var network = network
        fillVoltages(&network)
        network.switches = []
        let topology = Topology(network)
        var hasSource: Set<Int> = []
        for external in network.externalGrids {
            if let node = external.terminal.connectedNode { hasSource.insert(topology.island(ofBus: topology.bus(ofNode: node))) }
        }
        for node in network.nodes.indices where hasSource.insert(topology.island(ofBus: topology.bus(ofNode: node))).inserted {
            let volts = network.nodes[node].nominalVolts
            network.externalGrids.append(ExternalGrid(Identity("part \(node)"), terminal: Terminal(node: node), nominalVolts: volts))
        }
        return network
    }

    private static func fillVoltages(_ network: inout Network) {
        var changed = true
        while changed {
            changed = false
            for device in network.switches {
                guard let from = device.from.node, let to = device.to.node else { continue }
                for (a, b) in [(from, to), (to, from)] where network.nodes[a].nominalVolts == 0 && network.nodes[b].nominalVolts > 0 {
                    network.nodes[a].nominalVolts = network.nodes[b].nominalVolts
                    changed = true
                }
            }
        }
    }

    private static func components(_ grid: BalancedGrid) -> [Int32] {
        let edges = NodeEdges(nodeCount: grid.nodeCount, branches: grid.branches, switches: [])
        var component = [Int32](repeating: -1, count: grid.nodeCount)
        var (count, stack): (Int32, [Int32]) = (0, [])
        for start in component.indices where component[start] < 0 {
            component[start] = count
            stack.append(Int32(start))
            while let node = stack.popLast() {
                for slot in edges.range(node) where component[Int(edges.neighbours[slot])] < 0 {
                    component[Int(edges.neighbours[slot])] = count
                    stack.append(edges.neighbours[slot])
                }
            }
            count += 1
        }
        return component
    }

    private static func sections(
        _ grid: BalancedGrid, _ sectionOfNode: [Int32], _ switchNodes: [(from: Int32, to: Int32)], _ sources: [BalancedGrid.Source]
    ) -> [Section] {
        let count = Int(sectionOfNode.max() ?? -1) + 1
        var sections = [Section](repeating: Section(nodes: [], branches: [], boundary: [], hasSource: false), count: count)
        for (node, section) in sectionOfNode.enumerated() { sections[Int(section)].nodes.append(Int32(node)) }
        for (branch, ends) in grid.branches.enumerated() { sections[Int(sectionOfNode[Int(ends.from)])].branches.append(Int32(branch)) }
        for (device, nodes) in switchNodes.enumerated() where nodes.from >= 0 {
            let (from, to) = (Int(sectionOfNode[Int(nodes.from)]), Int(sectionOfNode[Int(nodes.to)]))
            guard from != to else { continue }
            sections[from].boundary.append(Int32(device))
            sections[to].boundary.append(Int32(device))
        }
        for source in sources { sections[Int(sectionOfNode[Int(source.node)])].hasSource = true }
        return sections
    }
}

/// Branches and switches at each node in compressed rows. Edges below `branchCount` are branches, the others switches.
struct NodeEdges: Sendable {
    let branchCount: Int32
    private let starts: [Int32]
    let neighbours: [Int32]
    let edges: [Int32]

    init(nodeCount: Int, branches: [BalancedGrid.Branch], switches: [(from: Int32, to: Int32)]) {
        let pairs = branches.map { ($0.from, $0.to) } + switches.map { ($0.from, $0.to) }
        branchCount = Int32(branches.count)
        var starts = [Int32](repeating: 0, count: nodeCount + 1)
        for (from, to) in pairs where from >= 0 {
            starts[Int(from) + 1] += 1
            starts[Int(to) + 1] += 1
        }
        for node in 0..<nodeCount { starts[node + 1] += starts[node] }
        var next = starts
        var neighbours = [Int32](repeating: 0, count: Int(starts[nodeCount]))
        var edges = neighbours
        for (edge, pair) in pairs.enumerated() where pair.0 >= 0 {
            for (node, other) in [(pair.0, pair.1), (pair.1, pair.0)] {
                neighbours[Int(next[Int(node)])] = other
                edges[Int(next[Int(node)])] = Int32(edge)
                next[Int(node)] += 1
            }
        }
        self.starts = starts
        self.neighbours = neighbours
        self.edges = edges
    }

    @inline(__always)
    func range(_ node: Int32) -> Range<Int> { Int(starts[Int(node)])..<Int(starts[Int(node) + 1]) }
}

/// A branch as a sweep from a parent to a child needs it, in both directions: `V_child = gain·V_parent - impedance·J` and
/// `I_parent = own·V_parent + share·J`, J the current that the child's node takes.
struct OrientedPort: Sendable {
    struct Direction: Sendable {
        var gain: Complex
        var impedance: Complex
        var own: Complex
        var share: Complex

        init(near: Complex, across: Complex, back: Complex, far: Complex) {
            impedance = far.reciprocal
            gain = -(back * impedance)
            own = near - across * back * impedance
            share = -(across * impedance)
        }
    }

    var forward: Direction
    var backward: Direction

    init(_ branch: BalancedGrid.Branch) {
        forward = Direction(near: branch.yff, across: branch.yft, back: branch.ytf, far: branch.ytt)
        backward = Direction(near: branch.ytt, across: branch.ytf, back: branch.yft, far: branch.yff)
    }
}
