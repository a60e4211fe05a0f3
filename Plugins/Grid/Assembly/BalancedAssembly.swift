/// The positive-sequence calculation model of a network's energised part, with the index between both.
///
/// Tap positions, switches, loads and generators change in place: a tap costs one branch, a switch the numbering and none of the
/// equipment's admittances.
public struct BalancedAssembly: Sendable {
    public private(set) var network: Network
    public private(set) var topology: Topology
    public let options: AssemblyOptions
    public private(set) var grid: BalancedGrid
    public private(set) var index: GridIndex
    public private(set) var injections: Injections
    public private(set) var problems: [AssemblyProblem] = []
    private var numbering: NodeNumbering
    private var twoPorts: [EquipmentReference: [BalancedTwoPort]] = [:]
    private let tanksOfBank: [String: [Int]]
    /// The tank that stands for its bank, by position in `Network.transformers`.
    private let leadTanks: [Int]

    public init(_ network: Network, topology: Topology? = nil, options: AssemblyOptions = AssemblyOptions()) {
        self.network = network
        self.topology = topology ?? Topology(network)
        self.options = options
        let banks = NetworkIndex.banks(network)
        tanksOfBank = banks
        leadTanks = network.transformers.enumerated().map { position, transformer in
            transformer.bank.flatMap { banks[$0]?.first } ?? position
        }
        numbering = NodeNumbering(network, self.topology, joinsPartlyOpen: true)
        grid = BalancedGrid(basePowerVA: options.basePowerVA, nominalVolts: [], nominalAngles: [], branches: [], shunts: [], sources: [])
        index = GridIndex(network, self.topology, numbering, branchOrigins: [])
        injections = Injections(constantPower: [])
        rebuild()
    }

    /// Opens or closes a switch. Nodes are numbered anew only when it joins or parts buses.
    @discardableResult
    public mutating func setSwitch(_ position: Int, isOpen: Bool) -> Topology.Change {
        network.switches[position].isOpen = isOpen
        let change = topology.setSwitch(position, isOpen: isOpen)
        if !change.isEmpty { rebuild() }
        return change
    }

    /// Moves a tap changer; only the branches of its transformer (or of its bank) change.
    public mutating func setTap(transformer position: Int, winding: Int, step: Double) {
        network.transformers[position].windings[winding].ratioTap?.step = step
        let lead = leadTanks[position]
        guard let ports = transformerPorts(lead) else { return }
        let reference = EquipmentReference(.transformer, lead)
        twoPorts[reference] = ports
        // A winding that is not connected has a port and no branch.
        for branch in index.branches(of: reference) {
            let end = index.branchOrigins[Int(branch)].fromEnd
            grid.branches[Int(branch)].set(ports.count == 1 ? ports[0] : ports[end])
        }
    }

    /// Sets the consumed power of a load in volt-ampere.
    public mutating func setLoad(_ position: Int, power: Complex) {
        add(load: position, sign: 1)
        network.loads[position].power = power
        network.loads[position].phases = []
        add(load: position, sign: -1)
    }

    /// Sets the fed-in power of a generator in volt-ampere.
    public mutating func setGenerator(_ position: Int, power: Complex) {
        let node = index.node(of: network.generators[position].terminal)
        let change = power - (network.generators[position].power ?? .zero)
        if let node { injections.constantPower[node] += change / options.basePowerVA }
        network.generators[position].power = power
        network.generators[position].phases = []
    }

    private mutating func rebuild() {
        problems = []
        numbering = NodeNumbering(network, topology, joinsPartlyOpen: true)
        var builder = Builder(grid: BalancedGrid(
            basePowerVA: options.basePowerVA, nominalVolts: [], nominalAngles: [], branches: [], shunts: [], sources: []))
        addLines(&builder)
        addTransformers(&builder)
        addSources(&builder)
        grid = builder.grid
        grid.nominalVolts = numbering.nominalVolts
        grid.shunts = Array(repeating: .zero, count: grid.nodeCount)
        for (node, admittance) in builder.nodeShunts { grid.shunts[Int(node)] += admittance }
        addShunts()
        grid.nominalAngles = Self.angles(grid, builder.shifts)
        index = GridIndex(network, topology, numbering, branchOrigins: builder.origins)
        setInjections()
    }

