import Solvers
import Testing

@Suite("KLU")
struct KLUTests {
    private func randomMatrix(order: Int, generator: inout SeededGenerator) -> SparseMatrix {
        var entries: [(row: Int, column: Int, value: Double)] = []
        for column in 0..<order {
            entries.append((column, column, generator.uniform(3...5)))
            for _ in 0..<3 { entries.append((Int.random(in: 0..<order, using: &generator), column, generator.uniform(-1...1))) }
        }
        return SparseMatrix(order: order, entries: entries)
    }

    @Test("A real matrix is solved, and again with new values on the same pattern")
    func real() throws {
        var generator = SeededGenerator(seed: 1)
        var matrix = randomMatrix(order: 50, generator: &generator)
        let factor = try KLUFactor(order: 50, columnStarts: matrix.columnStarts, rows: matrix.rows)
        let expected = (0..<50).map { _ in generator.uniform(-1...1) }
        for _ in 0..<3 {
            try factor.refactor(matrix.values)
            var x = matrix.times(expected)
            try x.withUnsafeMutableBufferPointer { try factor.solve($0.baseAddress!) }
            #expect(zip(x, expected).allSatisfy { abs($0 - $1) < 1e-11 })
            matrix.values = matrix.values.map { $0 * generator.uniform(0.9...1.1) }
        }
    }

    @Test("A complex matrix is solved")
    func complex() throws {
        // [2+i  i; 1  3-i] · [1, i] = [2+i-1, 1+3i+1]
        let factor = try ComplexKLUFactor(order: 2, columnStarts: [0, 2, 4], rows: [0, 1, 0, 1])
        try factor.factor([2, 1, 1, 0, 0, 1, 3, -1])
        var x = [1.0, 1, 2, 3]
        try x.withUnsafeMutableBufferPointer { try factor.solve($0.baseAddress!) }
        #expect(zip(x, [1, 0, 0, 1]).allSatisfy { abs($0 - $1) < 1e-14 })
    }

    @Test("A singular matrix is refused with the column, and KLU is usable afterwards")
    func singular() throws {
        let factor = try KLUFactor(order: 2, columnStarts: [0, 2, 4], rows: [0, 1, 0, 1])
        let error = #expect(throws: SolverError.self) { try factor.factor([1, 2, 2, 4]) }
        #expect(error?.singularColumn != nil)
        #expect(error?.description.contains("singular") == true)
        try factor.refactor([1, 0, 0, 1])
        var x = [3.0, 4]
        try x.withUnsafeMutableBufferPointer { try factor.solve($0.baseAddress!) }
        #expect(x == [3, 4])
    }

    @Test("A pattern with an empty column is refused")
    func structurallySingular() {
        let error = #expect(throws: SolverError.self) {
            let factor = try KLUFactor(order: 2, columnStarts: [0, 2, 2], rows: [0, 1])
            try factor.factor([1, 1])
        }
        #expect(error?.description.contains("singular") == true)
    }

    @Test("Solving before factorising is refused, and so are too few values")
    func misuse() throws {
        let factor = try KLUFactor(order: 1, columnStarts: [0, 1], rows: [0])
        var x = [1.0]
        #expect(throws: SolverError.self) { try x.withUnsafeMutableBufferPointer { try factor.solve($0.baseAddress!) } }
        #expect(throws: SolverError.self) { try factor.factor([]) }
    }

    @Test("The condition of a diagonal matrix is estimated as it is")
    func condition() throws {
        let factor = try KLUFactor(order: 3, columnStarts: [0, 1, 2, 3], rows: [0, 1, 2])
        let values = [1.0, 1e-3, 1e4]
        try factor.factor(values)
        #expect(abs(try factor.conditionEstimate(values) / 1e7 - 1) < 1e-9)
    }
}
