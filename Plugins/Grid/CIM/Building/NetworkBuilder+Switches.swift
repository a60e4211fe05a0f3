extension NetworkBuilder {
    mutating func readSwitches() {
        let phases = store.inverse("SwitchPhase.Switch", of: "SwitchPhase")
        let states = store.inverse("SvSwitch.Switch", of: "SvSwitch")
        for object in store.objects(
            of: "Switch", "Breaker", "Disconnector", "LoadBreakSwitch", "Fuse", "Recloser", "Sectionaliser", "Jumper", "Cut",
            "ProtectedSwitch", "GroundDisconnector")
        {
            if object.className == "GroundDisconnector", terminals[object].count < 2 { continue }
            let poles = phases[object]
            let codes = poles.compactMap { $0.kind("SwitchPhase.phaseSide1").flatMap(PhaseSet.init(code:)) }
            let poleSet = poles.isEmpty ? nil : codes.reduce(into: PhaseSet()) { $0.formUnion($1) }
            guard let ends = terminals(of: object, count: 2, phases: poleSet.flatMap { $0.isEmpty ? nil : $0 }) else { continue }
            let normalOpen = object.flag("Switch.normalOpen") ?? false
            let isOpen = states[object].last?.flag("SvSwitch.open") ?? object.flag("Switch.open") ?? normalOpen
            var device = Switch(
                identity(object), kind: Switch.Kind(rawValue: object.className) ?? .other, from: ends[0], to: ends[1],
                isNormallyOpen: normalOpen, isOpen: isOpen, nominalVolts: nominalVolts(of: object, at: ends[0]),
                ratedAmperes: object.double("Switch.ratedCurrent").flatMap { $0 > 0 ? $0 : nil } ?? ratedAmperes(of: object))
            for pole in poles where !isOpen {
                guard let phase = pole.kind("SwitchPhase.phaseSide1").flatMap(PhaseSet.init(code:)) else { continue }
                if pole.flag("SwitchPhase.closed") == false { device.openPhases.formUnion(phase) }
            }
            network.switches.append(device)
        }
    }
}
