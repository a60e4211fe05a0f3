extension NetworkBuilder {
    /// Permanent current limits of terminals and equipment, and voltage limits of nodes.
    mutating func readLimits() {
        for limit in store.objects(of: "CurrentLimit") where Self.isPermanent(limit) {
            guard let value = limit.double("CurrentLimit.value"), value > 0,
                let set = limit.reference("OperationalLimit.OperationalLimitSet")
            else { continue }
            guard value < 1e6 else {
                limit.warn("CurrentLimit '\(limit.name ?? "")' has the value \(value) ampere; it is taken as no limit")
                continue
            }
            for target in [set.reference("OperationalLimitSet.Terminal"), set.reference("OperationalLimitSet.Equipment")] {
                if let target { lower(&ratedAmperes, target.number, value) }
            }
            lower(&ratedAmperes, set.number, value)
        }
        for terminal in store.objects(of: "Terminal") {
            guard let set = terminal.reference("ACDCTerminal.OperationalLimitSet"), let value = ratedAmperes[set.number] else { continue }
            lower(&ratedAmperes, terminal.number, value)
        }
        readVoltageLimits()
    }

    private func lower(_ limits: inout [Int32: Double], _ key: Int32, _ value: Double) {
        limits[key] = min(limits[key] ?? .infinity, value)
    }

    /// PATL by its kind, its name or a duration of years; of what tells nothing, anything.
    private static func isPermanent(_ limit: CIMObject) -> Bool {
        guard let type = limit.reference("OperationalLimit.OperationalLimitType") else { return true }
        if let kind = type.kind("OperationalLimitType.limitType") { return kind.lowercased() == "patl" }
        if type.name?.uppercased().contains("TATL") == true { return false }
        if type.name?.uppercased().contains("PATL") == true { return true }
        return (type.double("OperationalLimitType.acceptableDuration") ?? .infinity) > 86_400 * 365
    }

    /// The permanent rating of an equipment: the least of its own and its terminals'.
    func ratedAmperes(of equipment: CIMObject) -> Double? {
        ([ratedAmperes[equipment.number]] + terminals[equipment].map { ratedAmperes[$0.number] }).compactMap { $0 }.min()
    }

    private mutating func readVoltageLimits() {
        var bounds: [Int32: (low: Double, high: Double)] = [:]
        for limit in store.objects(of: "VoltageLimit") {
            guard let value = volts(limit, "VoltageLimit.value"), let set = limit.reference("OperationalLimit.OperationalLimitSet"),
                let type = limit.reference("OperationalLimit.OperationalLimitType")
            else { continue }
            let kind = type.kind("OperationalLimitType.limitType") ?? type.kind("OperationalLimitType.direction")
            let key = set.reference("OperationalLimitSet.Terminal")?.number ?? set.number
            var known = bounds[key] ?? (0, .infinity)
            switch kind {
            case "lowVoltage", "low": known.low = max(known.low, value)
            case "highVoltage", "high": known.high = min(known.high, value)
            default: continue
            }
            bounds[key] = known
        }
        for object in store.objects(of: "ConnectivityNode") {
            guard let set = object.reference("ConnectivityNode.OperationalLimitSet") else { continue }
            apply(bounds[set.number], to: Int(nodePositions[Int(object.number)]))
        }
        for terminal in store.objects(of: "Terminal") {
            guard let bound = bounds[terminal.number], let node = node(of: terminal) else { continue }
            apply(bound, to: node)
        }
    }

    private mutating func apply(_ bound: (low: Double, high: Double)?, to node: Int) {
        guard let bound, node >= 0, bound.low <= bound.high, bound.high.isFinite || bound.low > 0 else { return }
        network.nodes[node].voltageLimits = bound.low...bound.high
    }

    mutating func readServiceStates() {
        for status in store.objects(of: "SvStatus") where status.flag("SvStatus.inService") == false {
            if let equipment = status.reference("SvStatus.ConductingEquipment") { outOfService.insert(equipment.number) }
        }
    }
}
