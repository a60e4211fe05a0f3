/// The undirected graph of a grid's nodes: which blocks of a symmetric block matrix may differ from zero.
public struct NodeGraph: Sendable {
    public let nodeCount: Int
    /// Where the neighbours of each node begin; `nodeCount` + 1 numbers.
    public let starts: [Int32]
    /// The neighbours of each node, ascending, each once, never the node itself.
    public let neighbours: [Int32]

    /// - Parameter edges: pairs of nodes 0 ..< `nodeCount`, in any order and direction. Parallel edges count once, loops not at all.
    public init(nodeCount: Int, edges: [(Int32, Int32)]) {
        self.nodeCount = nodeCount
        var starts = [Int32](repeating: 0, count: nodeCount + 1)
        for (a, b) in edges where a != b {
            starts[Int(a) + 1] += 1
            starts[Int(b) + 1] += 1
        }
        for node in 0..<nodeCount { starts[node + 1] += starts[node] }
        var next = starts
        var found = [Int32](repeating: 0, count: Int(starts[nodeCount]))
        for (a, b) in edges where a != b {
            found[Int(next[Int(a)])] = b
            next[Int(a)] += 1
            found[Int(next[Int(b)])] = a
            next[Int(b)] += 1
        }
        (self.starts, neighbours) = Self.ascending(starts: starts, neighbours: found)
    }

    /// The neighbours of a node, ascending.
    public func neighbours(of node: Int) -> ArraySlice<Int32> { neighbours[Int(starts[node])..<Int(starts[node + 1])] }

    public func degree(of node: Int) -> Int { Int(starts[node + 1] - starts[node]) }

    /// The connected parts of the graph: how many, and the part of each node, 0 ..< count in the order of their lowest nodes.
    public func components() -> (count: Int, ofNode: [Int32]) {
        var part = [Int32](repeating: -1, count: nodeCount)
        var count = 0
        var stack: [Int32] = []
        for seed in 0..<nodeCount where part[seed] < 0 {
            part[seed] = Int32(count)
            stack.append(Int32(seed))
            while let node = stack.popLast() {
                for neighbour in neighbours(of: Int(node)) where part[Int(neighbour)] < 0 {
                    part[Int(neighbour)] = Int32(count)
                    stack.append(neighbour)
                }
            }
            count += 1
        }
        return (count, part)
    }

    /// Edges beyond a spanning forest: 0 for a radial grid.
    public var loopCount: Int { neighbours.count / 2 - nodeCount + components().count }

    /// Every list in ascending order and without repetition: the transpose of a symmetric pattern is the pattern, and walking it row
    /// by row fills every column in ascending order.
    private static func ascending(starts: [Int32], neighbours: [Int32]) -> (starts: [Int32], neighbours: [Int32]) {
        let count = starts.count - 1
        var sorted = neighbours
        var ends = starts
        for node in 0..<count {
            for index in Int(starts[node])..<Int(starts[node + 1]) {
                let other = Int(neighbours[index])
                if ends[other] > starts[other], sorted[Int(ends[other]) - 1] == Int32(node) { continue }
                sorted[Int(ends[other])] = Int32(node)
                ends[other] += 1
            }
        }
        var keptStarts: [Int32] = [0]
        keptStarts.reserveCapacity(count + 1)
        var kept = 0
        for node in 0..<count {
            for index in Int(starts[node])..<Int(ends[node]) {
                sorted[kept] = sorted[index]
                kept += 1
            }
            keptStarts.append(Int32(kept))
        }
        sorted.removeLast(sorted.count - kept)
        return (keptStarts, sorted)
    }
}
