import Balancing
import PluginAPI

extension Community {
    /// How much more and how much less the assets of the fast loop could draw together than they do, and for how much energy; also while no mode
    /// runs. An asset without a store counts with an hour of its power; a curtailment is no flexibility here.
    var flexibility: Flexibility {
        var sum = Flexibility()
        for asset in assets.values where asset.isAvailable && asset.description.tracks && asset.description.kind != .photovoltaics {
            let room = asset.roomKWh
            let up = max(0, asset.bandKW.upperBound - asset.powerKW), down = max(0, asset.powerKW - asset.bandKW.lowerBound)
            let above = room?.above ?? up, below = room?.below ?? down
            if above > 0 { sum.upKW += up }
            if below > 0 { sum.downKW += down }
            sum.upKWh += above
            sum.downKWh += below
            guard room != nil else { continue }
            sum.storedKWh += asset.energyKWh
            sum.capacityKWh += asset.description.capacityKWh
        }
        return sum
    }

    /// Whether the exchange that is told is of now.
    func isExchangeMeasured(_ now: Timestamp) -> Bool {
        exchange.map { Double((now - $0.time).nanoseconds) / 1e9 <= settings.silentSeconds } ?? false
    }
}

/// What a community could do beyond what it does; energies of batteries at their terminals.
struct Flexibility {
    var upKW = 0.0
    var downKW = 0.0
    var upKWh = 0.0
    var downKWh = 0.0
    /// What the batteries hold, and could hold.
    var storedKWh = 0.0
    var capacityKWh = 0.0
}
