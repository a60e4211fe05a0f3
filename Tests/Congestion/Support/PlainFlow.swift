import Grid

/// A power flow that shares nothing with the library's: in volt and ohm, by `V = Z·conj(S/V)` with a dense matrix, closed switches merged by hand.
/// Lines and external grids without an impedance; for tests on a few dozen nodes.
struct PlainFlow {
    /// Line-to-line voltage by node of the network, in volt; zero without supply.
    private(set) var voltages: [Complex]
    /// The larger current of both ends of each line, in ampere.
    private(set) var amperes: [Double]
    /// What the lines take, in watt.
    private(set) var lossesWatts = 0.0

    /// - Parameter consumption: volt-ampere by node of the network.
    init(_ network: Network, consumption: [Int: Complex]) {
        var roots = Array(network.nodes.indices)
        func root(_ node: Int) -> Int { roots[node] == node ? node : root(roots[node]) }
        for device in network.switches where !device.isOpen { roots[root(device.from.node!)] = root(device.to.node!) }
        let buses = Array(Set(network.nodes.indices.map(root))).sorted()
        let number = Dictionary(uniqueKeysWithValues: buses.enumerated().map { ($1, $0) })
        func bus(_ terminal: Terminal) -> Int { number[root(terminal.node!)]! }
        let count = buses.count
        var matrix = [[Complex]](repeating: [Complex](repeating: .zero, count: count), count: count)
        let lines = network.lines.filter { $0.from.isConnected && $0.to.isConnected }
        for line in lines {
            let (a, b, y) = (bus(line.from), bus(line.to), line.positiveSequence.impedance.reciprocal)
            let half = line.positiveSequence.admittance / 2
            matrix[a][a] += y + half
            matrix[b][b] += y + half
            matrix[a][b] -= y
            matrix[b][a] -= y
        }
        var fixed: [Int: Complex] = [:]
        for source in network.externalGrids where source.terminal.isConnected {
            fixed[bus(source.terminal)] = Complex(source.voltageVolts ?? source.nominalVolts)
        }
        var powers = [Complex](repeating: .zero, count: count)
        for (node, power) in consumption { powers[number[root(node)]!] += power }
        var isFed = [Bool](repeating: false, count: count)
        var stack = Array(fixed.keys)
        while let one = stack.popLast() {
            guard !isFed[one] else { continue }
            isFed[one] = true
            stack += (0..<count).filter { matrix[one][$0] != .zero && !isFed[$0] }
        }
        let free = (0..<count).filter { isFed[$0] && fixed[$0] == nil }
        let inverse = Self.inverse(free.map { row in free.map { matrix[row][$0] } })
        var solution = (0..<count).map { fixed[$0] ?? (isFed[$0] ? fixed.values.first! : .zero) }
        for _ in 0..<500 {
            let currents = free.map { row in
                fixed.reduce(-(powers[row] / solution[row]).conjugate) { $0 - matrix[row][$1.key] * $1.value }
            }
            var change = 0.0
            for (position, row) in free.enumerated() {
                let new = zip(inverse[position], currents).reduce(Complex.zero) { $0 + $1.0 * $1.1 }
                change = max(change, (new - solution[row]).magnitude)
                solution[row] = new
            }
            if change < 1e-9 { break }
        }
        voltages = network.nodes.indices.map { solution[number[root($0)]!] }
        amperes = network.lines.map { line in
            guard line.from.isConnected, line.to.isConnected else { return 0 }
            let (a, b) = (solution[bus(line.from)], solution[bus(line.to)])
            let series = (a - b) * line.positiveSequence.impedance.reciprocal
            let half = line.positiveSequence.admittance / 2
            return max((series + half * a).magnitude, (half * b - series).magnitude) / 3.0.squareRoot()
        }
        for (line, _) in zip(network.lines, amperes) where line.from.isConnected && line.to.isConnected {
            let (a, b) = (solution[bus(line.from)], solution[bus(line.to)])
            lossesWatts += (a - b).squaredMagnitude * line.positiveSequence.impedance.reciprocal.real
        }
    }

    /// By Gauss and Jordan with pivots.
    private static func inverse(_ matrix: [[Complex]]) -> [[Complex]] {
        let count = matrix.count
        var work = matrix.enumerated().map { row, values in values + (0..<count).map { $0 == row ? Complex.one : .zero } }
        for column in 0..<count {
            let pivot = (column..<count).max { work[$0][column].magnitude < work[$1][column].magnitude }!
            work.swapAt(column, pivot)
            let scale = work[column][column].reciprocal
            work[column] = work[column].map { $0 * scale }
            for row in 0..<count where row != column && work[row][column] != .zero {
                let factor = work[row][column]
                for place in column..<2 * count { work[row][place] -= factor * work[column][place] }
            }
        }
        return work.map { Array($0[count...]) }
    }

    /// The largest of voltage over or under its band (per unit) and of current over rating (share), negative while all is kept.
    func worst(_ network: Network, band: ClosedRange<Double>) -> Double {
        let voltage = zip(network.nodes, voltages).filter { $1 != .zero }.map { node, volts in
            max(band.lowerBound - volts.magnitude / node.nominalVolts, volts.magnitude / node.nominalVolts - band.upperBound)
        }
        let current = zip(network.lines, amperes).map { line, amperes in amperes / (line.ratedAmperes ?? .infinity) - 1 }
        return (voltage + current).max() ?? -1
    }
}
