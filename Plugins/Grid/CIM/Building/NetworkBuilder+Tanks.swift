extension NetworkBuilder {
    /// One tank of a transformer, whose parameters its tank info and the tests of it hold.
    mutating func readTank(_ tank: CIMObject, of bank: CIMObject, _ tables: TransformerTables) {
        guard let info = tank.reference("TransformerTank.TransformerTankInfo") else {
            tank.refuse("TransformerTank '\(tank.name ?? "")' has no TransformerTankInfo, so no impedance; it is left out")
            return
        }
        let ends = ordered(tables.tankEnds[tank], "TransformerEnd.endNumber")
        let infos = ordered(tables.endInfos[info], "TransformerEndInfo.endNumber")
        guard ends.count >= 2, ends.count <= 8, infos.count == ends.count else {
            tank.refuse(
                "TransformerTank '\(tank.name ?? "")' has \(ends.count) ends and \(infos.count) end infos, expected as many of both, 2 at least; it is left out")
            return
        }
        var windings: [Transformer.Winding] = []
        for (end, info) in zip(ends, infos) {
            guard let winding = tankWinding(end, info, of: tank, tables) else { return }
            windings.append(winding)
        }
        guard applyTests(infos, of: tank, tables, to: &windings) else { return }
        let identity = Identity(
            tank.mRID, name: tank.name ?? bank.name,
            container: (tank.reference("Equipment.EquipmentContainer") ?? bank.reference("Equipment.EquipmentContainer")).flatMap {
                containerPositions[$0.number]
            })
        check(tank, windings)
        let magnetising = noLoadAdmittance(infos, windings, tables)
        network.transformers.append(
            Transformer(identity, bank: bank.mRID, windings: windings, magnetisingAdmittance: magnetising))
    }

    private func ordered(_ objects: [CIMObject], _ property: String) -> [CIMObject] {
        objects.map { ($0, $0.integer(property) ?? 99) }.enumerated().sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }
            .map(\.element.0)
    }

    private mutating func tankWinding(
        _ end: CIMObject, _ info: CIMObject, of tank: CIMObject, _ tables: TransformerTables
    ) -> Transformer.Winding? {
        guard let rated = volts(info, "TransformerEndInfo.ratedU") else {
            tank.refuse("TransformerTank '\(tank.name ?? "")' has an end info without ratedU (mRID \(info.mRID)); it is left out")
            return nil
        }
        guard var terminal = endTerminal(end, of: tank) else { return nil }
        let code = end.kind("TransformerTankEnd.orderedPhases") ?? end.kind("TransformerTankEnd.phases") ?? "ABC"
        guard let phases = [Phase](code: code) else {
            tank.refuse("TransformerTank '\(tank.name ?? "")' has an end with the phases '\(code)'; it is left out")
            return nil
        }
        terminal.phases = PhaseSet(phases)
        let isThreePhase = PhaseSet(phases).isSuperset(of: .abc)
        let kind = info.kind("TransformerEndInfo.connectionKind").flatMap(Transformer.Connection.init(rawValue:))
        var winding = Transformer.Winding(
            terminal: terminal, connection: isThreePhase ? kind ?? .starNeutral : .single,
            clock: ((info.integer("TransformerEndInfo.phaseAngleClock") ?? 0) % 12 + 12) % 12, ratedVolts: rated,
            ratedVA: (info.double("TransformerEndInfo.ratedS") ?? 0) * units.voltAmperes,
            impedance: Complex(info.double("TransformerEndInfo.r") ?? 0))
        if !isThreePhase { winding.coil = phases.count == 1 ? [phases[0], .neutral] : Array(phases.prefix(2)) }
        finish(&winding, end, tables)
        return winding
    }

    /// Short-circuit tests: the magnitude of the impedance; the resistance is the windings' own, or that of the losses.
    private func applyTests(
        _ infos: [CIMObject], of tank: CIMObject, _ tables: TransformerTables, to windings: inout [Transformer.Winding]
    ) -> Bool {
        var pairs: [PairImpedance] = []
        for (from, info) in infos.enumerated() {
            for test in tables.shortCircuits[info] {
                guard let magnitude = test.double("ShortCircuitTest.leakageImpedance"), magnitude > 0 else { continue }
                for grounded in test.references("ShortCircuitTest.GroundedEnds") {
                    guard let to = infos.firstIndex(where: { $0 == grounded }), to != from else { continue }
                    let resistance = resistance(test, from, to, windings)
                    let reactance = max(magnitude * magnitude - resistance * resistance, 0).squareRoot()
                    let scale = Self.square(windings[0].ratedVolts / windings[from].ratedVolts)
                    pairs.append(
                        PairImpedance(a: min(from, to), b: max(from, to), impedance: Complex(resistance, reactance) * scale))
                }
            }
        }
        guard !pairs.isEmpty else {
            tank.refuse(
                "TransformerTank '\(tank.name ?? "")' has no ShortCircuitTest with a leakageImpedance between its ends, so no impedance; it is left out")
            return false
        }
        PairImpedance.distribute(pairs, to: &windings)
        return true
    }

    /// At the rated voltage of the energised end, in ohm.
    private func resistance(_ test: CIMObject, _ from: Int, _ to: Int, _ windings: [Transformer.Winding]) -> Double {
        let own = windings[from].impedance.real
            + windings[to].impedance.real * Self.square(windings[from].ratedVolts / windings[to].ratedVolts)
        if own > 0 { return own }
        let power = (test.double("TransformerTest.basePower") ?? 0) * units.voltAmperes
        guard power > 0, let loss = test.double("ShortCircuitTest.loss") else { return 0 }
        return loss * 1000 * Self.square(windings[from].ratedVolts / power)
    }

    /// Of the first no-load test: losses in kilowatt, current in percent; at the first winding's voltage.
    private func noLoadAdmittance(_ infos: [CIMObject], _ windings: [Transformer.Winding], _ tables: TransformerTables) -> Complex {
        for (position, info) in infos.enumerated() {
            for test in tables.noLoads[info] {
                let power = (test.double("TransformerTest.basePower") ?? 0) * units.voltAmperes
                let base = power > 0 ? power : windings[position].ratedVA
                let voltage = volts(test, "NoLoadTest.energisedEndVoltage") ?? windings[position].ratedVolts
                let conductance = (test.double("NoLoadTest.loss") ?? 0) * 1000 / Self.square(voltage)
                let magnitude = (test.double("NoLoadTest.excitingCurrent") ?? 0) / 100 * base / Self.square(voltage)
                let susceptance = max(magnitude * magnitude - conductance * conductance, 0).squareRoot()
                guard conductance > 0 || susceptance > 0 else { continue }
                return Complex(conductance, -susceptance) * Self.square(windings[position].ratedVolts / windings[0].ratedVolts)
            }
        }
        return .zero
    }
}
