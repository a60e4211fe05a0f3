extension NetworkBuilder {
    mutating func readGenerators() {
        for object in store.objects(of: "SynchronousMachine") { readMachine(object) }
        readInverters()
    }

    private mutating func readMachine(_ object: CIMObject) {
        guard let terminal = terminals(of: object, count: 1)?[0] else { return }
        let unit = object.reference("RotatingMachine.GeneratingUnit")
        // CIM counts what flows into a machine.
        let power = Self.power(object, "RotatingMachine.p", "RotatingMachine.q").map { $0 * -units.voltAmperes }
            ?? statePower(of: object).map { -$0 }
        network.generators.append(
            Generator(
                identity(object), kind: unit?.className == "WindGeneratingUnit" ? .wind : .synchronousMachine, terminal: terminal,
                power: power, isDelta: true, ratedVA: object.double("RotatingMachine.ratedS").map { $0 * units.voltAmperes },
                activeLimits: unit.flatMap { range($0, "GeneratingUnit.minOperatingP", "GeneratingUnit.maxOperatingP") },
                reactiveLimits: range(object, "SynchronousMachine.minQ", "SynchronousMachine.maxQ"), control: voltageControl(object),
                referencePriority: object.integer("SynchronousMachine.referencePriority") ?? 0,
                nominalVolts: nominalVolts(of: object, at: terminal)))
    }

    private func range(_ object: CIMObject, _ low: String, _ high: String) -> ClosedRange<Double>? {
        guard let low = object.double(low), let high = object.double(high), low <= high else { return nil }
        return (low * units.voltAmperes)...(high * units.voltAmperes)
    }

    mutating func voltageControl(_ object: CIMObject) -> Generator.VoltageControl? {
        guard let control = object.reference("RegulatingCondEq.RegulatingControl"), control.kind("RegulatingControl.mode") == "voltage",
            object.flag("RegulatingCondEq.controlEnabled") ?? true, control.flag("RegulatingControl.enabled") ?? true,
            let target = control.double("RegulatingControl.targetValue"), target > 0
        else { return nil }
        // The multiplier names the unit of the target where the steady state profile has it: kilovolt in CGMES.
        let scale = switch control.kind("RegulatingControl.targetValueUnitMultiplier") {
        case "k": 1000.0
        case "none": 1.0
        default: units.volts
        }
        return Generator.VoltageControl(
            node: control.reference("RegulatingControl.Terminal").flatMap { node(of: $0) }, targetVolts: target * scale)
    }

    private mutating func readInverters() {
        let phases = store.inverse("PowerElectronicsConnectionPhase.PowerElectronicsConnection", of: "PowerElectronicsConnectionPhase")
        let units = store.inverse(
            "PowerElectronicsUnit.PowerElectronicsConnection", of: "BatteryUnit", "PhotovoltaicUnit", "PowerElectronicsWindUnit")
        for object in store.objects(of: "PowerElectronicsConnection") {
            let poles = powers(phases[object], class: "PowerElectronicsConnectionPhase")
            let set = poles.isEmpty ? nil : PhaseSet(poles.map(\.phase))
            guard let terminal = terminals(of: object, count: 1, phases: set)?[0] else { continue }
            let unit = object.references("PowerElectronicsConnection.PowerElectronicsUnit").first ?? units[object].first
            let own = Self.power(object, "PowerElectronicsConnection.p", "PowerElectronicsConnection.q").map { $0 * self.units.voltAmperes }
            let sign = feedSign
            network.generators.append(
                Generator(
                    identity(object), kind: Self.kind(unit), terminal: terminal,
                    power: (own ?? statePower(of: object).map { -$0 * sign }).map { $0 * sign },
                    phases: poles.map { PhasePower(phase: $0.phase, power: $0.power * sign) },
                    ratedVA: object.double("PowerElectronicsConnection.ratedS").map { $0 * self.units.voltAmperes },
                    activeLimits: unit.flatMap { range($0, "PowerElectronicsUnit.minP", "PowerElectronicsUnit.maxP") },
                    reactiveLimits: range(object, "PowerElectronicsConnection.minQ", "PowerElectronicsConnection.maxQ"),
                    battery: battery(unit), control: voltageControl(object), nominalVolts: nominalVolts(of: object, at: terminal)))
        }
    }

    /// GridAPPS-D counts what an inverter feeds in, CGMES 3.0 what flows into it.
    private var feedSign: Double { units.isSI ? 1 : -1 }

    private static func kind(_ unit: CIMObject?) -> Generator.Kind {
        switch unit?.className {
        case "BatteryUnit": .battery
        case "PhotovoltaicUnit": .photovoltaic
        case "PowerElectronicsWindUnit": .wind
        default: .powerElectronics
        }
    }

    private func battery(_ unit: CIMObject?) -> Generator.Battery? {
        guard let unit, unit.className == "BatteryUnit", let rated = unit.double("BatteryUnit.ratedE") else { return nil }
        return Generator.Battery(
            ratedWattHours: rated * units.voltAmperes, storedWattHours: (unit.double("BatteryUnit.storedE") ?? 0) * units.voltAmperes)
    }

    mutating func readExternalGrids() {
        for object in store.objects(of: "EnergySource") {
            guard let terminal = terminals(of: object, count: 1)?[0] else { continue }
            let name = "EnergySource"
            var zero: Complex?
            if let r0 = object.double("\(name).r0"), let x0 = object.double("\(name).x0") { zero = Complex(r0, x0) }
            let power = Self.power(object, "\(name).activePower", "\(name).reactivePower").map { $0 * -units.voltAmperes }
            network.externalGrids.append(
                ExternalGrid(
                    identity(object), terminal: terminal, voltageVolts: volts(object, "\(name).voltageMagnitude"),
                    angleRadians: object.double("\(name).voltageAngle") ?? 0,
                    impedance: Complex(object.double("\(name).r") ?? 0, object.double("\(name).x") ?? 0), zeroImpedance: zero, power: power,
                    nominalVolts: baseVolts(object) ?? volts(object, "\(name).nominalVoltage") ?? nominalVolts(of: object, at: terminal)))
        }
        for object in store.objects(of: "ExternalNetworkInjection") {
            guard let terminal = terminals(of: object, count: 1)?[0] else { continue }
            let power = Self.power(object, "ExternalNetworkInjection.p", "ExternalNetworkInjection.q") .map { $0 * -units.voltAmperes }
            network.externalGrids.append(
                ExternalGrid(
                    identity(object), terminal: terminal, voltageVolts: voltageControl(object)?.targetVolts, power: power ?? statePower(of: object).map { -$0 },
                    nominalVolts: nominalVolts(of: object, at: terminal)))
        }
    }

    /// Where no external grid is told, the machine with the first priority, or the node of the angle reference, takes its place.
    mutating func chooseReference() {
        guard network.externalGrids.isEmpty else { return }
        let candidates = network.generators.indices.filter { network.generators[$0].referencePriority > 0 }
        if let first = candidates.min(by: { network.generators[$0].referencePriority < network.generators[$1].referencePriority }) {
            let machine = network.generators.remove(at: first)
            network.externalGrids.append(
                ExternalGrid(
                    machine.identity, terminal: machine.terminal, voltageVolts: machine.control?.targetVolts, power: machine.power,
                    nominalVolts: machine.nominalVolts))
            return
        }
        for island in store.objects(of: "TopologicalIsland") {
            guard let reference = island.reference("TopologicalIsland.AngleRefTopologicalNode"),
                let node = network.nodes.firstIndex(where: { $0.topologicalNode == reference.mRID })
            else { continue }
            island.note("no external grid is told; node '\(network.nodes[node].identity.name)', the angle reference, takes its place")
            network.externalGrids.append(
                ExternalGrid(
                    Identity("\(reference.mRID)-reference", name: network.nodes[node].identity.name), terminal: Terminal(node: node),
                    nominalVolts: network.nodes[node].nominalVolts))
        }
    }
}