    /// What a rebuild gathers.
    private struct Builder {
        var grid: BalancedGrid
        var origins: [BranchOrigin] = []
        var shifts: [Double] = []
        var nodeShunts: [(Int32, Complex)] = []

        mutating func add(_ port: BalancedTwoPort, from: Int32, to: Int32, _ origin: BranchOrigin) {
            grid.branches.append(
                BalancedGrid.Branch(from: from, to: to, yff: port.yff, yft: port.yft, ytf: port.ytf, ytt: port.ytt))
            origins.append(origin)
            shifts.append(port.shift)
        }
    }

    private mutating func leaveOut(_ identity: Identity, _ why: String) {
        problems.append(AssemblyProblem(mRID: identity.mRID, sentence: why + "; it is left out"))
    }

    private func node(_ terminal: Terminal) -> Int32 {
        guard let position = terminal.connectedNode else { return -1 }
        return numbering.nodeOfBus[topology.bus(ofNode: position)]
    }

    private func volts(_ node: Int32, or terminal: Terminal) -> Double {
        if node >= 0 { return numbering.nominalVolts[Int(node)] }
        return terminal.node.map { network.nodes[$0].nominalVolts } ?? 0
    }

    private mutating func addLines(_ builder: inout Builder) {
        for (position, line) in network.lines.enumerated() {
            let (from, to) = (node(line.from), node(line.to))
            guard from >= 0 || to >= 0, from != to else { continue }
            let reference = EquipmentReference(.line, position)
            let port: BalancedTwoPort
            if let known = twoPorts[reference]?.first {
                port = known
            } else {
                let (fromVolts, toVolts) = (volts(from, or: line.from), volts(to, or: line.to))
                port = .line(
                    line.positiveSequence, fromVolts: fromVolts > 0 ? fromVolts : toVolts, toVolts: toVolts > 0 ? toVolts : fromVolts,
                    basePowerVA: options.basePowerVA)
                twoPorts[reference] = [port]
            }
            guard port.isFinite else {
                leaveOut(line.identity, "line '\(line.identity.name)' has no finite admittance")
                continue
            }
            if from >= 0, to >= 0 {
                builder.add(port, from: from, to: to, BranchOrigin(reference, fromEnd: 0, toEnd: 1))
            } else {
                // Connected at one end alone: its charging is left.
                builder.nodeShunts.append(from >= 0 ? (from, port.openAtSecondEnd) : (to, port.openAtFirstEnd))
            }
        }
    }

    private mutating func addTransformers(_ builder: inout Builder) {
        for (position, transformer) in network.transformers.enumerated() where leadTanks[position] == position {
            let nodes = transformer.windings.map { node($0.terminal) }
            guard nodes.filter({ $0 >= 0 }).count >= 2 else { continue }
            let reference = EquipmentReference(.transformer, position)
            guard let ports = twoPorts[reference] ?? transformerPorts(position), ports.allSatisfy(\.isFinite) else {
                leaveOut(transformer.identity, "transformer '\(transformer.identity.name)' has no finite admittance, or no nominal voltage at an end")
                continue
            }
            twoPorts[reference] = ports
            if transformer.windings.count == 2 {
                guard nodes[0] != nodes[1] else { continue }
                builder.add(ports[0], from: nodes[0], to: nodes[1], BranchOrigin(reference, fromEnd: 0, toEnd: 1))
                continue
            }
            let star = numbering.addAuxiliary(.starPoint(transformer: position), nominalVolts: transformer.windings[0].nominalVolts)
            for (winding, node) in nodes.enumerated() where node >= 0 {
                builder.add(ports[winding], from: node, to: star, BranchOrigin(reference, fromEnd: winding, toEnd: -1))
            }
            builder.nodeShunts.append((star, BalancedStar.magnetising(transformer, basePowerVA: options.basePowerVA)))
        }
    }

