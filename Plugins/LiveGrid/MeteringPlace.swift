public import Grid

/// Where in a grid a device measures.
public enum MeteringPlace: Hashable, Sendable {
    /// A voltage, or all that is fed into a node: position in `Network.nodes`.
    case node(Int)
    /// What flows into an end of a line or transformer.
    case branchEnd(EquipmentEnd)
    /// What a load consumes: position in `Network.loads`.
    case load(Int)
    /// What is consumed where a generator is, negative while it feeds in: position in `Network.generators`.
    case generator(Int)
    /// What the grid beyond feeds in: position in `Network.externalGrids`.
    case externalGrid(Int)
}

/// Finds places by what devices call them.
public struct MeteringPlaces: Sendable {
    private let network: Network
    private let index: NetworkIndex
    private let bays: Bays
    /// Equipment and nodes by name, where only one bears it.
    private let names: [String: String]

    public init(_ network: Network, index: NetworkIndex) {
        self.network = network
        self.index = index
        bays = Bays(network)
        var names: [String: String?] = [:]
        let identities = network.equipment.map { network.identity(of: $0) } + network.nodes.compactMap(\.busbar)
        for identity in identities where identity.name != identity.mRID {
            names[identity.name] = names.keys.contains(identity.name) ? .some(nil) : identity.mRID
        }
        self.names = names.compactMapValues { $0 }
    }

    /// The place that a component means: an mRID, in any of its spellings, of a node, busbar, terminal or equipment, or a name that only one
    /// of them bears. A line or transformer alone means its first end, a switch the end of the branch behind it.
    public func place(of component: String) -> MeteringPlace? {
        let mRID = NetworkIndex.normalised(component)
        return place(mRID: mRID) ?? names[component].flatMap { place(mRID: $0) }
    }

    private func place(mRID: String) -> MeteringPlace? {
        if let node = index.nodes[mRID] { return .node(node) }
        if let end = index.terminals[mRID] { return place(of: end) }
        if let equipment = index.equipment[mRID] { return place(of: EquipmentEnd(equipment, end: 0)) }
        return nil
    }

    private func place(of end: EquipmentEnd) -> MeteringPlace? {
        let position = end.equipment.index
        switch end.equipment.kind {
        case .line, .transformer: return .branchEnd(end)
        case .load: return .load(position)
        case .generator: return .generator(position)
        case .externalGrid: return .externalGrid(position)
        case .switchgear: return bays.end(behindSwitch: position).map { .branchEnd($0) }
        case .shunt: return nil
        }
    }

    /// How many phases a place has, and what flows there at most: the current in ampere that the equipment is made for, the three-phase
    /// power in volt-ampere.
    public func extent(of place: MeteringPlace) -> (phases: Int, volts: Double, amperes: Double, power: Double) {
        let volts = node(at: place).map { network.nodes[$0].nominalVolts } ?? 0
        let line = 3.0.squareRoot() * volts
        func of(_ terminal: Terminal?, amperes: Double) -> (phases: Int, volts: Double, amperes: Double, power: Double) {
            (terminal.map { max(1, $0.phases.withoutNeutral.phases.count) } ?? 3, volts, amperes, line * amperes)
        }
        func of(_ terminal: Terminal, power: Double) -> (phases: Int, volts: Double, amperes: Double, power: Double) {
            of(terminal, amperes: line > 0 ? power / line : 0)
        }
        switch place {
        case .node: return of(nil, amperes: Self.usualAmperes)
        case .branchEnd(let end):
            let terminal = network.terminals(of: end.equipment)[end.end]
            switch end.equipment.kind {
            case .transformer: return of(terminal, power: network.transformers[end.equipment.index].windings[end.end].ratedVA)
            default: return of(terminal, amperes: network.lines[end.equipment.index].ratedAmperes ?? Self.usualAmperes)
            }
        case .load(let position): return of(network.loads[position].terminal, power: (network.loads[position].power ?? .zero).magnitude)
        case .generator(let position):
            let generator = network.generators[position]
            return of(generator.terminal, power: generator.ratedVA ?? (generator.power ?? .zero).magnitude)
        case .externalGrid(let position): return of(network.externalGrids[position].terminal, amperes: Self.usualAmperes)
        }
    }

    /// Of a feeder that no rating is given for.
    private static let usualAmperes = 200.0

    /// The node at which a place's voltage is; nil where its terminal is not connected.
    public func node(at place: MeteringPlace) -> Int? {
        switch place {
        case .node(let node): node
        case .branchEnd(let end): network.terminals(of: end.equipment)[end.end].node
        case .load(let position): network.loads[position].terminal.node
        case .generator(let position): network.generators[position].terminal.node
        case .externalGrid(let position): network.externalGrids[position].terminal.node
        }
    }
}
