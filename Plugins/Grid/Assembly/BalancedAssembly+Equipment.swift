extension BalancedAssembly {
    /// Makes the branches of a line, a transformer or an external grid, and the auxiliary node that it may need.
    mutating func attach(_ equipment: EquipmentReference) {
        switch equipment.kind {
        case .line: attach(line: equipment.index)
        case .transformer: if leadTanks[equipment.index] == equipment.index { attach(transformer: equipment.index) }
        case .externalGrid: attach(source: equipment.index)
        default: break
        }
    }

    private mutating func attach(line position: Int) {
        let (from, to) = (node(network.lines[position].from), node(network.lines[position].to))
        guard from >= 0 || to >= 0, from != to else { return }
        let port = linePort(position)
        guard port.isFinite else {
            let identity = network.lines[position].identity
            return leaveOut(identity, "line '\(identity.name)' has no finite admittance")
        }
        guard from >= 0, to >= 0 else { return }
        append(port, from: from, to: to, BranchOrigin(EquipmentReference(.line, position), fromEnd: 0, toEnd: 1))
    }

    private mutating func attach(transformer position: Int) {
        let nodes = network.transformers[position].windings.map { node($0.terminal) }
        guard nodes.filter({ $0 >= 0 }).count >= 2 else { return }
        let reference = EquipmentReference(.transformer, position)
        guard let ports = transformerPorts(position), ports.allSatisfy(\.isFinite) else {
            let identity = network.transformers[position].identity
            return leaveOut(identity, "transformer '\(identity.name)' has no finite admittance, or no nominal voltage at an end")
        }
        if nodes.count == 2 {
            guard nodes[0] != nodes[1] else { return }
            return append(ports[0], from: nodes[0], to: nodes[1], BranchOrigin(reference, fromEnd: 0, toEnd: 1))
        }
        let volts = network.transformers[position].windings[0].nominalVolts
        let star = appendNode(.starPoint(transformer: position), name: network.transformers[position].identity.name + " star point", volts: volts)
        nodeOfStar[position] = star
        for (winding, node) in nodes.enumerated() where node >= 0 {
            append(ports[winding], from: node, to: star, BranchOrigin(reference, fromEnd: winding, toEnd: -1))
        }
    }

    private mutating func attach(source position: Int) {
        let external = network.externalGrids[position]
        let node = node(external.terminal)
        guard node >= 0, options.hasSourceImpedance, external.impedance.magnitude > 0 else { return }
        let base = grid.nominalVolts[Int(node)]
        let source = appendNode(.source(externalGrid: position), name: external.identity.name + " source", volts: base)
        nodeOfSource[position] = source
        let port = BalancedTwoPort.line(
            SequenceParameters(impedance: external.impedance), fromVolts: base, toVolts: base, basePowerVA: options.basePowerVA)
        append(port, from: source, to: node, BranchOrigin(EquipmentReference(.externalGrid, position), fromEnd: -1, toEnd: 0))
    }

    private mutating func append(_ port: BalancedTwoPort, from: Int32, to: Int32, _ origin: BranchOrigin) {
        grid.branches.append(BalancedGrid.Branch(from: from, to: to, yff: port.yff, yft: port.yft, ytf: port.ytf, ytt: port.ytt))
        shifts.append(port.shift)
        index.append(origin, network)
    }

    /// - Returns: its number.
    mutating func appendNode(_ origin: NodeOrigin, name: String, volts: Double) -> Int32 {
        grid.nominalVolts.append(volts)
        grid.nominalAngles.append(0)
        grid.shunts.append(.zero)
        injections.constantPower.append(.zero)
        injections.constantCurrent.append(.zero)
        injections.constantImpedance.append(.zero)
        index.append(origin, name: name, nominalVolts: volts)
        return Int32(grid.nodeCount - 1)
    }

    private mutating func leaveOut(_ identity: Identity, _ why: String) {
        problems.append(AssemblyProblem(mRID: identity.mRID, sentence: why + "; it is left out"))
    }

    func node(_ terminal: Terminal) -> Int32 {
        guard let position = terminal.connectedNode else { return -1 }
        return nodeOfBus[topology.bus(ofNode: position)]
    }

    private func volts(_ terminal: Terminal) -> Double {
        let node = node(terminal)
        if node >= 0 { return grid.nominalVolts[Int(node)] }
        return terminal.node.map { network.nodes[$0].nominalVolts } ?? 0
    }

    func linePort(_ position: Int) -> BalancedTwoPort {
        let (from, to) = (volts(network.lines[position].from), volts(network.lines[position].to))
        return .line(
            network.lines[position].positiveSequence, fromVolts: from > 0 ? from : to, toVolts: to > 0 ? to : from,
            basePowerVA: options.basePowerVA)
    }

    /// One two-port for two windings, one for each winding for more; taps of a bank's tanks are averaged.
    func transformerPorts(_ position: Int) -> [BalancedTwoPort]? {
        var transformer = network.transformers[position]
        let nodeVolts = transformer.windings.map { winding in
            let volts = volts(winding.terminal)
            return volts > 0 ? volts : winding.nominalVolts
        }
        guard nodeVolts.allSatisfy({ $0 > 0 }) else { return nil }
        if let bank = transformer.bank {
            let tanks = (tanksOfBank[bank] ?? []).map { network.transformers[$0] }.filter { $0.windings.count == transformer.windings.count }
            for winding in transformer.windings.indices {
                let steps = tanks.compactMap { $0.windings[winding].ratioTap?.step }
                if !steps.isEmpty { transformer.windings[winding].ratioTap?.step = steps.reduce(0, +) / Double(steps.count) }
            }
        }
        let star = BalancedStar(transformer, nodeVolts: nodeVolts, basePowerVA: options.basePowerVA)
        return transformer.windings.count == 2 ? [star.twoPort] : transformer.windings.indices.map { star.branch($0) }
    }
}
