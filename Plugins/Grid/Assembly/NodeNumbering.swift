/// The nodes of a calculation model: energised buses in the order of their numbers, then auxiliary nodes.
struct NodeNumbering: Sendable {
    /// By bus number; -1 for what is not energised or has no nominal voltage.
    private(set) var nodeOfBus: [Int32]
    private(set) var origins: [NodeOrigin] = []
    /// Line-to-line volts.
    private(set) var nominalVolts: [Double] = []

    /// - Parameter joinsPartlyOpen: whether a switch that is open in some phases makes one node of its two buses.
    init(_ network: Network, _ topology: Topology, joinsPartlyOpen: Bool) {
        nodeOfBus = Array(repeating: -1, count: topology.busCapacity)
        var volts = [Double](repeating: 0, count: topology.busCapacity)
        for bus in 0..<topology.busCapacity where topology.isBus(bus) {
            for node in topology.nodes(ofBus: bus) where volts[bus] == 0 { volts[bus] = network.nodes[Int(node)].nominalVolts }
        }
        var partners: [Int: Int] = [:]
        func root(_ bus: Int) -> Int { partners[bus].map(root) ?? bus }
        if joinsPartlyOpen {
            for position in topology.partlyOpen {
                let device = network.switches[Int(position)]
                guard let from = device.from.connectedNode, let to = device.to.connectedNode else { continue }
                let (a, b) = (root(topology.bus(ofNode: from)), root(topology.bus(ofNode: to)))
                if a != b { partners[max(a, b)] = min(a, b) }
            }
        }
        for bus in 0..<topology.busCapacity where topology.isBus(bus) && topology.isEnergised(bus: bus) && volts[bus] > 0 {
            let partner = root(bus)
            if partner != bus, nodeOfBus[partner] >= 0 {
                nodeOfBus[bus] = nodeOfBus[partner]
                continue
            }
            nodeOfBus[bus] = Int32(origins.count)
            origins.append(.bus(bus))
            nominalVolts.append(volts[bus])
        }
    }

    mutating func addAuxiliary(_ origin: NodeOrigin, nominalVolts volts: Double) -> Int32 {
        origins.append(origin)
        nominalVolts.append(volts)
        return Int32(origins.count - 1)
    }
}
