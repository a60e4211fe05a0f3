extension NetworkBuilder {
    /// Voltages and powers of the state variables profile.
    mutating func readStates() {
        var states: [String: ConnectivityNode.State] = [:]
        for object in store.objects(of: "SvVoltage") {
            guard let node = object.reference("SvVoltage.TopologicalNode"), let magnitude = volts(object, "SvVoltage.v") else { continue }
            let angle = (object.double("SvVoltage.angle") ?? 0) * .pi / 180
            states[node.mRID] = ConnectivityNode.State(volts: magnitude, angleRadians: angle)
        }
        for position in network.nodes.indices {
            guard let topological = network.nodes[position].topologicalNode else { continue }
            network.nodes[position].state = states[topological]
        }
        referLoadsToNominalVolts()
        for position in network.externalGrids.indices where network.externalGrids[position].voltageVolts == nil {
            guard let node = network.externalGrids[position].terminal.node, let state = network.nodes[node].state else { continue }
            network.externalGrids[position].voltageVolts = state.volts
            network.externalGrids[position].angleRadians = state.angleRadians
        }
        for object in store.objects(of: "SvPowerFlow") {
            guard let terminal = object.reference("SvPowerFlow.Terminal") else { continue }
            guard let power = Self.power(object, "SvPowerFlow.p", "SvPowerFlow.q") else { continue }
            network.terminalPowers[terminal.mRID] = power * units.voltAmperes
        }
    }

    /// Powers of state variables are those at the voltages beside them; a load's own is the one at nominal voltage.
    private mutating func referLoadsToNominalVolts() {
        for position in loadsOfState {
            let load = network.loads[position]
            guard let power = load.power, let node = load.terminal.node, let state = network.nodes[node].state, load.nominalVolts > 0 else { continue }
            let share = state.volts / load.nominalVolts
            let shares = load.dependence
            let active = shares.powerActive + shares.currentActive * share + shares.impedanceActive * share * share
            let reactive = shares.powerReactive + shares.currentReactive * share + shares.impedanceReactive * share * share
            guard active > 0.01, reactive > 0.01 else { continue }
            network.loads[position].power = Complex(power.real / active, power.imaginary / reactive)
        }
    }

    /// Points of the diagram layout and of the geographical locations.
    mutating func readPlacements() {
        let points = store.inverse("DiagramObjectPoint.DiagramObject", of: "DiagramObjectPoint")
        for object in store.objects(of: "DiagramObject") {
            guard let drawn = object.reference("DiagramObject.IdentifiedObject") else { continue }
            let placed = Self.points(points[object], "DiagramObjectPoint")
            guard !placed.isEmpty, network.diagram[drawn.mRID] == nil else { continue }
            network.diagram[drawn.mRID] = Placement(points: placed, rotationDegrees: object.double("DiagramObject.rotation") ?? 0)
        }
        let positions = store.inverse("PositionPoint.Location", of: "PositionPoint")
        let located = store.inverse("PowerSystemResource.Location", of: Self.located)
        for location in store.objects(of: "Location") {
            let placed = Self.points(positions[location], "PositionPoint")
            guard !placed.isEmpty else { continue }
            for object in located[location] { network.map[object.mRID] = Placement(points: placed) }
        }
    }

    private static func points(_ objects: [CIMObject], _ name: String) -> [Placement.Point] {
        var found: [(order: Int, point: Placement.Point)] = []
        for object in objects {
            guard let x = object.double("\(name).xPosition"), let y = object.double("\(name).yPosition") else { continue }
            found.append((object.integer("\(name).sequenceNumber") ?? found.count, Placement.Point(x: x, y: y)))
        }
        return found.enumerated().sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }.map(\.element.point)
    }

    /// Classes of equipment that may have a location.
    private static let located = [
        "Substation", "ACLineSegment", "PowerTransformer", "TransformerTank", "Switch", "Breaker", "Disconnector", "LoadBreakSwitch", "Fuse",
        "Recloser", "Sectionaliser", "Jumper", "Cut", "LinearShuntCompensator", "EnergyConsumer", "ConformLoad", "NonConformLoad",
        "SynchronousMachine", "PowerElectronicsConnection", "EnergySource", "ExternalNetworkInjection", "BusbarSection",
    ]

    mutating func readMeasurements() {
        let kinds = [("Analog", "AnalogValue"), ("Discrete", "DiscreteValue"), ("Accumulator", "AccumulatorValue")]
        for (kind, value) in kinds {
            let values = store.inverse("\(value).\(kind)", of: value)
            for object in store.objects(of: kind) {
                let terminal = object.reference("Measurement.Terminal")
                let equipment = object.reference("Measurement.PowerSystemResource")
                    ?? terminal?.reference("Terminal.ConductingEquipment")
                guard terminal != nil || equipment != nil else {
                    object.warn("\(kind) '\(object.name ?? "")' measures neither a terminal nor equipment; it is left out")
                    continue
                }
                network.measurements.append(
                    MeasurementPoint(
                        mRID: object.mRID, name: object.name ?? "", type: object.text("Measurement.measurementType") ?? "",
                        phases: object.kind("Measurement.phases").flatMap(PhaseSet.init(code:)) ?? .abc, terminal: terminal?.mRID ?? "",
                        equipment: equipment?.mRID ?? "", value: values[object].last?.double("\(value).value")))
            }
        }
    }
}
