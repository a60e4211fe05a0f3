import Solvers
import Testing

@Suite("Sparse matrices")
struct SparseMatrixTests {
    @Test("A matrix keeps its columns")
    func columns() {
        let identity = SparseMatrix(order: 2, columnStarts: [0, 1, 2], rows: [0, 1], values: [1, 1])
        #expect(identity.columnStarts.last == 2)
    }
}
