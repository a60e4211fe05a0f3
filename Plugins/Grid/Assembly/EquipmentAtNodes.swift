/// Which equipment ends at each node of a network, whether energised or not; no switch operation changes it.
struct EquipmentAtNodes: Sendable {
    private let starts: [Int32]
    private let equipment: [Place]

    /// An equipment without what makes references large.
    private struct Place {
        var kind: EquipmentReference.Kind
        var index: Int32
    }

    /// Kinds of equipment that make branches of a calculation model, in the order in which they are numbered.
    static let branchKinds: [EquipmentReference.Kind] = [.line, .transformer, .externalGrid]
    private static let allKinds = branchKinds + [.shunt, .load, .generator]

    /// - Parameter leadTanks: the transformer that stands for each, as the tanks of a bank are one.
    init(_ network: Network, leadTanks: [Int]) {
        var starts = [Int32](repeating: 0, count: network.nodes.count + 1)
        Self.forEachEnd(network, leadTanks) { node, _ in starts[node + 1] += 1 }
        for node in network.nodes.indices { starts[node + 1] += starts[node] }
        var next = starts
        var found = [Place](repeating: Place(kind: .line, index: -1), count: Int(starts[network.nodes.count]))
        Self.forEachEnd(network, leadTanks) { node, place in
            found[Int(next[node])] = place
            next[node] += 1
        }
        self.starts = starts
        equipment = found
    }

    private static func forEachEnd(_ network: Network, _ leadTanks: [Int], _ body: (Int, Place) -> Void) {
        for kind in allKinds {
            for position in 0..<network.count(of: kind) where kind != .transformer || leadTanks[position] == position {
                let place = Place(kind: kind, index: Int32(position))
                network.forEachTerminal(of: EquipmentReference(kind, position)) { terminal in
                    if let node = terminal.connectedNode { body(node, place) }
                }
            }
        }
    }

    /// Equipment at a node: lines, transformers, external grids, shunts, loads, generators; what has several ends there comes as often.
    @inline(__always)
    func forEach(at node: Int32, _ body: (EquipmentReference) -> Void) {
        for slot in Int(starts[Int(node)])..<Int(starts[Int(node) + 1]) {
            body(EquipmentReference(equipment[slot].kind, Int(equipment[slot].index)))
        }
    }
}

extension Network {
    /// The ends of an equipment in order, without an array of them.
    @inline(__always)
    func forEachTerminal(of equipment: EquipmentReference, _ body: (Terminal) -> Void) {
        let index = equipment.index
        switch equipment.kind {
        case .line:
            body(lines[index].from)
            body(lines[index].to)
        case .transformer: for winding in transformers[index].windings.indices { body(transformers[index].windings[winding].terminal) }
        case .switchgear:
            body(switches[index].from)
            body(switches[index].to)
        case .shunt: body(shunts[index].terminal)
        case .load: body(loads[index].terminal)
        case .generator: body(generators[index].terminal)
        case .externalGrid: body(externalGrids[index].terminal)
        }
    }
}
