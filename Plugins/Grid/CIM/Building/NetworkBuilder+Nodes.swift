extension NetworkBuilder {
    mutating func readBaseVoltages() {
        for object in store.objects(of: "BaseVoltage") {
            guard let value = object.double("BaseVoltage.nominalVoltage"), value > 0 else {
                object.refuse("BaseVoltage '\(object.name ?? "")' has no nominalVoltage above 0; equipment that refers to it has no nominal voltage")
                continue
            }
            baseVolts[object.number] = plausibleVolts(value, of: object)
        }
    }

    /// Takes a voltage in the other unit when it cannot be meant as written, and says so.
    private func plausibleVolts(_ value: Double, of object: CIMObject) -> Double {
        if !units.isSI, value > 1500 {
            object.warn("nominalVoltage \(value) would be \(value) kilovolt, CGMES writes kilovolt; it is taken as volt")
            return value
        }
        if units.isSI, value < 30 {
            object.warn("nominalVoltage \(value) would be \(value) volt, CIM100 writes volt; it is taken as kilovolt")
            return value * 1000
        }
        return value * units.volts
    }

    /// Positive volts of a property, nil when it is not told.
    func volts(_ object: CIMObject, _ property: String) -> Double? {
        guard let value = object.double(property), value > 0 else { return nil }
        return value * units.volts
    }

    func baseVolts(_ object: CIMObject, _ property: String = "ConductingEquipment.BaseVoltage") -> Double? {
        object.reference(property).flatMap { baseVolts[$0.number] }
    }

    /// The nominal voltage of an equipment: its own, its voltage level's, its node's; 0 when nothing tells it.
    mutating func nominalVolts(of equipment: CIMObject, at terminal: Terminal?) -> Double {
        if let own = baseVolts(equipment) { return note(own, terminal) }
        if let level = equipment.reference("Equipment.EquipmentContainer"), let volts = containerVolts(level) { return note(volts, terminal) }
        return terminal?.node.map { network.nodes[$0].nominalVolts } ?? 0
    }

    private mutating func note(_ volts: Double, _ terminal: Terminal?) -> Double {
        if let node = terminal?.node, network.nodes[node].nominalVolts == 0 { network.nodes[node].nominalVolts = volts }
        return volts
    }

    private func containerVolts(_ container: CIMObject) -> Double? {
        if let own = baseVolts(container, "VoltageLevel.BaseVoltage") { return own }
        if container.className == "Bay", let level = container.reference("Bay.VoltageLevel") {
            return baseVolts(level, "VoltageLevel.BaseVoltage")
        }
        return nil
    }

    mutating func readContainers() {
        for kind in ["GeographicalRegion", "SubGeographicalRegion", "Substation", "Plant", "VoltageLevel", "Bay", "Line", "Feeder"] {
            for object in store.objects(of: kind) { _ = container(object) }
        }
        network.name = network.containers.first { $0.kind == .feeder }?.name ?? network.containers.first?.name ?? ""
    }

    private mutating func container(_ object: CIMObject) -> Int? {
        if let known = containerPositions[object.number] { return known }
        guard let kind = Container.Kind(rawValue: object.className) else { return nil }
        guard containersInWork.insert(object.number).inserted else {
            object.warn("\(object.className) '\(object.name ?? "")' contains itself; the way up ends here")
            return nil
        }
        guard containersInWork.count <= Self.deepestContainer else {
            object.warn("\(object.className) '\(object.name ?? "")' is contained more than \(Self.deepestContainer) levels deep; the way up ends here")
            containersInWork.remove(object.number)
            return nil
        }
        defer { containersInWork.remove(object.number) }
        let above = Self.parentProperties(kind).lazy.compactMap { object.reference($0) }.first
        let parent = above.flatMap { container($0) }
        network.containers.append(Container(mRID: object.mRID, name: object.name ?? object.mRID, kind: kind, parent: parent))
        containerPositions[object.number] = network.containers.count - 1
        return network.containers.count - 1
    }

    /// Region, sub-region, substation, voltage level, bay: more levels than these few are a damaged file.
    private static let deepestContainer = 32

    private static func parentProperties(_ kind: Container.Kind) -> [String] {
        switch kind {
        case .region: []
        case .subRegion: ["SubGeographicalRegion.Region"]
        case .substation, .plant: ["Substation.Region"]
        case .voltageLevel: ["VoltageLevel.Substation"]
        case .bay: ["Bay.VoltageLevel", "Bay.Substation"]
        case .feeder: ["Feeder.NormalEnergizingSubstation"]
        case .line: ["Line.Region"]
        }
    }

    /// Connectivity nodes first, in the order of the files; topological nodes where terminals have no other.
    mutating func readNodes() {
        for object in store.objects(of: "ConnectivityNode") {
            let topological = object.reference("ConnectivityNode.TopologicalNode")
            let container = object.reference("ConnectivityNode.ConnectivityNodeContainer")
            let volts = topological.flatMap { baseVolts($0, "TopologicalNode.BaseVoltage") } ?? container.flatMap { containerVolts($0) }
            addNode(object, container: container, volts: volts, topological: topological)
        }
        if network.nodes.isEmpty {
            for object in store.objects(of: "TopologicalNode") { addTopologicalNode(object) }
        }
        for bar in store.objects(of: "BusbarSection") {
            for terminal in terminals[bar] {
                if let node = node(of: terminal) {
                    network.nodes[node].isBusbar = true
                    network.nodes[node].busbar = network.nodes[node].busbar ?? Identity(bar.mRID, name: bar.name)
                    _ = nominalVolts(of: bar, at: Terminal(node: node))
                }
            }
        }
    }

    private mutating func addTopologicalNode(_ object: CIMObject) {
        let container = object.reference("TopologicalNode.ConnectivityNodeContainer")
        let volts = baseVolts(object, "TopologicalNode.BaseVoltage") ?? container.flatMap { containerVolts($0) }
        addNode(object, container: container, volts: volts, topological: object)
    }

    private mutating func addNode(_ object: CIMObject, container: CIMObject?, volts: Double?, topological: CIMObject?) {
        nodePositions[Int(object.number)] = Int32(network.nodes.count)
        let identity = Identity(object.mRID, name: object.name, container: container.flatMap { containerPositions[$0.number] })
        network.nodes.append(ConnectivityNode(identity, nominalVolts: volts ?? 0, topologicalNode: topological?.mRID))
    }

    /// The node that a terminal is connected to.
    mutating func node(of terminal: CIMObject) -> Int? {
        if let object = terminal.reference("Terminal.ConnectivityNode"), nodePositions[Int(object.number)] >= 0 {
            return Int(nodePositions[Int(object.number)])
        }
        guard let object = terminal.reference("Terminal.TopologicalNode") else { return nil }
        if nodePositions[Int(object.number)] < 0 {
            guard object.className == "TopologicalNode" else { return nil }
            addTopologicalNode(object)
        }
        return Int(nodePositions[Int(object.number)])
    }

    /// Gives nodes without a nominal voltage that of what lines and switches join them to.
    mutating func completeNominalVolts() {
        var pairs: [(Int, Int)] = []
        for line in network.lines { if let a = line.from.node, let b = line.to.node { pairs.append((a, b)) } }
        for device in network.switches { if let a = device.from.node, let b = device.to.node { pairs.append((a, b)) } }
        var isChanged = true
        while isChanged {
            isChanged = false
            for (a, b) in pairs {
                let (voltsA, voltsB) = (network.nodes[a].nominalVolts, network.nodes[b].nominalVolts)
                if voltsA == 0, voltsB > 0 { (network.nodes[a].nominalVolts, isChanged) = (voltsB, true) }
                if voltsB == 0, voltsA > 0 { (network.nodes[b].nominalVolts, isChanged) = (voltsA, true) }
            }
            pairs.removeAll { network.nodes[$0.0].nominalVolts > 0 && network.nodes[$0.1].nominalVolts > 0 }
        }
        completeEquipmentVolts()
    }

    private mutating func completeEquipmentVolts() {
        func volts(_ terminal: Terminal) -> Double { terminal.node.map { network.nodes[$0].nominalVolts } ?? 0 }
        for i in network.lines.indices where network.lines[i].nominalVolts == 0 { network.lines[i].nominalVolts = volts(network.lines[i].from) }
        for i in network.switches.indices where network.switches[i].nominalVolts == 0 {
            network.switches[i].nominalVolts = volts(network.switches[i].from)
        }
        for i in network.loads.indices where network.loads[i].nominalVolts == 0 { network.loads[i].nominalVolts = volts(network.loads[i].terminal) }
        for i in network.generators.indices where network.generators[i].nominalVolts == 0 {
            network.generators[i].nominalVolts = volts(network.generators[i].terminal)
        }
    }

    /// Tells of terminals that lead nowhere and of nodes whose voltage nothing tells.
    mutating func checkTerminals() {
        for terminal in store.objects(of: "Terminal") {
            if terminal.reference("Terminal.ConductingEquipment") == nil, terminal.statement("Terminal.ConductingEquipment") == nil {
                terminal.warn("Terminal '\(terminal.name ?? "")' belongs to no equipment; it is left out")
            } else if node(of: terminal) == nil {
                terminal.warn("Terminal '\(terminal.name ?? "")' is connected to no node; give the topology file, or connect it")
            }
        }
        for object in store.objects(of: "ConnectivityNode", "TopologicalNode") {
            let position = nodePositions[Int(object.number)]
            if position >= 0, network.nodes[Int(position)].nominalVolts == 0 {
                object.refuse(
                    "\(object.className) '\(object.name ?? "")' has no nominal voltage: neither it, its voltage level nor its equipment refers to a BaseVoltage; calculations leave it out")
            }
        }
    }
}
