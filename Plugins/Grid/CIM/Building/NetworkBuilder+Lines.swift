extension NetworkBuilder {
    /// The conductors of a line, in the order of its matrices.
    struct LineConductor {
        var phase: Phase
        var order: Int
        var wire: CIMObject?
    }

    mutating func readLines() {
        let conductors = store.inverse("ACLineSegmentPhase.ACLineSegment", of: "ACLineSegmentPhase")
        let entries = store.inverse("PhaseImpedanceData.PhaseImpedance", of: "PhaseImpedanceData")
        let positions = store.inverse("WirePosition.WireSpacingInfo", of: "WirePosition")
        for object in store.objects(of: "ACLineSegment") {
            let order = lineConductors(conductors[object])
            let phases = order.isEmpty ? nil : PhaseSet(order.map(\.phase))
            guard let ends = terminals(of: object, count: 2, phases: phases) else { continue }
            let volts = nominalVolts(of: object, at: ends[0])
            if let other = ends[1].node, network.nodes[other].nominalVolts == 0 { network.nodes[other].nominalVolts = volts }
            guard let parameters = lineParameters(object, order, entries: entries, positions: positions) else { continue }
            let length = (object.double("Conductor.length") ?? 0) * units.metres
            let line = Line(
                identity(object), from: ends[0], to: ends[1], parameters: parameters, nominalVolts: volts, lengthMetres: length,
                ratedAmperes: ratedAmperes(of: object) ?? wireRating(order))
            add(line, object)
        }
    }

    /// Appends a line after a look at its magnitudes; one without any impedance becomes a closed switch.
    mutating func add(_ line: Line, _ object: CIMObject) {
        let positive = line.positiveSequence
        if positive.impedance.magnitude == 0 {
            object.note("\(object.className) '\(line.identity.name)' has the impedance 0; it is taken as a closed switch")
            network.switches.append(
                Switch(line.identity, kind: .jumper, from: line.from, to: line.to, nominalVolts: line.nominalVolts, ratedAmperes: line.ratedAmperes))
            return
        }
        let volts = line.nominalVolts
        if volts > 0, positive.impedance.magnitude > volts * volts / 1000 {
            object.warn(
                "\(object.className) '\(line.identity.name)' has \(positive.impedance.magnitude) ohm at \(volts) volt, it could not carry a kilowatt; check the unit of r, x and length")
        } else if (positive.impedance * positive.admittance).magnitude > 0.5 {
            object.warn(
                "\(object.className) '\(line.identity.name)' has a shunt admittance of \(positive.admittance.magnitude) siemens, which with its \(positive.impedance.magnitude) ohm no line has; check the unit of bch and gch")
        } else if positive.impedance.real < 0 {
            object.warn("\(object.className) '\(line.identity.name)' has the negative resistance \(positive.impedance.real) ohm; check r")
        }
        network.lines.append(line)
    }

    private func lineConductors(_ objects: [CIMObject]) -> [LineConductor] {
        var found: [LineConductor] = []
        for (position, object) in objects.enumerated() {
            guard let phase = object.kind("ACLineSegmentPhase.phase").flatMap([Phase].init(code:))?.first else {
                object.warn("ACLineSegmentPhase '\(object.name ?? "")' has no phase; it is left out")
                continue
            }
            if found.contains(where: { $0.phase == phase }) {
                object.warn("ACLineSegmentPhase '\(object.name ?? "")' repeats phase \(phase.name) of its line; it is left out")
                continue
            }
            let order = object.integer("ACLineSegmentPhase.sequenceNumber") ?? position + 1
            found.append(LineConductor(phase: phase, order: order, wire: object.reference("ACLineSegmentPhase.WireInfo")))
        }
        return found.sorted { $0.order < $1.order }
    }

    private func wireRating(_ order: [LineConductor]) -> Double? {
        order.filter { $0.phase != .neutral }.compactMap { $0.wire?.double("WireInfo.ratedCurrent") }.filter { $0 > 0 }.min()
    }

    private func lineParameters(
        _ object: CIMObject, _ order: [LineConductor], entries: InverseReferences, positions: InverseReferences
    ) -> Line.Parameters? {
        let length = object.double("Conductor.length")
        if let code = object.reference("ACLineSegment.PerLengthImpedance") {
            guard let length, length > 0 else {
                object.refuse("ACLineSegment '\(object.name ?? "")' has an impedance per length and no length; it is left out")
                return nil
            }
            if code.className == "PerLengthPhaseImpedance" { return phaseParameters(object, code, entries[code], order, length: length) }
            return sequenceParameters(code, "PerLengthSequenceImpedance", length: length, of: object)
        }
        if let spacing = object.reference("ACLineSegment.WireSpacingInfo") {
            guard let length, length > 0 else {
                object.refuse("ACLineSegment '\(object.name ?? "")' has a wire spacing and no length; it is left out")
                return nil
            }
            return geometryParameters(object, spacing, positions[spacing], order, lengthMetres: length * units.metres)
        }
        return sequenceParameters(object, "ACLineSegment", length: 1, of: object)
    }

    private func sequenceParameters(_ source: CIMObject, _ name: String, length: Double, of object: CIMObject) -> Line.Parameters? {
        guard let resistance = source.double("\(name).r"), let reactance = source.double("\(name).x") else {
            object.refuse(
                "ACLineSegment '\(object.name ?? "")' has no impedance: \(name).r and \(name).x are expected; it is left out")
            return nil
        }
        let positive = SequenceParameters(
            impedance: Complex(resistance, reactance) * length,
            admittance: Complex(source.double("\(name).gch") ?? 0, source.double("\(name).bch") ?? 0) * length)
        guard let zeroR = source.double("\(name).r0"), let zeroX = source.double("\(name).x0") else {
            return .sequence(positive: positive, zero: nil)
        }
        let zero = SequenceParameters(
            impedance: Complex(zeroR, zeroX) * length,
            admittance: Complex(source.double("\(name).g0ch") ?? 0, source.double("\(name).b0ch") ?? 0) * length)
        return .sequence(positive: positive, zero: zero)
    }

    private func phaseParameters(
        _ object: CIMObject, _ code: CIMObject, _ entries: [CIMObject], _ order: [LineConductor], length: Double
    ) -> Line.Parameters? {
        let count = code.integer("PerLengthPhaseImpedance.conductorCount") ?? order.count
        let phases = order.isEmpty && count == 3 ? [Phase.a, .b, .c] : order.map(\.phase)
        guard (1...8).contains(count), count == phases.count else {
            object.refuse(
                "ACLineSegment '\(object.name ?? "")' has \(phases.count) phases and an impedance matrix for \(count) conductors; it is left out")
            return nil
        }
        var impedance = SquareMatrix(order: count)
        var admittance = SquareMatrix(order: count)
        var isSet = [Bool](repeating: false, count: count)
        for (position, entry) in entries.enumerated() {
            guard let (row, column) = Self.place(entry, position), row < count, column < count, let resistance = entry.double("PhaseImpedanceData.r"),
                let reactance = entry.double("PhaseImpedanceData.x")
            else {
                entry.refuse("PhaseImpedanceData of '\(code.name ?? "")' lacks row, column, r or x within \(count) conductors; it is left out")
                continue
            }
            let shunt = Complex(entry.double("PhaseImpedanceData.g") ?? 0, entry.double("PhaseImpedanceData.b") ?? 0)
            for (i, j) in [(row, column), (column, row)] {
                impedance[i, j] = Complex(resistance, reactance) * length
                admittance[i, j] = shunt * length
            }
            if row == column { isSet[row] = true }
        }
        guard isSet.allSatisfy({ $0 }) else {
            object.refuse(
                "ACLineSegment '\(object.name ?? "")' has no impedance: matrix '\(code.name ?? "")' lacks terms on its diagonal; it is left out")
            return nil
        }
        return reduced(phases, impedance, admittance, object)
    }

    /// Row and column, counted from 0; older files count the lower triangle row by row.
    private static func place(_ entry: CIMObject, _ position: Int) -> (Int, Int)? {
        if let row = entry.integer("PhaseImpedanceData.row"), let column = entry.integer("PhaseImpedanceData.column") {
            return row > 0 && column > 0 ? (row - 1, column - 1) : nil
        }
        guard let sequence = entry.integer("PhaseImpedanceData.sequenceNumber"), (1...100).contains(sequence) else { return nil }
        var (row, left) = (0, sequence - 1)
        while left > row { (left, row) = (left - row - 1, row + 1) }
        return (row, left)
    }

    /// Eliminates the neutral, which is taken as earthed at both ends (Kron).
    func reduced(_ phases: [Phase], _ impedance: SquareMatrix, _ admittance: SquareMatrix, _ object: CIMObject) -> Line.Parameters? {
        let kept = phases.indices.filter { phases[$0] != .neutral }
        guard let series = impedance.kronReduced(keeping: kept) else {
            object.refuse("ACLineSegment '\(object.name ?? "")' has a neutral conductor without impedance; it is left out")
            return nil
        }
        return .phases(
            PhaseParameters(
                phases: kept.map { phases[$0] }, impedance: series.entries, admittance: admittance.submatrix(kept).entries))
    }

    mutating func readSeriesImpedances() {
        for (name, object) in store.objects(of: "SeriesCompensator", "EquivalentBranch").map({ ($0.className, $0) }) {
            guard let ends = terminals(of: object, count: 2) else { continue }
            guard let resistance = object.double("\(name).r"), let reactance = object.double("\(name).x") else {
                object.refuse("\(name) '\(object.name ?? "")' has no impedance: \(name).r and \(name).x are expected; it is left out")
                continue
            }
            let impedance = SequenceParameters(impedance: Complex(resistance, reactance))
            let line = Line(
                identity(object), from: ends[0], to: ends[1], parameters: .sequence(positive: impedance, zero: nil),
                nominalVolts: nominalVolts(of: object, at: ends[0]), ratedAmperes: ratedAmperes(of: object))
            add(line, object)
        }
    }
}
