public import Grid

extension RadialNetwork {
    /// The network per unit on a three-phase base power.
    public func balancedGrid(basePowerVA: Double = 1e6) -> BalancedGrid {
        let branches = lines.map { branch($0, basePowerVA) } + transformers.map { branch($0, basePowerVA) }
        return BalancedGrid(
            basePowerVA: basePowerVA, nominalVolts: nominalVolts, nominalAngles: nominalAngles(), branches: branches,
            shunts: [Complex](repeating: .zero, count: nodeCount), sources: [.init(node: 0, voltage: Complex(sourceVoltage))])
    }

    /// The loads per unit, each multiplied by `factor` of its index.
    public func injections(basePowerVA: Double = 1e6, factor: (Int) -> Double = { _ in 1 }) -> Injections {
        var powers = [Complex](repeating: .zero, count: nodeCount)
        for (index, load) in loads.enumerated() {
            powers[load.node] -= factor(index) / basePowerVA * Complex(load.watts, load.vars)
        }
        return Injections(constantPower: powers)
    }

    private func branch(_ line: Line, _ base: Double) -> BalancedGrid.Branch {
        let ohms = nominalVolts[line.from] * nominalVolts[line.from] / base
        let series = Complex(line.resistanceOhms / ohms, line.reactanceOhms / ohms).reciprocal
        let half = Complex(0, line.chargingMicrosiemens * 1e-6 * ohms / 2)
        return BalancedGrid.Branch(
            from: Int32(line.from), to: Int32(line.to), yff: series + half, yft: -series, ytf: -series, ytt: series + half)
    }

    private func branch(_ transformer: Transformer, _ base: Double) -> BalancedGrid.Branch {
        let (z, r) = (transformer.shortCircuitVoltage, transformer.shortCircuitResistance)
        let series = Complex(r, (z * z - r * r).squareRoot()).reciprocal * (transformer.ratedVA / base)
        let (i, g) = (transformer.noLoadCurrent, transformer.noLoadConductance)
        let half = Complex(g, -max(0, i * i - g * g).squareRoot()) * (transformer.ratedVA / base / 2)
        let ratio = Complex(magnitude: 1, angle: Double(transformer.clock) * .pi / 6)
        return BalancedGrid.Branch(
            from: Int32(transformer.from), to: Int32(transformer.to), yff: series + half, yft: -(series / ratio.conjugate),
            ytf: -(series / ratio), ytt: series + half)
    }

    /// Nodes are numbered from the source outwards, and each has one branch towards it.
    private func nominalAngles() -> [Double] {
        var feeding = [(from: Int, shift: Double)](repeating: (0, 0), count: nodeCount)
        for line in lines { feeding[line.to] = (line.from, 0) }
        for transformer in transformers { feeding[transformer.to] = (transformer.from, -Double(transformer.clock) * .pi / 6) }
        var angles = [Double](repeating: 0, count: nodeCount)
        for node in 1..<nodeCount { angles[node] = angles[feeding[node].from] + feeding[node].shift }
        return angles
    }
}
