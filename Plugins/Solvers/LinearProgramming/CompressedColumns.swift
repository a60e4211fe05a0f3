/// The coefficients of a program by columns, as the solvers take them: coefficients of one place added up.
struct CompressedColumns {
    /// Where each column begins; one more than columns.
    var starts: [Int32]
    var rows: [Int32] = []
    var values: [Double] = []
    var lower: [Double] = []
    var upper: [Double] = []
    var rowLower: [Double] = []
    var rowUpper: [Double] = []

    /// What the solvers take for infinity.
    private static let infinity = 1e30

    init(_ program: LinearProgram) {
        starts = [Int32](repeating: 0, count: program.columnCount + 1)
        bounds(program)
        collect(program)
    }

    private mutating func bounds(_ program: LinearProgram) {
        func finite(_ value: Double) -> Double { max(-Self.infinity, min(Self.infinity, value)) }
        lower = program.columnBounds.map { finite($0.lowerBound) }
        upper = program.columnBounds.map { finite($0.upperBound) }
        rowLower = program.rowBounds.map { finite($0.lowerBound) }
        rowUpper = program.rowBounds.map { finite($0.upperBound) }
    }

    /// Sorts by column in one pass, then joins what falls on one place.
    private mutating func collect(_ program: LinearProgram) {
        let count = program.coefficientCount
        var places = [Int32](repeating: 0, count: program.columnCount + 1)
        for column in program.entryColumns { places[Int(column) + 1] += 1 }
        for column in 0..<program.columnCount { places[column + 1] += places[column] }
        var next = places
        var sortedRows = [Int32](repeating: 0, count: count)
        var sortedValues = [Double](repeating: 0, count: count)
        for index in 0..<count {
            let column = Int(program.entryColumns[index])
            let place = Int(next[column])
            next[column] += 1
            sortedRows[place] = program.entryRows[index]
            sortedValues[place] = program.entryValues[index]
        }
        rows.reserveCapacity(count)
        values.reserveCapacity(count)
        var placeOfRow = [Int32](repeating: -1, count: program.rowCount)
        for column in 0..<program.columnCount {
            let begin = Int32(rows.count)
            for index in Int(places[column])..<Int(places[column + 1]) {
                let row = sortedRows[index]
                if placeOfRow[Int(row)] >= begin {
                    values[Int(placeOfRow[Int(row)])] += sortedValues[index]
                } else {
                    placeOfRow[Int(row)] = Int32(rows.count)
                    rows.append(row)
                    values.append(sortedValues[index])
                }
            }
            starts[column + 1] = Int32(rows.count)
        }
    }
}
