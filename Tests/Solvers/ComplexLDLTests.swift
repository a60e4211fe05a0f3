import Solvers
import Testing

@Suite("Complex LDLᵀ")
struct ComplexLDLTests {
    @Test("A complex symmetric matrix solves as KLU solves it", arguments: RandomSystem.Shape.allCases)
    func agreesWithKLU(shape: RandomSystem.Shape) throws {
        var system = RandomSystem(shape: shape, nodeCount: 80, seed: 11)
        let factor = ComplexLDL(pattern: BlockPattern(graph: system.graph))
        var (real, imaginary): ([(row: Int, column: Int, value: Double)], [(row: Int, column: Int, value: Double)]) = ([], [])
        func add(_ a: Int, _ b: Int, _ value: SIMD2<Double>) {
            real.append((a, b, value.x))
            imaginary.append((a, b, value.y))
        }
        for node in 0..<80 {
            let value = SIMD2(system.generator.uniform(0.1...1), -3)
            factor.diagonal[Int(factor.pattern.positions[node])] = value
            add(node, node, value)
        }
        for (a, b) in system.pairs {
            let value = SIMD2(system.generator.uniform(-0.2...0), system.generator.uniform(0.1...0.5))
            let slot = try #require(factor.pattern.slot(row: a, column: b))
            factor.lower[Int(slot.index)] = value
            add(a, b, value)
            add(b, a, value)
        }
        #expect(factor.factor())
        let (re, im) = (SparseMatrix(order: 80, entries: real), SparseMatrix(order: 80, entries: imaginary))
        let reference = try ComplexKLUFactor(order: 80, columnStarts: re.columnStarts, rows: re.rows)
        try reference.factor(zip(re.values, im.values).flatMap { [$0, $1] })
        var expected = (0..<160).map { _ in system.generator.uniform(-1...1) }
        var x = factor.pattern.order.map { SIMD2(expected[2 * Int($0)], expected[2 * Int($0) + 1]) }
        try expected.withUnsafeMutableBufferPointer { try reference.solve($0.baseAddress!) }
        x.withUnsafeMutableBufferPointer { factor.solve($0.baseAddress!) }
        for (position, node) in factor.pattern.order.enumerated() {
            #expect(abs(x[position].x - expected[2 * Int(node)]) < 1e-10 && abs(x[position].y - expected[2 * Int(node) + 1]) < 1e-10)
        }
    }

    @Test("A node that nothing holds is named")
    func floating() {
        let factor = ComplexLDL(pattern: BlockPattern(graph: NodeGraph(nodeCount: 2, edges: [(0, 1)]), roots: [1]))
        factor.diagonal[0] = SIMD2(1, -7)
        factor.diagonal[1] = SIMD2(1, -7)
        factor.lower[0] = SIMD2(-1, 7)
        #expect(!factor.factor())
        #expect(factor.zeroPivots == [1])
    }
}
