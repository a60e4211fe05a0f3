import Balancing
import PluginAPI

extension Community {
    /// How much more and how much less the assets of the fast loop could draw together than they do, and for how much energy; also while no mode
    /// runs. An asset without a store counts with an hour of its power.
    var flexibility: (upKW: Double, downKW: Double, upKWh: Double, downKWh: Double) {
        var sum = (upKW: 0.0, downKW: 0.0, upKWh: 0.0, downKWh: 0.0)
        for asset in assets.values where asset.isAvailable && asset.description.tracks {
            let room = asset.roomKWh
            let up = max(0, asset.bandKW.upperBound - asset.powerKW), down = max(0, asset.powerKW - asset.bandKW.lowerBound)
            let above = room?.above ?? up, below = room?.below ?? down
            if above > 0 { sum.upKW += up }
            if below > 0 { sum.downKW += down }
            sum.upKWh += above
            sum.downKWh += below
        }
        return sum
    }

    /// Whether the exchange that is told is of now.
    func isExchangeMeasured(_ now: Timestamp) -> Bool {
        exchange.map { Double((now - $0.time).nanoseconds) / 1e9 <= settings.silentSeconds } ?? false
    }
}
