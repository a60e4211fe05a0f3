/// The three-phase calculation model of a network's energised part, with the index between both.
///
/// Taps, switches, loads and generators change in place; see `BalancedAssembly`.
public struct UnbalancedAssembly: Sendable {
    public private(set) var network: Network
    public private(set) var topology: Topology
    public let options: AssemblyOptions
    public private(set) var grid: UnbalancedGrid
    /// Nodes of the model are what `UnbalancedGrid.nodes` numbers; `branchOrigins` are those of the elements.
    public private(set) var index: GridIndex
    public private(set) var injections = UnbalancedInjections(appliances: [])
    public private(set) var problems: [AssemblyProblem] = []
    private var numbering: NodeNumbering
    private var conductorNumbers: ConductorNumbering
    /// In siemens, by equipment; what no tap or switch changes is computed once.
    private var elements: [EquipmentReference: UnbalancedElement] = [:]
    private var applianceRanges: [EquipmentReference: Range<Int>] = [:]

    public init(_ network: Network, topology: Topology? = nil, options: AssemblyOptions = AssemblyOptions()) {
        self.network = network
        self.topology = topology ?? Topology(network)
        self.options = options
        numbering = NodeNumbering(network, self.topology, joinsPartlyOpen: false)
        conductorNumbers = ConductorNumbering(nodeCount: 0, joints: [], elements: [], sources: [])
        grid = UnbalancedGrid(basePowerVA: 0, nominalVolts: [], nominalAngles: [], nodes: [], phases: [], elements: [], sources: [])
        index = GridIndex(network, self.topology, numbering, branchOrigins: [])
        rebuild()
    }

    /// The conductor of a phase at a terminal; nil where there is none or it is not energised.
    public func conductor(of terminal: Terminal, phase: Phase) -> Int? {
        guard phase != .neutral, let node = index.node(of: terminal) else { return nil }
        let conductor = conductorNumbers.conductors[ConductorNumbering.slot(Int32(node), phase)]
        return conductor >= 0 ? Int(conductor) : nil
    }

    /// Opens or closes a switch in all phases.
    @discardableResult
    public mutating func setSwitch(_ position: Int, isOpen: Bool) -> Topology.Change {
        network.switches[position].isOpen = isOpen
        let change = topology.setSwitch(position, isOpen: isOpen)
        if !change.isEmpty { rebuild() }
        return change
    }

    /// Moves a tap changer; only its transformer's element changes.
    public mutating func setTap(transformer position: Int, winding: Int, step: Double) {
        network.transformers[position].windings[winding].ratioTap?.step = step
        let reference = EquipmentReference(.transformer, position)
        guard let known = elements[reference], let element = element(transformer: position) else { return }
        elements[reference] = element
        guard known.terminals == element.terminals, let place = index.branches(of: reference).first else { return rebuild() }
        if let admittance = perUnit(element)?.admittance { grid.elements[Int(place)].admittance = admittance }
    }

    /// Sets the consumed power of a load in volt-ampere, shared between its phases as before.
    public mutating func setLoad(_ position: Int, power: Complex) {
        let load = network.loads[position]
        network.loads[position].power = power
        network.loads[position].phases = Self.shared(power, as: load.phases)
        replace(EquipmentReference(.load, position), appliances(load: network.loads[position]))
    }

    /// Sets the consumed power of each phase of a load in volt-ampere; in delta, a phase is the one its branch begins at.
    public mutating func setLoad(_ position: Int, phases: [PhasePower]) {
        network.loads[position].power = phases.reduce(Complex.zero) { $0 + $1.power }
        network.loads[position].phases = phases
        replace(EquipmentReference(.load, position), appliances(load: network.loads[position]))
    }

    /// Sets the fed-in power of a generator in volt-ampere, shared between its phases as before.
    public mutating func setGenerator(_ position: Int, power: Complex) {
        let generator = network.generators[position]
        network.generators[position].power = power
        network.generators[position].phases = Self.shared(power, as: generator.phases)
        replace(EquipmentReference(.generator, position), appliances(generator: network.generators[position]))
    }

    private static func shared(_ power: Complex, as phases: [PhasePower]) -> [PhasePower] {
        let total = phases.reduce(Complex.zero) { $0 + $1.power }
        return phases.map { phase in
            let active = total.real != 0 ? phase.power.real / total.real : 1 / Double(phases.count)
            let reactive = total.imaginary != 0 ? phase.power.imaginary / total.imaginary : 1 / Double(phases.count)
            return PhasePower(phase: phase.phase, power: Complex(power.real * active, power.imaginary * reactive))
        }
    }

    private mutating func replace(_ reference: EquipmentReference, _ new: [UnbalancedInjections.Appliance]) {
        guard let range = applianceRanges[reference], range.count == new.count else { return setInjections() }
        injections.appliances.replaceSubrange(range, with: new)
    }

    /// What a rebuild gathers before conductors have numbers.
    private struct Draft {
        var elements: [(element: UnbalancedElement, origin: BranchOrigin)] = []
        var sourceSlots: [(slot: Int, voltage: Complex)] = []
        /// Between the node behind an external grid's impedance and its node, in siemens.
        var sourceElements: [(slots: [Int], matrix: SquareMatrix, origin: BranchOrigin)] = []
    }

