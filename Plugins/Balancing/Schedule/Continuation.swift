import LinearProgramming

/// What a scheduler keeps of its last plan: the program, what its columns and rows stand for, and where they stood in the end.
struct KeptProgram: Sendable {
    let program: LinearProgram
    let columnKeys: [VariableKey]
    let rowKeys: [VariableKey]
    let values: [Double]
    let basis: LinearBasis

    /// - Parameter basis: of the formulation's program, or of one that begins with its columns and rows.
    init(_ formulation: Formulation, values: [Double], basis: LinearBasis) {
        program = formulation.program
        columnKeys = formulation.columnKeys
        rowKeys = formulation.rowKeys
        self.values = values
        self.basis = basis
    }
}

/// A program with the basis to begin from, and, behind its own, columns and rows that only the last plan's program had.
///
/// Without the step that is over, the last basis is none: where a store's price was made in that step, the steps after it are left with a column too
/// few. All prices go wrong, and the dual simplex method has nothing to begin with. So what is over stays for one more plan, with columns that can't move
/// (their part in rows that are still there is made up for): the basis is whole, its prices are right, and each of these columns leaves it in one
/// step. In the next plan they are gone: what is left of them in the basis, as many columns as rows, stands for itself.
struct Continuation {
    private(set) var program: LinearProgram
    private(set) var basis: LinearBasis

    /// Beyond this part of the last program it is another problem, for which what is over is of no use.
    private static let mostPart = 0.2

    /// A first plan: every store holds what flows in, heaters serve their heat at the moment, and nothing else moves. No price is wrong there, because
    /// whatever could move costs something: the dual simplex method takes a third of the steps that it takes from the slacks.
    init(_ formulation: Formulation) {
        program = formulation.program
        basis = LinearBasis(
            columns: formulation.columnKeys.map { $0.carriesStore ? .basic : .atLower },
            rows: formulation.rowKeys.map { $0.isStorageRow ? .atLower : .basic }, isNearOptimum: false)
    }

    /// What both programs have stands as it stood, what is new as in a first plan.
    init(_ formulation: Formulation, after last: KeptProgram) {
        self.init(formulation)
        basis.isNearOptimum = true
        var table = KeyTable(capacity: formulation.columnKeys.count + formulation.rowKeys.count)
        for (index, key) in formulation.columnKeys.enumerated() { table.insert(Int32(index), for: key.bits) }
        for (index, key) in formulation.rowKeys.enumerated() { table.insert(Int32(index), for: key.bits) }
        var columns = last.columnKeys.map { table[$0.bits] ?? -1 }, rows = last.rowKeys.map { table[$0.bits] ?? -1 }
        for (old, new) in columns.enumerated() where new >= 0 { basis.columns[Int(new)] = last.basis.columns[old] }
        for (old, new) in rows.enumerated() where new >= 0 { basis.rows[Int(new)] = last.basis.rows[old] }
        let gone = columns.count(where: { $0 < 0 })
        guard gone > 0, Double(gone) < Self.mostPart * Double(columns.count), program.integerColumns.isEmpty, last.program.integerColumns.isEmpty else { return }
        keepGone(last, &columns, &rows)
    }

    private mutating func keepGone(_ last: KeptProgram, _ columns: inout [Int32], _ rows: inout [Int32]) {
        let own = (columns: Int32(program.columnCount), rows: Int32(program.rowCount))
        let pinned = GoneRows(last, goneColumns: columns.map { $0 < 0 }, goneRows: rows.map { $0 < 0 })
        for old in columns.indices where columns[old] < 0 {
            let value = pinned.value(old)
            columns[old] = program.addColumn(value...value, cost: last.program.costs[old])
            basis.columns.append(last.basis.columns[old] == .basic ? .basic : .atLower)
        }
        for old in rows.indices where rows[old] < 0 {
            guard let bounds = pinned.bounds(old) else { continue }
            rows[old] = program.addRow(bounds)
            basis.rows.append(last.basis.rows[old])
        }
        for (row, column, value) in pinned.coefficients {
            let (newRow, newColumn) = (rows[Int(row)], columns[Int(column)])
            guard newRow >= 0 else { continue }
            program.add(value, row: newRow, column: newColumn)
            // A row that is still there does not feel it.
            if newRow < own.rows, newColumn >= own.columns { program.shiftRow(newRow, by: value * pinned.value(Int(column))) }
        }
    }
}

/// The rows that are over, with bounds that the columns which can't move fulfil.
private struct GoneRows {
    /// All that touch a column or a row that is over, numbered as in the last program.
    private(set) var coefficients: [(row: Int32, column: Int32, value: Double)]
    private let last: KeptProgram
    /// What the columns that can't move add up to, and the range of the others' sum.
    private var sums: [Double]
    private var least: [Double]
    private var most: [Double]
    private var hasOthers: [Bool]

    init(_ last: KeptProgram, goneColumns: [Bool], goneRows: [Bool]) {
        self.last = last
        coefficients = last.program.coefficients.filter { goneColumns[Int($0.column)] || goneRows[Int($0.row)] }
        sums = [Double](repeating: 0, count: goneRows.count)
        (least, most, hasOthers) = (sums, sums, [Bool](repeating: false, count: goneRows.count))
        for entry in coefficients where goneRows[Int(entry.row)] {
            let (row, column, value) = (Int(entry.row), Int(entry.column), entry.value)
            guard !goneColumns[column] else {
                sums[row] += value * self.value(column)
                continue
            }
            let bounds = last.program.columnBounds[column]
            least[row] += min(value * bounds.lowerBound, value * bounds.upperBound)
            most[row] += max(value * bounds.lowerBound, value * bounds.upperBound)
            hasOthers[row] = true
        }
    }

    /// Where a column stands: beside its value of the last plan, by an amount of its own, so that whatever can leave the basis does.
    func value(_ column: Int) -> Double {
        let mixed = UInt64(truncatingIfNeeded: column) &* 0x9E37_79B9_7F4A_7C15
        return last.values[column] + 0.25 + Double(mixed >> 40) / Double(1 << 24)
    }

    /// Nil for a row that could hold columns which are still there.
    func bounds(_ row: Int) -> ClosedRange<Double>? {
        let bounds = last.program.rowBounds[row]
        if bounds.lowerBound == bounds.upperBound { return hasOthers[row] ? nil : sums[row]...sums[row] }
        let lower = bounds.lowerBound.isFinite ? sums[row] + least[row] - 1 : bounds.lowerBound
        let upper = bounds.upperBound.isFinite ? sums[row] + most[row] + 1 : bounds.upperBound
        guard bounds.lowerBound.isFinite == lower.isFinite, bounds.upperBound.isFinite == upper.isFinite else { return nil }
        return lower...upper
    }
}
