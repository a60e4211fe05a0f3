internal import Grid
internal import Solvers

/// The nodal admittance matrix of a network, summed from its elements.
struct AdmittanceRows {
    /// Columns and admittances of each row (conductor), columns ascending; the pattern is symmetrical.
    private var rowStarts: [Int32]
    private var columns: [Int32]
    private var values: [Complex]

    init(_ network: ConductorGrid) {
        let count = network.conductorCount
        var counts = [Int32](repeating: 1, count: count)
        for element in 0..<network.elementCount {
            let range = network.terminalStarts[element]..<network.terminalStarts[element + 1]
            for terminal in range { counts[Int(network.terminals[terminal])] += Int32(range.count) }
        }
        var starts = [Int32](repeating: 0, count: count + 1)
        for row in 0..<count { starts[row + 1] = starts[row] + counts[row] }
        var next = starts
        var found = [(column: Int32, value: Complex)](repeating: (0, .zero), count: Int(starts[count]))
        for row in 0..<count {
            found[Int(next[row])] = (Int32(row), network.shunts[row])
            next[row] += 1
        }
        for element in 0..<network.elementCount {
            let range = network.terminalStarts[element]..<network.terminalStarts[element + 1]
            var value = network.matrixStarts[element]
            for terminal in range {
                let row = Int(network.terminals[terminal])
                for other in range {
                    found[Int(next[row])] = (network.terminals[other], network.admittances[value])
                    next[row] += 1
                    value += 1
                }
            }
        }
        (rowStarts, columns, values) = Self.summed(found, starts: starts)
    }

    private static func summed(_ found: [(column: Int32, value: Complex)], starts: [Int32]) -> ([Int32], [Int32], [Complex]) {
        var rowStarts: [Int32] = [0]
        rowStarts.reserveCapacity(starts.count)
        var columns: [Int32] = []
        columns.reserveCapacity(found.count)
        var values: [Complex] = []
        values.reserveCapacity(found.count)
        for row in 0..<starts.count - 1 {
            let begin = columns.count
            for (column, value) in found[Int(starts[row])..<Int(starts[row + 1])].sorted(by: { $0.column < $1.column }) {
                if columns.count > begin, columns[columns.count - 1] == column {
                    values[values.count - 1] += value
                } else {
                    columns.append(column)
                    values.append(value)
                }
            }
            rowStarts.append(Int32(columns.count))
        }
        return (rowStarts, columns, values)
    }

    /// Each pair of joined conductors once.
    var edges: [(Int32, Int32)] {
        var edges: [(Int32, Int32)] = []
        edges.reserveCapacity(columns.count / 2)
        for row in 0..<rowStarts.count - 1 {
            for index in Int(rowStarts[row])..<Int(rowStarts[row + 1]) where columns[index] > row { edges.append((Int32(row), columns[index])) }
        }
        return edges
    }

    private func value(_ row: Int, _ column: Int) -> Complex {
        var (low, high) = (Int(rowStarts[row]), Int(rowStarts[row + 1]))
        while high - low > 1 {
            let middle = (low + high) / 2
            if columns[middle] <= column { low = middle } else { high = middle }
        }
        return columns[low] == column ? values[low] : .zero
    }

    /// The rows by position of elimination, with the block of the factor that each entry belongs to.
    func arranged(by pattern: BlockPattern) -> (FixedBuffer<Int32>, FixedBuffer<Layout.Entry>, FixedBuffer<Int32>) {
        let count = rowStarts.count - 1
        let starts = FixedBuffer<Int32>(repeating: 0, count: count + 1)
        let diagonals = FixedBuffer<Int32>(repeating: 0, count: count)
        let empty = Layout.Entry(column: 0, slot: -1, y: .zero, transposed: .zero)
        let entries = FixedBuffer(repeating: empty, count: columns.count)
        var next = 0
        for position in 0..<count {
            let row = Int(pattern.order[position])
            let begin = next
            for index in Int(rowStarts[row])..<Int(rowStarts[row + 1]) {
                let column = Int(columns[index])
                let slot = column == row ? -1 : pattern.slot(row: row, column: column)?.index ?? -1
                let entry = Layout.Entry(
                    column: pattern.positions[column], slot: slot, y: values[index], transposed: value(column, row).conjugate)
                var place = next
                while place > begin, entries[place - 1].column > entry.column {
                    entries[place] = entries[place - 1]
                    place -= 1
                }
                entries[place] = entry
                next += 1
            }
            for index in begin..<next where Int(entries[index].column) == position { diagonals[position] = Int32(index) }
            starts[position + 1] = Int32(next)
        }
        return (starts, entries, diagonals)
    }
}
