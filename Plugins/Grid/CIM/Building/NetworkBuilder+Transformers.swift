extension NetworkBuilder {
    /// What the transformer readers look up by end.
    struct TransformerTables {
        var ends: InverseReferences
        var tanks: InverseReferences
        var tankEnds: InverseReferences
        var endInfos: InverseReferences
        var shortCircuits: InverseReferences
        var noLoads: InverseReferences
        var meshes: InverseReferences
        var cores: InverseReferences
        var ratioTaps: InverseReferences
        var phaseTaps: InverseReferences
        var tapStates: InverseReferences
        var ratioPoints: InverseReferences
        var phasePoints: InverseReferences
    }

    mutating func readTransformers() {
        let tables = transformerTables()
        for object in store.objects(of: "PowerTransformer") {
            let tanks = tables.tanks[object]
            if tanks.isEmpty {
                readTransformer(object, tables)
            } else {
                for tank in tanks { readTank(tank, of: object, tables) }
            }
        }
    }

    private func transformerTables() -> TransformerTables {
        TransformerTables(
            ends: store.inverse("PowerTransformerEnd.PowerTransformer", of: "PowerTransformerEnd"),
            tanks: store.inverse("TransformerTank.PowerTransformer", of: "TransformerTank"),
            tankEnds: store.inverse("TransformerTankEnd.TransformerTank", of: "TransformerTankEnd"),
            endInfos: store.inverse("TransformerEndInfo.TransformerTankInfo", of: "TransformerEndInfo"),
            shortCircuits: store.inverse("ShortCircuitTest.EnergisedEnd", of: "ShortCircuitTest"),
            noLoads: store.inverse("NoLoadTest.EnergisedEnd", of: "NoLoadTest"),
            meshes: store.inverse("TransformerMeshImpedance.FromTransformerEnd", of: "TransformerMeshImpedance"),
            cores: store.inverse("TransformerCoreAdmittance.TransformerEnd", of: "TransformerCoreAdmittance"),
            ratioTaps: store.inverse("RatioTapChanger.TransformerEnd", of: "RatioTapChanger"),
            phaseTaps: store.inverse(
                "PhaseTapChanger.TransformerEnd", of: "PhaseTapChangerLinear", "PhaseTapChangerSymmetrical",
                "PhaseTapChangerAsymmetrical", "PhaseTapChangerTabular"),
            tapStates: store.inverse("SvTapStep.TapChanger", of: "SvTapStep"),
            ratioPoints: store.inverse("RatioTapChangerTablePoint.RatioTapChangerTable", of: "RatioTapChangerTablePoint"),
            phasePoints: store.inverse("PhaseTapChangerTablePoint.PhaseTapChangerTable", of: "PhaseTapChangerTablePoint"))
    }

    private func orderedEnds(_ ends: [CIMObject], number property: String = "TransformerEnd.endNumber") -> [CIMObject] {
        ends.map { ($0, $0.integer(property) ?? 99) }.enumerated().sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }
            .map(\.element.0)
    }

    /// A three-phase transformer whose ends hold its parameters.
    private mutating func readTransformer(_ object: CIMObject, _ tables: TransformerTables) {
        let ends = orderedEnds(tables.ends[object])
        guard (2...8).contains(ends.count) else {
            object.refuse("PowerTransformer '\(object.name ?? "")' has \(ends.count) ends, expected 2 to 8; it is left out")
            return
        }
        var windings: [Transformer.Winding] = []
        for end in ends {
            guard let winding = winding(end, of: object, tables) else { return }
            windings.append(winding)
        }
        var magnetising = Complex.zero
        for (end, winding) in zip(ends, windings) {
            let own = Complex(end.double("PowerTransformerEnd.g") ?? 0, end.double("PowerTransformerEnd.b") ?? 0)
            var core = Complex.zero
            if let admittance = tables.cores[end].first {
                core = Complex(
                    admittance.double("TransformerCoreAdmittance.g") ?? 0, -(admittance.double("TransformerCoreAdmittance.b") ?? 0).magnitude)
            }
            magnetising += (own + core) * Self.square(winding.ratedVolts / windings[0].ratedVolts)
        }
        applyMesh(ends, tables, to: &windings)
        guard windings.contains(where: { $0.impedance.magnitude > 0 }) else {
            object.refuse("PowerTransformer '\(object.name ?? "")' has no short-circuit impedance at any end; it is left out")
            return
        }
        check(object, windings)
        network.transformers.append(Transformer(identity(object), windings: windings, magnetisingAdmittance: magnetising))
    }

    private mutating func winding(_ end: CIMObject, of object: CIMObject, _ tables: TransformerTables) -> Transformer.Winding? {
        guard let rated = volts(end, "PowerTransformerEnd.ratedU") else {
            object.refuse("PowerTransformer '\(object.name ?? "")' has an end without ratedU (mRID \(end.mRID)); it is left out")
            return nil
        }
        guard let terminal = endTerminal(end, of: object) else { return nil }
        let star = end.reference("TransformerEnd.StarImpedance")
        let resistance = end.double("PowerTransformerEnd.r") ?? star?.double("TransformerStarImpedance.r") ?? 0
        let reactance = end.double("PowerTransformerEnd.x") ?? star?.double("TransformerStarImpedance.x") ?? 0
        let zeroR = end.double("PowerTransformerEnd.r0") ?? star?.double("TransformerStarImpedance.r0")
        let zeroX = end.double("PowerTransformerEnd.x0") ?? star?.double("TransformerStarImpedance.x0")
        var zero: Complex?
        if let zeroR, let zeroX, zeroR != 0 || zeroX != 0 { zero = Complex(zeroR, zeroX) }
        let kind = end.kind("PowerTransformerEnd.connectionKind")
        let connection = kind.flatMap(Transformer.Connection.init(rawValue:)) ?? .starNeutral
        var winding = Transformer.Winding(
            terminal: terminal, connection: connection, clock: Self.clock(end.integer("PowerTransformerEnd.phaseAngleClock")),
            ratedVolts: rated, ratedVA: (end.double("PowerTransformerEnd.ratedS") ?? 0) * units.voltAmperes,
            impedance: Complex(resistance, reactance), zeroImpedance: zero)
        finish(&winding, end, tables)
        return winding
    }

    private static func clock(_ value: Int?) -> Int { ((value ?? 0) % 12 + 12) % 12 }
    static func square(_ value: Double) -> Double { value * value }

    /// Earthing, taps and nominal voltage, which ends of transformers and tanks have alike.
    mutating func finish(_ winding: inout Transformer.Winding, _ end: CIMObject, _ tables: TransformerTables) {
        winding.isGrounded = end.flag("TransformerEnd.grounded") ?? (winding.connection != .star && winding.connection != .zigzag)
        winding.groundImpedance = Complex(end.double("TransformerEnd.rground") ?? 0, end.double("TransformerEnd.xground") ?? 0)
        if let base = baseVolts(end, "TransformerEnd.BaseVoltage") {
            winding.nominalVolts = base
        } else if let node = winding.terminal.node, network.nodes[node].nominalVolts > 0 {
            winding.nominalVolts = network.nodes[node].nominalVolts
        }
        if let node = winding.terminal.node, network.nodes[node].nominalVolts == 0 { network.nodes[node].nominalVolts = winding.nominalVolts }
        winding.ratedAmperes = end.reference("TransformerEnd.Terminal").flatMap { ratedAmperes[$0.number] }
        winding.ratioTap = tables.ratioTaps[end].first.flatMap { ratioTap($0, tables) }
        winding.phaseTap = tables.phaseTaps[end].first.flatMap { phaseTap($0, tables) }
    }

    mutating func endTerminal(_ end: CIMObject, of object: CIMObject) -> Terminal? {
        guard let reference = end.reference("TransformerEnd.Terminal") else {
            object.refuse("\(object.className) '\(object.name ?? "")' has an end without a terminal (mRID \(end.mRID)); it is left out")
            return nil
        }
        var terminal = self.terminal(reference)
        if !isInService(object) { terminal.isConnected = false }
        return terminal
    }

    /// Mesh impedances between pairs of ends, as star impedances.
    private func applyMesh(_ ends: [CIMObject], _ tables: TransformerTables, to windings: inout [Transformer.Winding]) {
        var pairs: [PairImpedance] = []
        for (from, end) in ends.enumerated() {
            for mesh in tables.meshes[end] {
                guard let other = mesh.reference("TransformerMeshImpedance.ToTransformerEnd"),
                    let to = ends.firstIndex(where: { $0 == other }), to != from, let resistance = mesh.double("TransformerMeshImpedance.r"),
                    let reactance = mesh.double("TransformerMeshImpedance.x")
                else { continue }
                let scale = Self.square(windings[0].ratedVolts / windings[from].ratedVolts)
                pairs.append(PairImpedance(a: min(from, to), b: max(from, to), impedance: Complex(resistance, reactance) * scale))
            }
        }
        PairImpedance.distribute(pairs, to: &windings)
    }

    func check(_ object: CIMObject, _ windings: [Transformer.Winding]) {
        for (position, winding) in windings.enumerated() {
            guard winding.ratedVA > 0, winding.ratedVolts > 0 else { continue }
            let perUnit = winding.impedance.magnitude * winding.ratedVA / Self.square(winding.ratedVolts)
            if perUnit > 2 {
                object.warn(
                    "\(object.className) '\(object.name ?? "")' has at end \(position + 1) an impedance of \(perUnit * 100) % of its rating; check the unit of r, x, ratedU and ratedS")
            }
            let nominal = winding.nominalVolts / (winding.connection == .single ? 3.0.squareRoot() : 1)
            let ratio = winding.ratedVolts / max(nominal, 1)
            if winding.connection != .single, ratio < 0.5 || ratio > 2 {
                object.warn(
                    "\(object.className) '\(object.name ?? "")' has at end \(position + 1) the rated voltage \(winding.ratedVolts) volt at a node of \(winding.nominalVolts) volt; check ratedU and BaseVoltage")
            }
        }
    }
}

