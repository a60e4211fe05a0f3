public import Grid

/// A network as switching sees it: sections between switches, and a calculation model in which every switch is an edge of its own.
///
/// The model does not depend on the positions of the switches; those are given as one Boolean for each switch of the network, true for closed.
public struct SwitchingModel: Sendable {
    /// What it was made of.
    public let network: Network
    /// The positive-sequence model with every switch open: each connectivity node is a node of its own.
    public let grid: BalancedGrid
    /// Both ways between the network and ``grid``.
    public let index: GridIndex
    /// The nodes of ``grid`` at the two sides of each switch; -1 where it leads nowhere.
    public let switchNodes: [(from: Int32, to: Int32)]
    /// In no particular order; positions are what "section" means everywhere.
    public let sections: [Section]
    /// By node of ``grid``.
    public let sectionOfNode: [Int32]
    /// The node that holds the voltage of each external grid that is connected, with that voltage per unit.
    public let sources: [BalancedGrid.Source]
    /// By position in `Network.switches`.
    public var duties: [SwitchDuty]
    let edges: NodeEdges
    let ports: [OrientedPort]

    /// - Parameter duties: of each switch of the network; by its kind where not given.
    /// - Throws: ``RestorationError`` where duties and switches do not fit, or nothing in the network can be energised.
    public init(_ network: Network, duties: [SwitchDuty]? = nil) throws(RestorationError) {
        let duties = duties ?? network.switches.map { SwitchDuty(of: $0.kind) }
        guard duties.count == network.switches.count else {
            throw .invalidModel("there are \(network.switches.count) switches and \(duties.count) duties: give one for each switch")
        }
        guard !network.externalGrids.isEmpty else { throw .invalidModel("the network has no external grid: nothing in it is energised") }
        let parts = SwitchingModelParts(network)
        self.network = network
        self.duties = duties
        grid = parts.grid
        index = parts.index
        switchNodes = parts.switchNodes
        sources = parts.sources
        sectionOfNode = parts.sectionOfNode
        sections = parts.sections
        edges = NodeEdges(nodeCount: parts.grid.nodeCount, branches: parts.grid.branches, switches: parts.switchNodes)
        ports = parts.grid.branches.map(OrientedPort.init)
    }

    /// Switches of the network, those that lead nowhere among them.
    public var switchCount: Int { switchNodes.count }

    /// Positions as the network has them: true for closed.
    public var presentPositions: [Bool] { network.switches.map { !$0.isOpen } }
    /// Positions in normal operation.
    public var normalPositions: [Bool] { network.switches.map { !$0.isNormallyOpen } }

    /// The sections at the two sides of a switch; -1 where it leads nowhere.
    public func sections(ofSwitch position: Int) -> (from: Int, to: Int) {
        let nodes = switchNodes[position]
        guard nodes.from >= 0, nodes.to >= 0 else { return (-1, -1) }
        return (Int(sectionOfNode[Int(nodes.from)]), Int(sectionOfNode[Int(nodes.to)]))
    }

    /// The section of a line, transformer or load; nil where it is not connected.
    public func section(of equipment: EquipmentReference) -> Int? {
        if let branch = index.branches(of: equipment).first { return Int(sectionOfNode[Int(grid.branches[Int(branch)].from)]) }
        return network.terminals(of: equipment).lazy.compactMap { index.node(of: $0) }.first.map { Int(sectionOfNode[$0]) }
    }

    /// The section of a line, transformer, load or busbar, by mRID in any of its spellings or by name; nil where there is no such thing.
    public func section(named text: String) -> Int? {
        let mRID = NetworkIndex.normalised(text)
        let equipment = network.equipment.first { reference in
            guard [.line, .transformer, .load].contains(reference.kind) else { return false }
            let identity = network.identity(of: reference)
            return identity.mRID == mRID || identity.name == text
        }
        if let equipment { return section(of: equipment) }
        let node = network.nodes.firstIndex { node in
            [node.identity, node.busbar].contains { $0.map { $0.mRID == mRID || $0.name == text } ?? false }
        }
        guard let node, index.nodeOfNetworkNode[node] >= 0 else { return nil }
        return Int(sectionOfNode[Int(index.nodeOfNetworkNode[node])])
    }

    /// Which sections are energised with the given positions.
    public func energisedSections(_ isClosed: [Bool]) -> [Bool] {
        var isEnergised = [Bool](repeating: false, count: sections.count)
        var stack: [Int] = []
        for source in sources {
            let section = Int(sectionOfNode[Int(source.node)])
            if !isEnergised[section] {
                isEnergised[section] = true
                stack.append(section)
            }
        }
        while let section = stack.popLast() {
            for device in sections[section].boundary where isClosed[Int(device)] {
                let other = otherSection(of: Int(device), from: section)
                guard !isEnergised[other] else { continue }
                isEnergised[other] = true
                stack.append(other)
            }
        }
        return isEnergised
    }

    func otherSection(of device: Int, from section: Int) -> Int {
        let sides = sections(ofSwitch: device)
        return sides.from == section ? sides.to : sides.from
    }

    /// What people call a switch.
    public func name(ofSwitch position: Int) -> String { network.switches[position].identity.name }

    /// A section in words: between which switches it is.
    public func describe(section: Int) -> String {
        let names = sections[section].boundary.map { device -> String in
            let device = network.switches[Int(device)]
            return device.isNormallyOpen ? "\(device.identity.name) (normally open)" : device.identity.name
        }
        switch names.count {
        case 0: return "the section round \(index.nodeNames[Int(sections[section].nodes[0])])"
        case 1: return "the section behind \(names[0])"
        default: return "the section between \(names.dropLast().joined(separator: ", ")) and \(names[names.count - 1])"
        }
    }
}

/// Why a model, plan or screening can't be made at all.
public struct RestorationError: Error, Hashable, Sendable, CustomStringConvertible {
    enum Code: Hashable, Sendable { case invalidModel, invalidRequest, notRadial }
    let code: Code
    /// One sentence.
    public let description: String

    static func invalidModel(_ sentence: String) -> RestorationError { RestorationError(code: .invalidModel, description: sentence) }
    static func invalidRequest(_ sentence: String) -> RestorationError { RestorationError(code: .invalidRequest, description: sentence) }
    static func notRadial(_ sentence: String) -> RestorationError { RestorationError(code: .notRadial, description: sentence) }
}
