import Solvers
import Testing

@Suite("Sparse matrices")
struct SparseMatrixTests {
    let matrix = SparseMatrix(order: 3, entries: [(2, 0, 5), (0, 0, 1), (1, 2, 2), (0, 0, 3), (1, 1, -1)])

    @Test("Entries of one place are added, rows ascend within a column")
    func entries() {
        #expect(matrix.columnStarts == [0, 2, 3, 4])
        #expect(matrix.rows == [0, 2, 1, 1])
        #expect(matrix.values == [4, 5, -1, 2])
    }

    @Test("An entry is found by row and column")
    func index() {
        #expect(matrix.index(row: 2, column: 0) == 1)
        #expect(matrix.index(row: 2, column: 2) == nil)
    }

    @Test("The product with a vector is the sum over columns")
    func product() { #expect(matrix.times([1, 2, 3]) == [4, 4, 5]) }
}