    private mutating func rebuild() {
        problems = []
        numbering = NodeNumbering(network, topology, joinsPartlyOpen: false)
        var draft = Draft()
        gather(&draft)
        addSources(&draft)
        let slots = draft.elements.map { $0.element.terminals.map(slot) }
        let nodeCount = numbering.origins.count
        conductorNumbers = ConductorNumbering(
            nodeCount: nodeCount, joints: joints(), elements: slots + draft.sourceElements.map(\.slots), sources: draft.sourceSlots.map(\.slot))
        number(draft, slots)
        setInjections()
    }

    private mutating func gather(_ draft: inout Draft) {
        for kind in [EquipmentReference.Kind.line, .transformer, .shunt] {
            for position in 0..<network.count(of: kind) {
                let reference = EquipmentReference(kind, position)
                let terminals = network.terminals(of: reference)
                let isLive = terminals.map { $0.connectedNode.map { numbering.nodeOfBus[topology.bus(ofNode: $0)] >= 0 } ?? false }
                guard isLive.contains(true) else { continue }
                if elements[reference] == nil { elements[reference] = element(reference) }
                guard let full = elements[reference] else {
                    let identity = network.identity(of: reference)
                    problems.append(
                        AssemblyProblem(mRID: identity.mRID, sentence: "\(kind) '\(identity.name)' has a singular impedance; it is left out"))
                    continue
                }
                guard let element = full.connected(where: { $0 >= 0 && numbering.nodeOfBus[topology.bus(ofNode: $0)] >= 0 }) else { continue }
                let origin = BranchOrigin(reference, fromEnd: 0, toEnd: kind == .shunt || element.firstEndCount == element.terminals.count ? -1 : 1)
                draft.elements.append((element, origin))
            }
        }
    }

    private func element(_ reference: EquipmentReference) -> UnbalancedElement? {
        switch reference.kind {
        case .line:
            let line = network.lines[reference.index]
            return .line(line.phaseParameters, from: line.from.connectedNode ?? -1, to: line.to.connectedNode ?? -1)
        case .transformer: return element(transformer: reference.index)
        default:
            let shunt = network.shunts[reference.index]
            return .shunt(shunt, node: shunt.terminal.connectedNode ?? -1)
        }
    }

    private func element(transformer position: Int) -> UnbalancedElement? {
        let transformer = network.transformers[position]
        return .transformer(transformer, nodes: transformer.windings.map { $0.terminal.connectedNode ?? -1 })
    }

    private func slot(_ key: ConductorKey) -> Int {
        ConductorNumbering.slot(numbering.nodeOfBus[topology.bus(ofNode: key.node)], key.phase)
    }

    /// What closed poles of partly open switches make one conductor.
    private func joints() -> [(Int, Int)] {
        topology.partlyOpen.flatMap { position -> [(Int, Int)] in
            let device = network.switches[Int(position)]
            guard let from = device.from.connectedNode, let to = device.to.connectedNode,
                numbering.nodeOfBus[topology.bus(ofNode: from)] >= 0, numbering.nodeOfBus[topology.bus(ofNode: to)] >= 0
            else { return [] }
            return device.phases.subtracting(device.openPhases).phases.map {
                (slot(ConductorKey(node: from, phase: $0)), slot(ConductorKey(node: to, phase: $0)))
            }
        }
    }

    private mutating func addSources(_ draft: inout Draft) {
        for (position, external) in network.externalGrids.enumerated() {
            guard let connected = external.terminal.connectedNode else { continue }
            let node = numbering.nodeOfBus[topology.bus(ofNode: connected)]
            guard node >= 0 else { continue }
            let base = numbering.nominalVolts[Int(node)]
            let phases: [Phase] = [.a, .b, .c]
            let inner = phases.map { ConductorNumbering.slot(node, $0) }
            var held = inner
            if options.hasSourceImpedance, external.impedance.magnitude > 0 {
                let source = numbering.addAuxiliary(.source(externalGrid: position), nominalVolts: base)
                held = phases.map { ConductorNumbering.slot(source, $0) }
                let line = Line(
                    external.identity, from: Terminal(node: 0), to: Terminal(node: 1),
                    parameters: .sequence(
                        positive: SequenceParameters(impedance: external.impedance),
                        zero: external.zeroImpedance.map { SequenceParameters(impedance: $0) }), nominalVolts: base)
                if let element = UnbalancedElement.line(line.phaseParameters, from: 0, to: 1) {
                    let origin = BranchOrigin(EquipmentReference(.externalGrid, position), fromEnd: -1, toEnd: 0)
                    draft.sourceElements.append((held + inner, element.matrix, origin))
                }
            }
            for (phase, slot) in zip(phases, held) where !draft.sourceSlots.contains(where: { $0.slot == slot }) {
                let angle = external.angleRadians - Double(phase.rawValue) * 2 * .pi / 3
                draft.sourceSlots.append((slot, Complex(magnitude: (external.voltageVolts ?? base) / base, angle: angle)))
            }
        }
    }

