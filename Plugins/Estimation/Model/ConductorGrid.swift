internal import Grid

/// Balanced and unbalanced grids in the one form that the estimator computes with: conductors joined by elements of any number of terminals.
struct ConductorGrid: Sendable {
    var nominalAngles: [Double] = []
    /// The node of each conductor, numbered 0 ..< `nodeCount`: the blocks of the estimator's matrix.
    var nodes: [Int32] = []
    var nodeCount = 0
    /// Where the terminals of each element begin; one more than elements.
    var terminalStarts: [Int] = [0]
    /// Terminals at the first end of each element.
    var firstEndCounts: [Int] = []
    /// The conductor of each terminal.
    var terminals: [Int32] = []
    /// Where each element's admittance matrix begins; rows one after another.
    var matrixStarts: [Int] = []
    var admittances: [Complex] = []
    /// Admittance to ground of each conductor.
    var shunts: [Complex] = []
    var sources: [Source] = []

    struct Source: Hashable, Sendable {
        var conductor: Int32
        /// Radian: the angle reference where no meter tells one.
        var angle: Double
    }

    var conductorCount: Int { nominalAngles.count }
    var elementCount: Int { firstEndCounts.count }

    func terminalCount(of element: Int) -> Int { terminalStarts[element + 1] - terminalStarts[element] }

    init(_ grid: BalancedGrid) {
        nominalAngles = grid.nominalAngles
        nodes = (0..<Int32(grid.nodeCount)).map { $0 }
        nodeCount = grid.nodeCount
        shunts = grid.shunts
        sources = grid.sources.map { Source(conductor: $0.node, angle: $0.voltage.angle) }
        for branch in grid.branches {
            append(terminals: [branch.from, branch.to], firstEndCount: 1, admittance: [branch.yff, branch.yft, branch.ytf, branch.ytt])
        }
    }

    init(_ grid: UnbalancedGrid) {
        nominalAngles = grid.nominalAngles
        nodes = grid.nodes
        nodeCount = Int(grid.nodes.max() ?? -1) + 1
        shunts = Array(repeating: .zero, count: grid.conductorCount)
        sources = grid.sources.map { Source(conductor: $0.conductor, angle: $0.voltage.angle) }
        for element in grid.elements {
            append(terminals: element.terminals, firstEndCount: element.firstEndCount, admittance: element.admittance)
        }
    }

    private mutating func append(terminals ends: [Int32], firstEndCount: Int, admittance: [Complex]) {
        terminals += ends
        terminalStarts.append(terminals.count)
        firstEndCounts.append(firstEndCount)
        matrixStarts.append(admittances.count)
        admittances += admittance
    }
}

extension ConductorGrid {
    /// The terminal (index into `terminals`) that a place at a branch means, or why there is none.
    func terminal(element: Int32, end: Place.End, conductor: Int32) throws(EstimationError) -> Int {
        guard element >= 0, Int(element) < elementCount else {
            throw EstimationError("branch \(element): the grid has \(elementCount) branches, counted from 0")
        }
        let first = firstEndCounts[Int(element)]
        let count = end == .first ? first : terminalCount(of: Int(element)) - first
        guard conductor >= 0, Int(conductor) < count else {
            throw EstimationError("branch \(element), \(end) end, conductor \(conductor): that end has \(count) conductors, counted from 0")
        }
        return terminalStarts[Int(element)] + (end == .first ? 0 : first) + Int(conductor)
    }

    /// The element that owns a terminal.
    func element(ofTerminal terminal: Int) -> Int {
        var low = 0
        var high = elementCount
        while high - low > 1 {
            let middle = (low + high) / 2
            if terminalStarts[middle] <= terminal { low = middle } else { high = middle }
        }
        return low
    }

    /// The galvanically joined part that each node belongs to, numbered from 0 by its lowest node.
    func islands() -> (ofNode: [Int32], count: Int) {
        var parents = (0..<Int32(nodeCount)).map { $0 }
        func root(_ node: Int32) -> Int32 {
            var node = node
            while parents[Int(node)] != node {
                parents[Int(node)] = parents[Int(parents[Int(node)])]
                node = parents[Int(node)]
            }
            return node
        }
        for element in 0..<elementCount {
            let ends = terminals[terminalStarts[element]..<terminalStarts[element + 1]].map { root(nodes[Int($0)]) }
            guard let lowest = ends.min() else { continue }
            for end in ends { parents[Int(root(end))] = root(lowest) }
        }
        var numbers = [Int32](repeating: -1, count: nodeCount)
        var count = 0
        let islands = (0..<Int32(nodeCount)).map { node in
            let top = Int(root(node))
            if numbers[top] < 0 {
                numbers[top] = Int32(count)
                count += 1
            }
            return numbers[top]
        }
        return (islands, count)
    }
}
