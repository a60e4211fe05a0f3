import Solvers
import Testing

@Suite("Block LDLᵀ")
struct BlockLDLTests {
    static let cases = RandomSystem.Shape.allCases.flatMap { shape in [(shape, UInt64(1)), (shape, UInt64(2))] }

    @Test("A 4×4 block system solves like dense algebra, refactorised too", arguments: cases)
    func fourByFour(shape: RandomSystem.Shape, seed: UInt64) { agrees(Block4.self, shape: shape, seed: seed) }

    @Test("A 2×2 block system solves like dense algebra, refactorised too", arguments: cases)
    func twoByTwo(shape: RandomSystem.Shape, seed: UInt64) { agrees(Block2.self, shape: shape, seed: seed) }

    private func agrees<Block: FactorBlock>(_: Block.Type, shape: RandomSystem.Shape, seed: UInt64) {
        var system = RandomSystem(shape: shape, nodeCount: 14, seed: seed)
        let factor = BlockLDL<Block>(pattern: BlockPattern(graph: system.graph))
        let inverse = SelectedInverse<Block>(pattern: factor.pattern)
        let offsets = (0..<14).map { $0 * Block.size }
        for _ in 0..<2 {
            let blocks = system.augmentedBlocks(half: Block.size / 2)
            let dense = DenseMatrix(order: 14 * Block.size, blocks: blocks, offsets: offsets)
            factor.clear()
            for block in blocks { factor.add(Block(block.values), row: block.row, column: block.column) }
            #expect(factor.factor())
            let expected = (0..<dense.order).map { _ in system.generator.uniform(-1...1) }
            let solution = factor.solve(nodes: dense.times(expected))
            #expect(zip(solution, expected).allSatisfy { abs($0 - $1) < 1e-9 })
            inverse.compute(from: factor)
            expectInverse(inverse, dense.inverse(), system: system)
        }
    }

    private func expectInverse<Block: FactorBlock>(_ selected: SelectedInverse<Block>, _ dense: DenseMatrix, system: RandomSystem) {
        let size = Block.size
        for (a, b) in system.pairs + (0..<14).map({ ($0, $0) }) + system.pairs.map({ ($1, $0) }) {
            guard let block = selected.block(row: a, column: b) else {
                Issue.record("no block of the inverse for the edge \(a), \(b)")
                continue
            }
            for i in 0..<size {
                for j in 0..<size { #expect(abs(block[i, j] - dense[a * size + i, b * size + j]) < 1e-9) }
            }
        }
    }

    @Test("Several right-hand sides are solved as one by one")
    func severalSides() {
        var system = RandomSystem(shape: .meshed, nodeCount: 12, seed: 5)
        let factor = BlockLDL<Block2>(pattern: BlockPattern(graph: system.graph))
        for block in system.augmentedBlocks(half: 1) { factor.add(Block2(block.values), row: block.row, column: block.column) }
        factor.factor()
        var both = (0..<24).map { SIMD2(Double($0), 1 - Double($0 * $0) / 100) }
        var single = Array(both[12...])
        both.withUnsafeMutableBufferPointer { factor.solve($0.baseAddress!, count: 2) }
        single.withUnsafeMutableBufferPointer { factor.solve($0.baseAddress!) }
        #expect(Array(both[12...]) == single)
    }

    @Test("A node that nothing determines is named, its unknowns stay zero, and the others are solved")
    func zeroPivot() {
        let graph = NodeGraph(nodeCount: 4, edges: [(0, 1), (1, 2), (2, 3)])
        let factor = BlockLDL<Block2>(pattern: BlockPattern(graph: graph, roots: [0]))
        let identity = Block2([[2, 0.5], [0.5, 1]])
        for node in [0, 1, 2] { factor.add(identity, row: node, column: node) }
        factor.add(Block2([[0.1, 0], [0, 0.1]]), row: 0, column: 1)
        #expect(!factor.factor())
        #expect(factor.zeroPivots == [ZeroPivot(node: 3, voidRows: 2)])
        let solution = factor.solve(nodes: [0, 0, 0, 0, 2.5, 1.5, 7, 7])
        #expect(solution[6] == 0 && solution[7] == 0)
        #expect(abs(solution[4] - 1) < 1e-12 && abs(solution[5] - 1) < 1e-12)
    }

    @Test("A free-floating part is named by its root, whatever the scale of its weights", arguments: [1e-9, 1, 1e12])
    func floating(weight: Double) {
        var generator = SeededGenerator(seed: 3)
        let graph = NodeGraph(nodeCount: 40, edges: (1..<40).map { (Int32($0), Int32($0 / 2)) })
        let factor = BlockLDL<Block2>(pattern: BlockPattern(graph: graph, roots: [0]))
        for node in 1..<40 {
            let w = weight * generator.uniform(0.1...10)
            let block = Block2([[w, 0.3 * w], [0.3 * w, w]])
            factor.add(block, row: node, column: node)
            factor.add(block, row: node / 2, column: node / 2)
            factor.add(.zero - block, row: node, column: node / 2)
        }
        #expect(!factor.factor())
        #expect(factor.zeroPivots == [ZeroPivot(node: 0, voidRows: 2)])
        factor.clear()
        #expect(factor.zeroPivots.count == 1)
    }

    @Test("A badly scaled but regular pivot block is not taken for a singular one")
    func scaling() {
        let block = Block4([[1e8, 0, 1, 0], [0, 1e8, 0, 1], [1, 0, -1e-12, 0], [0, 1, 0, 0]])
        let factor = BlockLDL<Block4>(pattern: BlockPattern(graph: NodeGraph(nodeCount: 1, edges: [])))
        factor.add(block, row: 0, column: 0)
        #expect(factor.factor())
        let solution = factor.solve(nodes: [1e8 + 2, 3, 1 - 2e-12, 0])
        #expect(abs(solution[0] - 1) < 1e-9 && abs(solution[2] - 2) < 1e-6)
        #expect(abs(solution[1]) < 1e-9 && abs(solution[3] - 3) < 1e-6)
    }

    @Test("A block with a zero diagonal is inverted by pairs of rows")
    func zeroDiagonal() {
        let factor = BlockLDL<Block4>(pattern: BlockPattern(graph: NodeGraph(nodeCount: 1, edges: [])))
        factor.add(Block4([[0, 0, 2, 1], [0, 0, -1, 3], [2, -1, 0, 0], [1, 3, 0, 0]]), row: 0, column: 0)
        #expect(factor.factor())
        let solution = factor.solve(nodes: [3, 2, 1, 4])
        #expect(zip(solution, [1, 1, 1, 1]).allSatisfy { abs($0 - $1) < 1e-14 })
    }
}

extension FactorBlock {
    /// - Parameter rows: the block row by row.
    init(_ rows: [[Double]]) {
        self = .zero
        for (i, row) in rows.enumerated() {
            for (j, value) in row.enumerated() { self[i, j] = value }
        }
    }
}