    /// One two-port for two windings, one for each winding for more; taps of a bank's tanks are averaged.
    private func transformerPorts(_ position: Int) -> [BalancedTwoPort]? {
        var transformer = network.transformers[position]
        let nodeVolts = transformer.windings.map { winding in
            let volts = volts(node(winding.terminal), or: winding.terminal)
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

    private mutating func addSources(_ builder: inout Builder) {
        for (position, external) in network.externalGrids.enumerated() {
            let node = node(external.terminal)
            guard node >= 0 else { continue }
            let base = numbering.nominalVolts[Int(node)]
            let voltage = Complex(magnitude: (external.voltageVolts ?? base) / base, angle: external.angleRadians)
            guard options.hasSourceImpedance, external.impedance.magnitude > 0 else {
                if !builder.grid.sources.contains(where: { $0.node == node }) {
                    builder.grid.sources.append(BalancedGrid.Source(node: node, voltage: voltage))
                }
                continue
            }
            let source = numbering.addAuxiliary(.source(externalGrid: position), nominalVolts: base)
            let port = BalancedTwoPort.line(
                SequenceParameters(impedance: external.impedance), fromVolts: base, toVolts: base, basePowerVA: options.basePowerVA)
            builder.add(port, from: source, to: node, BranchOrigin(EquipmentReference(.externalGrid, position), fromEnd: -1, toEnd: 0))
            builder.grid.sources.append(BalancedGrid.Source(node: source, voltage: voltage))
        }
    }

    private mutating func addShunts() {
        for shunt in network.shunts {
            let node = node(shunt.terminal)
            guard node >= 0 else { continue }
            let scale = grid.nominalVolts[Int(node)] * grid.nominalVolts[Int(node)] / options.basePowerVA
            let admittance: Complex
            if shunt.phases.isEmpty {
                admittance = shunt.admittance
            } else {
                // A third of the sum is what the positive sequence sees of single phases; in delta, three times as much.
                let sum = shunt.phases.reduce(Complex.zero) { $0 + $1.admittance }
                admittance = sum / (shunt.isDelta ? 1 : 3)
            }
            grid.shunts[Int(node)] += admittance * scale
        }
    }

    private mutating func setInjections() {
        injections = Injections(
            constantPower: Array(repeating: .zero, count: grid.nodeCount), constantCurrent: Array(repeating: .zero, count: grid.nodeCount),
            constantImpedance: Array(repeating: .zero, count: grid.nodeCount))
        for position in network.loads.indices { add(load: position, sign: -1) }
        for generator in network.generators {
            guard let node = index.node(of: generator.terminal), let power = generator.power else { continue }
            injections.constantPower[node] += power / options.basePowerVA
        }
    }

    private mutating func add(load position: Int, sign: Double) {
        let load = network.loads[position]
        guard let node = index.node(of: load.terminal), let power = load.power else { return }
        let perUnit = power * (sign / options.basePowerVA)
        let shares = load.dependence
        injections.constantPower[node] += Complex(perUnit.real * shares.powerActive, perUnit.imaginary * shares.powerReactive)
        injections.constantCurrent[node] += Complex(perUnit.real * shares.currentActive, perUnit.imaginary * shares.currentReactive)
        injections.constantImpedance[node] += Complex(perUnit.real * shares.impedanceActive, perUnit.imaginary * shares.impedanceReactive)
    }

    /// Angles without load: from the sources along the branches' phase shifts.
    private static func angles(_ grid: BalancedGrid, _ shifts: [Double]) -> [Double] {
        let adjacency = TopologyGraph.Adjacency(nodeCount: grid.nodeCount, pairs: grid.branches.map { ($0.from, $0.to) })
        var angles = [Double](repeating: 0, count: grid.nodeCount)
        var isReached = [Bool](repeating: false, count: grid.nodeCount)
        var queue: [Int32] = []
        for source in grid.sources where !isReached[Int(source.node)] {
            isReached[Int(source.node)] = true
            angles[Int(source.node)] = source.voltage.angle
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
                let branch = Int(adjacency.edges[slot])
                let shift = grid.branches[branch].from == node ? shifts[branch] : -shifts[branch]
                angles[Int(other)] = Complex(magnitude: 1, angle: angles[Int(node)] - shift).angle
                queue.append(other)
            }
        }
        return angles
    }
}

extension BalancedGrid.Branch {
    fileprivate mutating func set(_ port: BalancedTwoPort) { (yff, yft, ytf, ytt) = (port.yff, port.yft, port.ytf, port.ytt) }
}
