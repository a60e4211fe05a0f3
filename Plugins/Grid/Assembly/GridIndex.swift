/// Both ways between a network and the nodes and branches of a calculation model.
public struct GridIndex: Sendable {
    /// By position in `Network.nodes`; -1 where it is not energised.
    public internal(set) var nodeOfNetworkNode: [Int32]
    /// What each node of the model stands for.
    public internal(set) var nodeOrigins: [NodeOrigin] = []
    /// A name for each node: of its busbar, or of its first connectivity node.
    public internal(set) var nodeNames: [String] = []
    /// Line-to-line volts of each node.
    public internal(set) var nominalVolts: [Double] = []
    /// For each branch of a balanced grid, or each element of an unbalanced one.
    public private(set) var branchOrigins: [BranchOrigin] = []
    /// The rated current of each branch in ampere at its first and its second end; infinite where there is none.
    public private(set) var ratings: [(first: Double, second: Double)] = []
    private var places: BranchPlaces

    /// Of a network in which nothing is numbered yet.
    init(_ network: Network) {
        nodeOfNetworkNode = Array(repeating: -1, count: network.nodes.count)
        places = BranchPlaces(network)
    }

    init(
        _ network: Network, _ topology: Topology, _ numbering: NodeNumbering, branchOrigins: [BranchOrigin]
    ) {
        self.init(network)
        reset(network, topology, numbering)
        for origin in branchOrigins { append(origin, network) }
    }

    /// Numbers the nodes anew and forgets the branches.
    mutating func reset(_ network: Network, _ topology: Topology, _ numbering: NodeNumbering) {
        for node in nodeOfNetworkNode.indices { nodeOfNetworkNode[node] = numbering.nodeOfBus[topology.bus(ofNode: node)] }
        nodeOrigins = numbering.origins
        nominalVolts = numbering.nominalVolts
        nodeNames = numbering.origins.map { Self.name($0, network, topology) }
        branchOrigins.removeAll(keepingCapacity: true)
        ratings.removeAll(keepingCapacity: true)
        places.clear()
    }

    mutating func append(_ origin: BranchOrigin, _ network: Network) {
        places[origin] = Int32(branchOrigins.count)
        branchOrigins.append(origin)
        ratings.append(Self.rating(origin, network))
    }

    /// Takes a branch away; the last one gets its number.
    mutating func remove(branch: Int) {
        places[branchOrigins[branch]] = -1
        branchOrigins.swapRemove(branch)
        ratings.swapRemove(branch)
        if branch < branchOrigins.count { places[branchOrigins[branch]] = Int32(branch) }
    }

    mutating func append(_ origin: NodeOrigin, name: String, nominalVolts volts: Double) {
        nodeOrigins.append(origin)
        nodeNames.append(name)
        nominalVolts.append(volts)
    }

    /// Takes a node away; the last one gets its number. What refers to either is the caller's matter.
    mutating func remove(node: Int) {
        nodeOrigins.swapRemove(node)
        nodeNames.swapRemove(node)
        nominalVolts.swapRemove(node)
    }

    /// The node that an end of an equipment is connected to; nil where it is not energised.
    public func node(of terminal: Terminal) -> Int? {
        guard let position = terminal.connectedNode, nodeOfNetworkNode[position] >= 0 else { return nil }
        return Int(nodeOfNetworkNode[position])
    }

    /// The branches or elements of an equipment: one for a line, one for each winding of a transformer with a star point.
    public func branches(of equipment: EquipmentReference) -> [Int32] { places.branches(of: equipment) }

    func forEachBranch(of equipment: EquipmentReference, _ body: (Int32) -> Void) { places.forEach(of: equipment, body) }

    /// The branch whose first or second end is an end of an equipment, and which of both.
    public func branch(at end: EquipmentEnd) -> (branch: Int32, isFirstEnd: Bool)? {
        for branch in branches(of: end.equipment) {
            let origin = branchOrigins[Int(branch)]
            if origin.fromEnd == end.end { return (branch, true) }
            if origin.toEnd == end.end { return (branch, false) }
        }
        return nil
    }

    static func name(_ origin: NodeOrigin, _ network: Network, _ topology: Topology) -> String {
        switch origin {
        case .bus(let bus):
            let nodes = topology.nodes(ofBus: bus)
            let node = nodes.first { network.nodes[Int($0)].isBusbar } ?? nodes.min()
            return node.map { (network.nodes[Int($0)].busbar ?? network.nodes[Int($0)].identity).name } ?? "bus \(bus)"
        case .starPoint(let transformer): return network.transformers[transformer].identity.name + " star point"
        case .source(let grid): return network.externalGrids[grid].identity.name + " source"
        }
    }

    private static func rating(_ origin: BranchOrigin, _ network: Network) -> (first: Double, second: Double) {
        switch origin.equipment.kind {
        case .line:
            let amperes = network.lines[origin.equipment.index].ratedAmperes ?? .infinity
            return (amperes, amperes)
        case .transformer:
            let windings = network.transformers[origin.equipment.index].windings
            func amperes(_ end: Int) -> Double {
                guard end >= 0, end < windings.count else { return .infinity }
                let winding = windings[end]
                let own = winding.ratedVA / winding.ratedVolts / (winding.connection == .single ? 1 : 3.0.squareRoot())
                return winding.ratedAmperes ?? (own > 0 ? own : .infinity)
            }
            return (amperes(origin.fromEnd), amperes(origin.toEnd))
        default: return (.infinity, .infinity)
        }
    }
}
