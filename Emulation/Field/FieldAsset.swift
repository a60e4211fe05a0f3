import EmulatedWeather
import Glibc

/// A battery, vehicle, heat pump or roof that can be commanded: does what it was told as far as it can, and goes by its own rule otherwise.
struct FieldAsset {
    let description: AssetDescription
    /// kW, positive into it.
    private(set) var powerKW = 0.0
    /// Energy of a battery or heat of a store, kWh.
    private(set) var energyKWh: Double
    /// Of a vehicle that is plugged in: what it still needs, and when it leaves, in seconds since 1970.
    private(set) var need: (kilowattHours: Double, departure: Double)?
    /// What photovoltaics could generate now, kW.
    private(set) var availableKW = 0.0
    /// Set-points in the order in which they begin: one that lags does the last that has begun, while others wait.
    private var orders: [(kilowatts: Double, begins: Double, ends: Double)] = []
    private var day: Int64 = .min

    private static let efficiency = 0.95
    private static let performance = 3.2

    init(_ description: AssetDescription) {
        self.description = description
        energyKWh = 0.5 * description.capacityKWh
    }

    /// What surrounds an asset at an instant.
    struct Surroundings {
        let time: Double
        /// Seconds of the local day.
        let secondOfDay: Double
        /// Days since 1970, local.
        let day: Int64
        /// What the house would feed in without its assets, kW.
        let surplusKW: Double
        let temperature: Double
        let roofKW: Double
    }

    /// Takes a set-point that begins and ends at instants.
    mutating func obey(kilowatts: Double, from begin: Double, until end: Double) {
        orders.removeAll { $0.begins >= begin }
        orders.append((kilowatts, begin, end))
    }

    /// Goes on by `seconds`.
    mutating func advance(_ around: Surroundings, seconds: Double, noise: SmoothNoise) {
        if description.kind == .vehicle { comeAndGo(around, noise) }
        if let last = orders.lastIndex(where: { $0.begins <= around.time }) { orders.removeFirst(last) }
        if let given = orders.first, given.ends < around.time { orders.removeFirst() }
        availableKW = around.roofKW
        let told = orders.first.flatMap { $0.begins <= around.time ? $0.kilowatts : nil }
        let band = bandKW(around.temperature)
        let wanted: Double
        if description.kind == .photovoltaics {
            // Told how much it may feed in, it feeds in no more.
            wanted = told.map { max($0, -availableKW) } ?? -availableKW
        } else {
            wanted = told ?? own(around)
        }
        let bounded = max(band.lowerBound, min(wanted, band.upperBound))
        let step = description.rampKWPerSecond * max(seconds, 1e-3)
        powerKW += max(-step, min(step, bounded - powerKW))
        powerKW = max(band.lowerBound, min(powerKW, band.upperBound))
        store(around, hours: seconds / 3600)
    }

    /// What it may be told now, kW.
    func bandKW(_ temperature: Double) -> ClosedRange<Double> {
        switch description.kind {
        case .battery:
            let low = energyKWh > 0.05 * description.capacityKWh ? -description.feedKW : 0
            return low...(energyKWh < 0.98 * description.capacityKWh ? description.maximumKW : 0)
        case .vehicle: return 0...(need.map { $0.kilowattHours > 0.01 } == true ? description.maximumKW : 0)
        case .heater:
            let full = energyKWh >= description.capacityKWh, empty = energyKWh <= 0.02 * description.capacityKWh
            return (empty ? min(description.maximumKW, heatDemandKW(temperature) / Self.performance) : 0)...(full ? 0.0001 : description.maximumKW)
        case .photovoltaics: return -availableKW...0
        }
    }

    /// Heat that a house of this heat pump loses, kW: all its power below -10 °C, none above 17 °C, and hot water.
    private func heatDemandKW(_ temperature: Double) -> Double {
        description.maximumKW * Self.performance * (0.06 + 0.7 * max(0, min(1, (17 - temperature) / 27)))
    }

    /// What it does when nobody tells it: cover the house, charge at once, keep the store half full, feed in.
    private func own(_ around: Surroundings) -> Double {
        switch description.kind {
        case .battery: around.surplusKW
        case .vehicle: description.maximumKW
        case .heater: (heatDemandKW(around.temperature) + (0.5 * description.capacityKWh - energyKWh)) / Self.performance
        case .photovoltaics: -around.roofKW
        }
    }

    private mutating func store(_ around: Surroundings, hours: Double) {
        switch description.kind {
        case .battery:
            energyKWh += powerKW * hours * (powerKW > 0 ? Self.efficiency : 1 / Self.efficiency)
            energyKWh = max(0, min(energyKWh, description.capacityKWh))
        case .vehicle: if let left = need { need = (max(0, left.kilowattHours - powerKW * hours * Self.efficiency), left.departure) }
        case .heater:
            energyKWh += (powerKW * Self.performance - heatDemandKW(around.temperature)) * hours
            energyKWh = max(0, min(energyKWh, description.capacityKWh))
        case .photovoltaics: break
        }
    }

    /// Four days of five it comes home in the evening and leaves in the morning, with what it drove to be charged.
    private mutating func comeAndGo(_ around: Surroundings, _ noise: SmoothNoise) {
        let key = SmoothNoise.key(description.id)
        if let left = need, left.departure <= around.time { need = nil }
        guard need == nil, day != around.day, noise.uniform(key, around.day) < 0.8 else { return }
        let arrival = 63_000 + 5_400 * noise.normal(key &+ 1, around.day)
        guard around.secondOfDay >= arrival else { return }
        day = around.day
        let departure = around.time - around.secondOfDay + 86_400 + 26_000 + 2_400 * noise.normal(key &+ 2, around.day)
        need = (4 + 14 * noise.uniform(key &+ 3, around.day), departure)
    }
}
