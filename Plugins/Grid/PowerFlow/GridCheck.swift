internal import Solvers

/// What a grid must fulfil before it can be calculated.
enum GridCheck {
    static func check(_ grid: BalancedGrid) throws(PowerFlowError) {
        let count = grid.nodeCount
        guard count > 0 else { throw .invalidGrid("it has no nodes") }
        guard grid.nominalAngles.count == count, grid.shunts.count == count else {
            throw .invalidGrid("\(grid.nominalAngles.count) nominal angles and \(grid.shunts.count) shunts for \(count) nodes")
        }
        for (index, branch) in grid.branches.enumerated() {
            guard isNode(branch.from, count), isNode(branch.to, count) else {
                throw .invalidGrid("branch \(index) joins nodes \(branch.from) and \(branch.to) of \(count)")
            }
            guard branch.yff.isFinite, branch.yft.isFinite, branch.ytf.isFinite, branch.ytt.isFinite else {
                throw .invalidGrid("branch \(index) between nodes \(branch.from) and \(branch.to) has an admittance that is not finite")
            }
        }
        if let node = grid.shunts.firstIndex(where: { !$0.isFinite }) { throw .invalidGrid("the shunt of node \(node) is not finite", node: node) }
        try checkSources(grid.sources.map { ($0.node, $0.voltage) }, count: count)
    }

    static func checkSources(_ sources: [(node: Int32, voltage: Complex)], count: Int) throws(PowerFlowError) {
        guard !sources.isEmpty else { throw .invalidGrid("it has no source") }
        var seen = Set<Int32>()
        for source in sources {
            guard isNode(source.node, count) else { throw .invalidGrid("a source at node \(source.node) of \(count)") }
            guard seen.insert(source.node).inserted else { throw .invalidGrid("two sources at node \(source.node)", node: Int(source.node)) }
            guard source.voltage.isFinite, source.voltage != .zero else {
                throw .invalidGrid("the source at node \(source.node) has the voltage \(source.voltage)", node: Int(source.node))
            }
        }
    }

    static func check(_ controls: [VoltageControl], _ regulators: [TapRegulator], of grid: BalancedGrid) throws(PowerFlowError) {
        var held = Set(grid.sources.map(\.node))
        for control in controls {
            guard isNode(control.node, grid.nodeCount), held.insert(control.node).inserted else {
                throw .invalidGrid("a voltage control at node \(control.node), which does not exist or is held already", node: Int(control.node))
            }
            guard control.magnitude > 0, control.minimumReactivePower <= control.maximumReactivePower else {
                throw .invalidGrid("the voltage control at node \(control.node) wants \(control.magnitude) pu", node: Int(control.node))
            }
        }
        for regulator in regulators {
            guard grid.branches.indices.contains(Int(regulator.branch)), isNode(regulator.controlledNode, grid.nodeCount) else {
                throw .invalidGrid("a regulator of branch \(regulator.branch) and node \(regulator.controlledNode), which do not exist")
            }
            let extremes = [regulator.minimumPosition, regulator.maximumPosition].map { 1 + Double($0) * regulator.stepRatio }
            guard regulator.minimumPosition...max(regulator.minimumPosition, regulator.maximumPosition) ~= regulator.position,
                extremes.allSatisfy({ $0 > 0 }), regulator.target > 0, regulator.deadBand >= 0
            else { throw .invalidGrid("the regulator of branch \(regulator.branch) has a position, range, target or dead-band that can't be") }
        }
    }

    /// Every part of the graph needs a source.
    static func checkIslands(_ graph: NodeGraph, sources: [Int32]) throws(PowerFlowError) {
        let islands = graph.components()
        var isSourced = [Bool](repeating: false, count: islands.count)
        for source in sources { isSourced[Int(islands.ofNode[Int(source)])] = true }
        if let node = islands.ofNode.firstIndex(where: { !isSourced[Int($0)] }) { throw .unsourcedIsland(node: node) }
    }

    /// A node without any admittance, own or to others.
    static func isolatedNode(_ admittance: NodalAdmittance, isSource: [Bool]) -> Int? {
        (0..<admittance.graph.nodeCount).first { node in
            !isSource[node] && admittance.diagonal[node] == .zero
                && (Int(admittance.graph.starts[node])..<Int(admittance.graph.starts[node + 1])).allSatisfy {
                    admittance.offDiagonal[$0] == .zero
                }
        }
    }

    private static func isNode(_ node: Int32, _ count: Int) -> Bool { node >= 0 && node < count }
}
