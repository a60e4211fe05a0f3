import Solvers

/// A random graph with a random symmetric block matrix on it, sparse and dense at once.
struct RandomSystem {
    enum Shape: CaseIterable {
        case tree, weaklyMeshed, meshed, forest
    }

    let graph: NodeGraph
    let edges: [(Int32, Int32)]
    var generator: SeededGenerator

    init(shape: Shape, nodeCount: Int, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var edges: [(Int32, Int32)] = []
        var names = (0..<Int32(nodeCount)).map { $0 }
        names.shuffle(using: &generator)
        for node in 1..<nodeCount where shape != .forest || node % 7 != 0 {
            edges.append((names[node], names[Int.random(in: max(0, node - 6)..<node, using: &generator)]))
        }
        let extra = switch shape {
        case .tree, .forest: 0
        case .weaklyMeshed: 3
        case .meshed: nodeCount
        }
        for _ in 0..<extra {
            edges.append((Int32.random(in: 0..<Int32(nodeCount), using: &generator), Int32.random(in: 0..<Int32(nodeCount), using: &generator)))
        }
        self.edges = edges
        graph = NodeGraph(nodeCount: nodeCount, edges: edges)
        self.generator = generator
    }

    /// Each edge once, without loops and parallels.
    var pairs: [(Int, Int)] {
        (0..<graph.nodeCount).flatMap { node in graph.neighbours(of: node).filter { $0 > node }.map { (node, Int($0)) } }
    }

    /// Blocks of an augmented system [G Jᵀ; J -R]: G positive definite on the whole, R zero at every third node.
    mutating func augmentedBlocks(half: Int) -> [BlockEntry] {
        var blocks: [BlockEntry] = []
        for node in 0..<graph.nodeCount {
            blocks.append(BlockEntry(row: node, column: node, values: augmented(half: half, weight: 3, isDiagonal: true, variance: node % 3 == 0 ? 0 : 0.3)))
        }
        for (a, b) in pairs {
            blocks.append(BlockEntry(row: a, column: b, values: augmented(half: half, weight: 0, isDiagonal: false, variance: 0)))
        }
        return blocks
    }

    private mutating func augmented(half: Int, weight: Double, isDiagonal: Bool, variance: Double) -> [[Double]] {
        let size = 2 * half
        var block = [[Double]](repeating: [Double](repeating: 0, count: size), count: size)
        for i in 0..<half {
            if isDiagonal { block[i][i] = weight * generator.uniform(0.5...2) }
            for j in 0..<half {
                let value = generator.uniform(-1...1) + (isDiagonal && i == j ? 4 : 0)
                block[half + i][j] = value
                if isDiagonal { block[j][half + i] = value }
            }
            block[half + i][half + i] = -variance
        }
        guard !isDiagonal else { return block }
        for i in 0..<half {
            for j in 0..<half { block[i][half + j] = generator.uniform(-1...1) }
        }
        return block
    }
}

/// One block of a symmetric matrix, by node.
struct BlockEntry {
    let row: Int
    let column: Int
    let values: [[Double]]
}

extension DenseMatrix {
    /// - Parameter offsets: the first row of each node.
    init(order: Int, blocks: [BlockEntry], offsets: [Int]) {
        self.init(order: order)
        for block in blocks {
            for (i, row) in block.values.enumerated() {
                for (j, value) in row.enumerated() {
                    self[offsets[block.row] + i, offsets[block.column] + j] = value
                    if block.row != block.column { self[offsets[block.column] + j, offsets[block.row] + i] = value }
                }
            }
        }
    }
}
