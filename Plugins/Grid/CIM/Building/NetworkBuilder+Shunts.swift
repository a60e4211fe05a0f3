extension NetworkBuilder {
    mutating func readShunts() {
        let phases = store.inverse("ShuntCompensatorPhase.ShuntCompensator", of: "LinearShuntCompensatorPhase")
        let points = store.inverse("NonlinearShuntCompensatorPoint.NonlinearShuntCompensator", of: "NonlinearShuntCompensatorPoint")
        let states = store.inverse("SvShuntCompensatorSections.ShuntCompensator", of: "SvShuntCompensatorSections")
        for object in store.objects(of: "LinearShuntCompensator") {
            let told = object.double("ShuntCompensator.sections") ?? states[object].last?.double("SvShuntCompensatorSections.sections")
            readLinearShunt(object, phases[object], sections: told)
        }
        for object in store.objects(of: "NonlinearShuntCompensator") {
            let told = object.double("ShuntCompensator.sections") ?? states[object].last?.double("SvShuntCompensatorSections.sections")
            readNonlinearShunt(object, points[object], sections: told ?? object.double("ShuntCompensator.normalSections") ?? 0)
        }
        for object in store.objects(of: "EquivalentShunt") {
            guard let terminal = terminals(of: object, count: 1)?[0] else { continue }
            let admittance = Complex(object.double("EquivalentShunt.g") ?? 0, object.double("EquivalentShunt.b") ?? 0)
            network.shunts.append(
                Shunt(identity(object), terminal: terminal, admittance: admittance, nominalVolts: nominalVolts(of: object, at: terminal)))
        }
    }

    private mutating func readLinearShunt(_ object: CIMObject, _ phases: [CIMObject], sections told: Double?) {
        let codes = phases.compactMap { $0.kind("ShuntCompensatorPhase.phase").flatMap(PhaseSet.init(code:)) }
        let set = codes.isEmpty ? nil : codes.reduce(into: PhaseSet()) { $0.formUnion($1) }
        guard let terminal = terminals(of: object, count: 1, phases: set)?[0] else { return }
        let perSection = Complex(
            object.double("LinearShuntCompensator.gPerSection") ?? 0, object.double("LinearShuntCompensator.bPerSection") ?? 0)
        let sections = told ?? object.double("ShuntCompensator.normalSections") ?? 0
        let maximum = object.integer("ShuntCompensator.maximumSections") ?? max(1, Int(min(sections, 1e6)))
        guard sections >= 0, sections <= Double(max(maximum, 1)) else {
            object.refuse(
                "LinearShuntCompensator '\(object.name ?? "")' has \(sections) sections on, expected 0 to \(maximum); it is left out")
            return
        }
        guard perSection.magnitude > 0 || !phases.isEmpty else {
            object.refuse("LinearShuntCompensator '\(object.name ?? "")' has no admittance: bPerSection is expected; it is left out")
            return
        }
        let isDelta = object.kind("ShuntCompensator.phaseConnection") == "D"
        var zero: Complex?
        if let b0 = object.double("LinearShuntCompensator.b0PerSection") {
            zero = Complex(object.double("LinearShuntCompensator.g0PerSection") ?? 0, b0) * sections
        }
        var shunt = Shunt(
            identity(object), terminal: terminal, admittance: perSection * sections, zeroAdmittance: zero, isDelta: isDelta,
            isGrounded: object.flag("ShuntCompensator.grounded") ?? !isDelta, sections: sections, maximumSections: maximum,
            admittancePerSection: perSection, nominalVolts: nominalVolts(of: object, at: terminal))
        for pole in phases {
            guard let phase = pole.kind("ShuntCompensatorPhase.phase").flatMap([Phase].init(code:))?.first else { continue }
            let value = Complex(
                pole.double("LinearShuntCompensatorPhase.gPerSection") ?? 0, pole.double("LinearShuntCompensatorPhase.bPerSection") ?? 0)
            shunt.phases.append(Shunt.Section(phase: phase, admittance: value * (pole.double("ShuntCompensatorPhase.sections") ?? sections)))
        }
        network.shunts.append(shunt)
    }

    private mutating func readNonlinearShunt(_ object: CIMObject, _ points: [CIMObject], sections: Double) {
        guard let terminal = terminals(of: object, count: 1)?[0] else { return }
        var total = Complex.zero
        var isFound = sections == 0
        // The points tell what each section adds (IEC 61970-301).
        for point in points {
            guard let number = point.integer("NonlinearShuntCompensatorPoint.sectionNumber"), Double(number) <= sections else { continue }
            isFound = isFound || Double(number) == sections
            total += Complex(point.double("NonlinearShuntCompensatorPoint.g") ?? 0, point.double("NonlinearShuntCompensatorPoint.b") ?? 0)
        }
        if !isFound {
            object.warn("NonlinearShuntCompensator '\(object.name ?? "")' has no point for section \(sections); those below it count")
        }
        network.shunts.append(
            Shunt(
                identity(object), terminal: terminal, admittance: total, sections: sections,
                maximumSections: object.integer("ShuntCompensator.maximumSections") ?? points.count,
                nominalVolts: nominalVolts(of: object, at: terminal)))
    }
}
