import Solvers
import Testing

@Suite("Elimination orders")
struct OrderingTests {
    @Test("A tree is eliminated leaf to root without fill, its root last")
    func tree() {
        let system = RandomSystem(shape: .tree, nodeCount: 200, seed: 9)
        let pattern = BlockPattern(graph: system.graph, roots: [17])
        #expect(pattern.fillCount == 0 && pattern.rows.count == 199 && pattern.updateTargets.isEmpty)
        #expect(pattern.order.last == 17)
    }

    @Test("Loops cost at most a block for each node on them")
    func weaklyMeshed() {
        let system = RandomSystem(shape: .weaklyMeshed, nodeCount: 400, seed: 9)
        #expect(system.graph.loopCount > 0)
        let coreSize = nodesOnLoops(system.graph)
        #expect(coreSize < 200)
        #expect(BlockPattern(graph: system.graph).fillCount < coreSize)
    }

    /// What is left when nodes of degree one are taken off again and again.
    private func nodesOnLoops(_ graph: NodeGraph) -> Int {
        var left = Set(0..<graph.nodeCount)
        while let leaf = left.first(where: { node in graph.neighbours(of: node).filter { left.contains(Int($0)) }.count <= 1 }) {
            left.remove(leaf)
        }
        return left.count
    }

    @Test("Every node is eliminated once, in every order", arguments: RandomSystem.Shape.allCases)
    func permutation(shape: RandomSystem.Shape) {
        let graph = RandomSystem(shape: shape, nodeCount: 60, seed: 4).graph
        for order in [EliminationOrder.automatic(graph), EliminationOrder.leafToRoot(graph), EliminationOrder.minimumDegree(graph)] {
            #expect(order.sorted() == Array(0..<60))
        }
    }

    @Test("Minimum degree fills less than the order of the names on a grid of streets")
    func streets() {
        let side: Int32 = 12
        var edges: [(Int32, Int32)] = []
        for x in 0..<side {
            for y in 0..<side {
                if x + 1 < side { edges.append((x * side + y, (x + 1) * side + y)) }
                if y + 1 < side { edges.append((x * side + y, x * side + y + 1)) }
            }
        }
        let graph = NodeGraph(nodeCount: Int(side * side), edges: edges)
        let natural = BlockPattern(graph: graph, order: Array(0..<side * side)).fillCount
        #expect(BlockPattern(graph: graph).fillCount < natural / 2)
    }

    @Test("Parallel edges count once and loops not at all")
    func parallels() {
        let graph = NodeGraph(nodeCount: 3, edges: [(0, 1), (1, 0), (2, 2), (0, 1)])
        #expect(Array(graph.neighbours(of: 0)) == [1] && graph.degree(of: 2) == 0)
        #expect(graph.loopCount == 0)
        let parts = graph.components()
        #expect(parts.count == 2 && parts.ofNode == [0, 0, 1])
    }

    @Test("A block's place is found from both of its nodes, one of them transposed; without edge there is none")
    func slots() {
        let pattern = BlockPattern(graph: NodeGraph(nodeCount: 4, edges: [(0, 1), (1, 2), (2, 3)]), roots: [0])
        let (slot, mirrored) = (pattern.slot(row: 1, column: 2), pattern.slot(row: 2, column: 1))
        #expect(slot?.index == mirrored?.index && slot?.isTransposed == false && mirrored?.isTransposed == true)
        #expect(pattern.slot(row: 0, column: 3) == nil)
    }

    @Test("A graph without nodes has an empty pattern")
    func empty() {
        let pattern = BlockPattern(graph: NodeGraph(nodeCount: 0, edges: []))
        #expect(pattern.rows.isEmpty && pattern.order.isEmpty)
    }
}
