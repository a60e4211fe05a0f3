/// The energised buses as trees that grow from the external grids: who feeds whom, how deep, by which feeder, and where loops close.
public struct FeederForest: Sendable {
    /// Buses in an order in which each comes after its parent.
    public let order: [Int32]
    /// The bus that feeds each bus; -1 for roots and for what is not energised. By bus number.
    public let parents: [Int32]
    /// Position in `branches` of the branch from the parent; -1 without one.
    public let parentBranches: [Int32]
    /// Branches between a bus and its root; -1 for what is not energised.
    public let depths: [Int32]
    /// Position in `branches` of the first line on the way from the root, the feeder's head; -1 at and above the busbars.
    public let feeders: [Int32]
    /// Branches that close a loop: both ends are fed without them.
    public let loops: [Int32]
    /// Lines and transformers (pairs of windings) that the positions above mean.
    public let branches: [TopologyBranch]

    public var isRadial: Bool { loops.isEmpty }

    /// Breadth first, from all sources at once.
    public init(_ topology: Topology) {
        let graph = topology.graph
        branches = graph.branchList
        var parents = [Int32](repeating: -1, count: topology.busCapacity)
        var parentBranches = parents
        var depths = parents
        var feeders = parents
        var order: [Int32] = []
        var loops: [Int32] = []
        for node in 0..<topology.nodeCount where graph.sourceCounts[node] > 0 {
            let bus = topology.bus(ofNode: node)
            guard depths[bus] < 0 else { continue }
            depths[bus] = 0
            order.append(Int32(bus))
        }
        var isUsed = [Bool](repeating: false, count: graph.branchList.count)
        var position = 0
        while position < order.count {
            let bus = order[position]
            position += 1
            for node in topology.nodes(ofBus: Int(bus)) {
                for slot in graph.branches.range(node) {
                    let branch = graph.branches.edges[slot]
                    guard !isUsed[Int(branch)] else { continue }
                    isUsed[Int(branch)] = true
                    let other = topology.bus(ofNode: Int(graph.branches.neighbours[slot]))
                    guard depths[other] < 0 else {
                        loops.append(branch)
                        continue
                    }
                    depths[other] = depths[Int(bus)] + 1
                    parents[other] = bus
                    parentBranches[other] = branch
                    let isLine = graph.branchList[Int(branch)].equipment.kind == .line
                    feeders[other] = feeders[Int(bus)] >= 0 ? feeders[Int(bus)] : isLine ? branch : -1
                    order.append(Int32(other))
                }
            }
        }
        self.order = order
        self.parents = parents
        self.parentBranches = parentBranches
        self.depths = depths
        self.feeders = feeders
        self.loops = loops
    }
}