    private mutating func number(_ draft: Draft, _ slots: [[Int]]) {
        let base = options.basePowerVA / 3
        let nodes = conductorNumbers.nodes
        let volts = nodes.map { numbering.nominalVolts[Int($0)] / 3.0.squareRoot() }
        grid = UnbalancedGrid(
            basePowerVA: base, nominalVolts: volts, nominalAngles: Array(repeating: 0, count: nodes.count), nodes: nodes,
            phases: conductorNumbers.phases, elements: [], sources: [])
        var origins: [BranchOrigin] = []
        for (position, (element, origin)) in draft.elements.enumerated() {
            guard let live = element.perUnit(slots[position].map { conductorNumbers.conductors[$0] }, volts, base) else { continue }
            grid.elements.append(live)
            origins.append(origin)
        }
        for source in draft.sourceElements {
            let element = UnbalancedElement(terminals: [], firstEndCount: 3, matrix: source.matrix)
            guard let live = element.perUnit(source.slots.map { conductorNumbers.conductors[$0] }, volts, base) else { continue }
            grid.elements.append(live)
            origins.append(source.origin)
        }
        for source in draft.sourceSlots where conductorNumbers.conductors[source.slot] >= 0 {
            grid.sources.append(UnbalancedGrid.Source(conductor: conductorNumbers.conductors[source.slot], voltage: source.voltage))
        }
        grid.nominalAngles = NominalAngles.angles(grid, shiftsPhases: zip(origins, grid.elements).map { shiftsPhases($0.equipment, $1) })
        index = GridIndex(network, topology, numbering, branchOrigins: origins)
    }

    /// Regulators and other single-phase units between like phases leave the angles as they are.
    private func shiftsPhases(_ equipment: EquipmentReference, _ element: UnbalancedGrid.Element) -> Bool {
        guard equipment.kind == .transformer else { return false }
        let phases = element.terminals.map { grid.phases[Int($0)] }
        let isAlike = phases.prefix(element.firstEndCount) == phases.dropFirst(element.firstEndCount)
        return !(network.transformers[equipment.index].isSinglePhase && isAlike)
    }

    private func perUnit(_ element: UnbalancedElement) -> UnbalancedGrid.Element? {
        element.perUnit(element.terminals.map { conductorNumbers.conductors[slot($0)] }, grid.nominalVolts, grid.basePowerVA)
    }

    private mutating func setInjections() {
        injections.appliances = []
        applianceRanges = [:]
        for (position, load) in network.loads.enumerated() { append(appliances(load: load), EquipmentReference(.load, position)) }
        for (position, generator) in network.generators.enumerated() {
            append(appliances(generator: generator), EquipmentReference(.generator, position))
        }
    }

    private mutating func append(_ new: [UnbalancedInjections.Appliance], _ reference: EquipmentReference) {
        let start = injections.appliances.count
        injections.appliances += new
        applianceRanges[reference] = start..<injections.appliances.count
    }

    private func appliances(load: Load) -> [UnbalancedInjections.Appliance] {
        guard let power = load.power else { return [] }
        return appliances(
            load.terminal, power: -power, phases: load.phases.map { PhasePower(phase: $0.phase, power: -$0.power) },
            isDelta: load.isDelta || (load.phases.isEmpty && !load.isGrounded), load.dependence)
    }

    private func appliances(generator: Generator) -> [UnbalancedInjections.Appliance] {
        guard let power = generator.power else { return [] }
        return appliances(
            generator.terminal, power: power, phases: generator.phases, isDelta: generator.isDelta, .constantPower)
    }

    private func appliances(
        _ terminal: Terminal, power: Complex, phases: [PhasePower], isDelta: Bool, _ dependence: VoltageDependence
    ) -> [UnbalancedInjections.Appliance] {
        var shares = phases
        if shares.isEmpty {
            let there = terminal.phases.withoutNeutral.phases.filter { conductor(of: terminal, phase: $0) != nil }
            shares = there.map { PhasePower(phase: $0, power: power / Double(there.count)) }
        }
        return shares.compactMap { share in
            guard let from = conductor(of: terminal, phase: share.phase) else { return nil }
            let partner = isDelta ? conductor(of: terminal, phase: share.phase.deltaPartner) : nil
            if isDelta, partner == nil { return nil }
            let perUnit = share.power / grid.basePowerVA
            let split = isDelta && (share.phase == .s1 || share.phase == .s2)
            return UnbalancedInjections.Appliance(
                from: Int32(from), to: partner.map { Int32($0) } ?? -1,
                constantPower: Complex(perUnit.real * dependence.powerActive, perUnit.imaginary * dependence.powerReactive),
                constantCurrent: Complex(perUnit.real * dependence.currentActive, perUnit.imaginary * dependence.currentReactive),
                constantImpedance: Complex(perUnit.real * dependence.impedanceActive, perUnit.imaginary * dependence.impedanceReactive),
                nominalVoltage: split ? 2 : isDelta ? 3.0.squareRoot() : 1)
        }
    }
}
