/// A grid as it is built: equipment with identities and values in SI units, joined at nodes.
///
/// Read from CIM by `CIMReader` or put together in code. `Topology` tells what is joined and energised, `BalancedAssembly` and
/// `UnbalancedAssembly` make the calculation models of it. Powers of loads are consumed, those of generators and external grids fed in.
public struct Network: Sendable {
    public var name: String
    /// Nominal frequency in hertz.
    public var frequencyHertz: Double
    public var nodes: [ConnectivityNode] = []
    public var lines: [Line] = []
    public var transformers: [Transformer] = []
    public var switches: [Switch] = []
    public var shunts: [Shunt] = []
    public var loads: [Load] = []
    public var generators: [Generator] = []
    public var externalGrids: [ExternalGrid] = []
    public var containers: [Container] = []
    public var measurements: [MeasurementPoint] = []
    /// Places in the single-line diagram, by the mRID of what is drawn.
    public var diagram: [String: Placement] = [:]
    /// Places on the map, by the mRID of the equipment.
    public var map: [String: Placement] = [:]
    /// State variables of the file by the mRID of the terminal: the power into the equipment in volt-ampere.
    public var terminalPowers: [String: Complex] = [:]

    public init(name: String = "", frequencyHertz: Double = 50) {
        self.name = name
        self.frequencyHertz = frequencyHertz
    }

    /// Adds a node and gives its position.
    @discardableResult
    public mutating func addNode(_ mRID: String, name: String? = nil, nominalVolts: Double) -> Int {
        nodes.append(ConnectivityNode(Identity(mRID, name: name), nominalVolts: nominalVolts))
        return nodes.count - 1
    }
}

/// One equipment of a network: its kind and its position in the network's array of that kind.
public struct EquipmentReference: Hashable, Sendable {
    public enum Kind: UInt8, Hashable, Sendable, CaseIterable {
        case line, transformer, switchgear, shunt, load, generator, externalGrid
    }

    public var kind: Kind
    public var index: Int

    public init(_ kind: Kind, _ index: Int) {
        self.kind = kind
        self.index = index
    }
}

/// An end of an equipment: the first end of a line is 0, of a transformer the first winding.
public struct EquipmentEnd: Hashable, Sendable {
    public var equipment: EquipmentReference
    public var end: Int

    public init(_ equipment: EquipmentReference, end: Int) {
        self.equipment = equipment
        self.end = end
    }
}

extension Network {
    public func identity(of equipment: EquipmentReference) -> Identity {
        switch equipment.kind {
        case .line: lines[equipment.index].identity
        case .transformer: transformers[equipment.index].identity
        case .switchgear: switches[equipment.index].identity
        case .shunt: shunts[equipment.index].identity
        case .load: loads[equipment.index].identity
        case .generator: generators[equipment.index].identity
        case .externalGrid: externalGrids[equipment.index].identity
        }
    }

    /// The ends of an equipment in order.
    public func terminals(of equipment: EquipmentReference) -> [Terminal] {
        switch equipment.kind {
        case .line: [lines[equipment.index].from, lines[equipment.index].to]
        case .transformer: transformers[equipment.index].windings.map(\.terminal)
        case .switchgear: [switches[equipment.index].from, switches[equipment.index].to]
        case .shunt: [shunts[equipment.index].terminal]
        case .load: [loads[equipment.index].terminal]
        case .generator: [generators[equipment.index].terminal]
        case .externalGrid: [externalGrids[equipment.index].terminal]
        }
    }

    public func count(of kind: EquipmentReference.Kind) -> Int {
        switch kind {
        case .line: lines.count
        case .transformer: transformers.count
        case .switchgear: switches.count
        case .shunt: shunts.count
        case .load: loads.count
        case .generator: generators.count
        case .externalGrid: externalGrids.count
        }
    }

    /// All equipment, kind by kind.
    public var equipment: [EquipmentReference] {
        EquipmentReference.Kind.allCases.flatMap { kind in (0..<count(of: kind)).map { EquipmentReference(kind, $0) } }
    }
}

/// Finds parts of a network by mRID.
public struct NetworkIndex: Sendable {
    /// Equipment by mRID; a bank of tanks stands for its first tank.
    public private(set) var equipment: [String: EquipmentReference] = [:]
    /// Positions in `Network.nodes`, also by the mRID of the topological node (the first node of it) and of the busbar section.
    public private(set) var nodes: [String: Int] = [:]
    public private(set) var terminals: [String: EquipmentEnd] = [:]
    /// All tanks of a bank, by the mRID of the bank.
    public private(set) var banks: [String: [Int]] = [:]

    public init(_ network: Network) {
        for reference in network.equipment {
            equipment[network.identity(of: reference).mRID] = reference
            for (end, terminal) in network.terminals(of: reference).enumerated() where !terminal.mRID.isEmpty {
                terminals[terminal.mRID] = EquipmentEnd(reference, end: end)
            }
        }
        banks = Self.banks(network)
        for (bank, tanks) in banks where equipment[bank] == nil { equipment[bank] = EquipmentReference(.transformer, tanks[0]) }
        for (position, node) in network.nodes.enumerated() { nodes[node.identity.mRID] = position }
        for (position, node) in network.nodes.enumerated() {
            if let topological = node.topologicalNode, nodes[topological] == nil { nodes[topological] = position }
            if let busbar = node.busbar, nodes[busbar.mRID] == nil { nodes[busbar.mRID] = position }
        }
    }

    static func banks(_ network: Network) -> [String: [Int]] {
        var banks: [String: [Int]] = [:]
        for (position, transformer) in network.transformers.enumerated() {
            if let bank = transformer.bank { banks[bank, default: []].append(position) }
        }
        return banks
    }

    /// Cuts what surrounds an mRID in files and messages: `#_…`, `_…`, `urn:uuid:…`.
    public static func normalised(_ identifier: String) -> String {
        var rest = identifier[...]
        if rest.first == "#" { rest = rest.dropFirst() }
        if rest.hasPrefix("urn:uuid:") { rest = rest.dropFirst(9) }
        if rest.first == "_" { rest = rest.dropFirst() }
        return String(rest)
    }
}
