import Solvers
import Testing

@Suite("Block LDLᵀ with blocks of different sizes")
struct VariableBlockLDLTests {
    @Test("Systems with one- to three-phase nodes solve and invert like dense algebra", arguments: BlockLDLTests.cases)
    func agrees(shape: RandomSystem.Shape, seed: UInt64) {
        let count = 8
        var system = RandomSystem(shape: shape, nodeCount: count, seed: seed)
        let sizes = (0..<count).map { _ in [4, 8, 12][Int.random(in: 0..<3, using: &system.generator)] }
        let offsets = sizes.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
        let factor = VariableBlockLDL(pattern: BlockPattern(graph: system.graph), sizes: sizes.map { Int32($0) })
        let blocks = blocks(system: &system, sizes: sizes)
        for block in blocks {
            for (i, row) in block.values.enumerated() {
                for (j, value) in row.enumerated() { factor.add(value, row: block.row, i, column: block.column, j) }
            }
        }
        let dense = DenseMatrix(order: offsets[count], blocks: blocks, offsets: offsets)
        #expect(factor.factor())
        let expected = (0..<dense.order).map { _ in system.generator.uniform(-1...1) }
        #expect(zip(factor.solve(nodes: dense.times(expected)), expected).allSatisfy { abs($0 - $1) < 1e-9 })

        let selected = VariableSelectedInverse(of: factor)
        selected.compute()
        let inverse = dense.inverse()
        for (a, b) in system.pairs + (0..<count).map({ ($0, $0) }) {
            for i in 0..<sizes[a] {
                for j in 0..<sizes[b] {
                    let entry = selected.entry(row: a, i, column: b, j) ?? .infinity
                    #expect(abs(entry - inverse[offsets[a] + i, offsets[b] + j]) < 1e-9)
                }
            }
        }
    }

    @Test("The void rows of a singular node are counted and the node is named")
    func zeroPivot() {
        let factor = VariableBlockLDL(pattern: BlockPattern(graph: NodeGraph(nodeCount: 2, edges: [(0, 1)])), sizes: [1, 3])
        factor.add(1, row: 0, 0, column: 0, 0)
        factor.add(2, row: 1, 1, column: 1, 1)
        #expect(!factor.factor())
        #expect(factor.zeroPivots == [ZeroPivot(node: 1, voidRows: 2)])
        #expect(factor.solve(nodes: [3, 5, 4, 5]) == [3, 0, 2, 0])
    }

    /// Indefinite and diagonally heavy, so that a regular answer is certain.
    private func blocks(system: inout RandomSystem, sizes: [Int]) -> [BlockEntry] {
        var blocks: [BlockEntry] = []
        for (a, b) in system.pairs + (0..<sizes.count).map({ ($0, $0) }) {
            var values = (0..<sizes[a]).map { _ in (0..<sizes[b]).map { _ in system.generator.uniform(-0.5...0.5) } }
            if a == b {
                for i in 0..<sizes[a] {
                    for j in 0..<i { values[i][j] = values[j][i] }
                    values[i][i] += i % 2 == 0 ? 20 : -20
                }
            }
            blocks.append(BlockEntry(row: a, column: b, values: values))
        }
        return blocks
    }
}
