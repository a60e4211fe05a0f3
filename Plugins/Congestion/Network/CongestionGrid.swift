public import Grid

/// A network with its switches as they stand, prepared for the examination of many load cases: limits, power flow, names.
///
/// ```swift
/// let grid = try CongestionGrid(network, limits: CongestionLimits(voltageBand: 0.95...1.05))
/// let outlook = try GridOutlook(grid, forecast: forecast)
/// let answer = try CapacityCheck(grid, forecast: forecast).answer(request)
/// ```
/// What the forecast does not name consumes nothing. Taps stay where they stand, loads are of constant power. After a switch operation make a
/// new one; it takes a few milliseconds for a thousand nodes. Not for use from several threads at once.
public final class CongestionGrid {
    /// With the switch positions that are examined.
    public let network: Network
    /// The outage that is examined; nil in the intact grid.
    public let contingency: Contingency?
    /// The site's rules.
    public let limits: CongestionLimits
    /// The calculation model of what is supplied.
    public let grid: BalancedGrid
    /// Both ways between the network and ``grid``.
    public let index: GridIndex
    /// What the calculation model leaves out, and why.
    public let problems: [AssemblyProblem]
    let table: LimitTable
    let powerFlow: PowerFlow
    private(set) lazy var gradients = Result { () throws(CongestionError) in try AdjointGradients(grid) }
    private lazy var names = NetworkIndex(network)

    /// - Parameters:
    ///   - network: with its switches as they are or are planned to be.
    ///   - contingency: an outage to examine instead of the intact grid.
    /// - Throws: ``CongestionError`` where limits make no sense, nothing is supplied, or the model can't be calculated.
    public convenience init(
        _ network: Network, limits: CongestionLimits = CongestionLimits(), contingency: Contingency? = nil
    ) throws(CongestionError) {
        let examined = try contingency.map { (contingency) throws(CongestionError) in try network.during(contingency) } ?? network
        try self.init(BalancedAssembly(examined), limits: limits, contingency: contingency)
    }

    /// Of a calculation model that somebody keeps up to date already.
    public init(
        _ assembly: BalancedAssembly, limits: CongestionLimits = CongestionLimits(), contingency: Contingency? = nil
    ) throws(CongestionError) {
        if let defect = limits.defect { throw .invalidGrid(defect) }
        guard !assembly.grid.sources.isEmpty else {
            throw .invalidGrid("nothing in it is supplied: no external grid is connected\(contingency.map { " with \($0.name)" } ?? "")")
        }
        (network, index, grid, problems) = (assembly.network, assembly.index, assembly.grid, assembly.problems)
        (self.limits, self.contingency) = (limits, contingency)
        table = LimitTable(network, grid, index, limits, isOutage: contingency != nil)
        do throws(PowerFlowError) {
            powerFlow = try PowerFlow(assembly.grid, options: PowerFlowOptions(tolerance: 1e-10))
        } catch {
            throw .invalidGrid(error.description)
        }
    }

    /// Whether a node of the network (position in `Network.nodes`) has a closed path to an external grid.
    public func isSupplied(node: Int) -> Bool { index.nodeOfNetworkNode[node] >= 0 }

    /// The position in `Network.nodes` of what has an mRID: a node or busbar, a load, a generator; of a transformer its low-voltage side,
    /// where a community behind it is connected.
    ///
    /// - Throws: ``CongestionError`` where nothing has that mRID.
    public func node(_ mRID: String) throws(CongestionError) -> Int {
        let mRID = NetworkIndex.normalised(mRID)
        if let node = names.nodes[mRID] { return node }
        guard let equipment = names.equipment[mRID] else { throw .unknownPlace(mRID) }
        let terminal: Terminal?
        if equipment.kind == .transformer {
            terminal = network.transformers[equipment.index].windings.min { $0.ratedVolts < $1.ratedVolts }?.terminal
        } else {
            terminal = network.terminals(of: equipment).first
        }
        guard let node = terminal?.connectedNode, equipment.kind != .line, equipment.kind != .switchgear else { throw .unknownPlace(mRID) }
        return node
    }

