/// A linear or mixed-integer program: minimise cost · x with bounds on the columns x and on the rows A x.
///
/// Columns and rows are numbered from 0 in the order in which they are added; coefficients of one place are added up. A bound may be infinite.
///
/// ```swift
/// var program = LinearProgram()
/// let x = program.addColumn(0...4, cost: -1), y = program.addColumn(0...(.infinity), cost: -2)
/// let row = program.addRow((-.infinity)...6)
/// program.add(1, row: row, column: x)
/// program.add(2, row: row, column: y)
/// let solution = try program.solve()
/// ```
public struct LinearProgram: Sendable {
    /// Bounds of the columns.
    public private(set) var columnBounds: [ClosedRange<Double>] = []
    /// What a unit of each column costs.
    public private(set) var costs: [Double] = []
    /// Bounds of the rows; of an equation both are the same.
    public private(set) var rowBounds: [ClosedRange<Double>] = []
    /// The columns that must be whole numbers, ascending.
    public private(set) var integerColumns: [Int32] = []
    private(set) var entryRows: [Int32] = []
    private(set) var entryColumns: [Int32] = []
    private(set) var entryValues: [Double] = []

    /// The coefficients as they were added; those of one place count together.
    public var coefficients: [(row: Int32, column: Int32, value: Double)] {
        entryValues.indices.map { (entryRows[$0], entryColumns[$0], entryValues[$0]) }
    }

    /// A program without columns and rows.
    public init() {}

    /// How many columns there are.
    public var columnCount: Int { columnBounds.count }
    /// How many rows there are.
    public var rowCount: Int { rowBounds.count }
    /// How many coefficients were added.
    public var coefficientCount: Int { entryValues.count }

    /// Makes room, so that adding does not move what is there.
    public mutating func reserve(columns: Int, rows: Int, coefficients: Int) {
        columnBounds.reserveCapacity(columns)
        costs.reserveCapacity(columns)
        rowBounds.reserveCapacity(rows)
        entryRows.reserveCapacity(coefficients)
        entryColumns.reserveCapacity(coefficients)
        entryValues.reserveCapacity(coefficients)
    }

    /// Adds a column.
    /// - Parameter isInteger: whether it must be a whole number.
    /// - Returns: its number.
    @discardableResult
    public mutating func addColumn(_ bounds: ClosedRange<Double>, cost: Double = 0, isInteger: Bool = false) -> Int32 {
        let column = Int32(columnBounds.count)
        columnBounds.append(bounds)
        costs.append(cost)
        if isInteger { integerColumns.append(column) }
        return column
    }

    /// Adds a row.
    /// - Returns: its number.
    @discardableResult
    public mutating func addRow(_ bounds: ClosedRange<Double>) -> Int32 {
        rowBounds.append(bounds)
        return Int32(rowBounds.count - 1)
    }

    /// Adds a coefficient. One of zero adds nothing.
    public mutating func add(_ value: Double, row: Int32, column: Int32) {
        guard value != 0 else { return }
        entryRows.append(row)
        entryColumns.append(column)
        entryValues.append(value)
    }

    /// Changes the bounds of a column.
    public mutating func setBounds(_ bounds: ClosedRange<Double>, column: Int32) { columnBounds[Int(column)] = bounds }

    /// Moves both bounds of a row by the same amount.
    public mutating func shiftRow(_ row: Int32, by amount: Double) {
        let bounds = rowBounds[Int(row)]
        rowBounds[Int(row)] = (bounds.lowerBound + amount)...(bounds.upperBound + amount)
    }

    /// Changes what a unit of a column costs.
    public mutating func setCost(_ cost: Double, column: Int32) { costs[Int(column)] = cost }

    /// The same program with its integer columns fixed to the given values, rounded: what is left is linear.
    public func fixingIntegers(at values: [Double]) -> LinearProgram {
        var fixed = self
        for column in integerColumns {
            let value = values[Int(column)].rounded()
            fixed.columnBounds[Int(column)] = value...value
        }
        fixed.integerColumns = []
        return fixed
    }

    /// Without the demand that columns are whole numbers.
    public var relaxed: LinearProgram {
        var program = self
        program.integerColumns = []
        return program
    }

    /// What is wrong with numbers and places; nil if nothing is.
    func defect() -> LinearProgramError? {
        for (column, bounds) in columnBounds.enumerated() where bounds.lowerBound.isNaN || bounds.upperBound.isNaN || !costs[column].isFinite {
            return .invalid("column \(column) has the bounds \(bounds) and the cost \(costs[column])")
        }
        for index in entryValues.indices {
            let (row, column, value) = (entryRows[index], entryColumns[index], entryValues[index])
            guard value.isFinite, (0..<rowCount).contains(Int(row)), (0..<columnCount).contains(Int(column)) else {
                return .invalid("the coefficient \(value) is at row \(row), column \(column) of \(rowCount) rows and \(columnCount) columns")
            }
        }
        return nil
    }
}
