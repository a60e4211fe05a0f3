extension NetworkBuilder {
    mutating func readLoads() {
        let phases = store.inverse("EnergyConsumerPhase.EnergyConsumer", of: "EnergyConsumerPhase")
        var untold: [CIMObject] = []
        for object in store.objects(of: "EnergyConsumer", "ConformLoad", "NonConformLoad", "StationSupply") {
            let poles = powers(phases[object], class: "EnergyConsumerPhase")
            let set = poles.isEmpty ? nil : PhaseSet(poles.map(\.phase))
            guard var terminal = terminals(of: object, count: 1, phases: set)?[0] else { continue }
            let isDelta = object.kind("EnergyConsumer.phaseConnection") == "D"
            if isDelta, let set { terminal.phases = set.union(PhaseSet(poles.map(\.phase.deltaPartner))) }
            let own = Self.power(object, "EnergyConsumer.p", "EnergyConsumer.q")
                ?? Self.power(object, "EnergyConsumer.pfixed", "EnergyConsumer.qfixed")
            let sum = poles.isEmpty ? nil : poles.reduce(Complex.zero) { $0 + $1.power }
            let power = sum ?? own.map { $0 * units.voltAmperes } ?? statePower(of: object)
            if power == nil { untold.append(object) }
            if sum == nil, own == nil, power != nil { loadsOfState.append(network.loads.count) }
            network.loads.append(
                Load(
                    identity(object), terminal: terminal, power: power, phases: poles, isDelta: isDelta,
                    isGrounded: object.flag("EnergyConsumer.grounded") ?? (object.kind("EnergyConsumer.phaseConnection") == "Y"),
                    dependence: object.reference("EnergyConsumer.LoadResponse").map(dependence) ?? .constantPower,
                    nominalVolts: nominalVolts(of: object, at: terminal), customerCount: object.integer("EnergyConsumer.customerCount") ?? 0))
        }
        for object in store.objects(of: "AsynchronousMachine") {
            readConsumer(object, Self.power(object, "RotatingMachine.p", "RotatingMachine.q"), &untold, machine: drivenMachine(object))
        }
        for object in store.objects(of: "EquivalentInjection") {
            readConsumer(object, Self.power(object, "EquivalentInjection.p", "EquivalentInjection.q"), &untold)
        }
        if let first = untold.first {
            first.note("\(untold.count) loads have no power in any file (p and q, or SvPowerFlow); the first is '\(first.name ?? "")'")
        }
    }

    private func drivenMachine(_ object: CIMObject) -> DrivenMachine? {
        guard let unit = object.reference("RotatingMachine.GeneratingUnit") else { return nil }
        let rated = unit.double("GeneratingUnit.maxOperatingP") ?? object.double("RotatingMachine.ratedS")
        let source: DrivenMachine.Source =
            switch unit.className {
            case "SolarGeneratingUnit": .photovoltaic
            case "WindGeneratingUnit": .wind
            default: .other
            }
        return DrivenMachine(source: source, ratedWatts: rated.map { $0 * units.voltAmperes })
    }

    private mutating func readConsumer(_ object: CIMObject, _ power: Complex?, _ untold: inout [CIMObject], machine: DrivenMachine? = nil) {
        guard let terminal = terminals(of: object, count: 1)?[0] else { return }
        let power = power.map { $0 * units.voltAmperes } ?? statePower(of: object)
        if power == nil { untold.append(object) }
        network.loads.append(
            Load(identity(object), terminal: terminal, power: power, isGrounded: false, nominalVolts: nominalVolts(of: object, at: terminal), machine: machine))
    }

    static func power(_ object: CIMObject, _ active: String, _ reactive: String) -> Complex? {
        guard let p = object.double(active) else { return nil }
        return Complex(p, object.double(reactive) ?? 0)
    }

    /// The powers of the phases; empty when a phase or a power is not told.
    func powers(_ objects: [CIMObject], class name: String) -> [PhasePower] {
        var found: [PhasePower] = []
        for object in objects {
            let power = Self.power(object, "\(name).p", "\(name).q")
                ?? (name == "EnergyConsumerPhase" ? Self.power(object, "\(name).pfixed", "\(name).qfixed") : nil)
            guard let phase = object.kind("\(name).phase").flatMap([Phase].init(code:))?.first else {
                object.warn("\(name) '\(object.name ?? "")' has no phase; it is left out")
                continue
            }
            found.append(PhasePower(phase: phase, power: (power ?? .zero) * units.voltAmperes))
        }
        return found
    }

    /// Shares of a load response; exponents are matched by what has the same slope at nominal voltage.
    func dependence(_ object: CIMObject) -> VoltageDependence {
        let name = "LoadResponseCharacteristic"
        if object.flag("\(name).exponentModel") == true {
            let active = Self.shares(exponent: object.double("\(name).pVoltageExponent") ?? 0)
            let reactive = Self.shares(exponent: object.double("\(name).qVoltageExponent") ?? 0)
            return VoltageDependence(
                impedanceActive: active.0, currentActive: active.1, powerActive: active.2, impedanceReactive: reactive.0,
                currentReactive: reactive.1, powerReactive: reactive.2)
        }
        let active = Self.normalised(["pConstantImpedance", "pConstantCurrent", "pConstantPower"].map { object.double("\(name).\($0)") ?? 0 })
        let reactive = Self.normalised(["qConstantImpedance", "qConstantCurrent", "qConstantPower"].map { object.double("\(name).\($0)") ?? 0 })
        if active == nil || reactive == nil {
            object.warn("\(name) '\(object.name ?? "")' has shares that add up to nothing; its loads are taken as constant power")
        }
        let (p, q) = (active ?? [0, 0, 1], reactive ?? [0, 0, 1])
        return VoltageDependence(
            impedanceActive: p[0], currentActive: p[1], powerActive: p[2], impedanceReactive: q[0], currentReactive: q[1], powerReactive: q[2])
    }

    /// Percent or shares, brought to the sum 1.
    private static func normalised(_ values: [Double]) -> [Double]? {
        let sum = values.reduce(0, +)
        return sum > 0 && values.allSatisfy { $0 >= 0 } ? values.map { $0 / sum } : nil
    }

    private static func shares(exponent: Double) -> (Double, Double, Double) {
        let exponent = min(max(exponent, 0), 2)
        return exponent <= 1 ? (0, exponent, 1 - exponent) : (exponent - 1, 2 - exponent, 0)
    }
}
