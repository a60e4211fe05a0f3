/// The positive-sequence calculation model of a network's energised part, with the index between both.
///
/// Taps, switches, loads and generators change in place: a tap costs one branch, a switch the buses that it joins, parts, energises or
/// cuts off, and none of the rest. Nodes and branches keep their numbers, with two exceptions: where one goes, the last takes its number; and
/// where a switch energises or cuts off more than a tenth of the grid, all are numbered anew.
public struct BalancedAssembly: Sendable {
    public internal(set) var network: Network
    public internal(set) var topology: Topology
    public let options: AssemblyOptions
    public internal(set) var grid: BalancedGrid
    public internal(set) var index: GridIndex
    public internal(set) var injections: Injections
    public internal(set) var problems: [AssemblyProblem] = []
    /// By bus number; -1 for what is not energised or has no nominal voltage.
    var nodeOfBus: [Int32] = []
    /// Of each branch the angle of its first end less that of its second when nothing is loaded, in radian.
    var shifts: [Double] = []
    /// The star point of each transformer with three or more windings; -1 for none.
    var nodeOfStar: [Int32] = []
    /// The auxiliary node of each external grid behind an impedance; -1 without one.
    var nodeOfSource: [Int32] = []
    let equipmentAt: EquipmentAtNodes
    let tanksOfBank: [String: [Int]]
    /// The tank that stands for its bank, by position in `Network.transformers`.
    let leadTanks: [Int]

    public init(_ network: Network, topology: Topology? = nil, options: AssemblyOptions = AssemblyOptions()) {
        self.network = network
        self.topology = topology ?? Topology(network)
        self.options = options
        let banks = NetworkIndex.banks(network)
        tanksOfBank = banks
        leadTanks = network.transformers.enumerated().map { position, transformer in
            transformer.bank.flatMap { banks[$0]?.first } ?? position
        }
        equipmentAt = EquipmentAtNodes(network, leadTanks: leadTanks)
        grid = BalancedGrid(basePowerVA: options.basePowerVA, nominalVolts: [], nominalAngles: [], branches: [], shunts: [], sources: [])
        index = GridIndex(network)
        injections = Injections(constantPower: [])
        rebuild()
    }

    /// Opens or closes a switch.
    @discardableResult
    public mutating func setSwitch(_ position: Int, isOpen: Bool) -> Topology.Change {
        network.switches[position].isOpen = isOpen
        let hadPartlyOpen = !topology.partlyOpen.isEmpty
        let change = topology.setSwitch(position, isOpen: isOpen)
        guard !change.isEmpty else { return change }
        // A switch that is open in some phases makes one node of two buses, which only a walk over all of them finds.
        if hadPartlyOpen || !topology.partlyOpen.isEmpty || change.concernsConductors { rebuild() } else { follow(change) }
        return change
    }

    /// Moves a tap changer; only the branches of its transformer (or of its bank) change.
    public mutating func setTap(transformer position: Int, winding: Int, step: Double) {
        network.transformers[position].windings[winding].ratioTap?.step = step
        let lead = leadTanks[position]
        guard let ports = transformerPorts(lead) else { return }
        // A winding that is not connected has a port and no branch.
        for branch in index.branches(of: EquipmentReference(.transformer, lead)) {
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
        add(generator: position, sign: -1)
        network.generators[position].power = power
        network.generators[position].phases = []
        add(generator: position, sign: 1)
    }

    mutating func rebuild() {
        problems = []
        let numbering = NodeNumbering(network, topology, joinsPartlyOpen: true)
        nodeOfBus = numbering.nodeOfBus
        grid.branches.removeAll(keepingCapacity: true)
        shifts.removeAll(keepingCapacity: true)
        index.reset(network, topology, numbering)
        nodeOfStar = Array(repeating: -1, count: network.transformers.count)
        nodeOfSource = Array(repeating: -1, count: network.externalGrids.count)
        grid.nominalVolts = numbering.nominalVolts
        grid.nominalAngles = Array(repeating: 0, count: grid.nodeCount)
        grid.shunts = grid.nominalAngles.map { _ in .zero }
        injections = Injections(constantPower: grid.shunts, constantCurrent: grid.shunts, constantImpedance: grid.shunts)
        for kind in EquipmentAtNodes.branchKinds {
            for position in 0..<network.count(of: kind) { attach(EquipmentReference(kind, position)) }
        }
        for bus in nodeOfBus.indices where nodeOfBus[bus] >= 0 { addEquipment(ofBus: bus) }
        for node in numbering.origins.count..<grid.nodeCount { fill(node) }
        setSources()
        setAngles()
    }
}

extension BalancedGrid.Branch {
    fileprivate mutating func set(_ port: BalancedTwoPort) { (yff, yft, ytf, ytt) = (port.yff, port.yft, port.ytf, port.ytt) }
}
