extension SiteDescription {
    /// Every asset, at customers and of their own.
    var allAssets: [AssetDescription] { customers.flatMap(\.assets) + batteries.map(\.asset) }

    /// - Throws: ``EmulationError`` where the description names what the grid does not have, or one name twice.
    func check(against grid: FieldGrid) throws(EmulationError) {
        for customer in customers where grid.load(customer.at) == nil { throw Self.unknown("customer", customer.at, "load (EnergyConsumer)") }
        for battery in batteries where grid.load(battery.at) == nil { throw Self.unknown("battery", battery.at, "load (EnergyConsumer)") }
        for plant in plants where grid.plant(plant.at) == nil { throw Self.unknown("plant", plant.at, "generator or machine") }
        for pmu in instruments.pmus {
            if grid.busbar(pmu.at) == nil { throw Self.unknown("PMU '\(pmu.device)'", pmu.at, "busbar") }
            if let bay = pmu.bay, grid.bay(bay) == nil { throw Self.unknown("PMU '\(pmu.device)'", bay, "switch before a line or transformer") }
        }
        for unit in instruments.units {
            if let busbar = unit.busbar, grid.busbar(busbar) == nil { throw Self.unknown("remote unit '\(unit.device)'", busbar, "busbar") }
            for bay in unit.bays where grid.bay(bay) == nil { throw Self.unknown("remote unit '\(unit.device)'", bay, "switch before a line or transformer") }
            for position in unit.switches where grid.switchgear(position) == nil { throw Self.unknown("remote unit '\(unit.device)'", position, "switch") }
        }
        for exchange in instruments.exchanges where grid.bay(exchange.bay) == nil { throw Self.unknown("exchange '\(exchange.device)'", exchange.bay, "switch before a transformer") }
        if let twice = Self.firstTwice(customers.map(\.at) + batteries.map(\.at)) { throw EmulationError("two customers or batteries are at the load '\(twice)': give one of them another") }
        if let twice = Self.firstTwice(allAssets.map(\.id)) { throw EmulationError("two assets are called '\(twice)': give one of them another id") }
    }

    private static func unknown(_ what: String, _ name: String, _ expected: String) -> EmulationError {
        EmulationError("emulation.yaml puts the \(what) at '\(name)', which is no \(expected) of the grid (expected its mRID)")
    }

    private static func firstTwice(_ names: [String]) -> String? {
        var seen: Set<String> = []
        return names.first { !seen.insert($0).inserted }
    }
}
