/// What can join the nodes of a network, which no switch operation changes.
struct TopologyGraph: Sendable {
    /// Neighbours of each node in compressed rows.
    struct Adjacency: Sendable {
        /// Where each node's neighbours begin; one more than there are nodes.
        var starts: [Int32]
        var neighbours: [Int32]
        /// The switch or branch that leads to the neighbour.
        var edges: [Int32]

        init(nodeCount: Int, pairs: [(from: Int32, to: Int32)]) {
            starts = Array(repeating: 0, count: nodeCount + 1)
            neighbours = Array(repeating: 0, count: pairs.count * 2)
            edges = neighbours
            for pair in pairs where pair.from >= 0 {
                starts[Int(pair.from) + 1] += 1
                starts[Int(pair.to) + 1] += 1
            }
            for node in 0..<nodeCount { starts[node + 1] += starts[node] }
            var next = starts
            for (edge, pair) in pairs.enumerated() where pair.from >= 0 {
                for (node, other) in [(pair.from, pair.to), (pair.to, pair.from)] {
                    neighbours[Int(next[Int(node)])] = other
                    edges[Int(next[Int(node)])] = Int32(edge)
                    next[Int(node)] += 1
                }
            }
        }

        @inline(__always)
        func range(_ node: Int32) -> Range<Int> { Int(starts[Int(node)])..<Int(starts[Int(node) + 1]) }
    }

    let switches: Adjacency
    let branches: Adjacency
    let branchList: [TopologyBranch]
    let branchNodes: [(from: Int32, to: Int32)]
    /// The two nodes of each switch, -1 where it leads nowhere.
    let switchNodes: [(from: Int32, to: Int32)]
    /// External grids at each node.
    let sourceCounts: [Int32]

    init(_ network: Network) {
        switchNodes = network.switches.map { device in
            guard let from = device.from.connectedNode, let to = device.to.connectedNode, from != to else { return (-1, -1) }
            return (Int32(from), Int32(to))
        }
        var list: [TopologyBranch] = []
        var pairs: [(from: Int32, to: Int32)] = []
        for (position, line) in network.lines.enumerated() {
            guard let from = line.from.connectedNode, let to = line.to.connectedNode, from != to else { continue }
            list.append(TopologyBranch(equipment: EquipmentReference(.line, position), fromEnd: 0, toEnd: 1))
            pairs.append((Int32(from), Int32(to)))
        }
        var banks: Set<BankPair> = []
        for (position, transformer) in network.transformers.enumerated() {
            guard let from = transformer.windings.first?.terminal.connectedNode else { continue }
            for (end, winding) in transformer.windings.enumerated().dropFirst() {
                guard let to = winding.terminal.connectedNode, to != from else { continue }
                if let bank = transformer.bank, !banks.insert(BankPair(bank: bank, from: from, to: to)).inserted { continue }
                list.append(TopologyBranch(equipment: EquipmentReference(.transformer, position), fromEnd: 0, toEnd: end))
                pairs.append((Int32(from), Int32(to)))
            }
        }
        branchList = list
        branchNodes = pairs
        switches = Adjacency(nodeCount: network.nodes.count, pairs: switchNodes)
        branches = Adjacency(nodeCount: network.nodes.count, pairs: pairs)
        var counts = [Int32](repeating: 0, count: network.nodes.count)
        for grid in network.externalGrids { if let node = grid.terminal.connectedNode { counts[node] += 1 } }
        sourceCounts = counts
    }

    /// The tanks of a bank between two nodes are one branch of the topology.
    private struct BankPair: Hashable {
        var bank: String
        var from: Int
        var to: Int
    }
}

/// A line, or two windings of a transformer, as an edge between buses.
public struct TopologyBranch: Hashable, Sendable {
    public var equipment: EquipmentReference
    public var fromEnd: Int
    public var toEnd: Int
}
