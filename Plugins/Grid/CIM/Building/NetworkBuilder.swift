/// Makes a network of the statements that were read, subject by subject.
struct NetworkBuilder {
    /// What the files' numbers are multiplied with to give SI.
    struct UnitFactors {
        var volts: Double
        var voltAmperes: Double
        /// Of `Conductor.length`. Values per length are in the same unit of length.
        var metres: Double

        static let si = UnitFactors(volts: 1, voltAmperes: 1, metres: 1)
        static let kilo = UnitFactors(volts: 1000, voltAmperes: 1_000_000, metres: 1000)
        var isSI: Bool { volts == 1 }
    }

    let store: RDFStore
    let units: UnitFactors
    var network: Network
    /// Position in `network.nodes` of each object, -1 for those that are no nodes.
    var nodePositions: [Int32]
    var containerPositions: [Int32: Int] = [:]
    var containersInWork: Set<Int32> = []
    /// Terminals of equipment.
    let terminals: InverseReferences
    /// Nominal volts by the number of a `BaseVoltage`.
    var baseVolts: [Int32: Double] = [:]
    /// PATL by the number of a terminal or an equipment, in ampere.
    var ratedAmperes: [Int32: Double] = [:]
    /// Positions in `network.loads` of loads whose power the state variables alone tell.
    var loadsOfState: [Int] = []
    let svPower: InverseReferences
    /// Equipment that `SvStatus` takes out of service.
    var outOfService: Set<Int32> = []

    init(store: RDFStore, units: UnitFactors, frequencyHertz: Double) {
        self.store = store
        self.units = units
        network = Network(frequencyHertz: frequencyHertz)
        nodePositions = Array(repeating: -1, count: store.identifiers.count)
        terminals = store.inverse("Terminal.ConductingEquipment", of: "Terminal")
        svPower = store.inverse("SvPowerFlow.Terminal", of: "SvPowerFlow")
    }

    mutating func build() -> Network {
        readBaseVoltages()
        readContainers()
        readNodes()
        readLimits()
        readServiceStates()
        readSwitches()
        readLines()
        readSeriesImpedances()
        readTransformers()
        readShunts()
        readLoads()
        readGenerators()
        readExternalGrids()
        chooseReference()
        completeNominalVolts()
        readStates()
        readPlacements()
        readMeasurements()
        checkTerminals()
        return network
    }

    /// The terminals of an equipment in the order of their sequence numbers. Nil, with a problem, when there are fewer than it needs.
    mutating func terminals(of equipment: CIMObject, count: Int, phases: PhaseSet? = nil) -> [Terminal]? {
        let objects = orderedTerminals(of: equipment)
        guard objects.count >= count else {
            equipment.refuse(
                "\(equipment.className) '\(equipment.name ?? "")' has \(objects.count) terminals, expected \(count); it is left out")
            return nil
        }
        let isInService = isInService(equipment)
        return objects.prefix(count).map { object in
            var terminal = self.terminal(object)
            if let phases { terminal.phases = phases }
            if !isInService { terminal.isConnected = false }
            return terminal
        }
    }

    func orderedTerminals(of equipment: CIMObject) -> [CIMObject] {
        let found = terminals[equipment]
        guard found.count > 1 else { return found }
        return found.map { ($0, $0.integer("ACDCTerminal.sequenceNumber") ?? $0.integer("Terminal.sequenceNumber") ?? 99) }
            .enumerated().sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }.map(\.element.0)
    }

    mutating func terminal(_ object: CIMObject) -> Terminal {
        let isConnected = object.flag("ACDCTerminal.connected") ?? object.flag("Terminal.connected") ?? true
        let phases = object.kind("Terminal.phases").flatMap(PhaseSet.init(code:)) ?? .abc
        return Terminal(node: node(of: object), phases: phases, isConnected: isConnected, mRID: object.mRID)
    }

    func isInService(_ equipment: CIMObject) -> Bool {
        if outOfService.contains(equipment.number) { return false }
        return equipment.flag("Equipment.inService") ?? true
    }

    func identity(_ object: CIMObject) -> Identity {
        let container = object.reference("Equipment.EquipmentContainer").flatMap { containerPositions[$0.number] }
        return Identity(object.mRID, name: object.name, container: container)
    }

    /// The power that the state variables tell for the terminal of a one-terminal equipment.
    func statePower(of equipment: CIMObject) -> Complex? {
        for terminal in terminals[equipment] {
            for flow in svPower[terminal] {
                guard let active = flow.double("SvPowerFlow.p"), let reactive = flow.double("SvPowerFlow.q") else { continue }
                return Complex(active, reactive) * units.voltAmperes
            }
        }
        return nil
    }
}

extension PhaseSet {
    /// CIM's `PhaseCode`, `SinglePhaseKind` or `OrderedPhaseCodeKind`: "ABC", "s1N", "s12"; nil for what is none.
    init?(code: String) {
        guard let phases = [Phase](code: code) else { return nil }
        self.init(phases)
    }
}

extension [Phase] {
    /// The phases of a code in the order in which they stand: "Ns2" is the neutral, then s2.
    init?(code: String) {
        self = []
        var rest = code[...]
        while let first = rest.first {
            rest = rest.dropFirst()
            switch first {
            case "A", "a", "R": append(.a)
            case "B", "b", "S": append(.b)
            case "C", "c", "T": append(.c)
            case "N", "n": append(.neutral)
            case "s":
                guard let leg = rest.first, leg == "1" || leg == "2" else { return nil }
                rest = rest.dropFirst()
                append(leg == "1" ? .s1 : .s2)
            case "1" where !isEmpty && last == .s1, "2" where !isEmpty && last == .s1: append(first == "2" ? .s2 : .s1)
            case "X": return nil
            default: return nil
            }
        }
        if isEmpty || Set(self).count != count { return nil }
    }
}
