import FlexibilityMarket
import PluginAPI

/// A community, asset or connection as it is now. Powers in load convention, kW.
final class Resource {
    let settings: ResourceSettings
    /// Position of its node in `Network.nodes`; nil without a grid model.
    let node: Int?
    private(set) var powerKW: Double?
    private(set) var reported: Timestamp?
    /// Since when it is listened to.
    let since: Timestamp
    /// How much more and less it could draw than it does, and how much energy above and below its present store it has room for.
    private(set) var upKW = 0.0
    private(set) var downKW = 0.0
    private(set) var aboveKWh = Double.infinity
    private(set) var belowKWh = Double.infinity
    /// Of a community: its mode and what it aims at.
    private(set) var mode: Int?
    private(set) var targetKW: Double?
    var meter: PeriodMeter
    /// The set-point that it was told last, for what request, and until when.
    var told: SetPoint?
    /// Since when it does not do what it was told, and whether that was said.
    var deviatesSince: Timestamp?
    var isDeviationTold = false
    var isOfflineTold = false
    var availability: [AvailabilityPeriod] = []

    /// A power that the resource was told.
    struct SetPoint: Equatable {
        var kilowatts: Double
        var until: Timestamp
        /// When it was told first, and last.
        var since: Timestamp
        var told: Timestamp
        /// Of an asset that is commanded directly: the command that holds it.
        var command: UInt64 = 0
        var isRefused = false
    }

    init(_ settings: ResourceSettings, node: Int?, meter: PeriodMeter, since: Timestamp) {
        (self.settings, self.node, self.meter, self.since) = (settings, node, meter, since)
    }

    var id: String { settings.id }
    /// Whether its flexibility is dealt in; a connection is metered alone.
    var isDealtIn: Bool { settings.kind != .connection }

    func isOffline(_ now: Timestamp, silentSeconds: Double) -> Bool {
        guard let reported else { return true }
        return (now - reported).nanoseconds > Int64(silentSeconds * 1e9)
    }

    /// Whether it should have reported since it is listened to, and did not.
    func isSilent(_ now: Timestamp, silentSeconds: Double) -> Bool { (now - (reported ?? since)).nanoseconds > Int64(silentSeconds * 1e9) }

    private static let mostKW = 1e6

    /// Takes `communities/<name>/state`.
    /// - Returns: settlement periods that ended.
    /// - Throws: ``Status/invalidArgument`` with what is wrong.
    func takeState(_ json: JSONValue, _ now: Timestamp) throws(ServiceError) -> [(start: Timestamp, metered: MeteredPeriod)] {
        for key in ["exchange_kw", "target_kw", "up_kw", "down_kw"] {
            if let power = json[key]?.number, !(abs(power) < Self.mostKW) { throw .invalidArgument("\(key) is \(power), beyond a million kW") }
        }
        mode = json["mode"]?.integer.map { Int(clamping: $0) } ?? mode
        targetKW = json["target_kw"]?.number
        if let up = json["up_kw"]?.number { upKW = max(0, up) }
        if let down = json["down_kw"]?.number { downKW = max(0, down) }
        if let energy = json["up_kwh"]?.number { aboveKWh = max(0, energy) }
        if let energy = json["down_kwh"]?.number { belowKWh = max(0, energy) }
        guard let power = json["exchange_kw"]?.number, json["exchange_measured"]?.boolean != false else { return [] }
        return read(power, now)
    }

    /// Takes `assets/<id>/report`.
    /// - Throws: ``Status/invalidArgument`` with what is wrong.
    func takeReport(_ json: JSONValue, _ now: Timestamp) throws(ServiceError) -> [(start: Timestamp, metered: MeteredPeriod)] {
        guard let power = json["power_kw"]?.number, abs(power) < Self.mostKW else {
            throw .invalidArgument("power_kw is \(json["power_kw"]?.kind ?? "missing"), expected the power in kW")
        }
        let low = json["band_kw"]?[0]?.number ?? -settings.feedKW, high = json["band_kw"]?[1]?.number ?? settings.maximumKW
        guard low <= high, low > -Self.mostKW, high < Self.mostKW else { throw .invalidArgument("band_kw is no pair of kW in their order") }
        guard isDealtIn else { return read(power, now) }
        upKW = max(0, high - power)
        downKW = max(0, power - low)
        let capacity = settings.capacityKWh
        if capacity > 0, let energy = json["energy_kwh"]?.number ?? json["soc_percent"]?.number.map({ $0 / 100 * capacity }) {
            aboveKWh = max(0, capacity - energy)
            belowKWh = max(0, energy)
        }
        return read(power, now)
    }

    private func read(_ power: Double, _ now: Timestamp) -> [(start: Timestamp, metered: MeteredPeriod)] {
        powerKW = power
        reported = now
        isOfflineTold = false
        return meter.take(power, at: now)
    }
}

/// What a resource can do in a settlement period: kW more and less than its baseline, and kWh, at three levels of certainty.
struct AvailabilityPeriod: Equatable {
    let start: Timestamp
    let end: Timestamp
    /// At P10, P50, P90.
    let upKW: [Double]
    let downKW: [Double]
    let upKWh: [Double]
    let downKWh: [Double]

    static let levels = ["p10", "p50", "p90"]
}
