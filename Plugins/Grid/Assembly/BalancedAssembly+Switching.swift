extension BalancedAssembly {
    /// Follows a switch operation: what is connected to the buses that it concerns is detached, their nodes go and come, and it is attached
    /// again. Where that would be more than a part of the grid, everything is made anew.
    mutating func follow(_ change: Topology.Change) {
        while nodeOfBus.count < topology.busCapacity { nodeOfBus.append(-1) }
        guard let pair = change.joined ?? change.parted else { return }
        guard let concerned = Concerned(self, [pair.kept, pair.other].filter { topology.isBus($0) }) else { return rebuild() }
        // What is one bus now or was one before has one angle.
        let angle = [pair.kept, pair.other].map { Int(nodeOfBus[$0]) }.first { $0 >= 0 }.map { grid.nominalAngles[$0] }
        for equipment in concerned.equipment { detachBranches(of: equipment) }
        for equipment in concerned.equipment { removeAuxiliaryNode(of: equipment) }
        for bus in concerned.buses + (change.joined == nil ? [] : [pair.other]) where !hasNode(bus) { removeNode(ofBus: bus) }
        let firstNew = grid.nodeCount
        for bus in concerned.buses where hasNode(bus) { placeNode(ofBus: bus) }
        for bus in concerned.buses { for member in topology.nodes(ofBus: bus) { index.nodeOfNetworkNode[Int(member)] = nodeOfBus[bus] } }
        for equipment in concerned.equipment { attach(equipment) }
        for bus in concerned.buses + concerned.neighbours where nodeOfBus[bus] >= 0 { fill(Int(nodeOfBus[bus])) }
        for node in firstNew..<grid.nodeCount { if case .starPoint = index.nodeOrigins[node] { fill(node) } }
        setSources()
        let isJoinedOtherwise = change.joinedIslands != nil || change.partedIslands != nil
        if isJoinedOtherwise, Set(grid.sources.map(\.voltage.angle)).count > 1 { return setAngles() }
        setAngles(from: firstNew, known: angle, at: [pair.kept, pair.other])
    }

    /// What a switch operation concerns: the buses that it joined or parted, those that it energised or cut off, and what is connected there.
    private struct Concerned {
        private(set) var buses: [Int]
        /// Lines, transformers and external grids, in the order of their numbers.
        private(set) var equipment: [EquipmentReference] = []
        /// Buses at the other ends of the lines, where charging may come or go.
        private(set) var neighbours: [Int] = []

        /// - Returns: nil where it is more than a new assembly is made of sooner.
        init?(_ assembly: BalancedAssembly, _ seeds: [Int]) {
            let most = 50 + assembly.grid.nodeCount / 10
            buses = seeds
            var seen = Set(seeds)
            var isKnown = Set<EquipmentReference>()
            var next = 0
            while next < buses.count {
                guard buses.count <= most else { return nil }
                for member in assembly.topology.nodes(ofBus: buses[next]) {
                    assembly.equipmentAt.forEach(at: member) { found in
                        if EquipmentAtNodes.branchKinds.contains(found.kind), isKnown.insert(found).inserted { equipment.append(found) }
                    }
                    assembly.topology.forEachNeighbour(ofNode: member) { other in
                        guard !seen.contains(other) else { return }
                        if assembly.isChanged(other) {
                            seen.insert(other)
                            buses.append(other)
                        } else {
                            neighbours.append(other)
                        }
                    }
                }
                next += 1
            }
            neighbours.removeAll { seen.contains($0) }
            let order = EquipmentAtNodes.branchKinds
            equipment.sort { (order.firstIndex(of: $0.kind) ?? 0, $0.index) < (order.firstIndex(of: $1.kind) ?? 0, $1.index) }
        }
    }

    /// Whether a bus has a node and should have none, or the other way round, or has no nominal voltage and is only passed through.
    private func isChanged(_ bus: Int) -> Bool { (nodeOfBus[bus] >= 0) != hasNode(bus) || volts(ofBus: bus) == 0 }

    private func hasNode(_ bus: Int) -> Bool { topology.isBus(bus) && topology.isEnergised(bus: bus) && volts(ofBus: bus) > 0 }

    private func volts(ofBus bus: Int) -> Double {
        for node in topology.nodes(ofBus: bus) where network.nodes[Int(node)].nominalVolts != 0 { return network.nodes[Int(node)].nominalVolts }
        return 0
    }

    private mutating func detachBranches(of equipment: EquipmentReference) {
        while let branch = index.branches(of: equipment).first {
            grid.branches.swapRemove(Int(branch))
            shifts.swapRemove(Int(branch))
            index.remove(branch: Int(branch))
        }
        if !problems.isEmpty {
            let mRID = network.identity(of: equipment).mRID
            problems.removeAll { $0.mRID == mRID }
        }
    }

    private mutating func removeAuxiliaryNode(of equipment: EquipmentReference) {
        switch equipment.kind {
        case .transformer where nodeOfStar[equipment.index] >= 0:
            removeNode(nodeOfStar[equipment.index])
            nodeOfStar[equipment.index] = -1
        case .externalGrid where nodeOfSource[equipment.index] >= 0:
            removeNode(nodeOfSource[equipment.index])
            nodeOfSource[equipment.index] = -1
        default: break
        }
    }

    private mutating func removeNode(ofBus bus: Int) {
        let node = nodeOfBus[bus]
        guard node >= 0 else { return }
        nodeOfBus[bus] = -1
        removeNode(node)
    }

    /// Takes a node without branches away and gives its number to the last one.
    private mutating func removeNode(_ node: Int32) {
        let last = Int32(grid.nodeCount - 1)
        if node != last { renumber(last, to: node) }
        grid.nominalVolts.swapRemove(Int(node))
        grid.nominalAngles.swapRemove(Int(node))
        grid.shunts.swapRemove(Int(node))
        injections.constantPower.swapRemove(Int(node))
        injections.constantCurrent.swapRemove(Int(node))
        injections.constantImpedance.swapRemove(Int(node))
        index.remove(node: Int(node))
    }

    private mutating func renumber(_ node: Int32, to new: Int32) {
        switch index.nodeOrigins[Int(node)] {
        case .bus(let bus):
            nodeOfBus[bus] = new
            for member in topology.nodes(ofBus: bus) {
                index.nodeOfNetworkNode[Int(member)] = new
                equipmentAt.forEach(at: member) { moveBranches(of: $0, from: node, to: new) }
            }
        case .starPoint(let transformer):
            nodeOfStar[transformer] = new
            moveBranches(of: EquipmentReference(.transformer, transformer), from: node, to: new)
        case .source(let external):
            nodeOfSource[external] = new
            moveBranches(of: EquipmentReference(.externalGrid, external), from: node, to: new)
        }
    }

    private mutating func moveBranches(of equipment: EquipmentReference, from node: Int32, to new: Int32) {
        index.forEachBranch(of: equipment) { branch in
            if grid.branches[Int(branch)].from == node { grid.branches[Int(branch)].from = new }
            if grid.branches[Int(branch)].to == node { grid.branches[Int(branch)].to = new }
        }
    }

    private mutating func placeNode(ofBus bus: Int) {
        let (name, volts) = (GridIndex.name(.bus(bus), network, topology), volts(ofBus: bus))
        let node = Int(nodeOfBus[bus])
        guard node >= 0 else {
            nodeOfBus[bus] = appendNode(.bus(bus), name: name, volts: volts)
            return
        }
        grid.nominalVolts[node] = volts
        index.nominalVolts[node] = volts
        index.nodeNames[node] = name
    }

    /// Angles of the nodes from a number on: of sources, of the buses that were or are one, and from there along the branches.
    private mutating func setAngles(from first: Int, known angle: Double?, at buses: [Int]) {
        var isKnown = [Bool](repeating: false, count: grid.nodeCount - first)
        for source in grid.sources where source.node >= first {
            grid.nominalAngles[Int(source.node)] = source.voltage.angle
            isKnown[Int(source.node) - first] = true
        }
        for bus in buses where nodeOfBus[bus] >= first && !isKnown[Int(nodeOfBus[bus]) - first] {
            guard let angle else { continue }
            grid.nominalAngles[Int(nodeOfBus[bus])] = angle
            isKnown[Int(nodeOfBus[bus]) - first] = true
        }
        var queue = (first..<grid.nodeCount).filter { isKnown[$0 - first] }.map { Int32($0) }
        for node in first..<grid.nodeCount where !isKnown[node - first] {
            forEachBranch(at: node) { assembly, branch, other in
                guard Int(other) < first, !isKnown[node - first] else { return }
                assembly.setAngle(of: Int32(node), along: branch, from: other)
                isKnown[node - first] = true
                queue.append(Int32(node))
            }
        }
        var next = 0
        while next < queue.count {
            let node = queue[next]
            next += 1
            forEachBranch(at: Int(node)) { assembly, branch, other in
                guard Int(other) >= first, !isKnown[Int(other) - first] else { return }
                assembly.setAngle(of: other, along: branch, from: node)
                isKnown[Int(other) - first] = true
                queue.append(other)
            }
        }
    }

    /// Calls back with every branch at a node, and the node at its other end.
    private mutating func forEachBranch(at node: Int, _ body: (inout BalancedAssembly, Int, Int32) -> Void) {
        var equipment: [EquipmentReference] = []
        switch index.nodeOrigins[node] {
        case .bus(let bus): for member in topology.nodes(ofBus: bus) { equipmentAt.forEach(at: member) { equipment.append($0) } }
        case .starPoint(let transformer): equipment.append(EquipmentReference(.transformer, transformer))
        case .source(let external): equipment.append(EquipmentReference(.externalGrid, external))
        }
        for branch in equipment.flatMap({ index.branches(of: $0) }) {
            let ends = (grid.branches[Int(branch)].from, grid.branches[Int(branch)].to)
            if ends.0 == node || ends.1 == node { body(&self, Int(branch), ends.0 == node ? ends.1 : ends.0) }
        }
    }
}
