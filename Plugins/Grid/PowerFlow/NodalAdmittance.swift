internal import Solvers

/// The nodal admittance matrix of a balanced grid, row by row on its graph, with the places of each branch so that a tap costs four sums.
struct NodalAdmittance {
    let graph: NodeGraph
    private(set) var diagonal: [Complex]
    /// One for each of `graph.neighbours`: the entry in the row of the node whose neighbour it is.
    private(set) var offDiagonal: [Complex]
    private(set) var branches: [BalancedGrid.Branch]
    /// For each branch where its entries (from, to) and (to, from) stand in `offDiagonal`; -1 for a loop.
    private let places: [(Int32, Int32)]

    init(_ grid: BalancedGrid) {
        let graph = NodeGraph(nodeCount: grid.nodeCount, edges: grid.branches.map { ($0.from, $0.to) })
        self.graph = graph
        diagonal = grid.shunts
        offDiagonal = [Complex](repeating: .zero, count: graph.neighbours.count)
        branches = grid.branches
        places = grid.branches.map { branch in
            branch.from == branch.to ? (-1, -1) : (graph.place(branch.from, branch.to), graph.place(branch.to, branch.from))
        }
        for index in branches.indices { add(index, factor: 1) }
    }

    /// Puts other admittances in the place of a branch's; its nodes stay.
    mutating func replace(_ index: Int, by branch: BalancedGrid.Branch) {
        add(index, factor: -1)
        branches[index] = branch
        add(index, factor: 1)
    }

    private mutating func add(_ index: Int, factor: Double) {
        let branch = branches[index]
        diagonal[Int(branch.from)] += factor * branch.yff
        diagonal[Int(branch.to)] += factor * branch.ytt
        let (forward, backward) = places[index]
        if forward < 0 {
            diagonal[Int(branch.from)] += factor * (branch.yft + branch.ytf)
        } else {
            offDiagonal[Int(forward)] += factor * branch.yft
            offDiagonal[Int(backward)] += factor * branch.ytf
        }
    }

    /// The current into the grid at a node, per unit.
    func current(_ node: Int, voltages: UnsafePointer<Complex>) -> Complex {
        var current = diagonal[node] * voltages[node]
        for index in Int(graph.starts[node])..<Int(graph.starts[node + 1]) {
            current += offDiagonal[index] * voltages[Int(graph.neighbours[index])]
        }
        return current
    }
}

extension NodeGraph {
    /// The index in `neighbours` of a node's neighbour.
    func place(_ node: Int32, _ neighbour: Int32) -> Int32 {
        var (low, high) = (Int(starts[Int(node)]), Int(starts[Int(node) + 1]))
        while low < high {
            let middle = (low + high) / 2
            if neighbours[middle] < neighbour { low = middle + 1 } else { high = middle }
        }
        return Int32(low)
    }
}

extension BalancedGrid.Branch {
    /// The branch with its ratio at the from side multiplied.
    func withRatio(times factor: Double) -> BalancedGrid.Branch {
        var branch = self
        branch.yff = yff / (factor * factor)
        branch.yft = yft / factor
        branch.ytf = ytf / factor
        return branch
    }
}
