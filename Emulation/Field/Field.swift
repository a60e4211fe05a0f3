import EmulatedWeather
import Grid
import SiteCalendar

/// The field of a site at an instant: weather, customers, assets and the grid between them, advanced in steps.
struct Field {
    let description: SiteDescription
    let weather: SiteWeather
    let customers: CustomerPower
    private(set) var grid: FieldGrid
    /// By their names, at a customer or at a load of their own.
    private(set) var assets: [String: FieldAsset] = [:]
    /// Seconds since 1970.
    private(set) var time: Double
    /// What passes each customer's meter now, kW: drawn, positive.
    private(set) var meteredKW: [Double]
    private(set) var means: QuarterMeans
    private let loads: [Int]
    private let batteryLoads: [Int]
    private let plants: [EquipmentReference]
    private let noise: SmoothNoise

    /// - Throws: ``EmulationError`` where the description names what the grid does not have.
    init(_ description: SiteDescription, beginning: Double) throws(EmulationError) {
        self.description = description
        noise = SmoothNoise(seed: description.seed)
        weather = SiteWeather(place: description.place, zone: description.zone, noise: noise)
        customers = CustomerPower(weather: weather, noise: noise)
        let grid = try FieldGrid(paths: description.gridPaths)
        try description.check(against: grid)
        loads = description.customers.map { grid.load($0.at) ?? 0 }
        batteryLoads = description.batteries.map { grid.load($0.at) ?? 0 }
        plants = description.plants.compactMap { grid.plant($0.at) }
        self.grid = grid
        time = beginning
        meteredKW = [Double](repeating: 0, count: description.customers.count)
        means = QuarterMeans(customers: description.customers.count)
        for asset in description.allAssets { assets[asset.id] = FieldAsset(asset) }
        step(seconds: 0)
    }

    /// Goes on to an instant, in steps that end at quarters of an hour.
    /// - Returns: the beginnings of the quarters that ended on the way.
    mutating func advance(to instant: Double) -> [Double] {
        var ended: [Double] = []
        // A field that slept for long wakes up where it should be: nobody wants its past.
        if instant - time > 86_400 || instant < time - 1 { time = instant }
        while time < instant {
            let boundary = ((time / 900).rounded(.down) + 1) * 900
            let next = min(instant, boundary, time + max(description.stepSeconds, (instant - time) / 60))
            let seconds = next - time
            time = next
            step(seconds: seconds)
            if next == boundary {
                ended.append(boundary - 900)
                means.close()
            }
        }
        return ended
    }

    private mutating func step(seconds: Double) {
        let local = weather.zone.local(Int(time)), temperature = weather.temperature(at: time)
        for (number, customer) in description.customers.enumerated() {
            let load = customers.load(customer, at: time)
            let roof = generation(customer, at: time)
            let around = FieldAsset.Surroundings(
                time: time, secondOfDay: Double(local.secondOfDay), day: Int64(local.day.daysSince1970), surplusKW: roof - load, temperature: temperature, roofKW: roof)
            let free = customer.freeRoofKW > 0 ? roof : 0
            var net = load - free
            for asset in customer.assets {
                assets[asset.id]?.advance(around, seconds: seconds, noise: noise)
                net += assets[asset.id]?.powerKW ?? 0
            }
            meteredKW[number] = net
            means.add(customer: number, net: net, load: load, generation: free, seconds: seconds)
            grid.setLoad(loads[number], watts: net * 1000, vars: load * 1000 * grid.reactivePerActive(customer.shape))
        }
        for (number, battery) in description.batteries.enumerated() {
            let around = FieldAsset.Surroundings(
                time: time, secondOfDay: Double(local.secondOfDay), day: Int64(local.day.daysSince1970), surplusKW: 0, temperature: temperature, roofKW: 0)
            assets[battery.asset.id]?.advance(around, seconds: seconds, noise: noise)
            grid.setLoad(batteryLoads[number], watts: (assets[battery.asset.id]?.powerKW ?? 0) * 1000, vars: 0)
        }
        for (number, plant) in description.plants.enumerated() { grid.setPlant(plants[number], watts: generation(plant, at: time) * 1000) }
        grid.solve()
    }

    /// What a plant of the grid generates, kW.
    func generation(_ plant: SiteDescription.Plant, at time: Double) -> Double {
        switch plant.kind {
        case .pv: plant.kilowatts * weather.photovoltaicShare(of: plant.at, at: time)
        case .wind: plant.kilowatts * weather.windShare(at: time)
        }
    }

    /// What a customer's roof generates unless it is told otherwise, kW.
    func generation(_ customer: SiteDescription.Customer, at time: Double) -> Double {
        customer.photovoltaicKW > 0 ? customer.photovoltaicKW * weather.photovoltaicShare(of: customer.at, at: time) : 0
    }

    mutating func obey(_ asset: String, kilowatts: Double, from begin: Double, until end: Double) {
        assets[asset]?.obey(kilowatts: kilowatts, from: begin, until: end)
    }

    mutating func setSwitch(_ position: Int, isOpen: Bool) { grid.setSwitch(position, isOpen: isOpen) }
}

/// Means of each customer's powers over the quarter of an hour that runs, and over the last one.
struct QuarterMeans {
    /// kW.
    struct Powers {
        var net = 0.0
        var load = 0.0
        var generation = 0.0
    }

    private var sums: [Powers]
    private var seconds = 0.0
    private(set) var last: [Powers]

    init(customers: Int) {
        sums = [Powers](repeating: Powers(), count: customers)
        last = sums
    }

    mutating func add(customer: Int, net: Double, load: Double, generation: Double, seconds: Double) {
        if customer == 0 { self.seconds += seconds }
        sums[customer].net += net * seconds
        sums[customer].load += load * seconds
        sums[customer].generation += generation * seconds
    }

    /// Ends the quarter.
    mutating func close() {
        guard seconds > 0 else { return }
        last = sums.map { Powers(net: $0.net / seconds, load: $0.load / seconds, generation: $0.generation / seconds) }
        sums = [Powers](repeating: Powers(), count: sums.count)
        seconds = 0
    }
}

extension FieldGrid {
    /// Reactive per active power of a kind of customers: power factors of 0.98 and 0.93.
    func reactivePerActive(_ shape: SiteDescription.Customer.Shape) -> Double { shape == .H0 ? 0.203 : 0.395 }
}
