import Grid
import LiveGrid

/// The grid as people look at it: busbars joined by lines and transformers, with switches at their ends. It does not change when
/// switches operate.
struct DrawnGrid {
    private(set) var nodes: [Node] = []
    private(set) var branches: [Branch] = []
    private(set) var switches: [Device] = []
    private(set) var sources: [Int] = []
    /// The drawn node of each node of the network.
    private(set) var drawnNode: [Int]

    struct Node {
        let identity: Identity
        /// Position in `Network.nodes`.
        let node: Int
        let nominalVolts: Double
        let place: Placement.Point?
    }

    struct Branch {
        let identity: Identity
        let kind: String
        let from: Int
        let to: Int
        /// The ends at `from` and `to`; the same equipment.
        let fromEnd: EquipmentEnd
        let toEnd: EquipmentEnd
        let ratedAmperes: Double?
    }

    struct Device {
        let identity: Identity
        let kind: String
        /// Position in `Network.switches`.
        let position: Int
        /// The drawn node it stands at.
        let node: Int
        /// The branch it stands in.
        let branch: Int?
        let isNormallyOpen: Bool
    }

    init(_ network: Network) {
        drawnNode = Array(repeating: -1, count: network.nodes.count)
        let closed = Self.closed(network)
        addNodes(network, closed)
        addBranches(network)
        addSwitches(network)
        for external in network.externalGrids {
            if let node = external.terminal.node, drawnNode[node] >= 0 { sources.append(drawnNode[node]) }
        }
    }

    /// The buses of the network with every switch closed: what no switch parts belongs to one place, and a place has one or more busbars.
    private static func closed(_ network: Network) -> Topology {
        var network = network
        for position in network.switches.indices { network.switches[position].isOpen = false }
        return Topology(network)
    }

    private mutating func addNodes(_ network: Network, _ closed: Topology) {
        let behindSwitches = Self.neighbours(network)
        for bus in 0..<closed.busCapacity where closed.isBus(bus) {
            let members = closed.nodes(ofBus: bus).map(Int.init).sorted()
            let busbars = members.filter { network.nodes[$0].isBusbar }
            let shown = busbars.isEmpty ? [members[0]] : busbars
            for node in shown { add(node, network) }
            if members.count > shown.count { spread(from: shown, along: behindSwitches) { closed.bus(ofNode: $0) == bus } }
        }
    }

    /// For each node those at the other ends of its switches.
    private static func neighbours(_ network: Network) -> [[Int32]] {
        var neighbours = [[Int32]](repeating: [], count: network.nodes.count)
        for device in network.switches {
            guard let from = device.from.node, let to = device.to.node else { continue }
            neighbours[from].append(Int32(to))
            neighbours[to].append(Int32(from))
        }
        return neighbours
    }

    private mutating func add(_ position: Int, _ network: Network) {
        let node = network.nodes[position]
        let identity = node.busbar ?? node.identity
        let place = network.diagram[identity.mRID] ?? network.diagram[node.identity.mRID] ?? network.map[identity.mRID]
        drawnNode[position] = nodes.count
        nodes.append(Node(identity: identity, node: position, nominalVolts: node.nominalVolts, place: place?.points.first))
    }

    /// Nodes without a busbar of their own belong to the nearest one, counted in switches.
    private mutating func spread(from shown: [Int], along neighbours: [[Int32]], where belongs: (Int) -> Bool) {
        var queue = shown
        var next = 0
        while next < queue.count {
            let node = queue[next]
            next += 1
            for other in neighbours[node] where drawnNode[Int(other)] < 0 && belongs(Int(other)) {
                drawnNode[Int(other)] = drawnNode[node]
                queue.append(Int(other))
            }
        }
    }

    private mutating func addBranches(_ network: Network) {
        for (position, line) in network.lines.enumerated() {
            let equipment = EquipmentReference(.line, position)
            add(
                line.identity, "line", EquipmentEnd(equipment, end: 0), EquipmentEnd(equipment, end: 1), line.from.node, line.to.node,
                line.ratedAmperes)
        }
        var banks = Set<String>()
        for (position, transformer) in network.transformers.enumerated() {
            // The calculation knows a bank of single-phase tanks as one transformer, its first.
            if let bank = transformer.bank, !banks.insert(bank).inserted { continue }
            let equipment = EquipmentReference(.transformer, position)
            for end in transformer.windings.indices.dropFirst() {
                let identity = end == 1 ? transformer.identity : Identity("\(transformer.identity.mRID).\(end + 1)", name: transformer.identity.name)
                add(
                    identity, "transformer", EquipmentEnd(equipment, end: 0), EquipmentEnd(equipment, end: end),
                    transformer.windings[0].terminal.node, transformer.windings[end].terminal.node, nil)
            }
        }
    }

    private mutating func add(
        _ identity: Identity, _ kind: String, _ fromEnd: EquipmentEnd, _ toEnd: EquipmentEnd, _ from: Int?, _ to: Int?, _ rating: Double?
    ) {
        guard let from, let to, drawnNode[from] >= 0, drawnNode[to] >= 0 else { return }
        branches.append(
            Branch(
                identity: identity, kind: kind, from: drawnNode[from], to: drawnNode[to], fromEnd: fromEnd, toEnd: toEnd,
                ratedAmperes: rating))
    }

    private mutating func addSwitches(_ network: Network) {
        let bays = Bays(network)
        var branchOf: [EquipmentEnd: Int] = [:]
        for (position, branch) in branches.enumerated() {
            branchOf[branch.fromEnd] = branchOf[branch.fromEnd] ?? position
            branchOf[branch.toEnd] = position
        }
        for (position, device) in network.switches.enumerated() {
            guard let from = device.from.node, let to = device.to.node else { continue }
            let behind = bays.end(behindSwitch: position).flatMap { branchOf[$0] }
            let coupler = drawnNode[from] != drawnNode[to] && behind == nil
            if coupler {
                let equipment = EquipmentReference(.switchgear, position)
                add(
                    device.identity, "switch", EquipmentEnd(equipment, end: 0), EquipmentEnd(equipment, end: 1), from, to,
                    device.ratedAmperes)
            }
            switches.append(
                Device(
                    identity: device.identity, kind: device.kind.rawValue, position: position, node: drawnNode[from],
                    branch: coupler ? branches.count - 1 : behind, isNormallyOpen: device.isNormallyOpen))
        }
    }
}