/// The short-circuit impedance between two windings, in ohm at the first winding's rated voltage.
struct PairImpedance {
    var a: Int
    var b: Int
    var impedance: Complex

    /// Gives windings their parts of the impedances between pairs: half each for two windings, the star for three; for more, the
    /// impedances from the first winding, with none at the first.
    static func distribute(_ pairs: [PairImpedance], to windings: inout [Transformer.Winding]) {
        guard !pairs.isEmpty else { return }
        func pair(_ a: Int, _ b: Int) -> Complex? { pairs.first { $0.a == a && $0.b == b }?.impedance }
        var star = [Complex](repeating: .zero, count: windings.count)
        if windings.count == 3, let ab = pair(0, 1), let ac = pair(0, 2), let bc = pair(1, 2) {
            star = [(ab + ac - bc) / 2, (ab + bc - ac) / 2, (ac + bc - ab) / 2]
        } else if windings.count == 2, let ab = pair(0, 1) {
            star = [ab / 2, ab / 2]
        } else {
            for winding in 1..<windings.count { star[winding] = pair(0, winding) ?? star[winding] }
        }
        for (position, impedance) in star.enumerated() {
            let ratio = windings[position].ratedVolts / windings[0].ratedVolts
            windings[position].impedance = impedance * (ratio * ratio)
        }
    }
}
