extension NetworkBuilder {
    /// Line constants of wires and cables in their places.
    func geometryParameters(
        _ object: CIMObject, _ spacing: CIMObject, _ positions: [CIMObject], _ order: [LineConductor], lengthMetres: Double
    ) -> Line.Parameters? {
        var wires: [LineGeometry.Wire] = []
        for conductor in order {
            guard let place = positions.first(where: { $0.integer("WirePosition.sequenceNumber") == conductor.order }),
                let x = place.double("WirePosition.xCoord"), let y = place.double("WirePosition.yCoord")
            else {
                object.refuse(
                    "ACLineSegment '\(object.name ?? "")' has no WirePosition \(conductor.order) in spacing '\(spacing.name ?? "")'; it is left out")
                return nil
            }
            guard let info = conductor.wire, let wire = wire(info, x: x, y: y) else {
                object.refuse(
                    "ACLineSegment '\(object.name ?? "")' has no usable WireInfo (gmr, radius, rDC20) for phase \(conductor.phase.name); it is left out")
                return nil
            }
            wires.append(wire)
        }
        let geometry = LineGeometry(wires: wires, frequencyHertz: network.frequencyHertz)
        guard let constants = geometry.constants() else {
            object.refuse("ACLineSegment '\(object.name ?? "")' has wires that lie in one place or on the ground; it is left out")
            return nil
        }
        let scale = { (matrix: SquareMatrix) in
            SquareMatrix(order: matrix.order, entries: matrix.entries.map { $0 * lengthMetres })
        }
        return reduced(order.map(\.phase), scale(constants.impedance), scale(constants.admittance), object)
    }

    private func wire(_ info: CIMObject, x: Double, y: Double) -> LineGeometry.Wire? {
        guard let gmr = info.double("WireInfo.gmr"), gmr > 0, let radius = info.double("WireInfo.radius"), radius > 0 else { return nil }
        let alternating = info.double("WireInfo.rAC50") ?? info.double("WireInfo.rAC25") ?? info.double("WireInfo.rAC75")
        guard let direct = info.double("WireInfo.rDC20") ?? alternating.map({ $0 / 1.02 }), direct > 0 else { return nil }
        return LineGeometry.Wire(x: x, y: y, gmrMetres: gmr, radiusMetres: radius, directOhmPerMetre: direct, shield: shield(info))
    }

    private func shield(_ info: CIMObject) -> LineGeometry.Shield? {
        guard let overInsulation = info.double("CableInfo.diameterOverInsulation"),
            let thickness = info.double("WireInfo.insulationThickness"), thickness > 0
        else { return nil }
        let permittivity = info.double("CableInfo.relativePermittivity") ?? 2.3
        let outer = overInsulation / 2
        guard outer > thickness else { return nil }
        switch info.className {
        case "ConcentricNeutralCableInfo":
            guard let over = info.double("ConcentricNeutralCableInfo.diameterOverNeutral"),
                let strand = info.double("ConcentricNeutralCableInfo.neutralStrandRadius"),
                let gmr = info.double("ConcentricNeutralCableInfo.neutralStrandGmr"),
                let resistance = info.double("ConcentricNeutralCableInfo.neutralStrandRDC20"),
                let count = info.double("ConcentricNeutralCableInfo.neutralStrandCount"), count >= 1, gmr > 0, over > 2 * strand
            else { return nil }
            return .concentricNeutral(
                strands: count, strandGmrMetres: gmr, strandOhmPerMetre: resistance, centreRadiusMetres: over / 2 - strand,
                insulationOuterRadius: outer, insulationInnerRadius: outer - thickness, permittivity: permittivity)
        case "TapeShieldCableInfo":
            guard let over = info.double("CableInfo.diameterOverScreen"), let tape = info.double("TapeShieldCableInfo.tapeThickness"),
                tape > 0, over > tape
            else { return nil }
            return .tape(
                diameterMetres: over, thicknessMetres: tape, lapPercent: info.double("TapeShieldCableInfo.tapeLap") ?? 20,
                insulationOuterRadius: outer, insulationInnerRadius: outer - thickness, permittivity: permittivity)
        default: return nil
        }
    }
}
