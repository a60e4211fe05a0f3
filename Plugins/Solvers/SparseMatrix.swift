/// A square sparse matrix in compressed columns, as KLU takes it.
public struct SparseMatrix: Sendable {
    /// Rows and columns.
    public let order: Int
    /// Where each column begins in `rows`; `order` + 1 numbers.
    public let columnStarts: [Int32]
    /// The rows of the entries, ascending within a column.
    public let rows: [Int32]
    public var values: [Double]

    public init(order: Int, columnStarts: [Int32], rows: [Int32], values: [Double]) {
        self.order = order
        self.columnStarts = columnStarts
        self.rows = rows
        self.values = values
    }
}