    /// The nodes (positions in `Network.nodes`) that are supplied through a line or transformer alone: what lies behind a congestion point.
    ///
    /// - Returns: none where a loop or another source supplies them too.
    /// - Throws: ``CongestionError`` where nothing has that mRID, or it is no line or transformer.
    public func nodesBehind(_ mRID: String) throws(CongestionError) -> [Int] {
        let mRID = NetworkIndex.normalised(mRID)
        guard let equipment = names.equipment[mRID], equipment.kind == .line || equipment.kind == .transformer else { throw .unknownPlace(mRID) }
        let topology = Topology(try network.during(Contingency(name: mRID, outages: [equipment])))
        return network.nodes.indices.filter { isSupplied(node: $0) && !topology.isEnergised(node: $0) }
    }

    /// The element that a limit belongs to.
    func element(_ limit: GridLimit) -> GridElement {
        switch limit {
        case .lowest(let node), .highest(let node): return element(node: Int(node))
        case .current(let branch, _):
            let equipment = index.branchOrigins[Int(branch)].equipment
            let identity = network.identity(of: equipment)
            let kind: GridElement.Kind = equipment.kind == .line ? .line : equipment.kind == .transformer ? .transformer : .other
            return GridElement(mRID: identity.mRID, name: identity.name, kind: kind)
        }
    }

    /// A node of the calculation model as an element: the busbar's identity where it has one.
    func element(node: Int) -> GridElement {
        let member = memberOfNode[node]
        let mRID = member.map { (network.nodes[$0].busbar ?? network.nodes[$0].identity).mRID } ?? index.nodeNames[node]
        return GridElement(mRID: mRID, name: index.nodeNames[node], kind: .node)
    }

    /// The connectivity node that stands for each node of the model: that of the busbar, or the first.
    private lazy var memberOfNode: [Int?] = {
        var members = [Int?](repeating: nil, count: grid.nodeCount)
        for (position, node) in index.nodeOfNetworkNode.enumerated() where node >= 0 {
            let isBetter = members[Int(node)].map { network.nodes[position].isBusbar && !network.nodes[$0].isBusbar } ?? true
            if isBetter { members[Int(node)] = position }
        }
        return members
    }()

    /// Kind of a limit, its value for an excess, and what is allowed, in the units of ``LimitKind``.
    func figures(_ limit: GridLimit, excess: Double) -> (kind: LimitKind, value: Double, limit: Double) {
        switch limit {
        case .lowest(let node):
            let volts = grid.nominalVolts[Int(node)]
            return (.lowVoltage, (table.lowest[Int(node)] - excess) * volts, table.lowest[Int(node)] * volts)
        case .highest(let node):
            let volts = grid.nominalVolts[Int(node)]
            return (.highVoltage, (table.highest[Int(node)] + excess) * volts, table.highest[Int(node)] * volts)
        case .current(let branch, let isFirst):
            let (ends, origin) = (grid.branches[Int(branch)], index.branchOrigins[Int(branch)])
            let volts = grid.nominalVolts[Int(isFirst ? ends.from : ends.to)]
            let most = table.most(branch: branch, isFirstEnd: isFirst) * grid.basePowerVA / (3.0.squareRoot() * volts)
            guard origin.equipment.kind == .transformer else { return (.current, (1 + excess) * most, most) }
            let windings = network.transformers[origin.equipment.index].windings
            let end = isFirst ? origin.fromEnd : origin.toEnd
            let rated = windings.indices.contains(end) ? windings[end].ratedVolts : volts
            // Of three single-phase tanks each has the voltage of its own coil.
            let isSinglePhase = network.transformers[origin.equipment.index].isSinglePhase
            let kilovoltAmperes = most * rated * (isSinglePhase ? 3 : 3.0.squareRoot()) / 1000
            return (.transformer, (1 + excess) * kilovoltAmperes, kilovoltAmperes)
        }
    }
}
