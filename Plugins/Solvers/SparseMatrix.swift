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

    /// The matrix with the given entries; those of one place are added.
    public init(order: Int, entries: [(row: Int, column: Int, value: Double)]) {
        let sorted = entries.sorted { ($0.column, $0.row) < ($1.column, $1.row) }
        var starts = [Int32](repeating: 0, count: order + 1)
        var rows: [Int32] = []
        var values: [Double] = []
        var last = (row: -1, column: -1)
        for entry in sorted {
            if (entry.row, entry.column) == last {
                values[values.count - 1] += entry.value
                continue
            }
            last = (entry.row, entry.column)
            rows.append(Int32(entry.row))
            values.append(entry.value)
            starts[entry.column + 1] += 1
        }
        for column in 0..<order { starts[column + 1] += starts[column] }
        self.init(order: order, columnStarts: starts, rows: rows, values: values)
    }

    /// Where the entry of a row and column stands in `values`; nil where the pattern has none.
    public func index(row: Int, column: Int) -> Int? {
        var (low, high) = (Int(columnStarts[column]), Int(columnStarts[column + 1]))
        while low < high {
            let middle = (low + high) / 2
            if rows[middle] < row { low = middle + 1 } else { high = middle }
        }
        return low < Int(columnStarts[column + 1]) && rows[low] == row ? low : nil
    }

    /// The product with a vector of `order` numbers.
    public func times(_ vector: [Double]) -> [Double] {
        var product = [Double](repeating: 0, count: order)
        for column in 0..<order {
            for index in Int(columnStarts[column])..<Int(columnStarts[column + 1]) {
                product[Int(rows[index])] += values[index] * vector[column]
            }
        }
        return product
    }
}
