public import Grid

extension RadialNetwork {
    /// The network as equipment: a breaker at the head of every line, between the node it leaves and a connectivity node of its own.
    public func network() -> Network {
        var network = Network(name: "radial \(nodeCount)")
        for (node, volts) in nominalVolts.enumerated() { network.addNode("node\(node)", nominalVolts: volts) }
        for (number, line) in lines.enumerated() { add(line, number, to: &network) }
        for (number, transformer) in transformers.enumerated() { network.transformers.append(equipment(transformer, number)) }
        for (number, load) in loads.enumerated() {
            network.loads.append(
                Grid.Load(
                    Identity("load\(number)"), terminal: Terminal(node: load.node), power: Complex(load.watts, load.vars),
                    nominalVolts: nominalVolts[load.node]))
        }
        network.externalGrids = [
            ExternalGrid(
                Identity("source"), terminal: Terminal(node: 0), voltageVolts: sourceVoltage * nominalVolts[0], nominalVolts: nominalVolts[0])
        ]
        return network
    }

    private func add(_ line: Line, _ number: Int, to network: inout Network) {
        let volts = nominalVolts[line.from]
        let head = network.addNode("head\(number)", nominalVolts: volts)
        network.switches.append(
            Switch(Identity("switch\(number)"), from: Terminal(node: line.from), to: Terminal(node: head), nominalVolts: volts))
        let sequence = SequenceParameters(
            impedance: Complex(line.resistanceOhms, line.reactanceOhms), admittance: Complex(0, line.chargingMicrosiemens * 1e-6))
        network.lines.append(
            Grid.Line(
                Identity("line\(number)"), from: Terminal(node: head), to: Terminal(node: line.to),
                parameters: .sequence(positive: sequence, zero: nil), nominalVolts: volts, ratedAmperes: line.ratedAmperes))
    }

    private func equipment(_ transformer: Transformer, _ number: Int) -> Grid.Transformer {
        let (high, low) = (nominalVolts[transformer.from], nominalVolts[transformer.to])
        let ohms = high * high / transformer.ratedVA
        let (z, r) = (transformer.shortCircuitVoltage, transformer.shortCircuitResistance)
        let (i, g) = (transformer.noLoadCurrent, transformer.noLoadConductance)
        let first = Grid.Transformer.Winding(
            terminal: Terminal(node: transformer.from), connection: .delta, ratedVolts: high, ratedVA: transformer.ratedVA,
            impedance: Complex(r, (z * z - r * r).squareRoot()) * ohms)
        let second = Grid.Transformer.Winding(
            terminal: Terminal(node: transformer.to), connection: .starNeutral, clock: transformer.clock, ratedVolts: low,
            ratedVA: transformer.ratedVA, impedance: .zero)
        return Grid.Transformer(
            Identity("transformer\(number)"), windings: [first, second],
            magnetisingAdmittance: Complex(g, -max(0, i * i - g * g).squareRoot()) / ohms)
    }
}
