import Estimation
import Grid

/// A generator of numbers that are the same in every run (SplitMix64, Steele, Lea & Flood 2014).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func uniform(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &self) }

    /// Roughly normal, by the sum of twelve uniform numbers.
    mutating func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + uniform(0...1) } }
}

/// A grid of lines with a known state, every third node without load, and meters that read that state exactly.
struct RandomGrid {
    var grid: BalancedGrid
    var state: [Complex]
    var zeroInjections: [Int32]
    var injections: [Complex]

    /// - Parameter loops: branches beyond a tree.
    init(nodes: Int, loops: Int = 0, seed: UInt64) {
        var random = Seeded(seed)
        var branches: [BalancedGrid.Branch] = []
        for node in 1..<nodes {
            let parent = Int.random(in: max(0, node - 6)..<node, using: &random)
            branches.append(Self.line(Int32(parent), Int32(node), &random, nodes))
        }
        for _ in 0..<loops {
            let a = Int32.random(in: 0..<Int32(nodes), using: &random)
            let b = Int32.random(in: 0..<Int32(nodes), using: &random)
            if a != b { branches.append(Self.line(a, b, &random, nodes)) }
        }
        grid = BalancedGrid(
            basePowerVA: 1e6, nominalVolts: Array(repeating: 20_000, count: nodes), nominalAngles: Array(repeating: 0, count: nodes),
            branches: branches, shunts: (0..<nodes).map { _ in Complex(0, random.uniform(0...1e-4)) },
            sources: [BalancedGrid.Source(node: 0, voltage: Complex(1.02))])
        zeroInjections = (1..<Int32(nodes)).filter { $0 % 3 == 0 }
        let loads = (0..<nodes).map { node in
            node % 3 == 0 ? Complex.zero : Complex(-random.uniform(0...1), -random.uniform(0...0.4)) * (1 / Double(nodes))
        }
        state = Self.solve(grid, loads)
        injections = Self.powers(grid, state)
    }

    private static func line(_ from: Int32, _ to: Int32, _ random: inout Seeded, _ nodes: Int) -> BalancedGrid.Branch {
        let depth = Double(nodes) / 3
        let y = Complex(random.uniform(0.02...0.08) / depth, random.uniform(0.01...0.06) / depth).reciprocal
        let charging = Complex(0, random.uniform(0...1e-4))
        return BalancedGrid.Branch(from: from, to: to, yff: y + charging, yft: -y, ytf: -y, ytt: y + charging)
    }

    /// Gauss–Seidel on the nodal equations, to the last digit: slow, and independent of everything that is tested.
    private static func solve(_ grid: BalancedGrid, _ loads: [Complex]) -> [Complex] {
        let count = grid.nodeCount
        var own = grid.shunts
        var others = [[(Int, Complex)]](repeating: [], count: count)
        for branch in grid.branches {
            own[Int(branch.from)] += branch.yff
            own[Int(branch.to)] += branch.ytt
            others[Int(branch.from)].append((Int(branch.to), branch.yft))
            others[Int(branch.to)].append((Int(branch.from), branch.ytf))
        }
        var voltages = Array(repeating: grid.sources[0].voltage, count: count)
        for round in 0..<200_000 {
            var change = 0.0
            let order = round % 2 == 0 ? Array(1..<count) : Array((1..<count).reversed())
            for node in order {
                var current = (loads[node] / voltages[node]).conjugate
                for (other, y) in others[node] { current -= y * voltages[other] }
                let next = current / own[node]
                change = max(change, (next - voltages[node]).magnitude)
                voltages[node] = next
            }
            if change < 1e-15 { break }
        }
        return voltages
    }

    static func powers(_ grid: BalancedGrid, _ voltages: [Complex]) -> [Complex] {
        var currents = zip(grid.shunts, voltages).map { $0 * $1 }
        for branch in grid.branches {
            let (from, to) = (voltages[Int(branch.from)], voltages[Int(branch.to)])
            currents[Int(branch.from)] += branch.yff * from + branch.yft * to
            currents[Int(branch.to)] += branch.ytf * from + branch.ytt * to
        }
        return zip(voltages, currents).map { $0 * $1.conjugate }
    }

    /// A voltage meter at every third node, at the source for certain, P and Q at every node with a load.
    var measurements: [Measurement] {
        var result: [Measurement] = []
        for node in 0..<grid.nodeCount where node % 3 == 0 {
            result.append(Measurement(.voltageMagnitude, at: .node(Int32(node)), value: state[node].magnitude, sigma: 0.005))
        }
        let sigma = 0.05 / Double(grid.nodeCount)
        for node in 1..<grid.nodeCount where node % 3 != 0 {
            result.append(Measurement(.activePower, at: .node(Int32(node)), value: injections[node].real, sigma: sigma))
            result.append(Measurement(.reactivePower, at: .node(Int32(node)), value: injections[node].imaginary, sigma: sigma))
        }
        return result
    }

    /// The same with noise of one sigma.
    func noisy(_ measurements: [Measurement], seed: UInt64) -> [Measurement] {
        var random = Seeded(seed)
        return measurements.map { measurement in
            var measurement = measurement
            measurement.value += measurement.sigma * random.normal()
            return measurement
        }
    }
}
