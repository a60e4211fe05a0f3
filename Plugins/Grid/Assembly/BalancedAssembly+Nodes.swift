extension BalancedAssembly {
    /// Computes the shunt and the injections of a node anew from the equipment there.
    mutating func fill(_ node: Int) {
        grid.shunts[node] = .zero
        injections.constantPower[node] = .zero
        injections.constantCurrent[node] = .zero
        injections.constantImpedance[node] = .zero
        switch index.nodeOrigins[node] {
        case .bus(let bus): addEquipment(ofBus: bus)
        case .starPoint(let transformer):
            grid.shunts[node] = BalancedStar.magnetising(network.transformers[transformer], basePowerVA: options.basePowerVA)
        case .source: break
        }
    }

    /// Adds what the equipment of an energised bus has as shunts and injections to its node.
    mutating func addEquipment(ofBus bus: Int) {
        let node = Int(nodeOfBus[bus])
        for member in topology.nodes(ofBus: bus) { equipmentAt.forEach(at: member) { add($0, at: node) } }
    }

    private mutating func add(_ equipment: EquipmentReference, at node: Int) {
        switch equipment.kind {
        case .line: addCharging(ofOpenLine: equipment.index, at: node)
        case .shunt: grid.shunts[node] += shuntAdmittance(equipment.index, nominalVolts: grid.nominalVolts[node])
        case .load: add(load: equipment.index, sign: -1)
        case .generator: add(generator: equipment.index, sign: 1)
        case .transformer, .switchgear, .externalGrid: break
        }
    }

    /// Of a line that is connected at one end alone its charging is left.
    private mutating func addCharging(ofOpenLine position: Int, at node: Int) {
        let (from, to) = (self.node(network.lines[position].from), self.node(network.lines[position].to))
        guard (from >= 0) != (to >= 0) else { return }
        let port = linePort(position)
        if port.isFinite { grid.shunts[node] += from >= 0 ? port.openAtSecondEnd : port.openAtFirstEnd }
    }

    private func shuntAdmittance(_ position: Int, nominalVolts: Double) -> Complex {
        let shunt = network.shunts[position]
        let scale = nominalVolts * nominalVolts / options.basePowerVA
        if shunt.phases.isEmpty { return shunt.admittance * scale }
        // A third of the sum is what the positive sequence sees of single phases; in delta, three times as much.
        let sum = shunt.phases.reduce(Complex.zero) { $0 + $1.admittance }
        return sum / (shunt.isDelta ? 1 : 3) * scale
    }

    mutating func add(load position: Int, sign: Double) {
        guard let power = network.loads[position].power else { return }
        let node = Int(node(network.loads[position].terminal))
        guard node >= 0 else { return }
        let perUnit = power * (sign / options.basePowerVA)
        let shares = network.loads[position].dependence
        injections.constantPower[node] += Complex(perUnit.real * shares.powerActive, perUnit.imaginary * shares.powerReactive)
        injections.constantCurrent[node] += Complex(perUnit.real * shares.currentActive, perUnit.imaginary * shares.currentReactive)
        injections.constantImpedance[node] += Complex(perUnit.real * shares.impedanceActive, perUnit.imaginary * shares.impedanceReactive)
    }

    mutating func add(generator position: Int, sign: Double) {
        guard let power = network.generators[position].power else { return }
        let node = Int(node(network.generators[position].terminal))
        if node >= 0 { injections.constantPower[node] += power * (sign / options.basePowerVA) }
    }

    mutating func setSources() {
        grid.sources.removeAll(keepingCapacity: true)
        for (position, external) in network.externalGrids.enumerated() {
            let own = node(external.terminal)
            guard own >= 0 else { continue }
            let base = grid.nominalVolts[Int(own)]
            let node = nodeOfSource[position] >= 0 ? nodeOfSource[position] : own
            guard node != own || !grid.sources.contains(where: { $0.node == own }) else { continue }
            let voltage = Complex(magnitude: (external.voltageVolts ?? base) / base, angle: external.angleRadians)
            grid.sources.append(BalancedGrid.Source(node: node, voltage: voltage))
        }
    }

    /// Angles without load: from the sources along the branches' phase shifts.
    mutating func setAngles() {
        let adjacency = TopologyGraph.Adjacency(nodeCount: grid.nodeCount, pairs: grid.branches.map { ($0.from, $0.to) })
        var isReached = [Bool](repeating: false, count: grid.nodeCount)
        var queue: [Int32] = []
        for source in grid.sources where !isReached[Int(source.node)] {
            isReached[Int(source.node)] = true
            grid.nominalAngles[Int(source.node)] = source.voltage.angle
            queue.append(source.node)
        }
        var position = 0
        while position < queue.count {
            let node = queue[position]
            position += 1
            for slot in adjacency.range(node) {
                let other = adjacency.neighbours[slot]
                guard !isReached[Int(other)] else { continue }
                isReached[Int(other)] = true
                setAngle(of: other, along: Int(adjacency.edges[slot]), from: node)
                queue.append(other)
            }
        }
    }

    mutating func setAngle(of node: Int32, along branch: Int, from known: Int32) {
        let shift = grid.branches[branch].from == known ? shifts[branch] : -shifts[branch]
        let angle = grid.nominalAngles[Int(known)]
        grid.nominalAngles[Int(node)] = shift == 0 ? angle : Complex(magnitude: 1, angle: angle - shift).angle
    }
}
