import Grid

/// Grids that a test can calculate by hand.
enum SmallGrids {
    /// A line between two nodes.
    static func line(_ from: Int32, _ to: Int32, _ impedance: Complex, charging: Double = 0) -> BalancedGrid.Branch {
        let (series, half) = (impedance.reciprocal, Complex(0, charging / 2))
        return .init(from: from, to: to, yff: series + half, yft: -series, ytf: -series, ytt: series + half)
    }

    /// A transformer with an ideal ratio at the from side.
    static func transformer(_ from: Int32, _ to: Int32, _ impedance: Complex, ratio: Complex) -> BalancedGrid.Branch {
        let y = impedance.reciprocal
        return .init(from: from, to: to, yff: y / ratio.squaredMagnitude, yft: -(y / ratio.conjugate), ytf: -(y / ratio), ytt: y)
    }

    static func grid(nodes: Int, _ branches: [BalancedGrid.Branch], source: Complex = .one, at node: Int32 = 0) -> BalancedGrid {
        BalancedGrid(
            basePowerVA: 1e6, nominalVolts: [Double](repeating: 20_000, count: nodes), nominalAngles: [Double](repeating: 0, count: nodes),
            branches: branches, shunts: [Complex](repeating: .zero, count: nodes), sources: [.init(node: node, voltage: source)])
    }

    static let impedance = Complex(0.02, 0.04)

    /// A source, a line of 0.02 + j0.04, a load.
    static let twoNodes = grid(nodes: 2, [line(0, 1, impedance)])

    /// The injections of one load at node 1.
    static func load(_ power: Complex, nodes: Int = 2) -> Injections {
        var powers = [Complex](repeating: .zero, count: nodes)
        powers[1] = -power
        return Injections(constantPower: powers)
    }

    /// The higher of the two voltage magnitudes behind an impedance: V⁴ + (2(RP+XQ) - E²)V² + |Z|²|S|² = 0.
    static func magnitude(load: Complex, impedance z: Complex, source: Double = 1) -> Double {
        let b = 2 * (z.real * load.real + z.imaginary * load.imaginary) - source * source
        return ((-b + (b * b - 4 * z.squaredMagnitude * load.squaredMagnitude).squareRoot()) / 2).squareRoot()
    }
}

/// The 33-bus feeder of Baran and Wu, from `Tests/Data/grid/case33bw`, on 1 MVA.
struct BaranWuFeeder {
    let grid: BalancedGrid
    let injections: Injections

    init(basePowerVA: Double = 1e6) {
        let rows = ReferenceData.rows(ReferenceData.own("case33bw/branches.csv")).map { $0.compactMap(Double.init) }
        let ohms = 12_660 * 12_660 / basePowerVA
        var powers = [Complex](repeating: .zero, count: 33)
        for row in rows { powers[Int(row[1]) - 1] = Complex(-row[4] * 1000, -row[5] * 1000) / basePowerVA }
        grid = BalancedGrid(
            basePowerVA: basePowerVA, nominalVolts: [Double](repeating: 12_660, count: 33), nominalAngles: [Double](repeating: 0, count: 33),
            branches: rows.map { SmallGrids.line(Int32($0[0]) - 1, Int32($0[1]) - 1, Complex($0[2] / ohms, $0[3] / ohms)) },
            shunts: [Complex](repeating: .zero, count: 33), sources: [.init(node: 0, voltage: .one)])
        injections = Injections(constantPower: powers)
    }
}
