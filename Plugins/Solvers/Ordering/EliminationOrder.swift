internal import CKLU

/// Orders in which the nodes of a graph are eliminated, so that few blocks fill in.
public enum EliminationOrder {
    /// The order that suits the graph: leaf to root on a forest; with loops, the trees that hang from them leaf to root, then what is
    /// left by minimum degree.
    ///
    /// - Parameter roots: nodes to be eliminated last in their part of the graph, the sources of a grid. Of a part with several only the
    ///   first is certain to be last, and only on a forest.
    /// - Returns: the nodes in the order of their elimination.
    public static func automatic(_ graph: NodeGraph, roots: [Int32] = []) -> [Int32] {
        graph.loopCount == 0 ? leafToRoot(graph, roots: roots) : treesThenMinimumDegree(graph)
    }

    /// The reverse of a breadth-first walk from the roots, without any fill on a forest.
    ///
    /// Level by level, and not branch by branch, because nodes of a level do not wait for one another in the processor's pipeline, and
    /// the parents of neighbouring nodes are neighbours too.
    public static func leafToRoot(_ graph: NodeGraph, roots: [Int32] = []) -> [Int32] {
        var seen = [Bool](repeating: false, count: graph.nodeCount)
        var walk: [Int32] = []
        walk.reserveCapacity(graph.nodeCount)
        var next = 0
        for root in roots + (0..<Int32(graph.nodeCount)) where !seen[Int(root)] {
            seen[Int(root)] = true
            walk.append(root)
            while next < walk.count {
                for neighbour in graph.neighbours(of: Int(walk[next])) where !seen[Int(neighbour)] {
                    seen[Int(neighbour)] = true
                    walk.append(neighbour)
                }
                next += 1
            }
        }
        return walk.reversed()
    }

    /// Approximate minimum degree (Amestoy, Davis and Duff, SIAM J. Matrix Anal. Appl. 17, 1996), as SuiteSparse's AMD has it.
    public static func minimumDegree(_ graph: NodeGraph) -> [Int32] {
        guard graph.nodeCount > 0 else { return [] }
        var order = [Int32](repeating: 0, count: graph.nodeCount)
        let status = amd_order(Int32(graph.nodeCount), graph.starts, graph.neighbours, &order, nil, nil)
        precondition(status == AMD_OK, "AMD refused a graph of \(graph.nodeCount) nodes with status \(status)")
        return order
    }

    /// Nodes of degree one, again and again until none is left, then minimum degree on the rest.
    static func treesThenMinimumDegree(_ graph: NodeGraph) -> [Int32] {
        var degrees = (0..<graph.nodeCount).map { graph.degree(of: $0) }
        var order = (0..<Int32(graph.nodeCount)).filter { degrees[Int($0)] <= 1 }
        var taken = [Bool](repeating: false, count: graph.nodeCount)
        for node in order { taken[Int(node)] = true }
        var next = 0
        while next < order.count {
            for neighbour in graph.neighbours(of: Int(order[next])) where !taken[Int(neighbour)] {
                degrees[Int(neighbour)] -= 1
                if degrees[Int(neighbour)] <= 1 {
                    taken[Int(neighbour)] = true
                    order.append(neighbour)
                }
            }
            next += 1
        }
        return order + minimumDegreeOfRest(graph, taken: taken)
    }

    private static func minimumDegreeOfRest(_ graph: NodeGraph, taken: [Bool]) -> [Int32] {
        let rest = (0..<Int32(graph.nodeCount)).filter { !taken[Int($0)] }
        var numbers = [Int32](repeating: -1, count: graph.nodeCount)
        for (number, node) in rest.enumerated() { numbers[Int(node)] = Int32(number) }
        let edges = rest.flatMap { node in
            graph.neighbours(of: Int(node)).filter { $0 > node && !taken[Int($0)] }.map { (numbers[Int(node)], numbers[Int($0)]) }
        }
        return minimumDegree(NodeGraph(nodeCount: rest.count, edges: edges)).map { rest[Int($0)] }
    }
}
