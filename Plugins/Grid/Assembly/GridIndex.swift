/// Both ways between a network and the nodes and branches of a calculation model.
public struct GridIndex: Sendable {
    /// By position in `Network.nodes`; -1 where it is not energised.
    public let nodeOfNetworkNode: [Int32]
    /// What each node of the model stands for.
    public let nodeOrigins: [NodeOrigin]
    /// A name for each node: of its busbar, or of its first connectivity node.
    public let nodeNames: [String]
    /// Line-to-line volts of each node.
    public let nominalVolts: [Double]
    /// For each branch of a balanced grid, or each element of an unbalanced one.
    public let branchOrigins: [BranchOrigin]
    /// The rated current of each branch in ampere at its first and its second end; infinite where there is none.
    public let ratings: [(first: Double, second: Double)]
    private let branchesOfEquipment: [EquipmentReference: [Int32]]

    init(
        _ network: Network, _ topology: Topology, _ numbering: NodeNumbering, branchOrigins: [BranchOrigin]
    ) {
        nodeOfNetworkNode = network.nodes.indices.map { numbering.nodeOfBus[topology.bus(ofNode: $0)] }
        nodeOrigins = numbering.origins
        nominalVolts = numbering.nominalVolts
        nodeNames = numbering.origins.map { Self.name($0, network, topology) }
        self.branchOrigins = branchOrigins
        ratings = branchOrigins.map { Self.rating($0, network) }
        var branches: [EquipmentReference: [Int32]] = [:]
        for (position, origin) in branchOrigins.enumerated() { branches[origin.equipment, default: []].append(Int32(position)) }
        branchesOfEquipment = branches
    }

    /// The node that an end of an equipment is connected to; nil where it is not energised.
    public func node(of terminal: Terminal) -> Int? {
        guard let position = terminal.connectedNode, nodeOfNetworkNode[position] >= 0 else { return nil }
        return Int(nodeOfNetworkNode[position])
    }

    /// The branches or elements of an equipment: one for a line, one for each winding of a transformer with a star point.
    public func branches(of equipment: EquipmentReference) -> [Int32] { branchesOfEquipment[equipment] ?? [] }

    /// The branch whose first or second end is an end of an equipment, and which of both.
    public func branch(at end: EquipmentEnd) -> (branch: Int32, isFirstEnd: Bool)? {
        for branch in branches(of: end.equipment) {
            let origin = branchOrigins[Int(branch)]
            if origin.fromEnd == end.end { return (branch, true) }
            if origin.toEnd == end.end { return (branch, false) }
        }
        return nil
    }

    private static func name(_ origin: NodeOrigin, _ network: Network, _ topology: Topology) -> String {
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
