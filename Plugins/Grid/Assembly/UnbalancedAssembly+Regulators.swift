extension UnbalancedAssembly {
    /// Hands the controlled ratio tap changers over to a power flow: in this model they stand at neutral from now on, and the regulators,
    /// whose positions are the steps of the network, move them.
    ///
    /// Tap changers without control, switched-off ones, those by tables or angles and those of transformers with three or more windings stay
    /// where they are, in the model.
    public mutating func handOverTaps() -> [PhaseRegulator] {
        var regulators: [PhaseRegulator] = []
        for position in network.transformers.indices where network.transformers[position].windings.count == 2 {
            for winding in 0...1 {
                guard let tap = network.transformers[position].windings[winding].ratioTap,
                    let regulator = regulator(tap, transformer: position, winding: winding)
                else { continue }
                setTap(transformer: position, winding: winding, step: Double(tap.neutralStep))
                regulators.append(regulator)
            }
        }
        return regulators
    }

    private func regulator(_ tap: TapChanger, transformer position: Int, winding: Int) -> PhaseRegulator? {
        let described = network.transformers[position].windings[winding]
        guard let control = tap.control, control.isEnabled, case .ratio(let percent) = tap.kind, percent != 0,
            let element = index.branches(of: EquipmentReference(.transformer, position)).first
        else { return nil }
        let phase = control.phase ?? described.coil.first { $0 != .neutral } ?? .a
        // With line drop compensation it is the own voltage that is sensed, with the drop taken off.
        let sensed = control.lineDropVolts == nil ? control.node.map { Terminal(node: $0) } ?? described.terminal : described.terminal
        guard let controlled = conductor(of: sensed, phase: phase), let own = conductor(of: described.terminal, phase: phase) else { return nil }
        let parts = grid.elements[Int(element)]
        let range = winding == 0 ? 0..<parts.firstEndCount : parts.firstEndCount..<parts.terminals.count
        // The sensed terminal comes first: its current makes the drop.
        let terminals = range.filter { Int(parts.terminals[$0]) == own } + range.filter { Int(parts.terminals[$0]) != own }
        let volts = grid.nominalVolts[controlled]
        let scale = control.voltageTransformerRatio.map { $0 / volts } ?? 1 / (3.0.squareRoot() * volts)
        return PhaseRegulator(
            element: Int(element), terminals: terminals, controlledConductor: Int32(controlled), target: control.targetVolts * scale,
            deadBand: control.deadbandVolts * scale, stepRatio: percent / 100, minimumPosition: tap.lowStep - tap.neutralStep,
            maximumPosition: tap.highStep - tap.neutralStep, position: Int(tap.step.rounded()) - tap.neutralStep,
            lineDrop: lineDrop(control, baseVolts: volts))
    }

    /// Of the volts at the rated current of the current transformer, as impedance per unit.
    private func lineDrop(_ control: TapControl, baseVolts: Double) -> Complex {
        guard let drop = control.lineDropVolts, let amperes = control.currentTransformerAmperes, amperes > 0 else { return .zero }
        let ohms = drop * ((control.voltageTransformerRatio ?? 1) / amperes)
        return ohms * (grid.basePowerVA / (baseVolts * baseVolts))
    }
}
